//! The Zendesk connector against the sandbox, over HTTP.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_core::{
    Apply, CrmConnector, CustomerId, CustomerIdentity, Email, QueueId, RecordId, RecordState,
    UserId,
};
use casewire_http::{RetryPolicy, SecretSource};
use casewire_sandbox::zendesk::{Limits, Options, Strictness};
use casewire_sandbox::{Fault, Faults, Request, Sandbox};
use casewire_zendesk::{Fields, Statuses, Zendesk, ZendeskAuth, ZendeskConfig};
use http::{Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::front::Front;
use super::{GivenRecord, Often, Shown, ShownNote, Trouble, Vendor};

pub(crate) struct ZendeskVendor {
    sandbox: Sandbox,
    server: MockServer,
    front: Front,
    secret: NamedTempFile,
    faults: Mutex<Faults>,
    now: Mutex<Timestamp>,
}

impl ZendeskVendor {
    pub(crate) async fn new(seed: u64) -> Self {
        let options = Options {
            limits: Limits::unlimited(),
            strictness: Strictness::Refuse,
        };
        let sandbox = Sandbox::zendesk_with(seed, options);
        let now = Timestamp::now();
        sandbox.freeze(now);
        let server = MockServer::builder()
            .disable_request_recording()
            .start()
            .await;
        let front = Front::default();
        let responder = front.before(sandbox.responder());
        Mock::given(any())
            .respond_with(responder)
            .mount(&server)
            .await;
        let mut secret = NamedTempFile::new().unwrap();
        secret.write_all(b"sandbox").unwrap();
        let vendor = Self {
            sandbox,
            server,
            front,
            secret,
            faults: Mutex::default(),
            now: Mutex::new(now),
        };
        let changes = vendor.connect().setup(Apply::Write).await.unwrap();
        assert_eq!(changes.len(), 2, "{changes:?}");
        vendor
    }

    /// A connector that knows the fields' ids from its config.
    pub(crate) fn connect_with_field_ids(&self) -> Zendesk {
        let list = self.ask(Method::GET, "/api/v2/ticket_fields", None);
        let id = |title: &str| {
            let mut fields = list["ticket_fields"].as_array().unwrap().iter();
            let field = fields.find(|field| field["title"] == title);
            field.unwrap()["id"].as_u64().unwrap()
        };
        self.connect_with(Some(Fields {
            leaf_queue: id("Casewire leaf queue"),
            sessions: id("Casewire sessions"),
        }))
    }

    fn connect_with(&self, fields: Option<Fields>) -> Zendesk {
        let auth = ZendeskAuth::OauthClientCredentials {
            client_id: "sandbox".to_owned(),
            client_secret: SecretSource::File {
                file: self.secret.path().to_owned(),
            },
        };
        let config = ZendeskConfig {
            subdomain: "acme".to_owned(),
            auth,
            base_url: Some(self.server.uri()),
            default_user: None,
            statuses: Statuses::default(),
            fields,
            reopen_custom_status_id: None,
            retry: RetryPolicy {
                tries: 4,
                first_delay: Duration::from_millis(1),
                max_delay: Duration::from_millis(4),
                wait_budget: Duration::from_millis(500),
            },
        };
        Zendesk::new(config).unwrap()
    }

    /// How many requests of each operation arrived; those for access tokens are left out.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let state = self.sandbox.state();
        let counts = state["requests"]["by_operation"]
            .as_object()
            .unwrap()
            .iter();
        counts
            .filter(|(operation, _)| !operation.contains("/oauth/"))
            .map(|(operation, count)| (operation.clone(), count.as_u64().unwrap()))
            .collect()
    }

    /// Sends a request as a person's browser would: past the faults.
    fn ask(&self, method: Method, target: &str, body: Option<Value>) -> Value {
        let faults = self.faults.lock().unwrap();
        self.sandbox.set_faults(Faults {
            index_lag: faults.index_lag,
            ..Faults::default()
        });
        // `integration@example.com/token:sandbox`
        let authorization = "Basic aW50ZWdyYXRpb25AZXhhbXBsZS5jb20vdG9rZW46c2FuZGJveA==";
        let mut request = Request::new(method, target).header(header::AUTHORIZATION, authorization);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = self.sandbox.handle(&request);
        assert!(
            answer.status.is_success(),
            "{target}: {}",
            answer.body_json()
        );
        self.sandbox.set_faults(faults.clone());
        answer.body_json()
    }

    fn change_faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = self.faults.lock().unwrap();
        change(&mut faults);
        self.sandbox.set_faults(faults.clone());
    }

    fn show(&self, record: &Value) -> Shown {
        let id = record["id"].as_str().unwrap();
        let ticket = self.ask(Method::GET, &format!("/api/v2/tickets/{id}"), None);
        let comments = self.ask(Method::GET, &format!("/api/v2/tickets/{id}/comments"), None);
        let comments = comments["comments"].as_array().unwrap().iter();
        let owner = ticket["ticket"]["assignee_id"].as_u64();
        let notes = record["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| ShownNote {
                session: text(&note["session"]).unwrap(),
                kind: text(&note["kind"]).unwrap(),
                text: text(&note["text"]).unwrap(),
            });
        Shown {
            id: RecordId(id.to_owned()),
            title: text(&record["title"]).unwrap(),
            state: serde_json::from_value(record["state"].clone()).unwrap(),
            queue: text(&record["queue"]).map(|queue| QueueId(queue.into())),
            customer: text(&record["customer"]),
            tags: serde_json::from_value(record["tags"].clone()).unwrap(),
            sessions: serde_json::from_value(record["sessions"].clone()).unwrap(),
            notes: notes.collect(),
            public_notes: comments.filter(|comment| comment["public"] == true).count(),
            owner: owner.map(|id| UserId(id.to_string())),
            follow_up_of: text(&record["follow_up_of"]).map(RecordId),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Vendor for ZendeskVendor {
    fn connect(&self) -> Arc<dyn CrmConnector> {
        Arc::new(self.connect_with(None))
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
        self.sandbox.advance(time);
    }

    fn given_customer(&self, identity: &CustomerIdentity) -> CustomerId {
        let customer = json!({
            "name": identity.name.as_ref().map(|name| name.as_str()),
            "phone": identity.phone.as_ref().map(|phone| phone.as_str()),
            "email": identity.email.as_ref().map(|email| email.as_str()),
            "external_id": identity.external_id.as_ref().map(|id| id.as_str()),
        });
        let added = self.ask(Method::POST, "/_sandbox/customers", Some(customer));
        CustomerId(text(&added["id"]).unwrap())
    }

    fn given_record(&self, given: &GivenRecord<'_>) -> RecordId {
        let record = json!({
            "title": "Added by a person",
            "customer": given.customer.0,
            "queue": given.queue,
            "state": given.state.as_str(),
            "tags": given.tags,
            "created_at": given.created_at.to_string(),
            "closed_at": given.closed_at.map(|at| at.to_string()),
        });
        let added = self.ask(Method::POST, "/_sandbox/records", Some(record));
        RecordId(text(&added["id"]).unwrap())
    }

    fn given_user(&self, email: &Email) -> UserId {
        let agent = json!({ "email": email.as_str(), "role": "agent" });
        let added = self.ask(Method::POST, "/_sandbox/customers", Some(agent));
        UserId(text(&added["id"]).unwrap())
    }

    fn given_index_lag(&self, lag: Duration) {
        self.change_faults(|faults| faults.index_lag = lag);
    }

    fn given(&self, trouble: Trouble, often: Often) {
        let fault = match trouble {
            Trouble::AnswerBroken => return self.front.breaks(often),
            Trouble::Failing => return self.front.fails(often),
            Trouble::AnswerLost => Fault::LostAnswer,
            Trouble::CredentialsExpired => Fault::ExpireToken,
            Trouble::Throttled(_) => Fault::Throttle,
            Trouble::Unavailable => Fault::Unavailable,
        };
        if let Trouble::Throttled(seconds) = trouble {
            self.change_faults(|faults| faults.retry_after = Duration::from_secs(seconds));
        }
        match often {
            Often::Once => self.sandbox.inject(fault),
            Often::Always => self.change_faults(|faults| match fault {
                Fault::ExpireToken => faults.expire_token = casewire_sandbox::Expiry::Drawn(1.0),
                Fault::LostAnswer => faults.lost_answer = 1.0,
                Fault::Reset => faults.reset = 1.0,
                Fault::Throttle => faults.throttle = 1.0,
                Fault::Unavailable => faults.unavailable = 1.0,
            }),
        }
    }

    fn given_storm(&self) {
        let storm = "throttle=0.05,retry-after=0s,unavailable=0.05,reset=0.03,lost-answer=0.1,index-lag=30s";
        self.change_faults(|faults| *faults = storm.parse().unwrap());
    }

    fn given_calm(&self) {
        self.front.calm();
        self.change_faults(|faults| {
            *faults = Faults {
                index_lag: faults.index_lag,
                ..Faults::default()
            };
        });
    }

    fn person_resolves(&self, record: &RecordId) {
        self.pass(Duration::from_secs(2));
        let target = format!("/_sandbox/records/{record}");
        let change = json!({ "state": RecordState::Resolved.as_str() });
        self.ask(Method::PATCH, &target, Some(change));
    }

    fn person_deletes(&self, record: &RecordId) {
        self.ask(Method::DELETE, &format!("/api/v2/tickets/{record}"), None);
    }

    fn records(&self) -> Vec<Shown> {
        let state = self.sandbox.state();
        let records = state["records"].as_array().unwrap().iter();
        records.map(|record| self.show(record)).collect()
    }

    fn customers(&self) -> usize {
        self.sandbox.state()["customers"].as_array().unwrap().len()
    }

    fn writes(&self) -> u64 {
        self.sandbox.state()["requests"]["writes"].as_u64().unwrap()
    }

    fn secrets(&self) -> Vec<String> {
        self.front.credentials()
    }
}
