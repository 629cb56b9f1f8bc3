//! The fake of the Salesforce REST API.
//!
//! Bodies, headers, statuses and messages have the shapes of recorded answers where there are
//! some; otherwise they follow the vendor's guides. Where both are silent the fake takes the
//! stricter reading: names count in their case except in queries, unknown parameters and
//! composite keys are refused. Lenient where the vendor is: a status that its picklist does not
//! have is taken, and open.
//!
//! An [`Org`] is what its admins made of it. Custom fields made through the Tooling API are hidden
//! until a permission set of the integration user grants them. A request that fails undoes what
//! it wrote, an atomic composite as a whole. Only SOSL lags, and only for new rows.
//!
//! The client's id and secret and the first refresh token are `sandbox`, the user that
//! everything runs as is `integration@example.com`. Of a JWT bearer assertion the claims are
//! checked, the signature only for its form.
//!
//! Control routes show the cases, opportunities and tasks that have a `Casewire_Session__c` or
//! that they added themselves; their queue is `Casewire_Leaf_Queue__c`. Sessions and notes are
//! the tasks or `Casewire_Session_Entry__c` rows whose `Casewire_Record__c` is the record, in
//! the order of their insertion: `Casewire_Key__c` is the token, and without a text it is a
//! session without a note.

mod accept;
mod access;
mod auth;
mod call;
mod casewire;
mod collections;
mod composite;
mod control;
mod database;
mod derive;
mod describe;
mod fields;
mod id;
mod limits;
mod metadata;
mod org;
mod people;
mod permissions;
mod problem;
mod queries;
mod references;
mod resources;
mod route;
mod rows;
mod rules;
mod schema;
mod soql;
mod sosl;
mod state;
mod stock;
mod stock_setup;
mod store;
mod time;
mod tooling;
mod value;
mod view;
mod write;

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use self::auth::{Auth, Identity};
use self::call::{Call, Reply, Version, json_answer};
use self::database::Database;
use self::limits::Usage;
use self::problem::Problem;
use self::queries::Cursors;
use self::route::Route;
use self::store::Savepoint;
use self::view::Part;
use crate::answer::Answer;
use crate::control::{NewCustomer, NewRecord, RecordChange, Refusal};
use crate::crm::Crm;
use crate::request::Request;
use crate::requests::Effect;

pub use self::auth::RefreshTokens;
pub use self::limits::Limits;
pub use self::org::{
    CustomField, CustomerObject, DuplicateAction, DuplicateRule, Org, Permission, RecordObject,
    Refuses, Status, ValidationRule,
};

/// How a fake Salesforce org is set up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// How many requests it takes.
    pub limits: Limits,
    /// What its admins have made of it.
    pub org: Org,
    /// What happens to refresh tokens.
    pub refresh_tokens: RefreshTokens,
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

/// One org and the API in front of it.
#[derive(Debug)]
pub(crate) struct Salesforce {
    options: Options,
    index_lag: Duration,
    auth: Auth,
    usage: Usage,
    cursors: Cursors,
    database: Database,
}

/// The paths of the API.
const OAUTH: &str = "/services/oauth2/";
const DATA: &str = "/services/data";

impl Salesforce {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        Self {
            index_lag: Duration::ZERO,
            auth: Auth::seeded(seed, options.refresh_tokens),
            usage: Usage::new(options.limits),
            cursors: Cursors::default(),
            database: Database::new(options.org.clone()),
            options,
        }
    }

    /// The answer with the header that nearly all have.
    fn counted(&self, reply: Reply) -> Answer {
        let mut answer = reply.answer();
        answer.set("sforce-limit-info", &self.usage.header());
        answer
    }

    fn identity(&self) -> Identity {
        Identity {
            organization: self.database.organization,
            user: self.database.user,
            runs_as: self.database.org.may(&Permission::ClientCredentials),
        }
    }

    /// Answers a request below a version's path, or refuses it.
    fn data(&mut self, request: &Request, below: &str, now: Timestamp) -> Result<Reply, Problem> {
        if !self.auth.admits(request, now) {
            return Err(Problem::session());
        }
        if !self.database.org.may(&Permission::ApiEnabled) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "API_DISABLED_FOR_ORG",
                "API is not enabled for this Organization or Partner",
            ));
        }
        self.usage.take(now)?;
        let (version, rest) = below.split_once('/').unwrap_or((below, ""));
        let version = Version::parse(version)?;
        let route = Route::parse(rest)?;
        let call = Call {
            method: request.method.clone(),
            version,
            route,
            query: request.query_pairs(),
            headers: request.headers.clone(),
            body: body(request)?,
            now,
        };
        let start = self.database.store.savepoint();
        self.resource(&call).inspect_err(|_| self.undo(start))
    }

    /// Does what a person asks for, or nothing of it.
    fn by_person<T>(
        &mut self,
        act: impl FnOnce(&mut Database) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let start = self.database.store.savepoint();
        let outcome = act(&mut self.database).inspect_err(|_| self.undo(start));
        self.database.store.settle();
        outcome
    }

    /// Takes back what was written since the point.
    fn undo(&mut self, to: Savepoint) {
        self.database.store.roll_back(to);
        self.database.refresh_access();
    }

    /// One resource, called alone or in a composite. What it wrote before an error is not
    /// undone here.
    fn resource(&mut self, call: &Call) -> Result<Reply, Problem> {
        call.route.check(&call.method)?;
        match &call.route {
            Route::Collections => self.collections(call),
            Route::CollectionsUpsert(object, field) => self.upsert_collection(call, object, field),
            Route::Composite => self.composite(call),
            Route::Describe(object) => self.describe(call, object),
            Route::Limits => self.show_limits(call),
            Route::Lookup(object, field, value) => self.lookup(call, object, field, value),
            Route::Object(object) if call.method == Method::GET => self.show_object(call, object),
            Route::Object(object) => self.create_row(call, object),
            Route::Objects => self.list_objects(call),
            Route::ParameterizedSearch => self.parameterized_search(call),
            Route::Query => self.query(call, Part::Data),
            Route::QueryMore(locator) => self.query_more(call, locator),
            Route::Resources => self.list_resources(call),
            Route::Row(object, id) => self.row(call, object, id),
            Route::Search => self.search(call),
            Route::ToolingObject(object) => self.create_metadata(call, object),
            Route::ToolingQuery => self.query(call, Part::Tooling),
            Route::ToolingRow(object, id) => self.metadata(call, object, id),
        }
    }
}

