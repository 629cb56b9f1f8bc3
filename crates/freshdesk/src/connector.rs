//! The connector: what [`CrmConnector`] asks for, in Freshdesk's operations.

use std::fmt;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerKey, Email, Error, ErrorKind, Finding,
    Found, LookUp, NewRecord, Profile, Record, RecordId, Result, SessionKey, UserId,
};
use casewire_http::{Client, Known, KnownUsers, Request, Response};
use http::StatusCode;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::config::FreshdeskConfig;
use crate::errors;
use crate::fields::FieldNames;
use crate::look::Look;
use crate::profile::profile;

/// A Freshdesk account.
pub struct Freshdesk {
    pub(crate) config: FreshdeskConfig,
    pub(crate) client: Client,
    pub(crate) fields: OnceCell<FieldNames>,
    pub(crate) customers: Known<CustomerKey, CustomerId>,
    /// Of sessions whose write was refused, the fields whose values were.
    pub(crate) refused: Known<SessionKey, Vec<&'static str>>,
    pub(crate) agents: KnownUsers,
    /// Tickets as they were last seen or left.
    pub(crate) looks: Known<RecordId, Look>,
    /// The tickets that sessions made.
    pub(crate) made: Known<SessionKey, Made>,
    pub(crate) agent_url: String,
    profile: Profile,
}

/// What is known of the ticket that a session makes. Freshdesk has no key by which it would know a new ticket again, so
/// one is made only when there is none for certain.
#[derive(Clone, PartialEq)]
pub(crate) enum Made {
    /// There is none.
    No,
    /// It may be on its way.
    Perhaps,
    /// This one.
    Yes(RecordId),
}

impl Freshdesk {
    /// A connector to the account in `config`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the API key is absent, or the address is not Freshdesk's or this machine's.
    pub fn new(config: FreshdeskConfig) -> Result<Self> {
        let names = config.fields.clone().map(FieldNames::from);
        Ok(Self {
            client: config.client()?,
            fields: OnceCell::new_with(names),
            customers: Known::new(10_000),
            refused: Known::new(10_000),
            agents: KnownUsers::new(10_000),
            looks: Known::new(5_000),
            made: Known::new(10_000),
            agent_url: format!("{}/a/tickets/", config.base()?),
            profile: profile(),
            config,
        })
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.client.send(request).await?.json()
    }

    /// As [`Self::read`], of an address that every account has.
    pub(crate) async fn read_collection<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.read(request).await.map_err(of_every_account)
    }

    /// As [`Self::read_collection`], by a `filter`. None when Freshdesk refuses its value, as it does with an address that
    /// nobody has.
    pub(crate) async fn filtered<T: DeserializeOwned>(
        &self,
        request: Request,
        filter: &str,
    ) -> Result<Option<T>> {
        let request = request.allow(StatusCode::BAD_REQUEST);
        let answer = self.client.send(request).await.map_err(of_every_account)?;
        if answer.status().is_success() {
            return answer.json().map(Some);
        }
        match errors::refuses(answer.body(), filter) {
            true => Ok(None),
            false => Err(errors::refused(&answer)),
        }
    }

    /// The error of a write for `session` that was refused. Whom it names may be remembered from before and gone since, and
    /// of several keys of a customer one may be of no use: the first time the decision is made again without them.
    pub(crate) fn refused(&self, answer: &Response, session: &SessionKey, named: &Named) -> Error {
        let error = errors::refused(answer);
        let before = self.refused.find(session).unwrap_or_default();
        let is_new =
            |field: &&str| errors::refuses(answer.body(), field) && !before.contains(field);
        let mut fields: Vec<_> = DISPENSABLE.into_iter().filter(is_new).collect();
        if fields.is_empty() {
            return error;
        }
        if let Some(id) = named.requester
            && fields.contains(&"requester_id")
        {
            let customer = CustomerId(id.to_string());
            self.customers.forget(|known| *known == customer);
        }
        if let Some(id) = named.owner
            && fields.contains(&"responder_id")
        {
            let agent = UserId(id.to_string());
            self.agents.forget(|known| *known == agent);
        }
        fields.extend(before);
        self.refused.remember(session.clone(), fields);
        Error::new(ErrorKind::Conflict, error.message())
    }
}

/// Fields of a write that can do with another value, or without.
const DISPENSABLE: [&str; 4] = [
    "email",
    "requester_id",
    "responder_id",
    "unique_external_id",
];

/// Whom a write names.
pub(crate) struct Named {
    pub(crate) requester: Option<u64>,
    pub(crate) owner: Option<u64>,
}

/// Freshdesk answers 404 for an account that it does not have.
pub(crate) fn of_every_account(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::new(
            ErrorKind::Config,
            format!(
                "{}; it may be no account of Freshdesk: check `domain`",
                error.message()
            ),
        ),
        _ => error,
    }
}

pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::NotFound, "the ticket is gone")
}

pub(crate) fn owner_id(owner: Option<&UserId>) -> Result<Option<u64>> {
    owner
        .map(|UserId(id)| freshdesk_id("owner", id))
        .transpose()
}

pub(crate) fn freshdesk_id(whose: &str, id: &str) -> Result<u64> {
    id.parse().map_err(|_| {
        Error::new(
            ErrorKind::Rejected,
            format!("the {whose}'s id is none of Freshdesk's, which are numbers"),
        )
    })
}

/// `tags` and then those of `new` that are not among them. Freshdesk takes two tags that differ in case for one.
pub(crate) fn united(tags: &[String], new: &[String]) -> Vec<String> {
    let mut all = tags.to_vec();
    for tag in new {
        let lower = tag.to_lowercase();
        if !all.iter().any(|known| known.to_lowercase() == lower) {
            all.push(tag.clone());
        }
    }
    all
}

#[async_trait]
impl CrmConnector for Freshdesk {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let found = self.find(query).await;
        found.map_err(|error| error.context(format!("looking up session {}", query.session)))
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        Ok(self.whole(id).await?.map(|look| look.record))
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let record = self.create(new).await;
        record.map_err(|error| {
            error.context(format!("creating a ticket for session {}", new.session))
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let record = self.add(to, what).await;
        record.map_err(|error| {
            error.context(format!("appending {} to ticket {}", what.named(), to.id))
        })
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        let user = self.agent_by_email(email).await;
        user.map_err(|error| error.context("looking for an agent's Freshdesk user"))
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.findings().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.set_up(apply).await
    }
}

/// Shows the client only: the rest holds customer data.
impl fmt::Debug for Freshdesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Freshdesk").field(&self.client).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_tags_are_added_and_keep_their_case() {
        let texts = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        let united = united(&texts(&["VIP", "ujet"]), &texts(&["UJET", "Voice (IVR)"]));
        assert_eq!(united, ["VIP", "ujet", "Voice (IVR)"]);
    }
}
