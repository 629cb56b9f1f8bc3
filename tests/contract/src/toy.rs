//! A fifth connector, to a CRM that does not exist: what it takes to add one, and nothing more.
//!
//! Toy Desk has people and tickets, and its documents promise:
//!
//! * a `reference` is unique: a `POST` with one that is there changes nothing and answers with what is there;
//! * a `PATCH` of a ticket names in `If-Match` the version that was read, and is refused with 412 when that is over;
//! * its search for people is behind by a while, everything else is not;
//! * a note is shown to the customer unless it is `internal`; an archived ticket takes no change any more;
//! * every ticket has a `queue` and a text `sessions`, so there is nothing to set up.
//!
//! In a crate of its own the parts of this file are `config.rs`, `profile.rs`, `connector.rs` and `wire.rs`.

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerIdentity, CustomerKey, Email, Error,
    ErrorKind, ExternalId, Finding, Found, LookUp, NewRecord, PersonName, Phone, Profile, QueueId,
    Record, RecordCustomer, RecordId, RecordState, Result, SessionKey, SessionKind, SessionNotes,
    Severity, StatusChange, Trace, TraceSearch, UserId,
};
use casewire_http::{
    Auth, BaseUrl, Client, ClientConfig, Refusal, Repeat, Request, RetryPolicy, SecretSource,
};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
        let base = match &self.base_url {
            Some(url) => BaseUrl::loopback(url)?,
            None => {
                let host = format!("{}.toydesk.example", self.account);
                BaseUrl::vendor(&host, "toydesk.example")?
            }
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
            let people = self.ask::<List<Person>>(request).await?.items;
            if let Some(last) = people.into_iter().max_by_key(|person| person.created_at) {
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

    /// The ticket that `session` made, whoever's it is now (C5).
    async fn made_by(&self, session: &SessionKey) -> Result<Option<Record>> {
        let request = Request::get("/tickets").query("reference", session.token());
        let found: List<Ticket> = self.ask(request).await?;
        Ok(found.items.into_iter().next().map(Record::from))
    }

    /// The customer of a new ticket. One that is created has a reference that tells it from all others, so the same
    /// customer is created once, while the search does not show it too (C6).
    async fn person_of(&self, new: &NewRecord) -> Result<Option<CustomerId>> {
        let withheld = CustomerIdentity::default();
        let of_session = || format!("session:{}", new.session.token());
        let (reference, identity) = match &new.customer {
            RecordCustomer::Known(known) => return Ok(Some(known.clone())),
            RecordCustomer::None => return Ok(None),
            RecordCustomer::Anonymous => (of_session(), &withheld),
            RecordCustomer::SharedAnonymous => ("withheld".to_owned(), &withheld),
            RecordCustomer::New(identity) => {
                // The same key for calls and chats.
                let key = identity.keys(SessionKind::Call).next();
                let of_key = |key: CustomerKey| format!("customer:{}", key.as_str());
                (key.map_or_else(of_session, of_key), identity)
            }
        };
        let person = NewPerson {
            reference,
            name: &identity.name,
            phone: &identity.phone,
            email: &identity.email,
            external_id: &identity.external_id,
        };
        let request = Request::post("/people").json(&person).repeat(Repeat::Keyed);
        let person: Person = self.ask(request).await?;
        Ok(Some(person.id))
    }

    async fn find(&self, query: &LookUp) -> Result<Found> {
        let customer = match &query.customer {
            Some(identity) => self.find_person(identity, query.session.kind()).await?,
            None => None,
        };
        let is_thorough = query.trace == TraceSearch::Thorough;
        let tickets = match &customer {
            Some(customer) if is_thorough || query.records.is_some() => {
                self.tickets_of(customer).await?
            }
            _ => Vec::new(),
        };
        let mut own = tickets.iter().cloned();
        let mut own = own.find(|record| record.trace.has_session(&query.session));
        if own.is_none() && is_thorough {
            own = self.made_by(&query.session).await?;
        }
        let records = match query.records {
            Some(_) => tickets,
            None => Vec::new(),
        };
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
        let ticket = NewTicket {
            reference: new.session.token(),
            title: &new.title,
            person_id: &person_id,
            queue: &new.queue,
            tags: &new.tags,
            owner_id: &new.owner,
            follow_up_of: &new.follow_up_of,
            sessions: sessions(&Trace::default(), &making),
            notes: notes(&making),
        };
        let request = Request::post("/tickets")
            .json(&ticket)
            .repeat(Repeat::Keyed);
        Ok(self.ask::<Ticket>(request).await?.into())
    }

    async fn change(&self, to: &Record, what: &Append) -> Result<Record> {
        if what.is_repeat(&to.trace) {
            return Ok(to.clone());
        }
        let Some(version) = &to.version else {
            let why = "the record does not say as of when it was read";
            return Err(Error::new(ErrorKind::Conflict, why));
        };
        let missing = what.missing(&to.trace);
        let mut tags = to.tags.clone();
        tags.extend(
            what.tags
                .iter()
                .filter(|tag| !to.tags.contains(tag))
                .cloned(),
        );
        let change = TicketChange {
            status: (what.status == StatusChange::DefaultOpen).then_some(Status::Open),
            tags,
            owner_id: &what.owner,
            sessions: sessions(&to.trace, &missing),
            add_notes: notes(&missing),
        };
        let request = Request::patch("/tickets/{id}")
            .fill("id", &to.id)
            .header("if-match", &format!("\"{version}\""))
            .json(&change)
            .repeat(Repeat::Guarded);
        let error = match self.ask::<Ticket>(request).await {
            Ok(ticket) => return Ok(ticket.into()),
            Err(error) => error,
        };
        // Refused because this very change was made before, or lost: the ticket tells (C5, C6).
        if !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Uncertain) {
            return Err(error);
        }
        match self.read_record(&to.id).await {
            Ok(Some(now)) if what.is_repeat(&now.trace) => Ok(now),
            _ => Err(error),
        }
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
        let record = self.create(new).await;
        record.map_err(|error| {
            error.context(format!("creating a ticket for session {}", new.session))
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let record = self.change(to, what).await;
        record.map_err(|error| {
            error.context(format!("appending {} to ticket {}", what.named(), to.id))
        })
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let request = Request::get("/users").query("email", email.as_str());
        let users = self.ask::<List<User>>(request).await;
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
struct Person {
    id: CustomerId,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct User {
    id: UserId,
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

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    New,
    Open,
    Solved,
    Archived,
}

#[derive(Serialize)]
struct NewPerson<'a> {
    reference: String,
    name: &'a Option<PersonName>,
    phone: &'a Option<Phone>,
    email: &'a Option<Email>,
    external_id: &'a Option<ExternalId>,
}

#[derive(Serialize)]
struct NewTicket<'a> {
    reference: String,
    title: &'a str,
    person_id: &'a Option<CustomerId>,
    queue: &'a Option<QueueId>,
    tags: &'a [String],
    owner_id: &'a Option<UserId>,
    follow_up_of: &'a Option<RecordId>,
    sessions: String,
    notes: Vec<NewNote>,
}

/// What is null stays as it is.
#[derive(Serialize)]
struct TicketChange<'a> {
    status: Option<Status>,
    /// All of them: they take the place of those that were there.
    tags: Vec<String>,
    owner_id: &'a Option<UserId>,
    sessions: String,
    add_notes: Vec<NewNote>,
}

#[derive(Serialize)]
struct NewNote {
    text: String,
    internal: bool,
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
fn notes(joining: &[SessionNotes]) -> Vec<NewNote> {
    let notes = joining.iter().flat_map(|SessionNotes { session, notes }| {
        notes.iter().map(|note| NewNote {
            text: note.marked(session),
            internal: true,
        })
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
    #[derive(Default, Deserialize)]
    struct Body {
        error: String,
    }
    let Body { error } = serde_json::from_slice(body).unwrap_or_default();
    let (kind, text) = match &*error {
        "archived" => (None, "the ticket is archived"),
        "changed" => (None, "the ticket changed since it was read"),
        // With this word Toy Desk promises that nothing was done; any other 503 may have done something.
        "maintenance" => (Some(ErrorKind::Unavailable), "it is being maintained"),
        _ => (None, ""),
    };
    Refusal {
        kind,
        text: text.to_owned(),
    }
}
