//! Finding and reading conversations.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, ErrorKind, Found, LookUp, Record, RecordId, Result,
    SessionKey, TraceSearch,
};
use casewire_http::Request;

use crate::children::Child;
use crate::connector::Kustomer;
use crate::customers::Memory;
use crate::external_id::in_path;
use crate::sessions::Sessions;
use crate::wire::{Conversation, is_object_id};

const CONVERSATIONS: &str = "/v1/customers/{id}/conversations";

/// Of one customer, 2,000 conversations are looked at.
const MAX_PAGES: usize = 20;

impl Kustomer {
    /// A thorough search for the session's own conversation goes through the customer's conversations, and then by the
    /// external id that its making session gives a conversation. Neither lags. A session without a customer joins no
    /// conversation, so the external id is all there is of it.
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        let mut found = match &query.customer {
            Some(identity) => self.find_of_customer(query, identity).await?,
            None => Found::default(),
        };
        if query.trace == TraceSearch::Thorough && found.own.is_none() {
            found.own = match self.created_by(&query.session).await? {
                Some(conversation) => Some(self.whole(conversation).await?),
                None => None,
            };
        }
        if query.trace == TraceSearch::Thorough
            && found.own.is_none()
            && let Some(identity) = &query.customer
        {
            found.own = self.find_own_of_others(query, identity, &found).await?;
        }
        if query.records.is_none() {
            found.records.clear();
        }
        Ok(found)
    }

    /// The conversation that the session joined, among those of the other customers who have a key of its customer: which
    /// of them is found may have changed since.
    async fn find_own_of_others(
        &self,
        query: &LookUp,
        identity: &CustomerIdentity,
        found: &Found,
    ) -> Result<Option<Record>> {
        let Some(customer) = &found.customer else {
            return Ok(None);
        };
        let finds_it = |key: &CustomerKey| {
            let known = self.customers.find(key);
            known.is_some_and(|(id, _)| id == *customer)
        };
        // Those before it find nobody.
        let keys = identity.keys(query.session.kind());
        let mut looked_at = vec![customer.clone()];
        for key in keys.skip_while(|key| !finds_it(key)).skip(1) {
            let Some(customer) = self.customer_with(&key).await? else {
                continue;
            };
            let id = customer.customer_id();
            if looked_at.contains(&id) {
                continue;
            }
            let of_other = self.of_customer(&id, query).await?;
            if let Some(own) = of_other.and_then(|found| found.own) {
                return Ok(Some(own));
            }
            looked_at.push(id);
        }
        Ok(None)
    }

    async fn find_of_customer(&self, query: &LookUp, identity: &CustomerIdentity) -> Result<Found> {
        let kind = query.session.kind();
        let is_thorough = query.trace == TraceSearch::Thorough;
        let memory = match is_thorough {
            true => Memory::Unused,
            false => Memory::Used,
        };
        let mut customer = self.find_customer(identity, kind, memory).await?;
        // A remembered customer may be gone, which the list of conversations tells by 404: then look once more.
        for _ in 0..2 {
            let Some(known) = customer else {
                break;
            };
            // The count may be behind; what this engine wrote a moment ago it knows itself.
            let has_none = known.has_no_conversations || query.records.is_none();
            if has_none && !is_thorough {
                return Ok(Found {
                    customer: Some(known.id),
                    ..Found::default()
                });
            }
            if let Some(found) = self.of_customer(&known.id, query).await? {
                return Ok(found);
            }
            self.forget_customer(&known.id);
            customer = self.find_customer(identity, kind, memory).await?;
        }
        Ok(Found::default())
    }

    /// The customer's conversations: all, for their order is not documented. None when the customer is gone.
    pub(crate) async fn of_customer(
        &self,
        customer: &CustomerId,
        query: &LookUp,
    ) -> Result<Option<Found>> {
        let first = Request::get(CONVERSATIONS).fill("id", &customer.0);
        let listed = self
            .api
            .list::<Conversation>(CONVERSATIONS, first, MAX_PAGES)
            .await;
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.context("listing a customer's conversations")),
        };
        let mut found = Found {
            customer: Some(customer.clone()),
            ..Found::default()
        };
        for conversation in listed.into_iter().filter(|listed| !listed.is_deleted()) {
            let sessions = self.sessions(&conversation);
            let maker = self.maker(&conversation);
            let is_own = maker == Some(query.session.token())
                || sessions.claimed().has_session(&query.session);
            // Where words are missing only the notes can tell.
            let may_be_own =
                query.trace == TraceSearch::Thorough && !sessions.is_complete(maker.as_deref());
            if found.own.is_none() && (is_own || may_be_own) {
                let record = self.whole(conversation).await?;
                if is_own || record.trace.has_session(&query.session) {
                    found.own = Some(record.clone());
                }
                found.records.push(record);
            } else {
                if sessions.has_doubts() {
                    self.see(&conversation.record_id(), &sessions);
                }
                // To ask of each what is in doubt would take a call each, and hardly ever is there anything to it.
                found
                    .records
                    .push(conversation.into_record(sessions.believed(), &self.config));
            }
        }
        found
            .records
            .sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        Ok(Some(found))
    }

    /// The token of the session that made a conversation, as its external id tells.
    fn maker(&self, conversation: &Conversation) -> Option<String> {
        self.config
            .external_id_prefix
            .token_of(conversation.external_id()?)
    }

    /// The sessions attribute, without question marks at what this connector knows to be there.
    pub(crate) fn sessions(&self, conversation: &Conversation) -> Sessions {
        let mut sessions = conversation.sessions(&self.config);
        if let Some(seen) = self.seen.find(&conversation.record_id()) {
            sessions.settle(|token| seen.is_sure_of(token) == Some(true));
        }
        sessions
    }

    /// The conversation that `session` made, by its external id: a look-up that does not lag.
    async fn created_by(&self, session: &SessionKey) -> Result<Option<Conversation>> {
        for external_id in self.config.external_id_prefix.of_conversations(session) {
            let made = self.with_external_id(&external_id).await?;
            match made {
                // Another may have been made in its place.
                Some(made) if made.is_deleted() => {}
                made => return Ok(made),
            }
        }
        Ok(None)
    }

    /// The conversation with an external id of ours, deleted or not.
    pub(crate) async fn with_external_id(&self, external_id: &str) -> Result<Option<Conversation>> {
        let path = format!("/v1/conversations/externalId={}", in_path(external_id));
        let request = Request::follow("/v1/conversations/externalId={externalId}", path);
        match self.api.read(request).await {
            Ok(made) => Ok(Some(made)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context("looking for the conversation that the session made")),
        }
    }

    /// The conversation by its id. One that was merged into another, which then answers, is none any more.
    pub(crate) async fn conversation(&self, id: &RecordId) -> Result<Option<Conversation>> {
        if !is_object_id(&id.0) {
            return Ok(None);
        }
        let request = Request::get("/v1/conversations/{id}").fill("id", id);
        match self.api.read::<Conversation>(request).await {
            Ok(read) => Ok(Some(read).filter(|read| !read.is_deleted() && read.id == id.0)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context(format!("reading conversation {id}"))),
        }
    }

    pub(crate) async fn read(&self, id: &RecordId) -> Result<Option<Record>> {
        match self.conversation(id).await? {
            Some(conversation) => Ok(Some(self.whole(conversation).await?)),
            None => Ok(None),
        }
    }

    /// The record with all sessions and notes that are on it. When its sessions attribute leaves that open (a write
    /// may have stopped half-way, old words were dropped, a person has cleared it), the notes tell.
    pub(crate) async fn whole(&self, conversation: Conversation) -> Result<Record> {
        let mut sessions = self.sessions(&conversation);
        let maker = self.maker(&conversation);
        let id = conversation.record_id();
        if !sessions.is_whole(maker.as_deref()) {
            let noted = self.children(Child::Note, &id).await?;
            let prefix = &self.config.external_id_prefix;
            let tokens = noted.iter().filter_map(|id| prefix.token_of(id));
            let mut tokens: Vec<_> = tokens.collect();
            tokens.sort();
            sessions.settle(|token| tokens.iter().any(|noted| noted == token));
            sessions.complete(maker.as_deref(), tokens);
        }
        self.see(&id, &sessions);
        Ok(conversation.into_record(sessions.trace(), &self.config))
    }

    pub(crate) fn see(&self, id: &RecordId, sessions: &Sessions) {
        self.seen.remember(id.clone(), sessions.clone());
    }
}
