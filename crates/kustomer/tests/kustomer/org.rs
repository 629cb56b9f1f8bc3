//! An organisation that answers by a script, a connector to it, and values to write.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_core::{
    Append, CrmConnector, CustomerId, CustomerIdentity, Email, LookUp, NewRecord, Note, NoteId,
    Phone, QueueId, Record, RecordCustomer, SessionFacts, SessionKey, SessionNotes, StatusChange,
    TraceSearch, WantedRecords,
};
use casewire_http::RetryPolicy;
use casewire_kustomer::{Kustomer, KustomerConfig};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const KIM: &str = "58210c3db0f09110006b7953";
pub(crate) const CALL: &str = "58228e05d4e96711004eccb7";
pub(crate) const OTHER: &str = "58228e05d4e96711004ec000";
pub(crate) const VIP: &str = "5849765dc41e372700cc84a3";
pub(crate) const IVR: &str = "5849765dc41e372700cc84a4";

pub(crate) struct Org {
    server: MockServer,
    key: NamedTempFile,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

/// Gives the next answer of its script to whatever comes, and takes down what came.
struct Script {
    answers: Mutex<VecDeque<(u16, Value)>>,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}"));
        let line = format!(
            "{} {}{}",
            request.method,
            url.path(),
            query.unwrap_or_default()
        );
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        self.told.lock().unwrap().push((line, body));
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, body) = answer.unwrap_or((418, json!({})));
        if let Some(seconds) = body["resets_in"].as_i64() {
            let reset = Timestamp::now().as_second() + seconds;
            return ResponseTemplate::new(status)
                .append_header("x-ratelimit-remaining", "700")
                .append_header("x-ratelimit-reset", reset.to_string());
        }
        match body {
            Value::String(page) => ResponseTemplate::new(status).set_body_string(page),
            body => ResponseTemplate::new(status).set_body_json(body),
        }
    }
}

impl Org {
    pub(crate) async fn answering(answers: impl Into<VecDeque<(u16, Value)>>) -> (Self, Kustomer) {
        let server = MockServer::start().await;
        let told = Arc::default();
        let script = Script {
            answers: Mutex::new(answers.into()),
            told: Arc::clone(&told),
        };
        Mock::given(any()).respond_with(script).mount(&server).await;
        let mut key = NamedTempFile::new().unwrap();
        key.write_all(b"sandbox").unwrap();
        let org = Self { server, key, told };
        let connector = org.connector(json!({}));
        (org, connector)
    }

