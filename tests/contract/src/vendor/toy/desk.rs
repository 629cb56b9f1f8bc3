//! Toy Desk itself: one function from request and state to answer. It refuses whatever its documents do not allow, and
//! knows nothing of the connector.

use std::panic;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

/// The account's one key.
pub(super) const KEY: &str = "toy-key-7f3a";

const PAGE: usize = 40;
const MAX_TITLE: usize = 120;
const MAX_SESSIONS: usize = 4_000;

/// An account.
pub(super) struct Desk {
    pub(super) now: Timestamp,
    /// How far the search for people is behind.
    pub(super) lag: Duration,
    pub(super) people: Vec<Person>,
    pub(super) tickets: Vec<Ticket>,
    pub(super) users: Vec<User>,
    /// How many requests that may change something were handled.
    pub(super) writes: u64,
    pub(super) always: Option<Mishap>,
    pub(super) once: Option<Mishap>,
    pub(super) is_stormy: bool,
    random: Rng,
    ids: u32,
}

/// What goes wrong with one request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// It is done, and the connection closed without an answer. Happens to writes.
    AnswerLost,
    KeyRefused,
    Maintenance,
    /// The connection is closed and nothing done.
    Reset,
    Throttled(u64),
}

#[derive(Serialize)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    #[serde(flatten)]
    pub(super) details: NewPerson,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    pub(super) reference: Option<String>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) external_id: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) email: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Ticket {
    pub(super) id: String,
    pub(super) link: String,
    pub(super) version: u64,
    pub(super) status: Status,
    pub(super) created_at: Timestamp,
    pub(super) solved_at: Option<Timestamp>,
    #[serde(flatten)]
    pub(super) details: NewTicket,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    New,
    Open,
    Solved,
    Archived,
}

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTicket {
    pub(super) reference: Option<String>,
    pub(super) title: String,
    pub(super) person_id: Option<String>,
    pub(super) queue: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) owner_id: Option<String>,
    pub(super) follow_up_of: Option<String>,
    #[serde(default)]
    pub(super) sessions: String,
    #[serde(default, skip_serializing)]
    pub(super) notes: Vec<Note>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    pub(super) text: String,
    #[serde(default)]
    pub(super) internal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketChange {
    status: Option<Status>,
    #[serde(default)]
    add_tags: Vec<String>,
    owner_id: Option<String>,
    sessions: Option<String>,
    #[serde(default)]
    add_notes: Vec<Note>,
}

/// A status and a word for what is wrong.
type Refused = (u16, &'static str);
type Answer = Result<(u16, Value), Refused>;

/// The account over HTTP.
pub(super) struct Server(pub(super) Arc<Mutex<Desk>>);

impl Respond for Server {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let answer = self.0.lock().unwrap().respond(request);
        // wiremock can only answer. Unwinding ends the task that serves the connection, which closes it.
        answer.unwrap_or_else(|| panic::resume_unwind(Box::new("Toy Desk closed the connection")))
    }
}

impl Desk {
    pub(super) fn new(now: Timestamp, seed: u64) -> Self {
        Self {
            now,
            lag: Duration::ZERO,
            people: Vec::new(),
            tickets: Vec::new(),
            users: Vec::new(),
            writes: 0,
            always: None,
            once: None,
            is_stormy: false,
            random: Rng::with_seed(seed),
            ids: 0,
        }
    }

    /// None when the connection is closed instead.
    fn respond(&mut self, request: &Request) -> Option<ResponseTemplate> {
        let is_write = request.method.as_str() != "GET";
        let mishap = self.draw(is_write);
        let answer = match mishap {
            Some(Mishap::Reset) => return None,
            Some(Mishap::KeyRefused) => Err((401, "unknown_key")),
            Some(Mishap::Maintenance) => Err((503, "maintenance")),
            Some(Mishap::Throttled(_)) => Err((429, "throttled")),
            Some(Mishap::AnswerLost) | None => {
                self.writes += u64::from(is_write);
                self.handle(request)
            }
        };
        if mishap == Some(Mishap::AnswerLost) {
            return None;
        }
        let (status, body) = answer.unwrap_or_else(|(status, error)| {
            let sent = String::from_utf8_lossy(&request.body);
            let message = format!("{} {} {sent} {KEY}", request.method, request.url);
            (status, json!({ "error": error, "message": message }))
        });
        let template = ResponseTemplate::new(status).set_body_json(body);
        Some(match mishap {
            Some(Mishap::Throttled(seconds)) => {
                template.insert_header("retry-after", seconds.to_string())
            }
            _ => template,
        })
    }

