//! The fake of the Freshdesk API, version 2.
//!
//! Bodies, headers and statuses have the shapes of recorded and documented answers. Where both are silent the fake takes
//! the stricter reading, or [`Options`] has both. The credentials are the API key `sandbox` with any password.
//!
//! Control routes read a ticket's queue from the custom field labelled `Casewire leaf queue` and its sessions from the
//! one labelled `Casewire sessions`: words like `call/987@3f2a9c` or `call/987@3f2a9c#joined`, apart by spaces. Its notes
//! are the lines of private notes up to a marker line such as `[casewire call/987@3f2a9c linked]`. It is the follow-up
//! of the ticket that its description names. A new account has neither field. The state `closed` is the status Closed and
//! `resolved` the status Resolved, though this vendor opens both again.

mod agent;
mod call;
mod contact;
mod contact_calls;
mod conversation_calls;
mod field_calls;
mod fields;
mod form;
mod html;
mod limits;
mod options;
mod problem;
mod query;
mod records;
mod route;
mod search;
mod stock_fields;
mod ticket;
mod ticket_calls;
mod ticket_input;
mod tickets;
mod time;
mod trace;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::Value;

use self::agent::Agent;
use self::call::Call;
use self::contact::Contacts;
use self::fields::{Field, Fields};
use self::limits::Limiter;
use self::problem::Problem;
use self::route::{Endpoint, Route};
use self::tickets::Tickets;
use crate::answer::Answer;
use crate::control::{NewCustomer, NewRecord, RecordChange, Refusal};
use crate::crm::Crm;
use crate::request::Request;
use crate::requests::Effect;

pub use self::limits::Limits;
pub use self::options::{
    CustomField, CustomStatus, FieldKind, Options, Permission, PrivateNote, UnknownRequester,
};

/// The API key that is taken.
const KEY: &str = "sandbox";

/// One account's state.
#[derive(Debug)]
pub(crate) struct Freshdesk {
    options: Options,
    index_lag: Duration,
    key: Key,
    limits: Limiter,
    ids: Ids,
    fields: Fields,
    contacts: Contacts,
    agents: Vec<Agent>,
    tickets: Tickets,
    /// The agent whose key it is.
    me: u64,
}

/// Whether the right key is taken: an API key does not expire, but its agent can be given another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Accepted,
    Refused,
}

/// The ids of everything but tickets: beyond 32 bits, as the vendor's are.
#[derive(Debug)]
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

