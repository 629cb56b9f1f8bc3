//! How many requests the Freshdesk connector spends, as it comes: it looks before a write only when it has not just seen
//! the ticket. The fields' names are in its config, as `casewire setup` prints them.

use std::collections::BTreeMap;
use std::io::Write as _;

use casewire_core::{
    Append, CrmConnector, CustomerIdentity, LookUp, QueueId, Record, RecordCustomer, RecordId,
    StatusChange, WantedRecords,
};
use casewire_freshdesk::{Freshdesk, FreshdeskConfig};
use casewire_sandbox::freshdesk::{CustomField, FieldKind, Options};
use casewire_sandbox::{Request, Sandbox};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::story::{
    HOUR, MINUTE, QUEUE, append, by_email, by_external_id, ended, joining, kim,
    looks_up_and_appends, new_record, note, query, session,
};

const CONTACTS: &str = "GET /api/v2/contacts";
const TICKETS: &str = "GET /api/v2/tickets";
const TICKET: &str = "GET /api/v2/tickets/{id}";
const NEW_TICKET: &str = "POST /api/v2/tickets";
const FIELDS: &str = "PUT /api/v2/tickets/{id}";
const NOTE: &str = "POST /api/v2/tickets/{id}/notes";

const ANOTHER_QUEUE: &str = "14";

fn calls<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    counts
        .map(|(operation, count)| (operation.to_owned(), count))
        .into()
}

fn once<const N: usize>(operations: [&str; N]) -> BTreeMap<String, u64> {
    calls(operations.map(|operation| (operation, 1)))
}

#[tokio::test]
async fn new_ticket_takes_two_once_it_was_looked_for() {
    let account = Account::new().await;
    account.given_ticket(&kim(), ANOTHER_QUEUE, "open");
    let connector = account.connector();
    let customer = looks_up(&connector, &kim()).await;
    let new = new_record("call/987", customer);
    let write = account.calls_of(async || {
        connector.create_record(&new).await.unwrap();
    });
    assert_eq!(write.await, once([NEW_TICKET, NOTE]));
}

#[tokio::test]
async fn email_customer_with_nothing_to_join_takes_three() {
    let account = Account::new().await;
    let known = by_email("kim@example.com");
    account.given_ticket(&known, ANOTHER_QUEUE, "open");
    for identity in [known, by_email("lee@example.com"), by_external_id("c-7")] {
        let connector = account.connector();
        let session = account.calls_of(async || creates(&connector, &identity).await);
        assert_eq!(session.await, once([TICKETS, NEW_TICKET, NOTE]));
    }
}

#[tokio::test]
async fn phone_customer_with_nothing_to_join_takes_four() {
    let account = Account::new().await;
    account.given_ticket(&kim(), ANOTHER_QUEUE, "open");
    let connector = account.connector();
    let session = account.calls_of(async || creates(&connector, &kim()).await);
    let expected = once([CONTACTS, TICKETS, NEW_TICKET, NOTE]);
    assert_eq!(session.await, expected);
}

#[tokio::test]
async fn unknown_phone_customer_takes_four() {
    let account = Account::new().await;
    let connector = account.connector();
    let session = account.calls_of(async || creates(&connector, &kim()).await);
    // As phone and as mobile number.
    let expected = calls([(CONTACTS, 2), (NEW_TICKET, 1), (NOTE, 1)]);
    assert_eq!(session.await, expected);
}

#[tokio::test]
async fn withheld_caller_takes_three() {
    let account = Account::new().await;
    let connector = account.connector();
    let new = new_record("call/987", RecordCustomer::Anonymous);
    let write = account.calls_of(async || {
        connector.create_record(&new).await.unwrap();
    });
    assert_eq!(write.await, once([TICKETS, NEW_TICKET, NOTE]));
}

#[tokio::test]
async fn email_customer_with_open_ticket_takes_three() {
    let account = Account::new().await;
    let identity = by_email("kim@example.com");
    account.given_ticket(&identity, QUEUE, "open");
    let connector = account.connector();
    let session = account.calls_of(async || looks_up_and_appends(&connector, &identity).await);
    assert_eq!(session.await, once([TICKETS, FIELDS, NOTE]));
}

