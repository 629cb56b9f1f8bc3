//! Creating tickets.

use casewire_core::{
    CustomerId, Error, ErrorKind, LookUp, NewRecord, Record, Result, SessionNotes, Trace,
    TraceSearch,
};
use casewire_http::{Repeat, Request, Response};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::append::gone;
use crate::body::{Comment, TicketBody, TicketWrite};
use crate::comment;
use crate::connector::{Zendesk, assignee, united, zendesk_id};
use crate::customers::{RequesterOf, external_id_of};
use crate::errors;
use crate::fields::FieldIds;
use crate::limits::TICKET_CREATE;
use crate::wire::{FieldValue, Ticket, TicketAnswer};

/// How many tickets of one session may have been deleted within the two hours that Zendesk keeps a key.
const MAX_ATTEMPTS: u32 = 10;

impl Zendesk {
    pub(crate) async fn create(&self, new: &NewRecord) -> Result<Record> {
        let fields = self.field_ids().await?;
        let parent = match &new.follow_up_of {
            Some(parent) => {
                let ticket = self.ticket(parent).await?;
                Some(
                    ticket
                        .filter(|ticket| !ticket.is_merged())
                        .ok_or_else(gone)?,
                )
            }
            None => None,
        };
        let requester = self.requester(new).await?;
        if let RequesterOf::Overlooked(customer) = &requester
            && let Some(own) = self.own_of_overlooked(customer, new).await?
        {
            return Ok(own);
        }
        let mut ticket = new_ticket(new, &requester, parent.as_ref(), fields)?;
        if new.owner.is_none() {
            ticket.assignee_id = assignee(self.default_user().await?.as_ref())?;
        }
        let body = TicketBody { ticket };
        for attempt in 0..MAX_ATTEMPTS {
            if let Some(record) = self.send_new(new, &body, attempt).await? {
                return Ok(record);
            }
        }
        Err(Error::new(
            ErrorKind::Rejected,
            "all tickets that the session made within the last two hours were deleted; try again later",
        ))
    }

    /// The new ticket, or the one that an earlier try made. None when that one was deleted since.
    async fn send_new(
        &self,
        new: &NewRecord,
        body: &TicketBody,
        attempt: u32,
    ) -> Result<Option<Record>> {
        let request = Request::post("/api/v2/tickets")
            .header("idempotency-key", &idempotency_key(new, attempt))
            .json(body)
            .repeat(Repeat::Keyed)
            .bucket(TICKET_CREATE)
            .allow(StatusCode::BAD_REQUEST)
            .allow(StatusCode::UNPROCESSABLE_ENTITY);
        let answer = self.api.send(request).await?;
        if !answer.status().is_success() {
            return match errors::is_other_idempotent_body(answer.body()) {
                true => self.created_by(&new.session).await,
                false => Err(self.refused(&answer, body.ticket.requester_id)),
            };
        }
        let lookup = answer.headers().get("x-idempotency-lookup");
        let is_repeated = lookup.is_some_and(|lookup| lookup == "hit");
        let TicketAnswer { ticket } = answer.json()?;
        if is_repeated {
            // Then the answer is the first one again, however the ticket has changed since.
            return match self.ticket(&ticket.record_id()).await? {
                Some(now) => Ok(Some(self.whole(now).await?)),
                None => Ok(None),
            };
        }
        if body.ticket.via_followup_source_id.is_some() && !ticket.is_follow_up() {
            tracing::warn!(
                ticket = ticket.id,
                "Zendesk did not link the follow-up ticket"
            );
        }
        let fields = self.field_ids().await?;
        Ok(Some(self.wrote(ticket, fields, &new.tags)))
    }

    /// A customer may be remembered who was merged or deleted since. So the first time that one is refused the
    /// decision is made again without that memory.
    fn refused(&self, answer: &Response, requester: Option<u64>) -> Error {
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        let mut kind = ErrorKind::Rejected;
        if let Some(id) = requester
            && errors::is_about_requester(answer.body())
        {
            let customer = CustomerId(id.to_string());
            self.customers.forget(|known| *known == customer);
            if self.refused_customers.find(&customer).is_none() {
                self.refused_customers.remember(customer, ());
                kind = ErrorKind::Conflict;
            }
        }
        Error::new(
            kind,
            format!("Zendesk refused the ticket: {}", refusal.text),
        )
    }

    /// A customer that the look-up missed may have tickets that the decision missed: the session's own, which is
    /// the answer, or others in the same queue, for which the decision has to be made again. By then the customer is
    /// remembered, so that happens once; it is for nothing when no session is to join a ticket, which can not be
    /// known here.
    async fn own_of_overlooked(
        &self,
        customer: &CustomerId,
        new: &NewRecord,
    ) -> Result<Option<Record>> {
        let query = LookUp {
            session: new.session.clone(),
            customer: None,
            records: None,
            trace: TraceSearch::Thorough,
        };
        let found = self.requested(customer, &query).await?;
        let found = found.unwrap_or_default();
        if found.own.is_some() {
            return Ok(found.own);
        }
        let mut records = found.records.iter();
        if new.queue.is_some() && records.any(|record| record.queue == new.queue) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the customer was in Zendesk after all, with a ticket in the same queue",
            ));
        }
        Ok(None)
    }
}

fn new_ticket(
    new: &NewRecord,
    requester: &RequesterOf,
    parent: Option<&Ticket>,
    fields: FieldIds,
) -> Result<TicketWrite> {
    let mut trace = Trace::default();
    trace.add(&new.session, &new.notes);
    let making = SessionNotes {
        session: new.session.clone(),
        notes: new.notes.clone(),
    };
    let queue = new
        .queue
        .clone()
        .or_else(|| parent.and_then(|parent| parent.queue(fields)));
    let queue = queue.map(|queue| FieldValue::text(fields.leaf_queue, queue.0));
    // A follow-up gets its parent's tags only when it brings none of its own.
    let tags = united(&parent.map(Ticket::tags).unwrap_or_default(), &new.tags);
    let requester = match requester {
        RequesterOf::User(CustomerId(id)) | RequesterOf::Overlooked(CustomerId(id)) => {
            Some(zendesk_id("customer", id)?)
        }
        RequesterOf::Nobody => None,
    };
    Ok(TicketWrite {
        subject: Some(new.title.clone()),
        comment: comment::body(&[making]).map(Comment::private),
        requester_id: requester,
        assignee_id: assignee(new.owner.as_ref())?,
        tags: (!tags.is_empty()).then_some(tags),
        external_id: Some(external_id_of(&new.session)),
        custom_fields: queue
            .into_iter()
            .chain([FieldValue::trace(fields, &trace)])
            .collect(),
        via_followup_source_id: parent.map(|parent| parent.id),
        ..TicketWrite::default()
    })
}

/// Zendesk keeps the key for two hours and wants the same bytes with it. It knows a deleted ticket's key too, so each
/// attempt has its own.
fn idempotency_key(new: &NewRecord, attempt: u32) -> String {
    let mut ticket = format!("ticket.create|{}", new.session.token());
    if attempt > 0 {
        ticket.push_str(&format!("|{attempt}"));
    }
    let digest = Sha256::digest(ticket);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