impl Freshdesk {
    pub(crate) fn new(options: Options) -> Self {
        let mut ids = Ids(501_001_200_000);
        let me = Agent {
            id: ids.next(),
            name: "Integration".to_owned(),
            email: "integration@example.com".to_owned(),
            phone: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let mut fields = Fields::default();
        for custom in &options.custom_fields {
            let field = Field {
                id: ids.next(),
                name: String::new(),
                label: custom.label.clone(),
                label_for_customers: custom.label.clone(),
                kind: custom.kind.clone(),
                customers_can_edit: false,
                displayed_to_customers: false,
                position: 0,
                created_at: Timestamp::UNIX_EPOCH,
            };
            fields.add(field, None);
        }
        Self {
            index_lag: Duration::ZERO,
            key: Key::Accepted,
            limits: Limiter::new(options.limits),
            fields,
            contacts: Contacts::default(),
            me: me.id,
            agents: vec![me],
            tickets: Tickets::default(),
            ids,
            options,
        }
    }

    fn handle(&mut self, request: &Request, now: Timestamp) -> Result<Answer, Problem> {
        let route = Route::find(request)?;
        self.authenticate(request)?;
        let mut call = Call::new(request, route, now);
        let credits = 1 + call.includes() * route.endpoint.include_credits();
        // What is refused from here on counts too.
        let taken = self.limits.take(route.endpoint.class(), credits, now);
        let answer = taken.and_then(|()| self.permitted(&mut call));
        let mut answer = answer.unwrap_or_else(Problem::answer);
        self.limits.write_headers(credits, &mut answer);
        Ok(answer)
    }

    fn authenticate(&self, request: &Request) -> Result<(), Problem> {
        let sent = request.header_text("authorization").unwrap_or_default();
        let sent = sent
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let sent = sent.and_then(|(_, encoded)| BASE64.decode(encoded.trim()).ok());
        let key = sent
            .as_ref()
            .and_then(|pair| pair.split(|byte| *byte == b':').next());
        match key == Some(KEY.as_bytes()) && self.key == Key::Accepted {
            true => Ok(()),
            false => Err(Problem::unauthenticated()),
        }
    }

    fn permitted(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        check_media_types(call.request)?;
        let permission = call.route.endpoint.permission();
        match permission.is_some_and(|permission| self.options.missing.contains(&permission)) {
            true => Err(Problem::denied()),
            false => self.dispatch(call),
        }
    }

    fn dispatch(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        match call.route.endpoint {
            Endpoint::CreateContact => self.create_contact(call),
            Endpoint::CreateField => self.create_field(call),
            Endpoint::CreateNote => self.create_note(call),
            Endpoint::CreateReply => self.create_reply(call),
            Endpoint::CreateTicket => self.create_ticket(call),
            Endpoint::DeleteContact => self.delete_contact(call),
            Endpoint::DeleteConversation => self.delete_conversation(call),
            Endpoint::DeleteTicket => self.delete_ticket(call),
            Endpoint::ListAdminFields => self.list_admin_fields(call),
            Endpoint::ListAgents => self.list_agents(call),
            Endpoint::ListContacts => self.list_contacts(call),
            Endpoint::ListConversations => self.list_conversations(call),
            Endpoint::ListFields => self.list_fields(call),
            Endpoint::ListTickets => self.list_tickets(call),
            Endpoint::RestoreContact => self.restore_contact(call),
            Endpoint::RestoreTicket => self.restore_ticket(call),
            Endpoint::SearchContacts => self.search_contacts(call),
            Endpoint::SearchTickets => self.search_tickets(call),
            Endpoint::ShowAgent => self.show_agent(call),
            Endpoint::ShowArchived => self.show_archived(call),
            Endpoint::ShowContact => self.show_contact(call),
            Endpoint::ShowMe => self.show_me(call),
            Endpoint::ShowTicket => self.show_ticket(call),
            Endpoint::UpdateContact => self.update_contact(call),
            Endpoint::UpdateConversation => self.update_conversation(call),
            Endpoint::UpdateTicket => self.update_ticket(call),
        }
    }
}

/// An answer is JSON, and so is a body.
fn check_media_types(request: &Request) -> Result<(), Problem> {
    let essence = |text: &str| {
        text.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    };
    if let Some(accepted) = request.header_text("accept") {
        let mut accepted = accepted.split(',').map(essence);
        if !accepted.any(|kind| kind == "application/json" || kind == "*/*") {
            return Err(Problem::not_acceptable());
        }
    }
    let sent = request.header_text("content-type").unwrap_or_default();
    match request.body.is_empty() || essence(sent) == "application/json" {
        true => Ok(()),
        false => Err(Problem::media_type()),
    }
}

impl Crm for Freshdesk {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let outcome = self.handle(request, now);
        let mut answer = outcome.unwrap_or_else(Problem::answer);
        answer.set("x-freshdesk-api-version", "latest=v2; requested=v2");
        answer
    }

    fn operation(&self, request: &Request) -> String {
        match Route::find(request) {
            Ok(route) => route.operation(),
            Err(_) => format!("{} unknown route", request.method),
        }
    }

    fn effect(&self, request: &Request) -> Effect {
        match request.is_write() && request.path.starts_with("/api/") {
            true => Effect::Write,
            false => Effect::Read,
        }
    }

    fn throttled(&self, retry_after: Duration, _: Timestamp) -> Answer {
        let mut answer = Problem::throttled(retry_after.as_secs()).answer();
        self.limits.write_headers(1, &mut answer);
        answer
    }

    fn unavailable(&self) -> Answer {
        Problem::unavailable().answer()
    }

    fn expire_tokens(&mut self) {
        self.key = Key::Refused;
    }

    fn restore_keys(&mut self) {
        self.key = Key::Accepted;
    }

    fn set_index_lag(&mut self, lag: Duration) {
        self.index_lag = lag;
    }

    /// Empties the account; options stay.
    fn reset(&mut self) {
        *self = Self::new(self.options.clone());
    }

    fn records(&self) -> Vec<Value> {
        self.shown_tickets()
    }

    fn customers(&self) -> Vec<Value> {
        self.shown_contacts()
    }

    fn add_customer(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal> {
        self.person_adds_customer(new, now)
    }

    fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, Refusal> {
        self.person_adds_ticket(new, now)
    }

    fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        self.person_changes_ticket(id, change, now)
    }

    fn delete_record(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        self.person_deletes_ticket(id, now)
    }
}
