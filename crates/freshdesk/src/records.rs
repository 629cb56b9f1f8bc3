//! Finding and reading tickets.

use casewire_core::{
    CustomerId, CustomerIdentity, Email, ErrorKind, Found, LookUp, Record, RecordId, RecordState,
    Result, TraceSearch, WantedRecords,
};
use casewire_http::Request;
use tokio::time::Instant;

use crate::connector::{Freshdesk, Made};
use crate::customers::{SHARED_ANONYMOUS, external_id_of};
use crate::limits::TICKETS_LIST;
use crate::look::Look;
use crate::note;
use crate::wire::{Conversation, Ticket};

pub(crate) const PAGE: usize = 100;

/// Of one customer, the 2,000 tickets created last are looked at.
pub(crate) const MAX_PAGES: usize = 20;

/// Of one ticket, so many pages of notes and replies are read.
const MAX_CONVERSATION_PAGES: usize = 50;

/// With a ticket come the ten oldest of them, so fewer are all.
const CONVERSATIONS_WITH_TICKET: usize = 10;

/// Without such a date Freshdesk leaves out what was created more than 30 days ago.
const EVER: &str = "2000-01-01T00:00:00Z";

/// Whose tickets are listed. By what only one contact can have they are listed without a look for the contact.
#[derive(Clone)]
pub(crate) enum Whose {
    Anybody,
    Contact(CustomerId),
    Email(Email),
    ExternalId(String),
}

impl Whose {
    fn filter(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Anybody => None,
            Self::Contact(CustomerId(id)) => Some(("requester_id", id)),
            Self::Email(email) => Some(("email", email.as_str())),
            Self::ExternalId(id) => Some(("unique_external_id", id)),
        }
    }
}

/// What a list of a customer's tickets showed.
pub(crate) struct Listed {
    pub(crate) found: Found,
    /// Whether these are all there are.
    is_all: bool,
}

impl Freshdesk {
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        let mut found = match (&query.customer, query.trace) {
            (Some(identity), _) => self.find_of_customer(query, identity).await?,
            (None, TraceSearch::OnTheWay) => {
                // Nobody is looked for, and the caller believes the session new.
                if self.made.find(&query.session).is_none() {
                    self.made.remember(query.session.clone(), Made::No);
                }
                Found::default()
            }
            (None, TraceSearch::Thorough) => self.find_of_anonymous(query).await?,
        };
        if query.trace == TraceSearch::Thorough && found.own.is_none() {
            found.own = self.find_own_of_others(query, &found).await?;
        }
        if query.records.is_none() {
            found.records.clear();
        }
        Ok(found)
    }

    async fn find_of_customer(&self, query: &LookUp, identity: &CustomerIdentity) -> Result<Found> {
        let keys: Vec<_> = identity.keys(query.session.kind()).collect();
        // A remembered contact may be gone, which the list of its tickets tells: then look once more.
        for _ in 0..2 {
            let Some(whose) = self.whose(&query.session, &keys).await? else {
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
    pub(crate) async fn listed(&self, whose: &Whose, query: &LookUp) -> Result<Option<Listed>> {
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

    /// One page of somebody's tickets, newest first. None when Freshdesk has no such customer.
    pub(crate) async fn page(
        &self,
        whose: &Whose,
        page: usize,
        wanted: Option<&WantedRecords>,
    ) -> Result<Option<Vec<Ticket>>> {
        let mut request = Request::get("/api/v2/tickets");
        let filter = whose.filter();
        // The newest of all are listed in any case.
        if let Some((name, value)) = filter {
            request = request.query(name, value).query("updated_since", EVER);
        }
        request = request
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
        let request = request.bucket(TICKETS_LIST);
        let listed = match filter {
            Some((name, _)) => self.filtered(request, name).await,
            None => self.read_collection(request).await.map(Some),
        };
        listed.map_err(|error| error.context("listing tickets"))
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
        let before = self.looks.find(&record.id);
        match (tokens, before) {
            (Some(tokens), _) => record.trace = note::trace(ticket.sessions(names), tokens),
            // What was on it still is.
            (None, Some(before)) if before.record.version == record.version => {
                record.trace.merge(&before.record.trace);
            }
            (None, _) => {}
        }
        let look = Look {
            record,
            claims,
            status: ticket.status,
            owner: ticket.owner(),
            at: Instant::now(),
        };
        // What is not shown would be overwritten.
        if ticket.shows_all() {
            self.looks.remember(look.record.id.clone(), look.clone());
        }
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
