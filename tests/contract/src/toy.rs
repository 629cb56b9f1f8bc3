//! A fifth connector, to a CRM that does not exist: what it takes to add one, and nothing more.
//!
//! Toy Desk has people and tickets, and its documents promise:
//!
//! * a `reference` is unique: a `POST` with one that is there changes nothing and answers with what is there;
//! * a `PATCH` of a ticket names in `If-Match` the version that was read, and is refused with 412 when that is over;
//! * its search for people is behind by a while, everything else is not; lists begin with the oldest;
//! * a note is shown to the customer unless it is `internal`; an archived ticket takes no change any more;
//! * every ticket has a `queue` and a text `sessions`, by each word of which it is found.
//!
//! In a crate of its own the parts of this file are `config.rs`, `profile.rs`, `connector.rs` and `wire.rs`; the bodies,
//! which here stand where they are sent, are in `wire.rs` as well.

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerIdentity, CustomerKey, Email, Error,
    ErrorKind, Finding, Found, LookUp, NewRecord, Note, Profile, QueueId, Record, RecordCustomer,
    RecordId, RecordState, Result, SessionKey, SessionKind, SessionNotes, Severity, StatusChange,
    Trace, TraceSearch, UserId,
};
use casewire_http::{
    Auth, BaseUrl, Client, ClientConfig, Refusal, Repeat, Request, RetryPolicy, SecretSource,
};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

// --- config.rs

/// How to reach a Toy Desk account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToyConfig {
    /// The first label of the account's address: `acme` for `https://acme.toydesk.example`.
    account: String,
    /// The API key, which does not expire.
    api_key: SecretSource,
    /// Another origin, on this machine only: for tests and sandboxes.
    base_url: Option<String>,
    /// How often and how long a request is tried; not part of the file.
    #[serde(skip)]
    pub(crate) retry: RetryPolicy,
}

impl ToyConfig {
    fn client(&self) -> Result<Client> {
        let host = format!("{}.toydesk.example", self.account);
        let base = match &self.base_url {
            Some(url) => BaseUrl::loopback(url)?,
            None => BaseUrl::vendor(&host, "toydesk.example")?,
        };
        let auth = Auth::Bearer(self.api_key.resolve()?);
        Client::new(ClientConfig {
            retry: self.retry.clone(),
            refusal,
            ..ClientConfig::new(base, auth)
        })
    }
}

// --- profile.rs

/// What is constant about Toy Desk: data and pure functions, no client.
pub(crate) fn profile() -> Profile {
    Profile {
        name: "toy",
        title_limit: 120,
        session_type_tag: tag,
        plain_tag: tag,
        record_without_customer: true,
        refuses: &[],
    }
}

/// Toy Desk's tags are of `a` to `z`, digits and `_`: `Voice Inbound (IVR)` becomes `voice_inbound_ivr` (R13).
fn tag(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("_")
}

// --- connector.rs

/// A Toy Desk account.
#[derive(Debug)]
pub(crate) struct Toy {
    client: Client,
    profile: Profile,
}

impl Toy {
    /// A connector to the account in `config`. Nothing is sent yet.
    pub(crate) fn new(config: &ToyConfig) -> Result<Self> {
        Ok(Self {
            client: config.client()?,
            profile: profile(),
        })
    }

