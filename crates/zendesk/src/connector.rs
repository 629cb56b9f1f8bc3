//! The connector: what [`CrmConnector`] asks for, in Zendesk's operations.

use std::fmt;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerKey, Email, Error, ErrorKind, Finding,
    Found, LookUp, NewRecord, Profile, Record, RecordId, Result, UserId,
};
use casewire_http::{Known, KnownUsers};
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::config::{WORK_SCOPES, ZendeskAuth, ZendeskConfig};
use crate::fields::FieldIds;
use crate::profile::profile;
use crate::wire::Ticket;

/// A Zendesk Support account.
pub struct Zendesk {
    pub(crate) config: ZendeskConfig,
    pub(crate) api: Api,
    pub(crate) fields: OnceCell<FieldIds>,
    pub(crate) customers: Known<CustomerKey, CustomerId>,
    /// Customers whose ticket was refused because of them, once.
    pub(crate) refused_customers: Known<CustomerId, ()>,
    pub(crate) agents: KnownUsers,
    /// Records as this connector left them. Zendesk's stamps are whole seconds, so a record read before a write of
    /// the same second looks no older than the write.
    pub(crate) written: Known<RecordId, Record>,
    agent_url: String,
    profile: Profile,
}

impl Zendesk {
    /// A connector to the account in `config`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when a secret is absent, or the address is not Zendesk's or this machine's.
    pub fn new(config: ZendeskConfig) -> Result<Self> {
        if let ZendeskAuth::ApiToken { .. } = config.auth {
            tracing::warn!("{API_TOKENS_END}");
        }
        let client = config.client(WORK_SCOPES)?;
        let fields = config.fields.map(FieldIds::from);
        Ok(Self {
            api: Api::new(client),
            fields: OnceCell::new_with(fields),
            customers: Known::new(10_000),
            refused_customers: Known::new(1_000),
            agents: KnownUsers::new(10_000),
            written: Known::new(1_000),
            agent_url: format!("{}/agent/tickets/", config.base()?),
            profile: profile(),
            config,
        })
    }

    /// How often Zendesk said that it ignored part of a request. Anything but 0 is a fault of this crate.
    pub fn api_warnings(&self) -> u64 {
        self.api.warnings()
    }

    pub(crate) fn record(&self, ticket: Ticket, fields: FieldIds) -> Record {
        ticket.into_record(fields, &self.config.statuses, &self.agent_url)
    }

    /// The answer to a write that brought `tags`, as a record that is remembered.
    pub(crate) fn wrote(&self, ticket: Ticket, fields: FieldIds, tags: &[String]) -> Record {
        let record = self.record(ticket, fields);
        // Zendesk drops a tag with characters it does not like without a word.
        let dropped: Vec<_> = stored(tags)
            .filter(|tag| !record.tags.contains(tag))
            .collect();
        if !dropped.is_empty() {
            tracing::warn!(record = %record.id, ?dropped, "Zendesk did not keep all tags");
        }
        self.written.remember(record.id.clone(), record.clone());
        record
    }
}

pub(crate) const API_TOKENS_END: &str = "`auth` is an API token: since 2026-10-27 no new ones are made, one unused for 30 days is \
     switched off, and on 2027-04-30 all stop; change to `oauth_client_credentials`";

pub(crate) fn assignee(owner: Option<&UserId>) -> Result<Option<u64>> {
    owner.map(|UserId(id)| zendesk_id("owner", id)).transpose()
}

pub(crate) fn zendesk_id(whose: &str, id: &str) -> Result<u64> {
    id.parse().map_err(|_| {
        Error::new(
            ErrorKind::Rejected,
            format!("the {whose}'s id is none of Zendesk's, which are numbers"),
        )
    })
}

/// `tags` and then those of `new` that are not among them.
pub(crate) fn united(tags: &[String], new: &[String]) -> Vec<String> {
    let mut all = tags.to_vec();
    for tag in stored(new) {
        if !all.contains(&tag) {
            all.push(tag);
        }
    }
    all
}

/// `tags` as Zendesk stores them: in lower case, and a space separates two.
fn stored(tags: &[String]) -> impl Iterator<Item = String> {
    let words = tags.iter().flat_map(|tag| tag.split_whitespace());
    words.map(str::to_lowercase)
}

#[async_trait]
impl CrmConnector for Zendesk {
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
            error.context(format!("creating a ticket for session {}", new.session))
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let record = self.update(to, what).await;
        record.map_err(|error| {
            error.context(format!("appending {} to ticket {}", what.named(), to.id))
        })
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let user = self.agent_by_email(email).await;
        user.map_err(|error| error.context("looking for an agent's Zendesk user"))
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.findings().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.set_up(apply).await
    }
}

/// Shows the client only: the rest holds customer data.
impl fmt::Debug for Zendesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zendesk").field(&self.api).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_tags_are_added_as_zendesk_stores_them() {
        let texts = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        let united = united(&texts(&["vip", "ujet"]), &texts(&["UJET", "Two words"]));
        assert_eq!(united, ["vip", "ujet", "two", "words"]);
    }
}
