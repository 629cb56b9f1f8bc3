//! The toy connector against Toy Desk, over HTTP.

mod desk;

use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use casewire_core::{
    CrmConnector, CustomerId, CustomerIdentity, Email, QueueId, RecordId, RecordState, Severity,
    UserId,
};
use casewire_http::RetryPolicy;
use jiff::Timestamp;
use serde_json::json;
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use self::desk::{Desk, KEY, Mishap, NewPerson, NewTicket, Server, Status, Ticket, User};
use super::front::Front;
use super::{Credentials, GivenRecord, Often, Shown, ShownNote, Trouble, Vendor};
use crate::toy::{Toy, ToyConfig};

/// A Toy Desk account, and a line to it that fails as HTTP does.
pub(crate) struct ToyVendor {
    desk: Arc<Mutex<Desk>>,
    server: MockServer,
    front: Front,
    secret: NamedTempFile,
}

pub(crate) async fn toy(seed: u64) -> ToyVendor {
    let desk = Arc::new(Mutex::new(Desk::new(Timestamp::now(), seed)));
    let server = MockServer::builder()
        .disable_request_recording()
        .start()
        .await;
    let front = Front::default();
    let responder = front.before(Server(Arc::clone(&desk)));
    Mock::given(any())
        .respond_with(responder)
        .mount(&server)
        .await;
    let mut secret = NamedTempFile::new().unwrap();
    secret.write_all(KEY.as_bytes()).unwrap();
    let vendor = ToyVendor {
        desk,
        server,
        front,
        secret,
    };
    let findings = vendor.connect().check().await.unwrap();
    let severities = findings.iter().map(|finding| finding.severity);
    assert_eq!(severities.max(), Some(Severity::Fine), "{findings:?}");
    vendor
}

impl ToyVendor {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }
}

impl Vendor for ToyVendor {
    fn connect(&self) -> Arc<dyn CrmConnector> {
        let config = json!({
            "account": "acme",
            "api_key": { "file": self.secret.path() },
            "base_url": self.server.uri(),
        });
        let mut config: ToyConfig = serde_json::from_value(config).unwrap();
        config.retry = RetryPolicy {
            tries: 4,
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(4),
            wait_budget: Duration::from_millis(500),
        };
        Arc::new(Toy::new(&config).unwrap())
    }

    fn now(&self) -> Timestamp {
        self.desk().now
    }

    fn pass(&self, time: Duration) {
        self.desk().now += time;
    }

