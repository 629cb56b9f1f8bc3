//! A fake account, a connector to it, and values to write.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Append, Apply, CrmConnector, CustomerIdentity, Email, ExternalId, LookUp, NewRecord, Note,
    NoteId, Phone, QueueId, RecordCustomer, RecordId, SessionFacts, SessionKey, SessionNotes,
    StatusChange, TraceSearch, WantedRecords,
};
use casewire_http::{RetryPolicy, SecretSource};
use casewire_sandbox::{Faults, Request, Sandbox};
use casewire_zendesk::{Zendesk, ZendeskAuth, ZendeskConfig};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

pub(crate) struct Account {
    pub(crate) sandbox: Sandbox,
    server: MockServer,
    secret: NamedTempFile,
}

impl Account {
    /// An account without the custom fields.
    pub(crate) async fn bare() -> Self {
        let sandbox = Sandbox::zendesk(7);
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(sandbox.responder())
            .mount(&server)
            .await;
        let mut secret = NamedTempFile::new().unwrap();
        writeln!(secret, "sandbox").unwrap();
        Self {
            sandbox,
            server,
            secret,
        }
    }

    /// An account with the fields, and a connector that knows them.
    pub(crate) async fn ready() -> (Self, Zendesk) {
        let account = Self::bare().await;
        let connector = account.connector();
        connector.setup(Apply::Write).await.unwrap();
        // The first search for a trace asks for the fields.
        let query = look_up("call/0", by_phone(), TraceSearch::Thorough);
        connector.look_up(&query).await.unwrap();
        (account, connector)
    }

    pub(crate) fn secret(&self) -> SecretSource {
        SecretSource::File {
            file: self.secret.path().to_owned(),
        }
    }

    pub(crate) fn config(&self) -> ZendeskConfig {
        let config = json!({
            "subdomain": "acme",
            "auth": {
                "type": "oauth_client_credentials",
                "client_id": "sandbox",
                "client_secret": { "file": self.secret.path() },
            },
            "base_url": self.server.uri(),
        });
        let mut config: ZendeskConfig = serde_json::from_value(config).unwrap();
        config.retry = RetryPolicy {
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
            ..RetryPolicy::default()
        };
        config
    }

    pub(crate) fn connector(&self) -> Zendesk {
        Zendesk::new(self.config()).unwrap()
    }

    pub(crate) fn with_auth(&self, auth: ZendeskAuth) -> Zendesk {
        Zendesk::new(ZendeskConfig {
            auth,
            ..self.config()
        })
        .unwrap()
    }

