//! How many requests the Freshdesk connector spends, as it comes: it looks before a write only when it has not just seen
//! the ticket. The fields' names are in its config, as `casewire setup` prints them.

use casewire_core::{
    Append, CrmConnector, CustomerIdentity, LookUp, QueueId, Record, RecordCustomer, RecordId,
    RecordState, WantedRecords,
};
use casewire_freshdesk::Freshdesk;
use serde_json::json;

use crate::story::{
    HOUR, MINUTE, QUEUE, append, by_email, by_external_id, calls, ended, joining, kim,
    looks_up_and_appends, new_record, of_several, once, only, query, session,
};
use crate::vendor::{GivenRecord, Sandboxed, Vendor as _, freshdesk, freshdesk_that_just_looked};

const CONTACTS: &str = "GET /api/v2/contacts";
const TICKETS: &str = "GET /api/v2/tickets";
const TICKET: &str = "GET /api/v2/tickets/{id}";
const NEW_TICKET: &str = "POST /api/v2/tickets";
const FIELDS: &str = "PUT /api/v2/tickets/{id}";
const NOTE: &str = "POST /api/v2/tickets/{id}/notes";

const ANOTHER_QUEUE: &str = "14";

#[tokio::test]
async fn new_ticket_takes_two_once_it_was_looked_for() {
    let v = freshdesk(0).await;
    given_ticket(&v, &kim(), ANOTHER_QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    let customer = looks_up(&connector, &kim()).await;
    let new = new_record("call/987", customer);
    let write = v.calls_of(async || {
        connector.create_record(&new).await.unwrap();
    });
    assert_eq!(write.await, once([NEW_TICKET, NOTE]));
}

#[tokio::test]
async fn email_customer_with_nothing_to_join_takes_three() {
    let v = freshdesk(0).await;
    let known = by_email("kim@example.com");
    given_ticket(&v, &known, ANOTHER_QUEUE, RecordState::Open);
    for identity in [known, by_email("lee@example.com"), by_external_id("c-7")] {
        let connector = just_looked(&v);
        let session = v.calls_of(async || creates(&connector, &identity).await);
        assert_eq!(session.await, once([TICKETS, NEW_TICKET, NOTE]));
    }
}

#[tokio::test]
async fn phone_customer_with_nothing_to_join_takes_four() {
    let v = freshdesk(0).await;
    given_ticket(&v, &kim(), ANOTHER_QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    let session = v.calls_of(async || creates(&connector, &kim()).await);
    let expected = once([CONTACTS, TICKETS, NEW_TICKET, NOTE]);
    assert_eq!(session.await, expected);
}

#[tokio::test]
async fn unknown_phone_customer_takes_four() {
    let v = freshdesk(0).await;
    let connector = just_looked(&v);
    let session = v.calls_of(async || creates(&connector, &kim()).await);
    // As phone and as mobile number.
    let expected = calls([(CONTACTS, 2), (NEW_TICKET, 1), (NOTE, 1)]);
    assert_eq!(session.await, expected);
}

#[tokio::test]
async fn withheld_caller_takes_two_and_three_when_nobody_says_that_the_session_is_new() {
    let v = freshdesk(0).await;
    let connector = just_looked(&v);
    let nobody = LookUp {
        session: session("call/987"),
        customer: None,
        ..query(&kim())
    };
    let new = new_record("call/987", RecordCustomer::Anonymous);
    let session = v.calls_of(async || {
        connector.look_up(&nobody).await.unwrap();
        connector.create_record(&new).await.unwrap();
    });
    assert_eq!(session.await, once([NEW_TICKET, NOTE]));

    let new = new_record("call/988", RecordCustomer::Anonymous);
    let write = v.calls_of(async || {
        connector.create_record(&new).await.unwrap();
    });
    assert_eq!(write.await, once([TICKETS, NEW_TICKET, NOTE]));
}

#[tokio::test]
async fn email_customer_with_open_ticket_takes_three() {
    let v = freshdesk(0).await;
    let identity = by_email("kim@example.com");
    given_ticket(&v, &identity, QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    let session = v.calls_of(async || looks_up_and_appends(&connector, &identity).await);
    assert_eq!(session.await, once([TICKETS, FIELDS, NOTE]));
}

#[tokio::test]
async fn phone_customer_with_open_ticket_takes_four_and_when_remembered_three() {
    let v = freshdesk(0).await;
    given_ticket(&v, &kim(), QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    let session = v.calls_of(async || looks_up_and_appends(&connector, &kim()).await);
    assert_eq!(session.await, once([CONTACTS, TICKETS, FIELDS, NOTE]));

    let v = freshdesk(0).await;
    given_ticket(&v, &kim(), QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    looks_up(&connector, &kim()).await;
    let session = v.calls_of(async || looks_up_and_appends(&connector, &kim()).await);
    assert_eq!(session.await, once([TICKETS, FIELDS, NOTE]));
}

#[tokio::test]
async fn joining_a_ticket_just_seen_takes_two_and_a_later_note_one() {
    let v = freshdesk(0).await;
    let id = given_ticket(&v, &kim(), QUEUE, RecordState::Open);
    let connector = just_looked(&v);
    let record = read(&connector, &id).await;
    let mut written = None;
    let write = v.calls_of(async || {
        written = Some(
            connector
                .append(&record, &append("call/987"))
                .await
                .unwrap(),
        );
    });
    assert_eq!(write.await, once([FIELDS, NOTE]));
    let write = v.calls_of(async || {
        connector.append(&written.unwrap(), &later()).await.unwrap();
    });
    assert_eq!(write.await, once([NOTE]));
}

#[tokio::test]
async fn ticket_known_from_before_a_restart_takes_a_look_more() {
    let v = freshdesk(0).await;
    let id = given_ticket(&v, &kim(), QUEUE, RecordState::Open);
    let record = read(&just_looked(&v), &id).await;
    let connector = just_looked(&v);
    let write = v.calls_of(async || {
        connector
            .append(&record, &append("call/987"))
            .await
            .unwrap();
    });
    assert_eq!(write.await, once([TICKET, FIELDS, NOTE]));
    let connector = just_looked(&v);
    let write = v.calls_of(async || {
        connector.append(&record, &later()).await.unwrap();
    });
    assert_eq!(write.await, once([TICKET, NOTE]));
}

#[tokio::test]
async fn notes_of_several_sessions_status_and_tags_take_two() {
    for state in [
        RecordState::Open,
        RecordState::Resolved,
        RecordState::Closed,
    ] {
        let v = freshdesk(0).await;
        let id = given_ticket(&v, &kim(), QUEUE, state);
        let connector = just_looked(&v);
        let record = read(&connector, &id).await;
        let what = of_several();
        let write = v.calls_of(async || {
            connector.append(&record, &what).await.unwrap();
        });
        assert_eq!(write.await, once([FIELDS, NOTE]), "{state:?}");
        let shown = only(&v);
        assert_eq!(shown.state, RecordState::Open);
        assert_eq!(shown.notes.len(), 3);
    }
}

#[tokio::test]
async fn closed_tickets_of_a_window_come_with_the_same_list() {
    let v = freshdesk(0).await;
    let identity = by_email("kim@example.com");
    let id = given_ticket(&v, &identity, QUEUE, RecordState::Resolved);
    let connector = just_looked(&v);
    let wanted = LookUp {
        records: Some(WantedRecords {
            queue: QueueId(QUEUE.into()),
            closed_since: Some(v.now() - 24 * HOUR),
        }),
        ..query(&identity)
    };
    let look = v.calls_of(async || {
        let found = connector.look_up(&wanted).await.unwrap();
        assert_eq!(found.records[0].id, id);
        assert!(found.records[0].closed_at.is_some());
    });
    assert_eq!(look.await, once([TICKETS]));
}

#[tokio::test]
async fn names_of_the_fields_are_asked_for_once() {
    let v = freshdesk(0).await;
    let id = given_ticket(&v, &kim(), QUEUE, RecordState::Open);
    let connector = freshdesk_that_just_looked(&v, None);
    for expected in [once(["GET /api/v2/ticket_fields", TICKET]), once([TICKET])] {
        let look = v.calls_of(async || {
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

/// A connector that knows the fields' names.
fn just_looked(v: &Sandboxed) -> Freshdesk {
    let fields =
        json!({ "leaf_queue": "cf_casewire_leaf_queue", "sessions": "cf_casewire_sessions" });
    freshdesk_that_just_looked(v, serde_json::from_value(fields).unwrap())
}

/// A ticket of `identity`, who is a contact from now on.
fn given_ticket(
    v: &Sandboxed,
    identity: &CustomerIdentity,
    queue: &str,
    state: RecordState,
) -> RecordId {
    v.given_record(&GivenRecord {
        customer: &v.given_customer(identity),
        queue,
        state,
        created_at: v.now() - HOUR,
        closed_at: (state != RecordState::Open).then(|| v.now() - MINUTE),
        tags: &["vip"],
    })
}
