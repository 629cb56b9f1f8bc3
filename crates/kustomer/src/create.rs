//! Creating conversations.

use std::collections::BTreeMap;

use casewire_core::{
    Append, CustomerId, Error, ErrorKind, LookUp, NewRecord, Record, RecordCustomer, Result,
    SessionNotes, StatusChange, TraceSearch, WantedRecords,
};
use casewire_http::{Request, Response};
use http::StatusCode;

use crate::body::{ConversationWrite, Direction, shortened};
use crate::connector::{Kustomer, gone};
use crate::customers::CustomerOf;
use crate::errors;
use crate::limits::CONVERSATION_CREATE;
use crate::notes::{NotedIds, half_done};
use crate::profile::MAX_TITLE;
use crate::sessions::Sessions;
use crate::tags::{NewTags, united};
use crate::wire::{Conversation, One, Status};

/// How many tags a new conversation can have.
const MAX_TAGS: usize = 20;

impl Kustomer {
    pub(crate) async fn create(&self, new: &NewRecord) -> Result<Record> {
        let parent = match &new.follow_up_of {
            Some(parent) => Some(self.conversation(parent).await?.ok_or_else(gone)?),
            None => None,
        };
        let customer = match self.customer_of(new).await? {
            CustomerOf::Customer(customer) => customer,
            CustomerOf::Overlooked(customer) => {
                if let Some(own) = self.own_of_overlooked(&customer, new).await? {
                    return self.complete(own, new).await;
                }
                customer
            }
        };
        let tags = self.sort_tags(&new.tags).await?;
        let write = self
            .new_conversation(new, &customer, parent.as_ref(), &tags)
            .await?;
        let Some(conversation) = self.send_new(&customer, &write).await? else {
            return self.made_before(new).await;
        };
        let wanted = write.tags.unwrap_or_default();
        self.mind_dropped_tags(&conversation, &wanted).await;
        let making = [making(new)];
        let written = self.finish(conversation, &making, &NotedIds::new()).await;
        written.map_err(half_done)
    }

