//! A connector against its sandbox, over HTTP.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_core::{
    Apply, CrmConnector, CustomerId, CustomerIdentity, Email, QueueId, RecordId, RecordState,
    UserId,
};
use casewire_http::{RetryPolicy, SecretSource};
use casewire_sandbox::{Expiry, Fault, Faults, Request, Sandbox};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::front::{self, Front};
use super::{Credentials, GivenRecord, Often, Shown, ShownNote, Trouble, Vendor};

/// What one CRM has of its own.
pub(super) struct Crm {
    /// Its connector to the fake.
    pub(super) connect: Connect,
    /// What goes wrong in a storm, as the fake reads it.
    pub(super) storm: &'static str,
    /// What it makes of a note's text.
    pub(super) kept_text: fn(&str) -> String,
    /// Those of some tags that it keeps, as it writes them.
    pub(super) kept_tags: fn(&[&str]) -> Vec<String>,
    /// How long it is left alone when it asks for so long.
    pub(super) slow_down: fn(Duration) -> Duration,
    /// How many requests one write of so many notes may take.
    pub(super) writes_of: fn(u64) -> u64,
    /// Whether its credentials are renewed.
    pub(super) credentials: Credentials,
}

type Connect = Box<dyn Fn(Access) -> Arc<dyn CrmConnector> + Send + Sync>;

/// How many of a record's public notes there have to be. More than these are shown as public, and fewer as well.
type Meant = fn(&Shown) -> usize;

/// What a connector needs to get to a fake.
pub(super) struct Access {
    pub(super) base_url: String,
    pub(super) secret: SecretSource,
    pub(super) retry: RetryPolicy,
}

/// A CRM's connector and its fake, with a line between them that fails as HTTP does.
pub(crate) struct Sandboxed {
    crm: Crm,
    meant: Meant,
    sandbox: Sandbox,
    server: MockServer,
    front: Front,
    secret: NamedTempFile,
    faults: Mutex<Faults>,
    now: Mutex<Timestamp>,
}

impl Sandboxed {
    /// An account that `setup` has been through.
    pub(super) async fn new(crm: Crm, sandbox: Sandbox) -> Self {
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
            crm,
            meant: |_| 0,
            sandbox,
            server,
            front,
            secret,
            faults: Mutex::default(),
            now: Mutex::new(now),
        };
        let connector = vendor.connect();
        let made = connector.setup(Apply::Write).await.unwrap();
        assert!(!made.is_empty(), "there was nothing to set up");
        let lacking = connector.setup(Apply::Plan).await.unwrap();
        assert_eq!(lacking, []);
        vendor
    }

    pub(super) fn with_meant(mut self, meant: Meant) -> Self {
        self.meant = meant;
        self
    }

    pub(super) fn access(&self) -> Access {
        Access {
            base_url: self.server.uri(),
            secret: SecretSource::File {
                file: self.secret.path().to_owned(),
            },
            retry: RetryPolicy {
                tries: 4,
                first_delay: Duration::from_millis(1),
                max_delay: Duration::from_millis(4),
                wait_budget: Duration::from_millis(500),
            },
        }
    }

    /// How many requests of each operation `work` makes; those for access tokens are left out.
    pub(crate) async fn calls_of(&self, work: impl AsyncFnOnce()) -> BTreeMap<String, u64> {
        let before = self.calls();
        work().await;
        let mut calls = self.calls();
        calls.retain(|operation, count| {
            *count -= before.get(operation).copied().unwrap_or_default();
            *count > 0
        });
        calls
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        let requests = self.sandbox.requests();
        let counts = requests["by_operation"].as_object().unwrap().iter();
        counts
            .filter(|(operation, _)| {
                let path = operation.split_once(' ').map(|(_, path)| path);
                !path.is_some_and(front::gives_tokens)
            })
            .map(|(operation, count)| (operation.clone(), count.as_u64().unwrap()))
            .collect()
    }

    /// Sends a request as a person's browser would: past the faults.
    pub(super) fn ask(&self, request: &Request) -> Value {
        let faults = self.faults.lock().unwrap();
        self.sandbox.set_faults(Faults {
            index_lag: faults.index_lag,
            ..Faults::default()
        });
        let answer = self.sandbox.handle(request);
        self.sandbox.set_faults(faults.clone());
        let body = answer.body_json();
        let path = &request.path;
        assert!(answer.status.is_success(), "{path}: {body}");
        body
    }

    fn control(&self, method: Method, route: &str, body: &Value) -> Value {
        self.ask(&Request::new(method, &format!("/_sandbox/{route}")).json(body))
    }

    fn change_faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = self.faults.lock().unwrap();
        change(&mut faults);
        self.sandbox.set_faults(faults.clone());
    }

    fn add(&self, what: &str, row: &Value) -> String {
        text(&self.control(Method::POST, what, row)["id"]).unwrap()
    }
}

impl Vendor for Sandboxed {
    fn connect(&self) -> Arc<dyn CrmConnector> {
        (self.crm.connect)(self.access())
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
        self.sandbox.advance(time);
    }