    async fn ask<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.client.send(request).await?.json()
    }

    /// By the first key that anybody has; of several people the one created last (C2).
    async fn find_person(
        &self,
        identity: &CustomerIdentity,
        kind: SessionKind,
    ) -> Result<Option<CustomerId>> {
        for key in identity.keys(kind) {
            let parameter = match key {
                CustomerKey::ExternalId(_) => "external_id",
                CustomerKey::Phone(_) => "phone",
                CustomerKey::Email(_) => "email",
            };
            let request = Request::get("/people").query(parameter, key.as_str());
            let found: List<Row<CustomerId>> = self.ask(request).await?;
            if let Some(last) = found.items.into_iter().next_back() {
                return Ok(Some(last.id));
            }
        }
        Ok(None)
    }

    /// All of them, page after page (C3).
    async fn tickets_of(&self, CustomerId(person): &CustomerId) -> Result<Vec<Record>> {
        const PATH: &str = "/people/{id}/tickets";
        let mut request = Request::get(PATH).fill("id", person);
        let mut records = Vec::new();
        loop {
            let page: List<Ticket> = self.ask(request).await?;
            records.extend(page.items.into_iter().map(Record::from));
            let Some(link) = page.next else {
                return Ok(records);
            };
            request = Request::follow(PATH, link);
        }
    }

    /// The ticket that `session` is on, whoever's it is now (C5).
    async fn ticket_with(&self, session: &SessionKey) -> Result<Option<Record>> {
        let request = Request::get("/tickets").query("session", session.token());
        let found: List<Ticket> = self.ask(request).await?;
        Ok(found.items.into_iter().next().map(Record::from))
    }

    /// The customer of a new ticket. One that is created has a reference, the same in calls and chats: so it is created
    /// once, also while the search does not show it (C6).
    async fn person_of(&self, new: &NewRecord) -> Result<Option<CustomerId>> {
        let withheld = CustomerIdentity::default();
        let of_session = || format!("session:{}", new.session.token());
        let (reference, identity) = match &new.customer {
            RecordCustomer::Known(known) => return Ok(Some(known.clone())),
            RecordCustomer::None => return Ok(None),
            RecordCustomer::Anonymous => (of_session(), &withheld),
            RecordCustomer::SharedAnonymous => ("withheld".to_owned(), &withheld),
            RecordCustomer::New(identity) => {
                let key = identity.keys(SessionKind::Call).next();
                let of_key = |key: CustomerKey| format!("customer:{}", key.as_str());
                (key.map_or_else(of_session, of_key), identity)
            }
        };
        let person = json!({
            "reference": reference,
            "name": identity.name,
            "phone": identity.phone,
            "email": identity.email,
            "external_id": identity.external_id,
        });
        let request = Request::post("/people").json(&person).repeat(Repeat::Keyed);
        Ok(Some(self.ask::<Row<_>>(request).await?.id))
    }

    async fn find(&self, query: &LookUp) -> Result<Found> {
        let customer = match &query.customer {
            Some(identity) => self.find_person(identity, query.session.kind()).await?,
            None => None,
        };
        let records = match &customer {
            Some(id) if query.records.is_some() => self.tickets_of(id).await?,
            _ => Vec::new(),
        };
        let is_on = |record: &&Record| record.trace.has_session(&query.session);
        let mut own = records.iter().find(is_on).cloned();
        if own.is_none() && query.trace == TraceSearch::Thorough {
            own = self.ticket_with(&query.session).await?;
        }
        Ok(Found {
            customer,
            records,
            own,
        })
    }

    /// Ticket, notes and trace in one request, which is done whole or not at all (C4).
    async fn create(&self, new: &NewRecord) -> Result<Record> {
        let person_id = self.person_of(new).await?;
        let making = [SessionNotes {
            session: new.session.clone(),
            notes: new.notes.clone(),
        }];
        let body = json!({
            "reference": new.session.token(),
            "title": new.title,
            "person_id": person_id,
            "queue": new.queue,
            "tags": new.tags,
            "owner_id": new.owner,
            "follow_up_of": new.follow_up_of,
            "sessions": sessions(&Trace::default(), &making),
            "notes": notes(&making),
        });
        let request = Request::post("/tickets").json(&body).repeat(Repeat::Keyed);
        Ok(self.ask::<Ticket>(request).await?.into())
    }

    async fn change(&self, to: &Record, what: &Append) -> Result<Record> {
        if what.is_repeat(&to.trace) {
            return Ok(to.clone());
        }
        let missing = what.missing(&to.trace);
        // What is null stays as it is.
        let change = json!({
            "status": (what.status == StatusChange::DefaultOpen).then_some("open"),
            "add_tags": what.tags,
            "owner_id": what.owner,
            "sessions": sessions(&to.trace, &missing),
            "add_notes": notes(&missing),
        });
        // Toy Desk's tickets always have one; none would be refused as changed (C9).
        let version = to.version.as_deref().unwrap_or_default();
        let request = Request::patch("/tickets/{id}")
            .fill("id", &to.id)
            .header("if-match", &format!("\"{version}\""))
            .json(&change)
            .repeat(Repeat::Guarded);
        let answer = self.ask::<Ticket>(request).await;
        // Its answer was lost, or it was done before: the ticket itself tells (C5, C6).
        if let Err(ErrorKind::Conflict | ErrorKind::Uncertain) =
            answer.as_ref().map_err(Error::kind)
            && let Ok(Some(now)) = self.read_record(&to.id).await
            && what.is_repeat(&now.trace)
        {
            return Ok(now);
        }
        answer.map(Record::from)
    }
}

