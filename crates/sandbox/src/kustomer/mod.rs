//! The fake of the Kustomer API.
//!
//! Bodies, headers and statuses have the shapes of recorded answers where there are some;
//! otherwise they follow the vendor's OpenAPI document and guides. Where those are silent the
//! fake takes the stricter reading: unknown keys, parameters and custom attributes are refused,
//! tags go by id except where they are appended, phones have to be in E.164, and lists come in an
//! order that means nothing. What the documents leave open and a client has to stand either way
//! is in [`Options`]. Paths that are none of the vendor's are answered with 404 without an
//! envelope, unlike objects that are not found.
//!
//! The API key is `sandbox`. Only search lags, and only for new objects.
//!
//! Control routes read a conversation's queue from the custom attribute `casewireLeafQueueStr`,
//! its sessions from the words of `casewireSessionsTxt`, and what it follows up from
//! `casewireFollowsUpStr`. Its notes are those with an external id such as
//! `casewire:call:987:3f2a9c#ended:1b2c3d`; parts of a note are shown as one. A locked conversation
//! is closed. Tags are shown by name. `public_notes` counts messages.

mod body;
mod call;
mod control;
mod conversation;
mod conversations;
mod customer;
mod customers;
mod id;
mod kobjects;
mod limits;
mod messages;
mod metadata;
mod notes;
mod options;
mod page;
mod problem;
mod route;
mod schema;
mod schemas;
mod search;
mod state;
mod store;
mod tags;
mod users;
mod view;

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use self::call::Call;
use self::id::{Id, Ids};
use self::limits::{Bucket, Limiter};
use self::metadata::Metadata;
use self::problem::Problem;
use self::route::Route;
use self::store::Store;
use crate::answer::Answer;
use crate::control::{NewCustomer, NewRecord, RecordChange, Refusal};
use crate::crm::Crm;
use crate::request::Request;
use crate::requests::Effect;

pub use self::limits::Limits;
pub use self::options::{Children, Deleted, DeletedIds, ErrorShape, ExternalIds, Key, Options};

/// One organisation and the API in front of it.
#[derive(Debug)]
pub(crate) struct Kustomer {
    options: Options,
    seed: u64,
    key: KeyState,
    index_lag: Duration,
    limits: Limiter,
    ids: Ids,
    organisation: Id,
    token: Id,
    /// The user that the API key stands for.
    machine: Id,
    metadata: Metadata,
    store: Store,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyState {
    Expired,
    Good,
}

const API_KEY: &str = "sandbox";

impl Kustomer {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut ids = Ids::seeded(seed);
        let mut next = || ids.next(Timestamp::UNIX_EPOCH);
        let (organisation, token, machine) = (next(), next(), next());
        let mut kustomer = Self {
            seed,
            key: KeyState::Good,
            index_lag: Duration::ZERO,
            limits: Limiter::new(options.limits),
            organisation,
            token,
            machine,
            metadata: Metadata::of_new_organisation(options.klasses.iter(), &mut ids),
            store: Store::default(),
            ids,
            options,
        };
        kustomer.fill_users();
        kustomer
    }

    fn authenticate(&self, request: &Request) -> Result<(), Problem> {
        let sent = request.header_text("authorization").unwrap_or_default();
        let key = sent.strip_prefix("Bearer ");
        if key != Some(API_KEY) {
            return Err(Problem::unauthorized());
        }
        if self.options.key == Key::OtherPod {
            return Err(Problem::wrong_pod());
        }
        match self.key {
            KeyState::Good => Ok(()),
            KeyState::Expired => Err(Problem::expired_key()),
        }
    }

    fn handle(
        &mut self,
        request: &Request,
        route: &Route,
        now: Timestamp,
    ) -> Result<Answer, Problem> {
        self.authenticate(request)?;
        self.limits.take(Bucket::Organisation, now)?;
        let is_allowed = route.roles.is_none_or(|(role, legacy)| {
            self.options.has_role(role) || self.options.has_role(legacy)
        });
        if !is_allowed {
            return Err(Problem::missing_role());
        }
        let mut call = Call::new(request, route.arguments(&request.path), now);
        (route.handler)(self, &mut call)
    }

    /// Finishes an answer, with the headers that all have.
    fn finished(&self, outcome: Result<Answer, Problem>) -> Answer {
        let (mut answer, resets_at) = match outcome {
            Ok(answer) => (answer, None),
            Err(problem) => {
                let resets_at = problem.resets_at;
                (problem.answer(self.options.errors), resets_at)
            }
        };
        self.limits.write_headers(&mut answer, resets_at);
        answer.set("x-kustomer-pod", "prod1");
        answer.set("cache-control", "no-cache,private");
        answer
    }
}

/// A time in the form of the header `date`. Clients need it to make a wait of `x-ratelimit-reset`,
/// for the fake's clock may go otherwise than theirs.
fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The answer where there is no such path: the vendor's own is not known, but it is no envelope.
fn no_route() -> Answer {
    let mut answer = Answer::empty(StatusCode::NOT_FOUND);
    answer.body = b"Not Found".to_vec();
    answer.headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
}

impl Crm for Kustomer {
    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let Some(route) = Route::find(request) else {
            return no_route();
        };
        let outcome = self.handle(request, route, now);
        let mut answer = self.finished(outcome);
        answer.set("date", &http_date(now));
        answer
    }

    fn operation(&self, request: &Request) -> String {
        match Route::find(request) {
            Some(route) => route.operation(),
            None => format!("{} unknown route", request.method),
        }
    }

    fn effect(&self, request: &Request) -> Effect {
        match Route::find(request) {
            Some(route) if !route.reads() => Effect::Write,
            _ => Effect::Read,
        }
    }

    /// The wait is counted from the second that `date` tells: one of none is over at once.
    fn throttled(&self, retry_after: Duration, now: Timestamp) -> Answer {
        let told_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let resets_at = told_at
            .saturating_add(retry_after)
            .unwrap_or(Timestamp::MAX);
        let mut answer = self.finished(Err(Problem::throttled(resets_at)));
        answer.set("x-ratelimit-remaining", "0");
        answer.set("date", &http_date(now));
        answer
    }

    fn unavailable(&self) -> Answer {
        self.finished(Err(Problem::unavailable()))
    }

    fn expire_tokens(&mut self) {
        self.key = KeyState::Expired;
    }

    fn restore_keys(&mut self) {
        self.key = KeyState::Good;
    }

    fn set_index_lag(&mut self, lag: Duration) {
        self.index_lag = lag;
    }

    fn reset(&mut self) {
        *self = Self::new(self.seed, self.options.clone());
    }

    fn records(&self) -> Vec<Value> {
        self.shown_records()
    }

    fn customers(&self) -> Vec<Value> {
        self.shown_customers()
    }

    fn add_customer(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal> {
        self.person_adds_customer(new, now)
    }

    fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, Refusal> {
        self.person_adds_record(new, now)
    }

    fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        self.person_changes_record(id, change, now)
    }

    fn delete_record(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        self.person_deletes_record(id, now)
    }
}