    fn draw(&mut self, is_write: bool) -> Option<Mishap> {
        let may_happen = |mishap: &Mishap| is_write || *mishap != Mishap::AnswerLost;
        if let Some(mishap) = self.once.take_if(|mishap| may_happen(mishap)) {
            return Some(mishap);
        }
        let drawn = match self.random.u32(..100) {
            _ if !self.is_stormy => self.always,
            0..10 => Some(Mishap::AnswerLost),
            10..15 => Some(Mishap::Throttled(0)),
            15..20 => Some(Mishap::Maintenance),
            20..23 => Some(Mishap::Reset),
            _ => None,
        };
        drawn.filter(may_happen)
    }

    fn handle(&mut self, request: &Request) -> Answer {
        let key = request.headers.get("authorization");
        if key.is_none_or(|key| key != &format!("Bearer {KEY}")) {
            return Err((401, "unknown_key"));
        }
        let path: Vec<_> = request.url.path().split('/').skip(1).collect();
        match (request.method.as_str(), &path[..]) {
            ("GET", ["account"]) => Ok((200, json!({ "name": "acme" }))),
            ("GET", ["people"]) => self.search_people(request),
            ("POST", ["people"]) => self.add_person(body(request)?),
            ("GET", ["people", id, "tickets"]) => self.tickets_of(id, request),
            ("GET", ["tickets"]) => self.tickets_with_session(request),
            ("POST", ["tickets"]) => self.add_ticket(body(request)?),
            ("GET", ["tickets", id]) => Ok((200, json!(self.ticket(id)?))),
            ("PATCH", ["tickets", id]) => self.change_ticket(id, request),
            ("GET", ["users"]) => self.find_user(request),
            // Not 404: that would look like a ticket that is gone.
            _ => Err((400, "no_such_route")),
        }
    }