#[tokio::test]
async fn phone_customer_with_open_ticket_takes_four_and_when_remembered_three() {
    let account = Account::new().await;
    account.given_ticket(&kim(), QUEUE, "open");
    let connector = account.connector();
    let session = account.calls_of(async || looks_up_and_appends(&connector, &kim()).await);
    assert_eq!(session.await, once([CONTACTS, TICKETS, FIELDS, NOTE]));

    let account = Account::new().await;
    account.given_ticket(&kim(), QUEUE, "open");
    let connector = account.connector();
    looks_up(&connector, &kim()).await;
    let session = account.calls_of(async || looks_up_and_appends(&connector, &kim()).await);
    assert_eq!(session.await, once([TICKETS, FIELDS, NOTE]));
}

#[tokio::test]
async fn joining_a_ticket_just_seen_takes_two_and_a_later_note_one() {
    let account = Account::new().await;
    let id = account.given_ticket(&kim(), QUEUE, "open");
    let connector = account.connector();
    let record = read(&connector, &id).await;
    let mut written = None;
    let write = account.calls_of(async || {
        written = Some(
            connector
                .append(&record, &append("call/987"))
                .await
                .unwrap(),
        );
    });
    assert_eq!(write.await, once([FIELDS, NOTE]));
    let write = account.calls_of(async || {
        connector.append(&written.unwrap(), &later()).await.unwrap();
    });
    assert_eq!(write.await, once([NOTE]));
}

#[tokio::test]
async fn ticket_known_from_before_a_restart_takes_a_look_more() {
    let account = Account::new().await;
    let id = account.given_ticket(&kim(), QUEUE, "open");
    let record = read(&account.connector(), &id).await;
    let connector = account.connector();
    let write = account.calls_of(async || {
        connector
            .append(&record, &append("call/987"))
            .await
            .unwrap();
    });
    assert_eq!(write.await, once([TICKET, FIELDS, NOTE]));
    let connector = account.connector();
    let write = account.calls_of(async || {
        connector.append(&record, &later()).await.unwrap();
    });
    assert_eq!(write.await, once([TICKET, NOTE]));
}