    fn kept_text(&self, text: &str) -> String {
        (self.crm.kept_text)(text)
    }

    fn kept_tags(&self, tags: &[&str]) -> Vec<String> {
        (self.crm.kept_tags)(tags)
    }

    fn slow_down(&self, asked: Duration) -> Duration {
        (self.crm.slow_down)(asked)
    }

    fn writes_of(&self, notes: u64) -> u64 {
        (self.crm.writes_of)(notes)
    }

    fn credentials(&self) -> Credentials {
        self.crm.credentials
    }

    fn given_customer(&self, identity: &CustomerIdentity) -> CustomerId {
        CustomerId(self.add(
            "customers",
            &json!({
                "name": identity.name.as_ref().map(|name| name.as_str()),
                "phone": identity.phone.as_ref().map(|phone| phone.as_str()),
                "email": identity.email.as_ref().map(|email| email.as_str()),
                "external_id": identity.external_id.as_ref().map(|id| id.as_str()),
            }),
        ))
    }

    fn given_record(&self, given: &GivenRecord<'_>) -> RecordId {
        RecordId(self.add(
            "records",
            &json!({
                "title": "Added by a person",
                "customer": given.customer.0,
                "queue": given.queue,
                "state": given.state.as_str(),
                "tags": self.kept_tags(given.tags),
                "created_at": given.created_at.to_string(),
                "closed_at": given.closed_at.map(|at| at.to_string()),
            }),
        ))
    }

    fn given_user(&self, email: &Email) -> UserId {
        let agent = json!({ "email": email.as_str(), "role": "agent" });
        UserId(self.add("customers", &agent))
    }

    fn given_index_lag(&self, lag: Duration) {
        self.change_faults(|faults| faults.index_lag = lag);
    }

    fn given(&self, trouble: Trouble, often: Often) {
        let (fault, always): (_, fn(&mut Faults)) = match trouble {
            Trouble::AnswerBroken => return self.front.breaks(often),
            Trouble::AnswerLost => (Fault::LostAnswer, |faults| faults.lost_answer = 1.0),
            Trouble::CredentialsExpired => (Fault::ExpireToken, |faults| {
                faults.expire_token = Expiry::Drawn(1.0);
            }),
            Trouble::CredentialsRevokedAfter(requests) => {
                return self.front.refuses_after(requests);
            }
            Trouble::Failing => return self.front.fails(often),
            Trouble::FailingWrites => return self.front.fails_writes(often),
            Trouble::Throttled(seconds) => {
                self.change_faults(|faults| faults.retry_after = Duration::from_secs(seconds));
                (Fault::Throttle, |faults| faults.throttle = 1.0)
            }
            Trouble::Unavailable => (Fault::Unavailable, |faults| faults.unavailable = 1.0),
        };
        match often {
            Often::Always => self.change_faults(always),
            Often::Once => self.sandbox.inject(fault),
        }
    }

    fn given_storm(&self) {
        self.change_faults(|faults| *faults = self.crm.storm.parse().unwrap());
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
        let change = json!({ "state": RecordState::Resolved.as_str() });
        self.control(Method::PATCH, &format!("records/{record}"), &change);
    }

    fn person_deletes(&self, record: &RecordId) {
        self.ask(&Request::new(
            Method::DELETE,
            &format!("/_sandbox/records/{record}"),
        ));
    }

    fn records(&self) -> Vec<Shown> {
        let state = self.sandbox.state();
        let records = state["records"].as_array().unwrap().iter();
        let records = records.map(shown).map(|shown| Shown {
            public_notes: shown.public_notes.abs_diff((self.meant)(&shown)),
            ..shown
        });
        records.collect()
    }

    fn customers(&self) -> usize {
        self.sandbox.state()["customers"].as_array().unwrap().len()
    }

    fn writes(&self) -> u64 {
        self.sandbox.requests()["writes"].as_u64().unwrap()
    }

    fn secrets(&self) -> Vec<String> {
        self.front.credentials()
    }
}

fn shown(record: &Value) -> Shown {
    let notes = record["notes"].as_array().unwrap().iter();
    let notes = notes.map(|note| ShownNote {
        session: text(&note["session"]).unwrap(),
        kind: text(&note["kind"]).unwrap(),
        text: text(&note["text"]).unwrap(),
    });
    Shown {
        id: text(&record["id"]).map(RecordId).unwrap(),
        title: text(&record["title"]).unwrap(),
        state: serde_json::from_value(record["state"].clone()).unwrap(),
        queue: text(&record["queue"]).map(|queue| QueueId(queue.into())),
        customer: text(&record["customer"]),
        tags: serde_json::from_value(record["tags"].clone()).unwrap(),
        sessions: serde_json::from_value(record["sessions"].clone()).unwrap(),
        notes: notes.collect(),
        public_notes: serde_json::from_value(record["public_notes"].clone()).unwrap(),
        owner: text(&record["owner"]).map(UserId),
        follow_up_of: text(&record["follow_up_of"]).map(RecordId),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
