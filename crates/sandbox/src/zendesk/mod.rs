//! The fake of the Zendesk Support API.
//!
//! Bodies, headers and statuses have the shapes of recorded answers; parameters, body keys and
//! values follow the vendor's OpenAPI document. Where the document is silent the fake takes the
//! stricter reading.
//!
//! Control routes read a ticket's queue from the custom field titled `Casewire leaf queue` and
//! its sessions from the field titled `Casewire sessions`: tokens like `call/987@3f2a9c` or
//! `call/987@3f2a9c#ended`, apart by spaces. Its notes are the lines of private comments up to a
//! marker line such as `[casewire call/987@3f2a9c linked]`. A new account has neither field.

mod audit;
mod auth;
mod call;
mod error;
mod fields;
mod idempotency;
mod limits;
mod page;
mod params;
mod query;
mod records;
mod route;
mod search;
mod statuses;
mod tags;
mod text;
mod ticket;
mod ticket_apply;
mod ticket_input;
mod ticket_read;
mod ticket_write;
mod tickets;
mod user_calls;
mod users;

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::Value;

use self::auth::{Auth, Caller};
use self::call::{Call, ok};
use self::error::Refusal;
use self::fields::Fields;
use self::idempotency::Idempotency;
use self::limits::{Bucket, Limiter};
use self::route::{Endpoint, Route};
use self::statuses::CustomStatuses;
use self::tickets::Tickets;
use self::users::{UserRole, Users};
use crate::answer::Answer;
use crate::control::{self, NewCustomer, NewRecord, RecordChange};
use crate::crm::Crm;
use crate::request::Request;
use crate::requests::Effect;

pub use self::limits::Limits;

/// How a fake Zendesk account is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The rate limits.
    pub limits: Limits,
    /// What happens to keys and parameters the account does not know.
    pub strictness: Strictness,
}

impl Options {
    /// Without limits, for bulk runs.
    pub fn unlimited() -> Self {
        Self {
            limits: Limits::unlimited(),
            ..Self::default()
        }
    }
}

/// What the fake does with an unknown body key or query parameter. Both name it in the header
/// `x-zendesk-api-warn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Answers 422.
    #[default]
    Refuse,
    /// Ignores it, as the vendor does.
    Vendor,
}

/// One account's state.
#[derive(Debug)]
pub(crate) struct Zendesk {
    options: Options,
    index_lag: Duration,
    auth: Auth,
    limits: Limiter,
    idempotency: Idempotency,
    ids: Ids,
    fields: Fields,
    statuses: CustomStatuses,
    users: Users,
    tickets: Tickets,
    /// The admin who owns the OAuth clients.
    owner_id: u64,
    group_id: u64,
}

/// The ids of everything but tickets: beyond 32 bits, as the vendor's are.
#[derive(Debug)]
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> u64 {
        self.0 += 128;
        self.0
    }
}

impl Zendesk {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut ids = Ids(21_000_000_000_000);
        let mut account = Self {
            options,
            index_lag: Duration::ZERO,
            auth: Auth::seeded(seed),
            limits: Limiter::new(options.limits),
            idempotency: Idempotency::default(),
            fields: Fields::of_new_account(&mut ids),
            statuses: CustomStatuses::of_new_account(&mut ids),
            group_id: ids.next(),
            owner_id: 0,
            users: Users::default(),
            tickets: Tickets::default(),
            ids,
        };
        account.add_owner();
        account
    }

    fn add_owner(&mut self) {
        let created_at = Timestamp::UNIX_EPOCH;
        let mut owner = self.blank_user("Integration".to_owned(), UserRole::Admin, created_at);
        let email = self.identity("integration@example.com".to_owned(), created_at);
        owner.emails.push(email);
        owner.verified = true;
        self.owner_id = owner.id;
        self.users.insert(owner, created_at);
    }

    /// The user on whose behalf a caller acts: an API token's own, an OAuth client's owner.
    fn actor(&self, caller: &Caller) -> u64 {
        match caller {
            Caller::Anonymous | Caller::OAuth { .. } => self.owner_id,
            Caller::ApiToken { email } => {
                let user = self.users.with_email(email);
                user.map_or(self.owner_id, |user| user.id)
            }
        }
    }

    fn handle(
        &mut self,
        call: &mut Call<'_>,
        caller: Result<Caller, Refusal>,
    ) -> Result<Answer, Refusal> {
        if call.route.endpoint == Endpoint::CurrentUser {
            let known = matches!(&caller, Ok(caller) if *caller != Caller::Anonymous);
            return self.show_current_user(call, known);
        }
        if call.route.endpoint == Endpoint::CreateToken {
            require_json(call.request)?;
            let issued = self.auth.issue(&call.request.body, call.now)?;
            return Ok(Answer::json(StatusCode::CREATED, &issued));
        }
        let caller = caller?;
        self.auth
            .permit(&caller, call.route.scope, &call.request.method)?;
        self.limits
            .take(Bucket::Account, call.now, &mut call.readings)?;
        let method = &call.request.method;
        if *method == Method::POST || *method == Method::PUT {
            require_json(call.request)?;
        }
        self.dispatch(call, &caller)
    }

    fn dispatch(&mut self, call: &mut Call<'_>, caller: &Caller) -> Result<Answer, Refusal> {
        match call.route.endpoint {
            Endpoint::AddTags => {
                let tags = self.write_tags(call, tags::add)?;
                Ok(ok(serde_json::json!({ "tags": tags })))
            }
            Endpoint::CountTickets => self.count_tickets(call),
            Endpoint::CreateField => self.create_field(call),
            Endpoint::CreateOrUpdateUser => self.create_or_update_user(call),
            Endpoint::CreateTicket => self.create_ticket(call),
            Endpoint::CreateUser => self.create_user(call),
            Endpoint::CurrentToken => {
                call.permit()?;
                let token = self
                    .auth
                    .show(bearer(caller)?, self.owner_id, &call.origin())?;
                Ok(ok(token))
            }
            Endpoint::DeleteTicket => self.delete_ticket(call),
            Endpoint::ListAudits => self.list_audits(call),
            Endpoint::ListComments => self.list_comments(call),
            Endpoint::ListCustomStatuses => self.list_custom_statuses(call),
            Endpoint::ListFields => self.list_fields(call),
            Endpoint::ListIdentities => self.list_identities(call),
            Endpoint::ListRequestedTickets => self.list_requested_tickets(call),
            Endpoint::ListTags => self.list_tags(call),
            Endpoint::ListTickets => self.list_tickets(call),
            Endpoint::RelatedToTicket => self.related_to_ticket(call),
            Endpoint::RemoveTags => {
                let tags =
                    self.write_tags(call, |tags, sent| tags.retain(|tag| !sent.contains(tag)))?;
                Ok(ok(serde_json::json!({ "tags": tags })))
            }
            Endpoint::RevokeToken => {
                call.permit()?;
                self.auth.revoke(bearer(caller)?);
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            Endpoint::Search => self.search(call),
            Endpoint::SearchUsers => self.search_users(call),
            Endpoint::SetTags => {
                let tags = self.write_tags(call, |tags, sent| *tags = tags::stored(sent))?;
                Ok(Answer::json(
                    StatusCode::CREATED,
                    &serde_json::json!({ "tags": tags }),
                ))
            }
            Endpoint::ShowField => self.show_field(call),
            Endpoint::ShowManyTickets => self.show_many_tickets(call),
            Endpoint::ShowTicket => self.show_ticket(call),
            Endpoint::ShowTicketMetrics => self.show_ticket_metrics(call),
            Endpoint::ShowUser => self.show_user(call),
            Endpoint::UpdateTicket => self.update_ticket(call),
            Endpoint::UpdateUser => self.update_user(call),
            // Answered before the caller was known.
            Endpoint::CreateToken | Endpoint::CurrentUser => Err(Refusal::invalid_endpoint()),
        }
    }
}

