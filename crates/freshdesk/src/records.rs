//! Finding and reading tickets.

use casewire_core::{
    CustomerId, CustomerIdentity, Email, Error, ErrorKind, Found, LookUp, Record, RecordId,
    RecordState, Result, SessionKey, Trace, TraceSearch, WantedRecords,
};
use casewire_http::Request;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::connector::{Freshdesk, Made, of_every_account};
use crate::customers::{SHARED_ANONYMOUS, external_id_of};
use crate::errors;
use crate::limits::TICKETS_LIST;
use crate::look::Look;
use crate::note;
use crate::wire::{Conversation, Ticket};

const PAGE: usize = 100;

/// Of one customer, the 2,000 tickets created last are looked at.
const MAX_PAGES: usize = 20;

/// Of one ticket, so many pages of notes and replies are read.
const MAX_CONVERSATION_PAGES: usize = 50;

/// With a ticket come the ten oldest of them, so fewer are all.
const CONVERSATIONS_WITH_TICKET: usize = 10;

/// Without such a date Freshdesk leaves out what was created more than 30 days ago.
const EVER: &str = "2000-01-01T00:00:00Z";

/// The same new record is known again for so long, and found by a look-up after that.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// Whose tickets are listed. By what only one contact can have they are listed without a look for the contact.
#[derive(Clone)]
pub(crate) enum Whose {
    Contact(CustomerId),
    Email(Email),
    ExternalId(String),
}

impl Whose {
    fn filter(&self) -> (&'static str, &str) {
        match self {
            Self::Contact(CustomerId(id)) => ("requester_id", id),
            Self::Email(email) => ("email", email.as_str()),
            Self::ExternalId(id) => ("unique_external_id", id),
        }
    }
}

/// What a list of a customer's tickets showed.
struct Listed {
    found: Found,
    /// Whether these are all there are.
    is_all: bool,
}

impl Freshdesk {
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        let mut found = match (&query.customer, query.trace) {
            (Some(identity), _) => self.find_of_customer(query, identity).await?,
            (None, TraceSearch::OnTheWay) => Found::default(),
            (None, TraceSearch::Thorough) => self.find_of_anonymous(query).await?,
        };
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

