//! Creating tickets.

use casewire_core::{
    CustomerId, CustomerKey, Email, Error, ErrorKind, NewRecord, Record, Result, Trace,
    TraceSearch, WantedRecords,
};
use casewire_http::{Repeat, Request};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::body::{Comment, TicketBody, TicketWrite};
use crate::comment;
use crate::connector::{Zendesk, assignee, united, zendesk_id};
use crate::customers::{RequesterOf, external_id_of};
use crate::errors;
use crate::fields::FieldIds;
use crate::limits::TICKET_CREATE;
use crate::records::is_open_in;
use crate::wire::{FieldValue, Ticket, TicketAnswer};

impl Zendesk {
    pub(crate) async fn create(&self, new: &NewRecord) -> Result<Record> {
        let fields = self.field_ids().await?;
        let parent = match &new.follow_up_of {
            Some(parent) => self.ticket(parent).await?,
            None => None,
        };
        let requester = self.requester(new).await?;
        if let RequesterOf::Overlooked(customer) = &requester
            && let Some(own) = self.own_of_overlooked(customer, new).await?
        {
            return Ok(own);
        }
        let by_email = match &requester {
            RequesterOf::Inline(requester) => Email::parse(&requester.email),
            _ => None,
        };
        let mut write = new_ticket(new, requester, parent.as_ref(), fields)?;
        if new.owner.is_none() {
            write.assignee_id = assignee(self.default_user().await?.as_ref())?;
        }
        let request = Request::post("/api/v2/tickets")
            .header("idempotency-key", &idempotency_key(new))
            .json(&TicketBody { ticket: write })
            .repeat(Repeat::Keyed)
            .bucket(TICKET_CREATE)
            .allow(StatusCode::BAD_REQUEST);
        let answer = self.api.send(request).await?;
        if !answer.status().is_success() {
            if !errors::is_other_idempotent_body(answer.body()) {
                let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
                return Err(Error::new(
                    ErrorKind::Rejected,
                    format!("Zendesk refused the ticket: {}", refusal.text),
                ));
            }
            return self.created_by(&new.session).await?.ok_or_else(|| {
                Error::new(
                    ErrorKind::Conflict,
                    "the session asked for another ticket within the last two hours, and that ticket is not there",
                )
            });
        }
        // Then the answer is the first one again, however the ticket has changed since.
        let lookup = answer.headers().get("x-idempotency-lookup");
        let is_repeated = lookup.is_some_and(|lookup| lookup == "hit");
        let TicketAnswer { ticket } = answer.json()?;
        if parent.is_some() && !ticket.is_follow_up() {
            tracing::warn!(
                ticket = ticket.id,
                "Zendesk did not link the follow-up ticket"
            );
        }
        if let (Some(email), Some(customer)) = (by_email, ticket.requester_id) {
            let customer = CustomerId(customer.to_string());
            self.customers.remember(CustomerKey::Email(email), customer);
        }
        if is_repeated {
            return Ok(self.record(ticket, fields));
        }
        Ok(self.wrote(ticket, fields, &new.tags))
    }

    /// A customer that the look-up missed may have tickets that the decision missed: the session's own, which is
    /// the answer, or an open one in the same queue, for which the decision has to be made again.
    async fn own_of_overlooked(
        &self,
        customer: &CustomerId,
        new: &NewRecord,
    ) -> Result<Option<Record>> {
        let Some(queue) = new.queue.clone() else {
            return Ok(None);
        };
        let wanted = WantedRecords {
            queue,
            closed_since: None,
        };
        let thorough = TraceSearch::Thorough;
        let records = self.requested(customer, &wanted, thorough).await?;
        let records = records.unwrap_or_default();
        let own = |record: &&Record| record.trace.has_session(&new.session);
        if let Some(own) = records.iter().find(own) {
            return Ok(Some(own.clone()));
        }
        if records.iter().any(|record| is_open_in(record, &wanted)) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the customer was in Zendesk after all, with an open ticket in the same queue",
            ));
        }
        Ok(None)
    }
}

fn new_ticket(
    new: &NewRecord,
    requester: RequesterOf,
    parent: Option<&Ticket>,
    fields: FieldIds,
) -> Result<TicketWrite> {
    let mut trace = Trace::default();
    trace.add(&new.session, &new.notes);
    let queue = new
        .queue
        .clone()
        .or_else(|| parent.and_then(|parent| parent.queue(fields)));
    let queue = queue.map(|queue| FieldValue::text(fields.leaf_queue, queue.0));
    // A follow-up gets its parent's tags only when it brings none of its own.
    let tags = united(&parent.map(Ticket::tags).unwrap_or_default(), &new.tags);
    let notes: Vec<_> = new.notes.iter().collect();
    let mut write = TicketWrite {
        subject: Some(new.title.clone()),
        comment: Some(Comment::private(comment::body(&new.session, &notes))),
        assignee_id: assignee(new.owner.as_ref())?,
        tags: (!tags.is_empty()).then_some(tags),
        external_id: Some(external_id_of(&new.session)),
        custom_fields: queue
            .into_iter()
            .chain([FieldValue::trace(fields, &trace)])
            .collect(),
        via_followup_source_id: parent.map(|parent| parent.id),
        ..TicketWrite::default()
    };
    match requester {
        RequesterOf::User(CustomerId(id)) | RequesterOf::Overlooked(CustomerId(id)) => {
            write.requester_id = Some(zendesk_id("customer", &id)?);
        }
        RequesterOf::Inline(requester) => write.requester = Some(requester),
        RequesterOf::Nobody => {}
    }
    Ok(write)
}

/// Zendesk keeps the key for two hours and wants the same bytes with it.
fn idempotency_key(new: &NewRecord) -> String {
    let digest = Sha256::digest(format!("ticket.create|{}", new.session.token()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