#[async_trait]
impl CrmConnector for Toy {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let found = self.find(query).await;
        found.map_err(|error| error.context(format!("looking up session {}", query.session)))
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        let request = Request::get("/tickets/{id}").fill("id", id);
        match self.ask::<Ticket>(request).await {
            Ok(ticket) => Ok(Some(ticket.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context(format!("reading ticket {id}"))),
        }
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let what = format!("creating a ticket for session {}", new.session);
        let record = self.create(new).await;
        record.map_err(|error| error.context(what))
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let context = format!("appending {} to ticket {}", what.named(), to.id);
        let record = self.change(to, what).await;
        record.map_err(|error| error.context(context))
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let request = Request::get("/users").query("email", email.as_str());
        let users = self.ask::<List<Row<UserId>>>(request).await;
        let users = users.map_err(|error| error.context("looking for an agent"))?;
        Ok(users.items.into_iter().next().map(|user| user.id))
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        let finding = |severity, message| Ok(vec![Finding { severity, message }]);
        match self.client.send(Request::get("/account")).await {
            Ok(_) => finding(Severity::Fine, "the key in `api_key` is right".to_owned()),
            Err(error) if error.kind() == ErrorKind::Auth => {
                finding(Severity::Denied, error.to_string())
            }
            Err(error) => Err(error.context("asking whose key it is")),
        }
    }

    /// A CRM without fields for queue and sessions would get them here.
    async fn setup(&self, _: Apply) -> Result<Vec<Change>> {
        Ok(Vec::new())
    }
}

// --- wire.rs

/// How many bytes a ticket's `sessions` hold.
const MAX_SESSIONS: usize = 4_000;

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Row<Id> {
    id: Id,
}

#[derive(Deserialize)]
struct Ticket {
    id: RecordId,
    version: u64,
    person_id: Option<CustomerId>,
    queue: Option<QueueId>,
    status: Status,
    tags: Vec<String>,
    sessions: String,
    created_at: Timestamp,
    solved_at: Option<Timestamp>,
    link: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    New,
    Open,
    Solved,
    Archived,
}

/// The sessions on a ticket and those that join it (R14).
fn sessions(before: &Trace, joining: &[SessionNotes]) -> String {
    let mut trace = before.clone();
    for SessionNotes { session, notes } in joining {
        trace.add(session, notes);
    }
    trace.to_text(MAX_SESSIONS)
}

/// A note for each, with its marker line (R15).
fn notes(joining: &[SessionNotes]) -> Vec<Value> {
    let notes = joining.iter().flat_map(|SessionNotes { session, notes }| {
        let internal = |note: &Note| json!({ "text": note.marked(session), "internal": true });
        notes.iter().map(internal)
    });
    notes.collect()
}

impl From<Ticket> for Record {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.id,
            customer: ticket.person_id,
            queue: ticket.queue,
            state: match ticket.status {
                Status::New | Status::Open => RecordState::Open,
                Status::Solved => RecordState::Resolved,
                Status::Archived => RecordState::Closed,
            },
            created_at: ticket.created_at,
            closed_at: ticket.solved_at,
            tags: ticket.tags,
            trace: Trace::parse(&ticket.sessions),
            version: Some(ticket.version.to_string()),
            url: Some(ticket.link),
        }
    }
}

/// What an answer that is not a success means, where its status does not say it all. Toy Desk's own words are not
/// told: they quote what was sent (C13).
fn refusal(_: StatusCode, _: &HeaderMap, body: &[u8]) -> Refusal {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let (kind, text) = match body["error"].as_str().unwrap_or_default() {
        "archived" => (None, "the ticket is archived"),
        "changed" => (None, "the ticket changed since it was read"),
        // With this word Toy Desk promises that nothing was done; any other 503 may have done something.
        "maintenance" => (Some(ErrorKind::Unavailable), "it is being maintained"),
        _ => (None, ""),
    };
    let text = text.to_owned();
    Refusal { kind, text }
}

#[cfg(test)]
mod tests {
    use super::{Severity, tag};
    use crate::vendor::{Often, Trouble, Vendor as _, toy};

    #[test]
    fn r13_tags_are_words_in_lower_case() {
        for (text, expected) in [
            ("Voice Inbound (IVR)", "voice_inbound_ivr"),
            ("UJET", "ujet"),
            (" – ", ""),
        ] {
            assert_eq!(tag(text), expected);
        }
    }

    #[tokio::test]
    async fn a_refused_key_is_a_finding() {
        let v = toy(0).await;
        v.given(Trouble::CredentialsExpired, Often::Once);
        let findings = v.connect().check().await.unwrap();
        assert_eq!(findings[0].severity, Severity::Denied);
    }
}
