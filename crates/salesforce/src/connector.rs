//! The connector: what [`CrmConnector`] asks for, in Salesforce's operations.

use std::fmt;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerKey, Email, Finding, Found, LookUp,
    NewRecord, Profile, Record, RecordId, Result, UserId,
};
use casewire_http::{Known, KnownUsers};
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::config::SalesforceConfig;
use crate::org::OrgStatuses;
use crate::person::People;
use crate::profile::profile;
use crate::records::Records;

/// A Salesforce org.
pub struct Salesforce {
    pub(crate) config: SalesforceConfig,
    pub(crate) api: Api,
    /// The version of the API, as in its addresses.
    pub(crate) version: String,
    pub(crate) records: Records,
    /// What a customer may be; the first is looked in first.
    pub(crate) people: Vec<People>,
    pub(crate) statuses: OnceCell<OrgStatuses>,
    pub(crate) customers: Known<CustomerKey, CustomerId>,
    pub(crate) users: KnownUsers,
    /// Records as this connector left them: entries do not change a record's stamp.
    pub(crate) written: Known<RecordId, Record>,
    profile: Profile,
}

impl Salesforce {
    /// A connector to the org in `config`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](casewire_core::ErrorKind::Config) when a secret is absent, or the address is not
    /// Salesforce's or this machine's.
    pub fn new(config: SalesforceConfig) -> Result<Self> {
        Ok(Self {
            api: Api::new(config.client()?),
            version: config.api_version.to_string(),
            records: Records::new(&config, &config.base()?.to_string()),
            people: People::of(&config),
            statuses: OnceCell::new(),
            customers: Known::new(10_000),
            users: KnownUsers::new(10_000),
            written: Known::new(1_000),
            profile: profile(config.record_object),
            config,
        })
    }
}

#[async_trait]
impl CrmConnector for Salesforce {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let found = self.find(query).await;
        found.map_err(|error| error.context(format!("looking up session {}", query.session)))
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        let record = self.read(id).await;
        record.map_err(|error| error.context(format!("reading record {id}")))
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let record = self.create(new).await;
        record.map_err(|error| {
            error.context(format!("creating a record for session {}", new.session))
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let record = self.add(to, what).await;
        record.map_err(|error| {
            error.context(format!("appending {} to record {}", what.named(), to.id))
        })
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let user = self.user_by_email(email).await;
        user.map_err(|error| error.context("looking for an agent's Salesforce user"))
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.findings().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.set_up(apply).await
    }
}

/// Shows the client only: the rest holds customer data.
impl fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Salesforce").field(&self.api).finish()
    }
}
