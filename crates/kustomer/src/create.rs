//! Creating conversations.

use std::collections::BTreeMap;

use casewire_core::{
    Append, CustomerId, Error, ErrorKind, LookUp, NewRecord, Record, RecordCustomer, Result,
    SessionNotes, StatusChange, TraceSearch, WantedRecords,
};
use casewire_http::{Request, Response};
use http::StatusCode;

use crate::append::{Begun, is_rejected};
use crate::body::{ConversationWrite, Direction, shortened};
use crate::connector::{Kustomer, gone};
use crate::customers::CustomerOf;
use crate::errors;
use crate::limits::{CONVERSATION_CREATE, part_of};
use crate::notes::half_done;
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
        let mut tags = self.sort_tags(&new.tags).await?;
        let inherited = parent.as_ref().map(Conversation::tags).unwrap_or_default();
        tags.ids = united(&tags.ids, inherited);
        tags.ids.truncate(MAX_TAGS);
        let mut made = self.make(new, &customer, parent.as_ref(), &tags).await;
        if !tags.ids.is_empty() && is_rejected(&made) {
            // One of them may be deleted.
            tags = NewTags::by_name(&new.tags);
            made = self.make(new, &customer, parent.as_ref(), &tags).await;
        }
        let conversation = match made? {
            Begun::Now(conversation) => conversation,
            Begun::Before(conversation) => {
                let own = self.whole(conversation).await?;
                return self.complete(own, new).await;
            }
        };
        self.mind_dropped_tags(&conversation, &tags.ids).await;
        let written = self
            .finish(conversation, &[making(new)], None, &tags.names)
            .await;
        written.map_err(half_done)
    }

    /// The new conversation, or the one that an earlier try made.
    async fn make(
        &self,
        new: &NewRecord,
        customer: &CustomerId,
        parent: Option<&Conversation>,
        tags: &NewTags,
    ) -> Result<Begun> {
        let mut write = self.new_conversation(new, customer, parent, tags).await?;
        for external_id in self
            .config
            .external_id_prefix
            .of_conversations(&new.session)
        {
            write.external_id = Some(external_id.clone());
            if let Some(conversation) = self.send_new(customer, &write).await? {
                return Ok(Begun::Now(conversation));
            }
            match self.with_external_id(&external_id).await? {
                Some(made) if !made.is_deleted() => return Ok(Begun::Before(made)),
                None if !self.is_taken_for_good(&external_id) => break,
                // What was deleted keeps it.
                _ => {}
            }
        }
        Err(Error::new(
            ErrorKind::Uncertain,
            "Kustomer refused the conversation as one that is there, and does not show it; one that was deleted may still \
             have the session's external id",
        ))
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
        let is_outbound = new.notes.iter().any(|note| note.facts.is_outbound);
        Ok(ConversationWrite {
            customer: Some(&customer.0),
            external_id: None,
            name: Some(shortened(&new.title, MAX_TITLE)),
            status: Some(Status::Open),
            direction: Some(Direction::of(is_outbound)),
            tags: (!tags.ids.is_empty()).then(|| tags.ids.clone()),
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
            .bucket(part_of(CONVERSATION_CREATE, &customer.0))
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
        Err(self.refused(&answer, customer, write).await)
    }

    /// A customer may be remembered who was merged or deleted since, and a user who was switched off.
    async fn refused(
        &self,
        answer: &Response,
        customer: &CustomerId,
        write: &ConversationWrite<'_>,
    ) -> Error {
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        let kind = refusal.kind.unwrap_or(ErrorKind::Rejected);
        let error = Error::new(
            kind,
            format!("Kustomer refused the conversation: {}", refusal.text),
        );
        if kind != ErrorKind::Rejected {
            return error;
        }
        self.forget_ids().await;
        let is_about_customer = answer.status() == StatusCode::NOT_FOUND
            || errors::is_about(answer.body(), &["customer"]);
        if is_about_customer {
            self.forget_customer(customer);
            return self.decide_again_once(error, &customer.0);
        }
        match &write.assigned_users {
            Some([owner]) if errors::is_about(answer.body(), &["assignedUsers"]) => {
                self.decide_again_once(error, owner)
            }
            _ => error,
        }
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