/// The body as JSON; none when it is empty.
fn body(request: &Request) -> Result<Option<Value>, Problem> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let content_type = request.header_text("content-type").unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "The content type is not supported; send application/json",
        ));
    }
    let parsed = serde_json::from_slice(&request.body);
    parsed.map(Some).map_err(|error| {
        Problem::json(format!(
            "The body is no JSON at [line:{}, column:{}]",
            error.line(),
            error.column()
        ))
    })
}

/// What is below the path of all versions.
fn below_data(path: &str) -> Option<&str> {
    path.strip_prefix(DATA)?.strip_prefix('/')
}

impl Crm for Salesforce {
    fn effect(&self, request: &Request) -> Effect {
        let rest = below_data(&request.path).and_then(|below| below.split_once('/'));
        let route = rest.map(|(_, rest)| Route::parse(rest));
        let writes = match route {
            Some(Ok(Route::Composite)) => composite::writes(&request.body),
            Some(Ok(route)) => route.writes(&request.method),
            _ => false,
        };
        match writes {
            true => Effect::Write,
            false => Effect::Read,
        }
    }

    fn operation(&self, request: &Request) -> String {
        let path = request.path.as_str();
        let known = match below_data(path).map(|below| below.split_once('/').unwrap_or((below, "")))
        {
            _ if path.starts_with(OAUTH) => Some(path.to_owned()),
            None | Some(("", _)) => (path.trim_end_matches('/') == DATA).then(|| DATA.to_owned()),
            Some((_, rest)) => Route::parse(rest).ok().map(|route| route.name()),
        };
        match known {
            Some(name) => format!("{} {name}", request.method),
            None => format!("{} unknown route", request.method),
        }
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let path = request.path.as_str();
        if path.starts_with(OAUTH) {
            return self.auth.answer(request, self.identity(), now);
        }
        let Some(below) = below_data(path).filter(|below| !below.is_empty()) else {
            return match (path.trim_end_matches('/'), &request.method) {
                (DATA, &Method::GET) => json_answer(StatusCode::OK, &resources::versions()),
                _ => Reply::refused(&Problem::not_found()).answer(),
            };
        };
        let reply = self.data(request, below, now);
        self.database.store.settle();
        self.database.row_locked = false;
        let reply = reply.unwrap_or_else(|problem| Reply::refused(&problem));
        if reply.status == StatusCode::UNAUTHORIZED {
            let mut answer = reply.answer();
            answer.set("www-authenticate", "Token");
            return answer;
        }
        self.counted(reply)
    }

    fn is_limited(&self, request: &Request) -> bool {
        !request.path.starts_with(OAUTH)
    }

    fn throttled(&self, retry_after: Duration, _: Timestamp) -> Answer {
        let problem = match retry_after.is_zero() {
            true => Problem::concurrent_requests(),
            false => Problem::total_requests(),
        };
        self.counted(Reply::refused(&problem))
    }

    fn unavailable(&self) -> Answer {
        Reply::refused(&Problem::unavailable()).answer()
    }

    fn expire_tokens(&mut self) {
        self.auth.expire_tokens();
    }

    fn set_index_lag(&mut self, lag: Duration) {
        self.index_lag = lag;
    }

    fn lock_row(&mut self) {
        self.database.row_locked = true;
    }

    fn reset(&mut self) {
        let fresh = Self::new(0, self.options.clone());
        let before = std::mem::replace(self, fresh);
        self.auth = before.auth;
    }

    fn records(&self) -> Vec<Value> {
        self.database.records()
    }

    fn customers(&self) -> Vec<Value> {
        self.database.customers()
    }

    fn add_customer(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal> {
        self.by_person(|database| database.add_customer(new, now))
    }

    fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, Refusal> {
        self.by_person(|database| database.add_record(new, now))
    }

    fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        self.by_person(|database| database.change_record(id, change, now))
    }

    fn delete_record(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        self.by_person(|database| database.delete_record(id, now))
    }
}