    pub(crate) fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.sandbox.handle(&Request {
            method,
            path: format!("/_sandbox/{path}"),
            query: String::new(),
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        });
        assert!(answer.status.is_success(), "{}", answer.body_json());
        answer.body_json()
    }

    /// What the API shows at `path`, beside the connector.
    pub(crate) fn shown(&self, path: &str) -> Value {
        self.ask(Method::GET, path, &Value::Null)
    }

    /// What the API answers to a person's program.
    pub(crate) fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let mut headers = HeaderMap::new();
        // ana@example.com/token:sandbox
        let basic = "Basic YW5hQGV4YW1wbGUuY29tL3Rva2VuOnNhbmRib3g=";
        headers.insert("authorization", basic.parse().unwrap());
        headers.insert("content-type", "application/json".parse().unwrap());
        let answer = self.sandbox.handle(&Request {
            method,
            path: format!("/api/v2/{path}"),
            query: String::new(),
            headers,
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
        });
        assert!(answer.status.is_success(), "{}", answer.body_json());
        match answer.body.is_empty() {
            true => Value::Null,
            false => answer.body_json(),
        }
    }

    /// A person writes `text` into the sessions field.
    pub(crate) fn write_sessions(&self, ticket: &RecordId, text: &str) {
        let fields = self.shown("ticket_fields");
        let mut fields = fields["ticket_fields"].as_array().unwrap().iter();
        let sessions = fields.find(|field| field["title"] == "Casewire sessions");
        let value = json!({ "id": sessions.unwrap()["id"], "value": text });
        let change = json!({ "ticket": { "custom_fields": [value] } });
        self.ask(Method::PUT, &format!("tickets/{ticket}"), &change);
    }

    /// A person gives the ticket to another customer.
    pub(crate) fn give_away(&self, ticket: &RecordId) {
        let other = json!({ "user": { "name": "Other", "email": "other@example.com" } });
        let other = self.ask(Method::POST, "users", &other);
        let change = json!({ "ticket": { "requester_id": other["user"]["id"] } });
        self.ask(Method::PUT, &format!("tickets/{ticket}"), &change);
    }

    /// Searches are behind by so much.
    pub(crate) fn lag(&self, index_lag: Duration) {
        self.sandbox.set_faults(Faults {
            index_lag,
            ..Faults::default()
        });
    }

    pub(crate) fn add_customer(&self, customer: Value) {
        self.control(Method::POST, "customers", customer);
    }

    pub(crate) fn add_record(&self, record: Value) -> String {
        let added = self.control(Method::POST, "records", record);
        added["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn records(&self) -> Vec<Value> {
        self.sandbox.state()["records"].as_array().unwrap().clone()
    }

    pub(crate) fn customers(&self) -> Vec<Value> {
        self.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// A second passes, so that stamps differ.
    pub(crate) fn tick(&self) {
        self.sandbox.advance(Duration::from_secs(1));
    }

    /// The calls that the fake counts while `future` runs, tokens left out.
    pub(crate) async fn calls_of<T>(&self, future: impl Future<Output = T>) -> (T, Vec<String>) {
        let before = self.counts();
        let output = future.await;
        let mut calls = Vec::new();
        for (operation, count) in self.counts() {
            let made = count - before.get(&operation).copied().unwrap_or(0);
            calls.extend((0..made).map(|_| operation.clone()));
        }
        calls.retain(|call| call != "POST /oauth/tokens");
        (output, calls)
    }

    fn counts(&self) -> BTreeMap<String, u64> {
        let state = self.sandbox.state();
        serde_json::from_value(state["requests"]["by_operation"].clone()).unwrap()
    }
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

pub(crate) fn by_external_id() -> CustomerIdentity {
    CustomerIdentity {
        external_id: ExternalId::parse("c-7"),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn linked(text: &str) -> Note {
    Note {
        id: NoteId::Linked,
        text: text.to_owned(),
        facts: SessionFacts::default(),
    }
}

/// A look-up for queue 13, closed records included.
pub(crate) fn look_up(subject: &str, customer: CustomerIdentity, trace: TraceSearch) -> LookUp {
    LookUp {
        session: session(subject),
        customer: (!customer.is_anonymous()).then_some(customer),
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: None,
        }),
        trace,
    }
}

pub(crate) fn new_record(subject: &str, customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(subject),
        customer,
        title: "Voice Inbound - Billing".to_owned(),
        queue: Some(QueueId("13".into())),
        tags: vec!["voice_inbound".to_owned()],
        owner: None,
        notes: vec![linked("Voice Inbound\nQueue: Billing")],
        follow_up_of: None,
    }
}

pub(crate) fn append(subject: &str, status: StatusChange) -> Append {
    Append {
        sessions: vec![SessionNotes {
            session: session(subject),
            notes: vec![linked("Grüße <b>\n\nanother & last line")],
        }],
        tags: vec!["voice_inbound".to_owned()],
        owner: None,
        status,
    }
}

/// The texts of the notes on a record of the fake's state.
pub(crate) fn texts(record: &Value) -> Vec<&str> {
    let notes = record["notes"].as_array().unwrap();
    notes
        .iter()
        .filter_map(|note| note["text"].as_str())
        .collect()
}