    /// The session's own ticket among those of the other contacts who have a key of the customer: which of them was found
    /// may have changed since it was made.
    async fn find_own_of_others(
        &self,
        query: &LookUp,
        identity: &CustomerIdentity,
        found: &Found,
    ) -> Result<Option<Record>> {
        let keys: Vec<_> = identity.keys(query.session.kind()).collect();
        if keys.len() < 2 {
            return Ok(None);
        }
        for key in &keys {
            let Some(whose) = self.whose(std::slice::from_ref(key)).await? else {
                continue;
            };
            if let Whose::Contact(contact) = &whose
                && found.customer.as_ref() == Some(contact)
            {
                continue;
            }
            let listed = self.listed(&whose, query).await?;
            if let Some(own) = listed.and_then(|listed| listed.found.own) {
                let made = Made::Yes(own.id.clone());
                self.made.remember(query.session.clone(), made);
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    async fn find_of_customer(&self, query: &LookUp, identity: &CustomerIdentity) -> Result<Found> {
        let keys: Vec<_> = identity.keys(query.session.kind()).collect();
        // A remembered contact may be gone, which the list of its tickets tells: then look once more.
        for _ in 0..2 {
            let Some(whose) = self.whose(&keys).await? else {
                break;
            };
            if let Whose::Contact(customer) = &whose
                && query.records.is_none()
                && query.trace == TraceSearch::OnTheWay
            {
                return Ok(Found {
                    customer: Some(customer.clone()),
                    ..Found::default()
                });
            }
            if let Some(listed) = self.listed(&whose, query).await? {
                if let ([only], Some(customer)) = (&keys[..], &listed.found.customer) {
                    self.customers.remember(only.clone(), customer.clone());
                }
                if listed.is_all && listed.found.own.is_none() {
                    self.made.remember(query.session.clone(), Made::No);
                }
                return Ok(listed.found);
            }
            let Whose::Contact(customer) = whose else {
                break;
            };
            self.customers.forget(|known| *known == customer);
        }
        self.made.remember(query.session.clone(), Made::No);
        Ok(Found::default())
    }

    /// A withheld caller's session is on the ticket of a contact of its own, or of the one that all share.
    async fn find_of_anonymous(&self, query: &LookUp) -> Result<Found> {
        let mut is_all = true;
        for external_id in [external_id_of(&query.session), SHARED_ANONYMOUS.to_owned()] {
            let listed = self.listed(&Whose::ExternalId(external_id), query).await?;
            let Some(listed) = listed else { continue };
            if listed.found.own.is_some() {
                return Ok(Found {
                    own: listed.found.own,
                    ..Found::default()
                });
            }
            is_all &= listed.is_all;
        }
        if is_all {
            self.made.remember(query.session.clone(), Made::No);
        }
        Ok(Found::default())
    }

    /// The customer's tickets, newest first: up to the session's own one, or to the page that has an open one in the
    /// wanted queue when that is all that matters, or all. None when Freshdesk has no such customer.
    async fn listed(&self, whose: &Whose, query: &LookUp) -> Result<Option<Listed>> {
        let mut found = Found::default();
        if let Whose::Contact(customer) = whose {
            found.customer = Some(customer.clone());
        }
        let mut is_all = false;
        for page in 1..=MAX_PAGES {
            let Some(tickets) = self.page(whose, page, query.records.as_ref()).await? else {
                return Ok(None);
            };
            is_all = tickets.len() < PAGE;
            for ticket in tickets.into_iter().filter(|ticket| !ticket.is_gone()) {
                let look = self.seen(&ticket, None).await?;
                if found.customer.is_none() {
                    found.customer.clone_from(&look.record.customer);
                }
                if look.claims.has_session(&query.session)
                    && let Some(own) = self.whole(&look.record.id).await?
                {
                    found.own = Some(own.record);
                    return Ok(Some(Listed { found, is_all }));
                }
                found.records.push(look.record);
            }
            let is_enough = match &query.records {
                Some(wanted) => found
                    .records
                    .iter()
                    .any(|record| is_open_in(record, wanted)),
                None => true,
            };
            if is_all || (is_enough && query.trace == TraceSearch::OnTheWay) {
                break;
            }
            if page == MAX_PAGES {
                is_all = true;
                tracing::warn!(
                    limit = PAGE * MAX_PAGES,
                    "a customer has more tickets than are looked at; the oldest are left out"
                );
            }
        }
        Ok(Some(Listed { found, is_all }))
    }

    /// The ticket of `session` among the recent ones.
    pub(crate) async fn recent_of(
        &self,
        whose: &Whose,
        session: &SessionKey,
    ) -> Result<Option<Look>> {
        let names = self.field_names().await?;
        let since = Timestamp::now() - RECENT;
        for page in 1..=MAX_PAGES {
            let tickets = self.page(whose, page, None).await?.unwrap_or_default();
            let is_last = tickets.len() < PAGE || tickets.iter().any(|at| at.created_at < since);
            for ticket in tickets {
                let claims = Trace::parse(ticket.sessions(names));
                if claims.has_session(session)
                    && let Some(own) = self.whole(&ticket.record_id()).await?
                {
                    return Ok(Some(own));
                }
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }

    /// One page of a customer's tickets. None when Freshdesk has no such customer.
    async fn page(
        &self,
        whose: &Whose,
        page: usize,
        wanted: Option<&WantedRecords>,
    ) -> Result<Option<Vec<Ticket>>> {
        let (filter, value) = whose.filter();
        let mut request = Request::get("/api/v2/tickets")
            .query(filter, value)
            .query("updated_since", EVER)
            .query("order_by", "created_at")
            .query("order_type", "desc")
            .query("per_page", PAGE);
        // Freshdesk counts such a list three times.
        if wanted.is_some_and(|wanted| wanted.closed_since.is_some()) {
            request = request.query("include", "stats");
        }
        if page > 1 {
            request = request.query("page", page);
        }
        let request = request.bucket(TICKETS_LIST).allow(StatusCode::BAD_REQUEST);
        let listing =
            |error: Error| of_every_account(error).context("listing a customer's tickets");
        let answer = self.client.send(request).await.map_err(listing)?;
        if answer.status().is_success() {
            return answer.json().map(Some).map_err(listing);
        }
        if errors::is_about(answer.body(), filter) {
            return Ok(None);
        }
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        Err(listing(Error::new(
            refusal.kind.unwrap_or(ErrorKind::Rejected),
            format!("Freshdesk refused it: {}", refusal.text),
        )))
    }

    /// The ticket with its notes by its id. None when it is gone: deleted, spam or archived.
    pub(crate) async fn whole(&self, id: &RecordId) -> Result<Option<Look>> {
        let request = Request::get("/api/v2/tickets/{id}")
            .fill("id", id)
            .query("include", "conversations,stats");
        let ticket = match self.read::<Ticket>(request).await {
            Ok(ticket) => ticket,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.context(format!("reading ticket {id}"))),
        };
        if ticket.is_gone() {
            return Ok(None);
        }
        let tokens = match ticket.conversations.len() {
            0..CONVERSATIONS_WITH_TICKET => noted(&ticket.conversations),
            _ => self.notes_of(id).await?,
        };
        Ok(Some(self.seen(&ticket, Some(&tokens)).await?))
    }

    /// The tokens of the notes on a ticket, oldest first.
    pub(crate) async fn notes_of(&self, id: &RecordId) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        for page in 1..=MAX_CONVERSATION_PAGES {
            let mut request = Request::get("/api/v2/tickets/{id}/conversations")
                .fill("id", id)
                .query("per_page", PAGE);
            if page > 1 {
                request = request.query("page", page);
            }
            let read = self.read::<Vec<Conversation>>(request).await;
            let conversations =
                read.map_err(|error| error.context(format!("reading the notes of ticket {id}")))?;
            tokens.extend(noted(&conversations));
            if conversations.len() < PAGE {
                break;
            }
        }
        Ok(tokens)
    }

    /// The ticket as it is seen now, which is remembered; `tokens` are those of its notes, if they were read.
    pub(crate) async fn seen(&self, ticket: &Ticket, tokens: Option<&[String]>) -> Result<Look> {
        let names = self.field_names().await?;
        let mut record = ticket.record(names, &self.config.statuses, &self.agent_url);
        let claims = record.trace.clone();
        if let Some(tokens) = tokens {
            record.trace = note::trace(ticket.sessions(names), tokens);
        }
        let look = Look {
            record,
            claims,
            status: ticket.status,
            owner: ticket.owner(),
            at: Instant::now(),
        };
        self.looks.remember(look.record.id.clone(), look.clone());
        Ok(look)
    }
}

fn noted(conversations: &[Conversation]) -> Vec<String> {
    let notes = conversations.iter().filter_map(Conversation::private_note);
    notes.flat_map(note::tokens).collect()
}

fn is_open_in(record: &Record, wanted: &WantedRecords) -> bool {
    record.state == RecordState::Open && record.queue.as_ref() == Some(&wanted.queue)
}