    pub(super) fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}_{}", self.ids)
    }

    fn search_people(&self, request: &Request) -> Answer {
        let (key, value) = parameter(request)?.ok_or((400, "no_parameter"))?;
        let of: fn(&NewPerson) -> &Option<String> = match &*key {
            "email" => |person| &person.email,
            "external_id" => |person| &person.external_id,
            "phone" => |person| &person.phone,
            _ => return Err((400, "unknown_parameter")),
        };
        let is_found = |person: &&Person| {
            let age = self.now.duration_since(person.created_at);
            age >= SignedDuration::try_from(self.lag).unwrap()
                && of(&person.details).as_ref() == Some(&value)
        };
        Ok(list(self.people.iter().filter(is_found)))
    }

    fn add_person(&mut self, new: NewPerson) -> Answer {
        let mut people = self.people.iter();
        let is_same = |known: &&Person| known.details.reference == new.reference;
        if new.reference.is_some()
            && let Some(known) = people.find(is_same)
        {
            return Ok((200, json!(known)));
        }
        Ok((201, json!(self.enter(new))))
    }

    pub(super) fn enter(&mut self, details: NewPerson) -> &Person {
        let id = self.id("per");
        self.people.push(Person {
            id,
            created_at: self.now,
            details,
        });
        self.people.last().unwrap()
    }

    /// A page, with a link to the next.
    fn tickets_of(&self, person: &str, request: &Request) -> Answer {
        let after = match parameter(request)? {
            Some((key, ticket)) if key == "after" => Some(ticket),
            Some(_) => return Err((400, "unknown_parameter")),
            None => None,
        };
        if !self.people.iter().any(|known| known.id == person) {
            return Err((404, "no_such_person"));
        }
        let is_theirs = |ticket: &&Ticket| ticket.details.person_id.as_deref() == Some(person);
        let all: Vec<_> = self.tickets.iter().filter(is_theirs).collect();
        let seen = all
            .iter()
            .position(|ticket| Some(&ticket.id) == after.as_ref());
        let rest = &all[seen.map_or(0, |seen| seen + 1)..];
        let page = &rest[..rest.len().min(PAGE)];
        let next = page.last().filter(|_| rest.len() > PAGE);
        let next = next.map(|last| format!("/people/{person}/tickets?after={}", last.id));
        Ok((200, json!({ "items": page, "next": next })))
    }

    fn tickets_with_session(&self, request: &Request) -> Answer {
        let session = the_parameter(request, "session")?;
        let has_it = |ticket: &&Ticket| {
            let mut words = ticket.details.sessions.split_whitespace();
            words.any(|word| word == session)
        };
        Ok(list(self.tickets.iter().filter(has_it)))
    }

    fn find_user(&self, request: &Request) -> Answer {
        let email = the_parameter(request, "email")?;
        Ok(list(self.users.iter().filter(|user| user.email == email)))
    }

    pub(super) fn ticket(&mut self, id: &str) -> Result<&mut Ticket, Refused> {
        let mut tickets = self.tickets.iter_mut();
        tickets
            .find(|ticket| ticket.id == id)
            .ok_or((404, "no_such_ticket"))
    }

    fn add_ticket(&mut self, new: NewTicket) -> Answer {
        let mut tickets = self.tickets.iter();
        let is_same = |known: &&Ticket| known.details.reference == new.reference;
        if new.reference.is_some()
            && let Some(known) = tickets.find(is_same)
        {
            return Ok((200, json!(known)));
        }
        if new.title.is_empty() || new.title.chars().count() > MAX_TITLE {
            return Err((422, "bad_title"));
        }
        let is_known = |id: &String| self.people.iter().any(|person| person.id == *id);
        if !new.person_id.as_ref().is_none_or(is_known) {
            return Err((422, "no_such_person"));
        }
        if let Some(parent) = &new.follow_up_of
            && self.ticket(parent)?.status != Status::Archived
        {
            return Err((422, "not_archived"));
        }
        self.accept(&new.tags, new.owner_id.as_ref(), &new.sessions)?;
        let ticket = self.open(new);
        Ok((201, json!(ticket)))
    }

    pub(super) fn open(&mut self, details: NewTicket) -> &mut Ticket {
        let id = self.id("tic");
        self.tickets.push(Ticket {
            link: format!("https://acme.toydesk.example/{id}"),
            id,
            version: 1,
            status: Status::New,
            created_at: self.now,
            solved_at: None,
            details,
        });
        self.tickets.last_mut().unwrap()
    }

    fn change_ticket(&mut self, id: &str, request: &Request) -> Answer {
        let change: TicketChange = body(request)?;
        let version = self.ticket(id)?.version;
        let as_read = request.headers.get("if-match").ok_or((428, "no_version"))?;
        if as_read != "*" && as_read != &format!("\"{version}\"") {
            return Err((412, "changed"));
        }
        let sessions = change.sessions.as_deref().unwrap_or_default();
        self.accept(&change.add_tags, change.owner_id.as_ref(), sessions)?;
        let ticket = self.ticket(id)?;
        if ticket.status == Status::Archived {
            return Err((409, "archived"));
        }
        match change.status {
            None => {}
            Some(Status::Open) => (ticket.status, ticket.solved_at) = (Status::Open, None),
            Some(_) => return Err((422, "bad_status")),
        }
        let details = &mut ticket.details;
        for tag in change.add_tags {
            if !details.tags.contains(&tag) {
                details.tags.push(tag);
            }
        }
        details.owner_id = change.owner_id.or(details.owner_id.take());
        if let Some(sessions) = change.sessions {
            details.sessions = sessions;
        }
        details.notes.extend(change.add_notes);
        ticket.version += 1;
        Ok((200, json!(ticket)))
    }

    fn accept(
        &self,
        tags: &[String],
        owner: Option<&String>,
        sessions: &str,
    ) -> Result<(), Refused> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if tags
            .iter()
            .any(|tag| tag.is_empty() || !tag.chars().all(is_plain))
        {
            return Err((422, "bad_tag"));
        }
        let is_known = |id: &String| self.users.iter().any(|user| user.id == *id);
        if !owner.is_none_or(is_known) {
            return Err((422, "no_such_user"));
        }
        match sessions.len() > MAX_SESSIONS {
            true => Err((422, "sessions_too_long")),
            false => Ok(()),
        }
    }
}

fn list<'a, T: Serialize + 'a>(rows: impl Iterator<Item = &'a T>) -> (u16, Value) {
    let items: Vec<_> = rows.collect();
    (200, json!({ "items": items, "next": null }))
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    serde_json::from_slice(&request.body).map_err(|_| (400, "bad_body"))
}

/// The one parameter of the query.
fn parameter(request: &Request) -> Result<Option<(String, String)>, Refused> {
    let mut pairs = request.url.query_pairs().into_owned();
    match (pairs.next(), pairs.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err((400, "too_many_parameters")),
    }
}

/// The value of the one parameter, which is called `name`.
fn the_parameter(request: &Request, name: &str) -> Result<String, Refused> {
    match parameter(request)? {
        Some((key, value)) if key == name => Ok(value),
        Some(_) => Err((400, "unknown_parameter")),
        None => Err((400, "no_parameter")),
    }
}