    /// A connector that remembers nothing.
    pub(crate) fn connector(&self, changes: Value) -> Kustomer {
        let mut config = json!({
            "org": "acme", "api_key": { "file": self.key.path() }, "base_url": self.server.uri(),
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        let mut config: KustomerConfig = serde_json::from_value(config).unwrap();
        config.retry = RetryPolicy {
            tries: 2,
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
            wait_budget: Duration::from_millis(50),
        };
        Kustomer::new(config).unwrap()
    }

    /// The requests so far: method, path and query.
    pub(crate) fn lines(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.iter().map(|(line, _)| line.clone()).collect()
    }

    /// The body of the request at `place`.
    pub(crate) fn body(&self, place: usize) -> Value {
        self.told.lock().unwrap()[place].1.clone()
    }
}

/// An answer about one thing.
pub(crate) fn one(data: Value) -> (u16, Value) {
    (200, json!({ "data": data }))
}

pub(crate) fn created(data: Value) -> (u16, Value) {
    (201, json!({ "data": data }))
}

/// The limit of one customer or conversation is used up, not the organisation's.
pub(crate) fn busy() -> (u16, Value) {
    (429, json!({ "resets_in": 40 }))
}

/// The only page of a list.
pub(crate) fn list<const N: usize>(data: [Value; N]) -> (u16, Value) {
    page(&data, Value::Null)
}

pub(crate) fn page(data: &[Value], next: Value) -> (u16, Value) {
    let links = json!({ "self": "/v1/x", "prev": null, "next": next });
    (
        200,
        json!({ "meta": { "page": 1, "pageSize": 100 }, "data": data, "links": links }),
    )
}

pub(crate) fn not_found() -> (u16, Value) {
    refused(404, "id", "notfound")
}

pub(crate) fn refused(status: u16, parameter: &str, code: &str) -> (u16, Value) {
    let error = json!({ "status": status, "source": { "parameter": parameter }, "code": code, "title": "no" });
    (status, json!({ "errors": [error] }))
}

pub(crate) fn customer(id: &str, conversations: u64) -> Value {
    json!({
        "type": "customer", "id": id,
        "attributes": { "name": "Kim", "conversationCounts": { "all": conversations, "open": 0, "snoozed": 0, "done": 0 } },
    })
}

/// A conversation of Kim's in queue 13 with `changes` to its attributes.
pub(crate) fn conversation(id: &str, changes: Value) -> Value {
    let mut attributes = json!({
        "name": "Call", "status": "open", "createdAt": "2026-01-24T01:14:06.250Z", "updatedAt": "2026-01-24T01:14:06.250Z",
        "tags": [VIP], "custom": { "casewireLeafQueueStr": "13" }, "rev": 7,
    });
    for (key, value) in changes.as_object().unwrap() {
        attributes[key] = value.clone();
    }
    json!({
        "type": "conversation", "id": id, "attributes": attributes,
        "relationships": { "customer": { "data": { "type": "customer", "id": KIM } } },
    })
}

/// Attributes with these words in the sessions attribute; `{987}` is the token of call 987.
pub(crate) fn with_sessions(words: &str, rev: u64) -> Value {
    json!({ "custom": { "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens(words) }, "rev": rev })
}

/// `text` with `{987}` as the token of call 987.
pub(crate) fn tokens(text: &str) -> String {
    let mut text = text.to_owned();
    for number in ["987", "988", "989"] {
        let token = session(&format!("call/{number}")).token();
        text = text.replace(&format!("{{{number}}}"), &token);
    }
    text
}

pub(crate) fn note_there(external_id: &str) -> Value {
    json!({ "type": "note", "id": OTHER, "attributes": { "body": "…", "externalId": external_id } })
}

/// The external id of a session's conversation and first note.
pub(crate) fn external_id(subject: &str) -> String {
    format!(
        "casewire:{}",
        session(subject).token().replace(['/', '@'], ":")
    )
}

pub(crate) fn tag(id: &str, name: &str) -> Value {
    json!({ "type": "tag", "id": id, "attributes": { "name": name, "color": "#7ed321", "deleted": false } })
}

pub(crate) fn session(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
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

pub(crate) fn query(subject: &str, identity: CustomerIdentity, trace: TraceSearch) -> LookUp {
    LookUp {
        session: session(subject),
        customer: Some(identity),
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: None,
        }),
        trace,
    }
}

pub(crate) fn linked(text: &str) -> Note {
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
        ..linked(text)
    }
}

pub(crate) fn append(subject: &str, notes: &[Note]) -> Append {
    Append {
        sessions: vec![SessionNotes {
            session: session(subject),
            notes: notes.to_vec(),
        }],
        tags: Vec::new(),
        owner: None,
        status: StatusChange::Keep,
    }
}

pub(crate) fn new_record(subject: &str, customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(subject),
        customer,
        title: "Voice Inbound (IVR) - Billing - 987".to_owned(),
        queue: Some(QueueId("13".into())),
        tags: Vec::new(),
        owner: None,
        notes: vec![linked("Call 987")],
        follow_up_of: None,
    }
}

pub(crate) fn known() -> RecordCustomer {
    RecordCustomer::Known(CustomerId(KIM.to_owned()))
}

/// Conversation [`CALL`], which has to be the next answer.
pub(crate) async fn read(connector: &Kustomer) -> Record {
    let id = casewire_core::RecordId(CALL.to_owned());
    connector.read_record(&id).await.unwrap().unwrap()
}
