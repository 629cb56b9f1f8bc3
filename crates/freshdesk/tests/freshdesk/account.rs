//! An account that answers by a script, a connector to it, and values to write.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_core::{
    Append, CustomerIdentity, Email, LookUp, NewRecord, Note, NoteId, Phone, QueueId,
    RecordCustomer, SessionFacts, SessionKey, SessionNotes, StatusChange, TraceSearch,
    WantedRecords,
};
use casewire_freshdesk::{Freshdesk, FreshdeskConfig};
use casewire_http::RetryPolicy;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const KIM: u64 = 501_001_204_168;

pub(crate) struct Account {
    server: MockServer,
    script: Script,
    key: NamedTempFile,
}

/// What is answered to each request in turn, and what was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<ResponseTemplate>, Vec<Asked>)>>);

/// A request.
#[derive(Clone)]
pub(crate) struct Asked {
    /// `GET /api/v2/tickets?requester_id=9`, decoded and without `/api/v2`.
    pub(crate) line: String,
    pub(crate) body: Value,
    pub(crate) authorization: String,
}

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut query = String::new();
        for (key, value) in request.url.query_pairs() {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&format!("{key}={value}"));
        }
        let path = request.url.path().trim_start_matches("/api/v2");
        let authorization = request.headers.get("authorization").unwrap();
        let mut script = self.0.lock().unwrap();
        script.1.push(Asked {
            line: format!("{} {path}{query}", request.method),
            body: serde_json::from_slice(&request.body).unwrap_or_default(),
            authorization: authorization.to_str().unwrap().to_owned(),
        });
        // A request that nobody expected is refused for good, so that the test fails.
        script
            .0
            .pop_front()
            .unwrap_or_else(|| ResponseTemplate::new(418))
    }
}

impl Account {
    pub(crate) async fn new() -> Self {
        let script = Script::default();
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(script.clone())
            .mount(&server)
            .await;
        let mut key = NamedTempFile::new().unwrap();
        writeln!(key, "some-key").unwrap();
        Self {
            server,
            script,
            key,
        }
    }

    /// A connector that knows the fields' names and trusts its looks for a minute, with `changes` to its config.
    pub(crate) fn connector(&self, changes: Value) -> Freshdesk {
        let mut config = json!({
            "domain": "acme",
            "api_key": { "file": self.key.path() },
            "base_url": self.server.uri(),
            "fields": { "leaf_queue": "cf_queue_7", "sessions": "cf_sessions" },
            "reread_after_seconds": 60,
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        let mut config: FreshdeskConfig = serde_json::from_value(config).unwrap();
        config.settle = Duration::from_millis(1);
        config.retry = RetryPolicy {
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
            wait_budget: Duration::from_millis(100),
            ..RetryPolicy::default()
        };
        Freshdesk::new(config).unwrap()
    }

    /// Answers the next requests so.
    pub(crate) fn answers(&self, answers: impl IntoIterator<Item = (u16, Value)>) {
        let answers = answers.into_iter().map(|(status, body)| match body {
            Value::Null => ResponseTemplate::new(status),
            body => ResponseTemplate::new(status).set_body_json(body),
        });
        self.script.0.lock().unwrap().0.extend(answers);
    }

    /// What was asked since the last time, with all answers used up.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let mut script = self.script.0.lock().unwrap();
        assert!(script.0.is_empty(), "{} answers are left", script.0.len());
        std::mem::take(&mut script.1)
    }

    /// The method and path of what was asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        let asked = self.asked().into_iter();
        let path = |line: String| line.split('?').next().unwrap().to_owned();
        asked.map(|asked| path(asked.line)).collect()
    }
}

pub(crate) fn list_of(filter: &str) -> String {
    format!(
        "GET /tickets?{filter}&updated_since=2000-01-01T00:00:00Z&order_by=created_at&order_type=desc&per_page=100"
    )
}

/// As a list shows it.
pub(crate) fn contact(id: u64, changes: Value) -> Value {
    let mut contact = json!({ "id": id, "created_at": "2026-01-24T01:14:06Z" });
    for (key, value) in changes.as_object().unwrap() {
        contact[key] = value.clone();
    }
    contact
}

/// Ticket 41 of Kim in queue 13, opened an hour ago, with `changes`.
pub(crate) fn ticket(changes: Value) -> Value {
    let mut ticket = json!({
        "id": 41, "status": 2, "requester_id": KIM, "responder_id": null, "source": 3, "spam": false,
        "created_at": "2026-01-24T01:14:06Z", "updated_at": "2026-01-24T01:14:06Z",
        "tags": ["VIP"], "custom_fields": { "cf_queue_7": "13", "cf_sessions": null, "cf_other": 1 },
    });
    for (key, value) in changes.as_object().unwrap() {
        ticket[key] = value.clone();
    }
    ticket
}

/// The custom fields of a ticket in queue 13 that `sessions` are on.
pub(crate) fn fields(sessions: &[&str]) -> Value {
    let sessions: Vec<_> = sessions.iter().map(|subject| token(subject)).collect();
    json!({ "cf_queue_7": "13", "cf_sessions": sessions.join(" ") })
}

/// The private notes that a ticket has when these were linked.
pub(crate) fn notes(sessions: &[&str]) -> Value {
    let note = |subject: &&str| {
        let marker = format!("[casewire {} linked]", token(subject));
        json!({ "id": 5, "private": true, "body": format!("<div>Call<br>{marker}</div>") })
    };
    sessions.iter().map(note).collect()
}

pub(crate) fn session(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
}

pub(crate) fn token(subject: &str) -> String {
    session(subject).token()
}

pub(crate) fn by_phone() -> CustomerIdentity {
    CustomerIdentity {
        phone: Phone::parse("+15550100100"),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn by_email() -> CustomerIdentity {
    CustomerIdentity {
        email: Email::parse("kim@example.com"),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn look_up(subject: &str, customer: CustomerIdentity, trace: TraceSearch) -> LookUp {
    LookUp {
        session: session(subject),
        customer: Some(customer),
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: None,
        }),
        trace,
    }
}

pub(crate) fn note(text: &str) -> Note {
    Note {
        id: NoteId::Linked,
        text: text.to_owned(),
        facts: SessionFacts::default(),
    }
}

pub(crate) fn ended(text: &str) -> Note {
    Note {
        id: NoteId::Ended {
            facts: "1b2c3d".to_owned(),
        },
        ..note(text)
    }
}

pub(crate) fn new_record(subject: &str, customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(subject),
        customer,
        title: "Billing & <more>".to_owned(),
        queue: Some(QueueId("13".into())),
        tags: vec!["Voice Inbound (IVR)".to_owned(), "UJET".to_owned()],
        owner: None,
        notes: vec![note("Call 987\nQueue: <Billing>")],
        follow_up_of: None,
    }
}

/// One note of `subject`, which `note` is.
pub(crate) fn append(subject: &str, note: Note) -> Append {
    Append {
        sessions: vec![SessionNotes {
            session: session(subject),
            notes: vec![note],
        }],
        tags: Vec::new(),
        owner: None,
        status: StatusChange::Keep,
    }
}