    fn kept_text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn kept_tags(&self, tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| tag.to_lowercase()).collect()
    }

    fn slow_down(&self, asked: Duration) -> Duration {
        asked
    }

    fn writes_of(&self, _: u64) -> u64 {
        1
    }

    fn credentials(&self) -> Credentials {
        Credentials::Fixed
    }

    fn given_customer(&self, identity: &CustomerIdentity) -> CustomerId {
        let details = NewPerson {
            reference: None,
            name: identity.name.as_ref().map(|name| name.as_str().to_owned()),
            phone: identity
                .phone
                .as_ref()
                .map(|phone| phone.as_str().to_owned()),
            email: identity
                .email
                .as_ref()
                .map(|email| email.as_str().to_owned()),
            external_id: identity
                .external_id
                .as_ref()
                .map(|id| id.as_str().to_owned()),
        };
        CustomerId(self.desk().enter(details).id.clone())
    }

    fn given_record(&self, given: &GivenRecord<'_>) -> RecordId {
        let mut desk = self.desk();
        let ticket = desk.open(NewTicket {
            title: "Added by a person".to_owned(),
            person_id: Some(given.customer.0.clone()),
            queue: Some(given.queue.to_owned()),
            tags: self.kept_tags(given.tags),
            ..NewTicket::default()
        });
        ticket.status = match given.state {
            RecordState::Open => Status::Open,
            RecordState::Resolved => Status::Solved,
            RecordState::Closed => Status::Archived,
        };
        ticket.created_at = given.created_at;
        ticket.solved_at = given.closed_at;
        RecordId(ticket.id.clone())
    }

    fn given_user(&self, email: &Email) -> UserId {
        let mut desk = self.desk();
        let user = User {
            id: desk.id("usr"),
            email: email.as_str().to_owned(),
        };
        desk.users.push(user.clone());
        UserId(user.id)
    }

    fn given_index_lag(&self, lag: Duration) {
        self.desk().lag = lag;
    }

    fn given(&self, trouble: Trouble, often: Often) {
        let mishap = match trouble {
            Trouble::AnswerBroken => return self.front.breaks(often),
            Trouble::CredentialsRevokedAfter(requests) => {
                return self.front.refuses_after(requests);
            }
            Trouble::Failing => return self.front.fails(often),
            Trouble::FailingWrites => return self.front.fails_writes(often),
            Trouble::AnswerLost => Mishap::AnswerLost,
            Trouble::CredentialsExpired => Mishap::KeyRefused,
            Trouble::Throttled(seconds) => Mishap::Throttled(seconds),
            Trouble::Unavailable => Mishap::Maintenance,
        };
        let mut desk = self.desk();
        match often {
            Often::Always => desk.always = Some(mishap),
            Often::Once => desk.once = Some(mishap),
        }
    }

    fn given_storm(&self) {
        self.given_index_lag(Duration::from_secs(30));
        self.desk().is_stormy = true;
    }

    fn given_calm(&self) {
        self.front.calm();
        let mut desk = self.desk();
        (desk.always, desk.once, desk.is_stormy) = (None, None, false);
    }

    fn person_resolves(&self, RecordId(id): &RecordId) {
        self.pass(Duration::from_secs(2));
        let mut desk = self.desk();
        let now = desk.now;
        let Ok(ticket) = desk.ticket(id) else {
            panic!("there is no ticket {id}");
        };
        ticket.status = Status::Solved;
        ticket.solved_at = Some(now);
        ticket.version += 1;
    }

    fn person_deletes(&self, RecordId(id): &RecordId) {
        self.desk().tickets.retain(|ticket| ticket.id != *id);
    }

    fn records(&self) -> Vec<Shown> {
        let desk = self.desk();
        let tickets = desk.tickets.iter();
        tickets.map(|ticket| shown(&desk, ticket)).collect()
    }

    fn customers(&self) -> usize {
        self.desk().people.len()
    }

    fn writes(&self) -> u64 {
        self.desk().writes
    }

    fn secrets(&self) -> Vec<String> {
        self.front.credentials()
    }
}

fn shown(desk: &Desk, ticket: &Ticket) -> Shown {
    let details = ticket.details.clone();
    let mut people = desk.people.iter();
    let person = people.find(|person| Some(&person.id) == details.person_id.as_ref());
    let address = person.and_then(|person| {
        let known = &person.details;
        let by_phone = known.phone.clone();
        by_phone
            .or(known.email.clone())
            .or(known.external_id.clone())
    });
    let (internal, public): (Vec<_>, Vec<_>) =
        details.notes.into_iter().partition(|note| note.internal);
    let mut sessions = Vec::new();
    for word in details.sessions.split_whitespace() {
        let session = word.split('@').next().unwrap().to_owned();
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    Shown {
        id: RecordId(ticket.id.clone()),
        title: details.title,
        state: match ticket.status {
            Status::New | Status::Open => RecordState::Open,
            Status::Solved => RecordState::Resolved,
            Status::Archived => RecordState::Closed,
        },
        queue: details.queue.map(|queue| QueueId(queue.into())),
        customer: address,
        tags: details.tags,
        sessions,
        notes: internal.iter().map(|note| shown_note(&note.text)).collect(),
        public_notes: public.len(),
        owner: details.owner_id.map(UserId),
        follow_up_of: details.follow_up_of.map(RecordId),
    }
}

/// A note by its last line, such as `[casewire call/987@3f2a9c ended:1b2c3d]`.
fn shown_note(text: &str) -> ShownNote {
    let (text, marker) = text.rsplit_once('\n').unwrap();
    let marker = marker.strip_prefix("[casewire ").unwrap();
    let (session, note) = marker.strip_suffix(']').unwrap().split_once(' ').unwrap();
    ShownNote {
        session: session.split('@').next().unwrap().to_owned(),
        kind: note.split(':').next().unwrap().to_owned(),
        text: text.to_owned(),
    }
}
