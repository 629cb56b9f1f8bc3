//! Finding and reading tickets.

use std::cmp::Reverse;

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, ErrorKind, Found, LookUp, Record, RecordId,
    RecordState, Result, SessionKey, TraceSearch, WantedRecords,
};
use casewire_http::Request;
use jiff::Timestamp;

use crate::connector::Zendesk;
use crate::customers::external_id_of;
use crate::limits::SEARCH;
use crate::wire::{MetricsAnswer, Ticket, TicketAnswer, TicketList, TicketSearch};

const PAGE: usize = 100;

/// Of one customer, the 2,000 tickets created last are looked at.
const MAX_PAGES: usize = 20;

impl Zendesk {
    /// The session's own ticket is looked for among the customer's, and then by the external id that its making
    /// session gives a ticket. The sessions field can be searched too, but not without lag, so it is not.
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        let mut found = match &query.customer {
            Some(identity) => self.find_of_customer(query, identity).await?,
            None => Found::default(),
        };
        let mut records = found.records.iter();
        found.own = records
            .find(|record| record.trace.has_session(&query.session))
            .cloned();
        if found.own.is_none() && query.trace == TraceSearch::Thorough {
            found.own = self.created_by(&query.session).await?;
        }
        Ok(found)
    }

    async fn find_of_customer(&self, query: &LookUp, identity: &CustomerIdentity) -> Result<Found> {
        if let Some(found) = self.find_open_by_email(query, identity).await? {
            return Ok(found);
        }
        let kind = query.session.kind();
        let mut customer = self.find_customer(identity, kind).await?;
        let Some(wanted) = &query.records else {
            return Ok(Found {
                customer,
                ..Found::default()
            });
        };
        // A remembered customer may be gone, which the list of tickets tells by 404: then look once more.
        for _ in 0..2 {
            let Some(id) = customer.clone() else {
                break;
            };
            if let Some(records) = self.requested(&id, wanted, query.trace).await? {
                return Ok(Found {
                    customer,
                    records,
                    own: None,
                });
            }
            self.customers.forget(|known| *known == id);
            customer = self.find_customer(identity, kind).await?;
        }
        Ok(Found::default())
    }

    /// One search for a customer known by e-mail address alone. Only an open ticket settles the matter: the index
    /// may lag, so that it shows none does not mean there is none. A stale hit is refused when it is written to.
    async fn find_open_by_email(
        &self,
        query: &LookUp,
        identity: &CustomerIdentity,
    ) -> Result<Option<Found>> {
        let (Some(email), Some(wanted), TraceSearch::OnTheWay) =
            (&identity.email, &query.records, query.trace)
        else {
            return Ok(None);
        };
        let key = CustomerKey::Email(email.clone());
        let is_only_key = identity.keys(query.session.kind()).count() == 1;
        if !is_only_key || self.customers.find(&key).is_some() {
            return Ok(None);
        }
        let fields = self.field_ids().await?;
        let request = Request::get("/api/v2/search")
            .query("query", open_by_email(email, fields.leaf_queue, wanted))
            .query("sort_by", "created_at")
            .query("sort_order", "desc")
            .query("per_page", PAGE)
            .query("include", "tickets(users)")
            .bucket(SEARCH);
        let TicketSearch { results, users } = self.api.read(request).await?;
        let requester = users
            .iter()
            .filter(|user| user.has_email(email) && !user.is_suspended())
            .find_map(|user| user.customer_id());
        let records = results.into_iter().filter(|ticket| !ticket.is_gone());
        let records: Vec<_> = records
            .map(|ticket| self.record(ticket, fields))
            .filter(|record| requester.is_some() && record.customer == requester)
            .filter(|record| is_open_in(record, wanted))
            .collect();
        let Some(customer) = requester.filter(|_| !records.is_empty()) else {
            return Ok(None);
        };
        self.customers.remember(key, customer.clone());
        Ok(Some(Found {
            customer: Some(customer),
            records,
            own: None,
        }))
    }

    /// The customer's tickets, newest first, from the list that does not lag: all of them, or those up to the page
    /// that has an open one in the wanted queue when that is all that matters. None when the customer is gone.
    pub(crate) async fn requested(
        &self,
        customer: &CustomerId,
        wanted: &WantedRecords,
        trace: TraceSearch,
    ) -> Result<Option<Vec<Record>>> {
        let fields = self.field_ids().await?;
        let mut records = Vec::new();
        for page in 1..=MAX_PAGES {
            let mut request = Request::get("/api/v2/users/{id}/tickets/requested")
                .fill("id", &customer.0)
                .query("sort_by", "created_at")
                .query("sort_order", "desc")
                .query("per_page", PAGE);
            if page > 1 {
                request = request.query("page", page);
            }
            let TicketList { tickets } = match self.api.read(request).await {
                Ok(list) => list,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error.context("listing a customer's tickets")),
            };
            let is_last = tickets.len() < PAGE;
            let present = tickets.into_iter().filter(|ticket| !ticket.is_gone());
            records.extend(present.map(|ticket| self.record(ticket, fields)));
            let has_open = records.iter().any(|record| is_open_in(record, wanted));
            if is_last || (has_open && trace == TraceSearch::OnTheWay) {
                break;
            }
            if page == MAX_PAGES {
                tracing::warn!(
                    limit = PAGE * MAX_PAGES,
                    "a customer has more tickets than are looked at; the oldest are left out"
                );
            }
        }
        if let Some(since) = wanted.closed_since {
            self.date_closures(&mut records, wanted, since).await?;
        }
        Ok(Some(records))
    }

    /// Asks when tickets were solved, in the order of their last change and only as long as one may have been
    /// solved after those asked for. An open ticket comes before all of them (R9), so then none is asked for.
    async fn date_closures(
        &self,
        records: &mut [Record],
        wanted: &WantedRecords,
        since: Timestamp,
    ) -> Result<()> {
        if records.iter().any(|record| is_open_in(record, wanted)) {
            return Ok(());
        }
        let mut candidates: Vec<_> = records
            .iter_mut()
            .filter(|record| record.queue.as_ref() == Some(&wanted.queue))
            .filter(|record| {
                record
                    .closed_at
                    .is_some_and(|changed_at| changed_at >= since)
            })
            .collect();
        candidates.sort_by_key(|record| Reverse(record.closed_at));
        let mut latest = None;
        for record in candidates {
            if latest >= record.closed_at {
                break;
            }
            let solved_at = self.solved_at(&record.id).await?;
            record.closed_at = solved_at.or(record.closed_at);
            latest = latest.max(record.closed_at);
        }
        Ok(())
    }

    async fn solved_at(&self, id: &RecordId) -> Result<Option<Timestamp>> {
        let request = Request::get("/api/v2/tickets/{id}/metrics").fill("id", id);
        match self.api.read::<MetricsAnswer>(request).await {
            Ok(metrics) => Ok(metrics.solved_at()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context(format!("asking when ticket {id} was solved"))),
        }
    }

    /// The ticket that `session` made, by its external id: a filter that does not lag.
    pub(crate) async fn created_by(&self, session: &SessionKey) -> Result<Option<Record>> {
        let fields = self.field_ids().await?;
        let request = Request::get("/api/v2/tickets").query("external_id", external_id_of(session));
        let TicketList { tickets } = self.api.read(request).await?;
        let mut records = tickets
            .into_iter()
            .filter(|ticket| !ticket.is_gone())
            .map(|ticket| self.record(ticket, fields));
        Ok(records.find(|record| record.trace.has_session(session)))
    }

    pub(crate) async fn ticket(&self, id: &RecordId) -> Result<Option<Ticket>> {
        let request = Request::get("/api/v2/tickets/{id}").fill("id", id);
        match self.api.read::<TicketAnswer>(request).await {
            Ok(TicketAnswer { ticket }) if ticket.is_gone() => Ok(None),
            Ok(TicketAnswer { ticket }) => Ok(Some(ticket)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context(format!("reading ticket {id}"))),
        }
    }

    pub(crate) async fn read(&self, id: &RecordId) -> Result<Option<Record>> {
        let Some(ticket) = self.ticket(id).await? else {
            return Ok(None);
        };
        let fields = self.field_ids().await?;
        Ok(Some(self.record(ticket, fields)))
    }
}

pub(crate) fn is_open_in(record: &Record, wanted: &WantedRecords) -> bool {
    record.state == RecordState::Open && record.queue.as_ref() == Some(&wanted.queue)
}

fn open_by_email(email: &Email, leaf_queue: u64, wanted: &WantedRecords) -> String {
    // There is no documented way to quote a quote, and every hit is compared anyway.
    let queue = wanted.queue.0.replace('"', "");
    format!(
        "type:ticket requester:\"{}\" status<solved custom_field_{leaf_queue}:\"{queue}\"",
        email.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::QueueId;

    #[test]
    fn a_queue_id_can_not_leave_its_quotes() {
        let wanted = WantedRecords {
            queue: QueueId("13\" type:user".into()),
            closed_since: None,
        };
        let email = Email::parse("kim@example.com").unwrap();
        assert_eq!(
            open_by_email(&email, 71, &wanted),
            r#"type:ticket requester:"kim@example.com" status<solved custom_field_71:"13 type:user""#
        );
    }
}
