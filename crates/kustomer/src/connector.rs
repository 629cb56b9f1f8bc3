//! The connector: what [`CrmConnector`] asks for, in Kustomer's operations.

use std::fmt;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerKey, Email, Error, ErrorKind, Finding,
    Found, LookUp, NewRecord, Profile, Record, RecordId, Result, UserId,
};
use casewire_http::{Known, KnownUsers};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::Api;
use crate::config::KustomerConfig;
use crate::profile::profile;
use crate::sessions::Sessions;

/// A Kustomer organisation.
pub struct Kustomer {
    pub(crate) config: KustomerConfig,
    pub(crate) api: Api,
    /// Customers, and when they were seen.
    pub(crate) customers: Known<CustomerKey, (CustomerId, Instant)>,
    /// Ids of customers and users because of whom a write was refused, perhaps.
    pub(crate) refused: Known<String, ()>,
    /// External ids that are taken, by what is not shown, and since when that is known.
    pub(crate) taken: Known<String, Instant>,
    pub(crate) agents: KnownUsers,
    /// Ids of tags by name.
    pub(crate) tags: Known<String, String>,
    pub(crate) tags_listed_at: Mutex<Option<Instant>>,
    /// The sessions attributes of records as this connector left them or last saw them in doubt.
    pub(crate) seen: Known<RecordId, Sessions>,
    /// Whether it was seen that a note moves its conversation's revision.
    pub(crate) notes_move_revisions: AtomicBool,
    profile: Profile,
}

impl Kustomer {
    /// A connector to the organisation in `config`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the API key is absent, or the address is not Kustomer's or this machine's.
    pub fn new(config: KustomerConfig) -> Result<Self> {
        Ok(Self {
            api: Api::new(config.client()?),
            customers: Known::new(10_000),
            refused: Known::new(1_000),
            taken: Known::new(1_000),
            agents: KnownUsers::new(10_000),
            tags: Known::new(10_000),
            tags_listed_at: Mutex::new(None),
            seen: Known::new(10_000),
            notes_move_revisions: AtomicBool::new(false),
            profile: profile(),
            config,
        })
    }
}

impl Kustomer {
    /// The refusal of a write with the id of a customer or user who may be remembered wrongly: the first time the decision
    /// is made again, without that memory.
    pub(crate) fn decide_again_once(&self, refusal: Error, id: &str) -> Error {
        if self.refused.find(&id.to_owned()).is_some() {
            return refusal;
        }
        self.refused.remember(id.to_owned(), ());
        Error::new(ErrorKind::Conflict, refusal.message()).with_source(refusal)
    }
}

pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::NotFound, "the conversation is gone")
}

#[async_trait]
impl CrmConnector for Kustomer {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let found = self.find(query).await;
        found.map_err(|error| error.context(format!("looking up session {}", query.session)))
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        self.read(id).await
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let record = self.create(new).await;
        record.map_err(|error| {
            error.context(format!(
                "creating a conversation for session {}",
                new.session
            ))
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let record = self.update(to, what).await;
        record.map_err(|error| {
            error.context(format!(
                "appending {} to conversation {}",
                what.named(),
                to.id
            ))
        })
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let user = self.agent_by_email(email).await;
        user.map_err(|error| error.context("looking for an agent's Kustomer user"))
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.findings().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.set_up(apply).await
    }
}

/// Shows the client only: the rest holds customer data.
impl fmt::Debug for Kustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kustomer").field(&self.api).finish()
    }
}