    async fn new_conversation<'a>(
        &'a self,
        new: &NewRecord,
        customer: &'a CustomerId,
        parent: Option<&Conversation>,
        tags: &NewTags,
    ) -> Result<ConversationWrite<'a>> {
        let fields = &self.config.fields;
        let mut sessions = Sessions::default();
        sessions.claim(&[making(new)]);
        sessions.set_tags(&tags.names);
        let mut custom = BTreeMap::from([(fields.sessions.as_str(), sessions.to_text())]);
        let inherited = || parent.and_then(|parent| parent.queue(&self.config));
        if let Some(queue) = new.queue.clone().or_else(inherited) {
            custom.insert(fields.leaf_queue.as_str(), queue.0.to_string());
        }
        if let Some(parent) = parent {
            custom.insert(fields.follows_up.as_str(), parent.id.clone());
        }
        let owner = match &new.owner {
            Some(owner) => Some(owner.clone()),
            None => self.default_user().await?,
        };
        let inherited = parent.map(Conversation::tags).unwrap_or_default();
        let mut tags = united(&tags.ids, inherited);
        tags.truncate(MAX_TAGS);
        let is_outbound = new.notes.iter().any(|note| note.facts.is_outbound);
        Ok(ConversationWrite {
            customer: Some(&customer.0),
            external_id: Some(self.config.external_id_prefix.of_session(&new.session)),
            name: Some(shortened(&new.title, MAX_TITLE)),
            status: Some(Status::Open),
            direction: Some(match is_outbound {
                true => Direction::Out,
                false => Direction::In,
            }),
            tags: (!tags.is_empty()).then_some(tags),
            assigned_users: owner.map(|owner| [owner.0]),
            custom,
            rev: None,
        })
    }

    /// The new conversation. None when there is one with the same external id.
    async fn send_new(
        &self,
        customer: &CustomerId,
        write: &ConversationWrite<'_>,
    ) -> Result<Option<Conversation>> {
        // Not `Repeat::Keyed`: that a second conversation with the same external id is refused is likely, and not
        // documented. A lost answer is settled by a look-up for that id.
        let request = Request::post("/v1/conversations")
            .json(write)
            .bucket(CONVERSATION_CREATE)
            .allow(StatusCode::BAD_REQUEST)
            .allow(StatusCode::NOT_FOUND)
            .allow(StatusCode::CONFLICT);
        let answer = self.api.send(request).await?;
        if answer.status().is_success() {
            let One { data } = answer.json()?;
            return Ok(Some(data));
        }
        if answer.status() == StatusCode::CONFLICT
            || errors::is_about(answer.body(), &["externalId"])
        {
            return Ok(None);
        }
        Err(self.refused(&answer, customer).await)
    }

    /// A customer may be remembered who was merged or deleted since. So the first time that a customer's conversation is
    /// refused the decision is made again without that memory.
    async fn refused(&self, answer: &Response, customer: &CustomerId) -> Error {
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        let mut kind = refusal.kind.unwrap_or(ErrorKind::Rejected);
        let is_about_customer = answer.status() == StatusCode::NOT_FOUND
            || errors::is_about(answer.body(), &["customer"]);
        if kind == ErrorKind::Rejected {
            self.forget_ids().await;
        }
        if kind == ErrorKind::Rejected && is_about_customer {
            self.forget_customer(customer);
            if self.refused_customers.find(customer).is_none() {
                self.refused_customers.remember(customer.clone(), ());
                kind = ErrorKind::Conflict;
            }
        }
        Error::new(
            kind,
            format!("Kustomer refused the conversation: {}", refusal.text),
        )
    }

    /// The conversation that an earlier try made, with what it lacks of `new`.
    async fn made_before(&self, new: &NewRecord) -> Result<Record> {
        let Some(conversation) = self.created_by(&new.session).await? else {
            return Err(Error::new(
                ErrorKind::Uncertain,
                "Kustomer refused the conversation as one that is there, and does not show it; one that was deleted \
                 may still have the session's external id",
            ));
        };
        let own = self.whole(conversation).await?;
        self.complete(own, new).await
    }

    /// Adds to the session's own conversation the notes that it lacks, and the tags with them.
    async fn complete(&self, own: Record, new: &NewRecord) -> Result<Record> {
        let what = Append {
            sessions: vec![making(new)],
            tags: new.tags.clone(),
            owner: None,
            status: StatusChange::Keep,
        };
        self.update(&own, &what).await
    }

    /// A customer that the look-up missed may have conversations that the decision missed: the session's own, which is
    /// the answer, or others in the same queue, for which the decision has to be made again. By then the customer is
    /// remembered, so that happens once; it is for nothing when no session is to join a conversation, which can not be
    /// known here.
    async fn own_of_overlooked(
        &self,
        customer: &CustomerId,
        new: &NewRecord,
    ) -> Result<Option<Record>> {
        let query = LookUp {
            session: new.session.clone(),
            customer: None,
            records: new.queue.clone().map(|queue| WantedRecords {
                queue,
                closed_since: None,
            }),
            trace: TraceSearch::Thorough,
        };
        let found = self
            .of_customer(customer, &query)
            .await?
            .unwrap_or_default();
        if found.own.is_some() {
            return Ok(found.own);
        }
        let mut records = found.records.iter();
        let is_identified = new.customer != RecordCustomer::Anonymous;
        if is_identified && new.queue.is_some() && records.any(|record| record.queue == new.queue) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the customer was in Kustomer after all, with a conversation in the same queue",
            ));
        }
        Ok(None)
    }
}

fn making(new: &NewRecord) -> SessionNotes {
    SessionNotes {
        session: new.session.clone(),
        notes: new.notes.clone(),
    }
}