#[tokio::test]
async fn notes_of_several_sessions_status_and_tags_take_two() {
    for state in ["open", "resolved", "closed"] {
        let account = Account::new().await;
        let id = account.given_ticket(&kim(), QUEUE, state);
        let connector = account.connector();
        let record = read(&connector, &id).await;
        let what = Append {
            tags: vec!["casewire".to_owned()],
            status: StatusChange::DefaultOpen,
            sessions: vec![
                joining("call/987", &[note("Call 987"), ended("Ended: early")]),
                joining("chat/5", &[note("Chat 5")]),
            ],
            ..append("call/987")
        };
        let write = account.calls_of(async || {
            connector.append(&record, &what).await.unwrap();
        });
        assert_eq!(write.await, once([FIELDS, NOTE]), "{state}");
        let shown = &account.sandbox.state()["records"][0];
        assert_eq!(shown["state"], "open");
        assert_eq!(shown["notes"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn closed_tickets_of_a_window_come_with_the_same_list() {
    let account = Account::new().await;
    let identity = by_email("kim@example.com");
    let id = account.given_ticket(&identity, QUEUE, "resolved");
    let connector = account.connector();
    let wanted = LookUp {
        records: Some(WantedRecords {
            queue: QueueId(QUEUE.into()),
            closed_since: Some(Timestamp::now() - 24 * HOUR),
        }),
        ..query(&identity)
    };
    let look = account.calls_of(async || {
        let found = connector.look_up(&wanted).await.unwrap();
        assert_eq!(found.records[0].id, id);
        assert!(found.records[0].closed_at.is_some());
    });
    assert_eq!(look.await, once([TICKETS]));
}

#[tokio::test]
async fn names_of_the_fields_are_asked_for_once() {
    let account = Account::new().await;
    let id = account.given_ticket(&kim(), QUEUE, "open");
    let connector = account.connector_with(&json!({ "fields": null }));
    for expected in [once(["GET /api/v2/ticket_fields", TICKET]), once([TICKET])] {
        let look = account.calls_of(async || {
            read(&connector, &id).await;
        });
        assert_eq!(look.await, expected);
    }
}

/// Looks for `identity` on behalf of the session that is to be written, and says whose its record would be.
async fn looks_up(connector: &Freshdesk, identity: &CustomerIdentity) -> RecordCustomer {
    let query = LookUp {
        session: session("call/987"),
        ..query(identity)
    };
    let found = connector.look_up(&query).await.unwrap();
    match found.customer {
        Some(known) => RecordCustomer::Known(known),
        None => RecordCustomer::New(identity.clone()),
    }
}

/// A cold session of `identity`, who has no ticket to join.
async fn creates(connector: &Freshdesk, identity: &CustomerIdentity) {
    let customer = looks_up(connector, identity).await;
    let new = new_record("call/987", customer);
    connector.create_record(&new).await.unwrap();
}

async fn read(connector: &Freshdesk, id: &RecordId) -> Record {
    connector.read_record(id).await.unwrap().unwrap()
}

/// A note of a session that is on the ticket.
fn later() -> Append {
    Append {
        sessions: vec![joining("call/987", &[ended("Ended: early")])],
        ..append("call/987")
    }
}

/// An account that has the two fields.
struct Account {
    sandbox: Sandbox,
    server: MockServer,
    key: NamedTempFile,
}

impl Account {
    async fn new() -> Self {
        let field = |label: &str, kind| CustomField {
            label: label.to_owned(),
            kind,
        };
        let options = Options {
            custom_fields: vec![
                field("Casewire leaf queue", FieldKind::Text),
                field("Casewire sessions", FieldKind::Paragraph),
            ],
            ..Options::default()
        };
        let sandbox = Sandbox::freshdesk_with(0, options);
        let server = MockServer::start().await;
        let answers = Mock::given(any()).respond_with(sandbox.responder());
        answers.mount(&server).await;
        let mut key = NamedTempFile::new().unwrap();
        key.write_all(b"sandbox").unwrap();
        Self {
            sandbox,
            server,
            key,
        }
    }

    fn connector(&self) -> Freshdesk {
        self.connector_with(&json!({}))
    }

    /// A connector with `changes` to its config.
    fn connector_with(&self, changes: &Value) -> Freshdesk {
        let mut config = json!({
            "domain": "acme",
            "api_key": { "file": self.key.path() },
            "base_url": self.server.uri(),
            "fields": { "leaf_queue": "cf_casewire_leaf_queue", "sessions": "cf_casewire_sessions" },
            // What was seen in a test was just seen, however slow the machine is.
            "reread_after_seconds": 3600,
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        let config: FreshdeskConfig = serde_json::from_value(config).unwrap();
        Freshdesk::new(config).unwrap()
    }

    /// A ticket of `identity`, who is a contact from now on.
    fn given_ticket(&self, identity: &CustomerIdentity, queue: &str, state: &str) -> RecordId {
        let contact = self.add(
            "customers",
            &json!({
                "name": "Kim Example",
                "phone": identity.phone.as_ref().map(|phone| phone.as_str()),
                "email": identity.email.as_ref().map(|email| email.as_str()),
            }),
        );
        let now = Timestamp::now();
        let closed_at = (state != "open").then(|| (now - MINUTE).to_string());
        RecordId(self.add(
            "records",
            &json!({
                "title": "Added by a person",
                "customer": contact,
                "queue": queue,
                "state": state,
                "tags": ["vip"],
                "created_at": (now - HOUR).to_string(),
                "closed_at": closed_at,
            }),
        ))
    }

    fn add(&self, what: &str, row: &Value) -> String {
        let request = Request::new(Method::POST, &format!("/_sandbox/{what}")).json(row);
        let answer = self.sandbox.handle(&request);
        assert!(answer.status.is_success(), "{}", answer.body_json());
        answer.body_json()["id"].as_str().unwrap().to_owned()
    }

    /// How many requests of each operation `work` makes.
    async fn calls_of(&self, work: impl AsyncFnOnce()) -> BTreeMap<String, u64> {
        let before = self.counts();
        work().await;
        let mut counts = self.counts();
        counts.retain(|operation, count| {
            *count -= before.get(operation).copied().unwrap_or_default();
            *count > 0
        });
        counts
    }

    fn counts(&self) -> BTreeMap<String, u64> {
        let requests = self.sandbox.requests();
        serde_json::from_value(requests["by_operation"].clone()).unwrap()
    }
}