impl Crm for Zendesk {
    fn effect(&self, request: &Request) -> Effect {
        match request.is_write() && request.path.starts_with("/api/") {
            true => Effect::Write,
            false => Effect::Read,
        }
    }

    /// Empties the account; options and tokens stay.
    fn reset(&mut self) {
        let fresh = Self::new(0, self.options);
        let before = std::mem::replace(self, fresh);
        self.auth = before.auth;
    }

    fn set_index_lag(&mut self, lag: Duration) {
        self.index_lag = lag;
    }

    fn expire_tokens(&mut self) {
        self.auth.expire_tokens();
    }

    fn throttled(&self, retry_after: Duration, _: Timestamp) -> Answer {
        Refusal::throttled(retry_after).answer()
    }

    fn unavailable(&self) -> Answer {
        Refusal::unavailable().answer()
    }

    /// The operation a request is counted under.
    fn operation(&self, request: &Request) -> String {
        match Route::find(request) {
            Some(route) => route.operation(),
            None => format!("{} unknown route", request.method),
        }
    }

    /// Answers one request at one time.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let Some(route) = Route::find(request) else {
            return Refusal::invalid_endpoint().answer();
        };
        let caller = self.auth.identify(request, now);
        let actor = match &caller {
            Ok(caller) => self.actor(caller),
            Err(_) => self.owner_id,
        };
        let mut call = Call::new(request, route, now, actor, self.options.strictness);
        let outcome = self.handle(&mut call, caller);
        let mut answer = outcome.unwrap_or_else(Refusal::answer);
        answer.set("x-zendesk-api-version", "v2");
        answer.set("x-request-id", &format!("{:x}", self.ids.next()));
        limits::write_headers(&mut answer, &call.readings);
        if let Some(warning) = call.warning() {
            answer.set("x-zendesk-api-warn", &warning);
        }
        answer
    }

    fn records(&self) -> Vec<Value> {
        self.shown_tickets()
    }

    fn customers(&self) -> Vec<Value> {
        self.shown_customers()
    }

    fn add_customer(
        &mut self,
        new: NewCustomer,
        now: Timestamp,
    ) -> Result<Value, control::Refusal> {
        self.person_adds_user(new, now)
    }

    fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, control::Refusal> {
        self.person_adds_ticket(new, now)
    }

    fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, control::Refusal> {
        self.person_changes_ticket(id, change, now)
    }

    fn delete_record(&mut self, id: &str, _: Timestamp) -> Result<(), control::Refusal> {
        self.person_deletes_ticket(id)
    }
}

fn bearer(caller: &Caller) -> Result<&str, Refusal> {
    match caller {
        Caller::OAuth { token } => Ok(token),
        Caller::Anonymous | Caller::ApiToken { .. } => Err(Refusal::not_found()),
    }
}

fn require_json(request: &Request) -> Result<(), Refusal> {
    let content_type = request.header_text("content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Refusal::media_type()),
    }
}

/// The vendor keeps times in whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    let round = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Floor);
    at.round(round).unwrap_or(at)
}

/// A time as the vendor writes it, `2026-01-24T01:14:06Z`.
fn stamp(at: Timestamp) -> String {
    whole_seconds(at).to_string()
}
