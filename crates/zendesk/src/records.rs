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
    /// A thorough search for the session's own ticket goes through the customer's tickets, then by the external id that
    /// its making session gives a ticket, and then through the sessions field of all tickets, for one that was given
    /// to another customer since. Only the last lags. A session without a customer joins no ticket, so the external
    /// id is all there is of it.
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        let mut found = match &query.customer {
            Some(identity) => self.find_of_customer(query, identity).await?,
            None => Found::default(),
        };
        let is_thorough = query.trace == TraceSearch::Thorough;
        if is_thorough && found.own.is_none() {
            found.own = self.created_by(&query.session).await?;
        }
        if is_thorough && found.own.is_none() && query.customer.is_some() {
            found.own = self.find_by_trace(&query.session).await?;
        }
        if query.records.is_none() {
            found.records.clear();
        }
        Ok(found)
    }

    async fn find_of_customer(&self, query: &LookUp, identity: &CustomerIdentity) -> Result<Found> {
        if let Some(found) = self.find_open_by_email(query, identity).await? {
            return Ok(found);
        }
        let kind = query.session.kind();
        let mut customer = self.find_customer(identity, kind).await?;
        if query.records.is_none() && query.trace == TraceSearch::OnTheWay {
            return Ok(Found {
                customer,
                ..Found::default()
            });
        }
        // A remembered customer may be gone, which the list of tickets tells by 404: then look once more.
        for _ in 0..2 {
            let Some(id) = customer else {
                break;
            };
            if let Some(found) = self.requested(&id, query).await? {
                return Ok(found);
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
        let records: Vec<_> = results
            .into_iter()
            .filter(|ticket| !ticket.is_deleted())
            .map(|ticket| self.record(ticket, fields))
            .filter(|record| requester.is_some() && record.customer == requester)
            .filter(|record| is_open_in(record, wanted))
            .collect();
        let Some(customer) = requester.filter(|_| !records.is_empty()) else {
            return Ok(None);
        };
        self.customers.remember(key, customer.clone());
        let mut own = records.iter();
        let own = own.find(|record| record.trace.has_session(&query.session));
        Ok(Some(Found {
            customer: Some(customer),
            own: own.cloned(),
            records,
        }))
    }

    /// The customer's tickets, newest first, from the list that does not lag: up to the session's own one, or to the
    /// page that has an open one in the wanted queue when that is all that matters, or all. None when the customer is
    /// gone.
    pub(crate) async fn requested(
        &self,
        customer: &CustomerId,
        query: &LookUp,
    ) -> Result<Option<Found>> {
        let fields = self.field_ids().await?;
        let mut found = Found {
            customer: Some(customer.clone()),
            ..Found::default()
        };
        for page in 1..=MAX_PAGES {
            let tickets = match self.requested_page(customer, page).await {
                Ok(tickets) => tickets,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error.context("listing a customer's tickets")),
            };
            let is_last = tickets.len() < PAGE;
            for ticket in tickets.into_iter().filter(|ticket| !ticket.is_deleted()) {
                let is_merged = ticket.is_merged();
                let record = match query.trace {
                    TraceSearch::OnTheWay => self.record(ticket, fields),
                    TraceSearch::Thorough => self.whole(ticket).await?,
                };
                // What was merged away joins nothing any more, and a session on it is linked all the same.
                if record.trace.has_session(&query.session) {
                    found.own = Some(record);
                    return Ok(Some(found));
                }
                if !is_merged {
                    found.records.push(record);
                }
            }
            if is_last || (query.trace == TraceSearch::OnTheWay && has_open(&found, query)) {
                break;
            }
            if page == MAX_PAGES {
                tracing::warn!(
                    limit = PAGE * MAX_PAGES,
                    "a customer has more tickets than are looked at; the oldest are left out"
                );
            }
        }
        if let Some(wanted) = &query.records
            && let Some(since) = wanted.closed_since
        {
            self.date_closures(&mut found.records, wanted, since)
                .await?;
        }
        Ok(Some(found))
    }

    async fn requested_page(&self, customer: &CustomerId, page: usize) -> Result<Vec<Ticket>> {
        let mut request = Request::get("/api/v2/users/{id}/tickets/requested")
            .fill("id", &customer.0)
            .query("sort_by", "created_at")
            .query("sort_order", "desc")
            .query("per_page", PAGE);
        if page > 1 {
            request = request.query("page", page);
        }
        let TicketList { tickets } = self.api.read(request).await?;
        Ok(tickets)
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
        let external_id = external_id_of(session);
        let request = Request::get("/api/v2/tickets").query("external_id", &external_id);
        let TicketList { tickets } = self.api.read(request).await?;
        let made = tickets
            .into_iter()
            .filter(|ticket| ticket.external_id.as_ref() == Some(&external_id))
            .filter(|ticket| !ticket.is_deleted())
            .min_by_key(Ticket::is_merged);
        match made {
            Some(ticket) => Ok(Some(self.whole(ticket).await?)),
            None => Ok(None),
        }
    }

    /// The ticket with `session` in its sessions field, whoever its customer is. The search compares beginnings of
    /// words and lags, so every hit is compared and read by its id.
    async fn find_by_trace(&self, session: &SessionKey) -> Result<Option<Record>> {
        let fields = self.field_ids().await?;
        let request = Request::get("/api/v2/search")
            .query("query", by_trace(session, fields.sessions))
            .bucket(SEARCH);
        let TicketSearch { results, .. } = self.api.read(request).await?;
        for hit in results {
            let hit = self.record(hit, fields);
            if !hit.trace.has_session(session) {
                continue;
            }
            let Some(ticket) = self.ticket(&hit.id).await? else {
                continue;
            };
            let record = self.whole(ticket).await?;
            if record.trace.has_session(session) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The ticket by its id, a merged one too.
    pub(crate) async fn ticket(&self, id: &RecordId) -> Result<Option<Ticket>> {
        let request = Request::get("/api/v2/tickets/{id}").fill("id", id);
        match self.api.read::<TicketAnswer>(request).await {
            Ok(TicketAnswer { ticket }) => Ok(Some(ticket).filter(|ticket| !ticket.is_deleted())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.context(format!("reading ticket {id}"))),
        }
    }

    /// The record by its id; a merged ticket is none any more.
    pub(crate) async fn read(&self, id: &RecordId) -> Result<Option<Record>> {
        match self.ticket(id).await? {
            Some(ticket) if !ticket.is_merged() => Ok(Some(self.whole(ticket).await?)),
            _ => Ok(None),
        }
    }
}

fn has_open(found: &Found, query: &LookUp) -> bool {
    let wanted = query.records.as_ref();
    wanted.is_some_and(|wanted| {
        found
            .records
            .iter()
            .any(|record| is_open_in(record, wanted))
    })
}

fn is_open_in(record: &Record, wanted: &WantedRecords) -> bool {
    record.state == RecordState::Open && record.queue.as_ref() == Some(&wanted.queue)
}

fn open_by_email(email: &Email, leaf_queue: u64, wanted: &WantedRecords) -> String {
    let (email, queue) = (email.as_str(), unquoted(&wanted.queue.0));
    format!("type:ticket requester:\"{email}\" status<solved custom_field_{leaf_queue}:\"{queue}\"")
}

fn by_trace(session: &SessionKey, sessions: u64) -> String {
    let token = session.token();
    format!(
        "type:ticket custom_field_{sessions}:\"{}\"",
        unquoted(&token)
    )
}

/// There is no documented way to quote a quote, and every hit is compared anyway.
fn unquoted(text: &str) -> String {
    text.replace('"', "")
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
