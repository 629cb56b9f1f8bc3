use std::cmp::Ordering;

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Freshdesk;
use super::agent::Agent;
use super::call::{Call, created, ok};
use super::contact::Contact;
use super::html;
use super::options::UnknownRequester;
use super::problem::{FieldProblem, Problem};
use super::ticket::{Conversation, OPEN, Ticket};
use super::tickets::Stored;
use super::time::whole_seconds;
use crate::answer::Answer;

/// A list without `updated_since` shows what was created within so many days.
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

const MAX_LIST_PAGE: usize = 300;

/// With a ticket come at most so many of its conversations, the oldest.
const INCLUDED_CONVERSATIONS: usize = 10;

impl Freshdesk {
    pub(super) fn create_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let (requester, cc_emails, input) = self.read_new_ticket(call.request)?;
        let requester_id = self.requester(requester, call.now);
        let at = whole_seconds(call.now);
        let mut ticket = Ticket::blank(self.tickets.next_id(), requester_id, at);
        ticket.cc_emails = cc_emails;
        input.clone_into(&mut ticket);
        if let Some(status) = input.status {
            ticket.set_status(status, at);
        }
        let location = format!("{}/api/v2/tickets/{}", call.origin(), ticket.id);
        let shown = ticket.shown(&self.fields, call.now);
        self.tickets.put(ticket, call.now, self.index_lag);
        Ok(created(&shown, &location))
    }

    pub(super) fn update_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let mut ticket = self.writable(call)?.ticket().clone();
        let (requester, input) = self.read_update(call.request, &ticket)?;
        let before = ticket.shown(&self.fields, call.now);
        if let Some(requester) = requester {
            ticket.requester_id = requester;
        }
        input.clone_into(&mut ticket);
        if let Some(status) = input.status {
            ticket.set_status(status, whole_seconds(call.now));
        }
        if ticket.shown(&self.fields, call.now) != before {
            ticket.updated_at = whole_seconds(call.now);
        }
        let shown = ticket.shown(&self.fields, call.now);
        self.tickets.put(ticket, call.now, self.index_lag);
        Ok(ok(&shown))
    }

    /// The ticket of the path, if it can be written to.
    pub(super) fn writable(&self, call: &Call<'_>) -> Result<&Stored, Problem> {
        let stored = self.stored(call)?;
        match stored.ticket().is_current() {
            true => Ok(stored),
            false => Err(Problem::not_allowed(&[&Method::GET])),
        }
    }

    /// The ticket of the path, if it is not archived.
    pub(super) fn stored(&self, call: &Call<'_>) -> Result<&Stored, Problem> {
        let stored = self.tickets.find(call.id()?);
        stored
            .filter(|stored| !stored.ticket().is_archived(call.now))
            .ok_or_else(Problem::not_found)
    }

    /// Into the trash, where it can still be seen by its id.
    pub(super) fn delete_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let mut ticket = self.writable(call)?.ticket().clone();
        ticket.is_deleted = true;
        ticket.updated_at = whole_seconds(call.now);
        self.tickets.put(ticket, call.now, self.index_lag);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn restore_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let mut ticket = self.stored(call)?.ticket().clone();
        if !ticket.is_deleted {
            return Err(Problem::not_found());
        }
        ticket.is_deleted = false;
        ticket.updated_at = whole_seconds(call.now);
        self.tickets.put(ticket, call.now, self.index_lag);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn show_ticket(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let include = call.include(&["conversations", "requester", "company", "stats"])?;
        call.finish_query()?;
        let stored = self.stored(call)?;
        Ok(ok(&self.shown(stored, &include, call.now)))
    }

    pub(super) fn show_archived(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let include = call.include(&["conversations", "requester", "company", "stats"])?;
        call.finish_query()?;
        let stored = self.tickets.find(call.id()?);
        let stored = stored.filter(|stored| stored.ticket().is_archived(call.now));
        let stored = stored.ok_or_else(Problem::not_found)?;
        let mut shown = self.shown(stored, &include, call.now);
        shown["archived"] = json!(true);
        Ok(ok(&shown))
    }

    fn shown(&self, stored: &Stored, include: &[&str], now: Timestamp) -> Value {
        let mut shown = stored.ticket().shown(&self.fields, now);
        self.add_included(&mut shown, stored.ticket(), include);
        if include.contains(&"conversations") {
            let oldest = stored.conversations.iter().take(INCLUDED_CONVERSATIONS);
            let oldest: Vec<_> = oldest.map(Conversation::shown).collect();
            shown["conversations"] = oldest.into();
        }
        shown
    }

    fn add_included(&self, shown: &mut Value, ticket: &Ticket, include: &[&str]) {
        for part in include {
            match *part {
                "company" => shown["company"] = json!({}),
                "description" => {
                    shown["description"] = json!(ticket.description);
                    shown["description_text"] = json!(html::plain(&ticket.description));
                }
                "requester" => shown["requester"] = self.shown_requester(ticket.requester_id),
                "stats" => shown["stats"] = ticket.stats.shown(),
                _ => {}
            }
        }
    }

    fn shown_requester(&self, id: u64) -> Value {
        let contact = self.contacts.find(id).map(Contact::as_requester);
        let agent = || self.agent(id).map(Agent::as_requester);
        contact.or_else(agent).unwrap_or_default()
    }

    /// The list reads the database: it never lags.
    pub(super) fn list_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = call.page()?;
        if page.number > MAX_LIST_PAGE {
            let message = "You cannot access tickets beyond the 300th page. Please provide a smaller page number.";
            return Err(FieldProblem::invalid("page", message).into());
        }
        let view = call.choice(
            "filter",
            &["new_and_my_open", "watching", "spam", "deleted"],
        )?;
        let requesters = self.listed_requesters(call)?;
        let updated_since = call.time_parameter("updated_since")?;
        let order = call.choice(
            "order_by",
            &["created_at", "due_by", "updated_at", "status"],
        )?;
        let direction = call.choice("order_type", &["asc", "desc"])?;
        let include = call.include(&["requester", "stats", "company", "description"])?;
        if call.id_parameter("company_id")?.is_some() {
            return Err(FieldProblem::nobody("company_id", "company").into());
        }
        call.finish_query()?;
        let now = call.now;
        let is_listed = |ticket: &Ticket| {
            let in_view = match view {
                Some("deleted") => ticket.is_deleted,
                Some("spam") => ticket.is_spam && !ticket.is_deleted,
                Some("watching") => false,
                Some("new_and_my_open") => {
                    let mine = ticket.responder_id.is_none_or(|id| id == self.me);
                    ticket.is_current() && ticket.status == OPEN && mine
                }
                _ => ticket.is_current(),
            };
            let in_time = match updated_since {
                Some(since) => ticket.updated_at >= since,
                None => now.duration_since(ticket.created_at) <= LISTED_FOR,
            };
            in_view && in_time && !ticket.is_archived(now)
        };
        let mut found: Vec<&Ticket> = match &requesters {
            None => self.tickets.all().map(Stored::ticket).collect(),
            Some(ids) => {
                let all = ids.iter().flat_map(|id| self.tickets.of_requester(*id));
                all.map(Stored::ticket).collect()
            }
        };
        found.retain(|ticket| is_listed(ticket));
        found.sort_by(|one, other| {
            let ascending =
                by(order.unwrap_or("created_at"), one, other).then(one.id.cmp(&other.id));
            match direction {
                Some("asc") => ascending,
                _ => ascending.reverse(),
            }
        });
        let items = found.into_iter().map(|ticket| {
            let include = &include;
            move || {
                let mut item = ticket.item(&self.fields, now);
                self.add_included(&mut item, ticket, include);
                item
            }
        });
        Ok(call.paged(page, items))
    }

    /// Whose tickets a list is of; `None` means everybody's.
    fn listed_requesters(&self, call: &mut Call<'_>) -> Result<Option<Vec<u64>>, Problem> {
        let mut asked: Vec<(&str, Option<u64>)> = Vec::new();
        if let Some(id) = call.id_parameter("requester_id")? {
            let is_known = self.contacts.find(id).is_some() || self.agent(id).is_some();
            if !is_known {
                return Err(FieldProblem::nobody("requester_id", "contact").into());
            }
            asked.push(("requester_id", Some(id)));
        }
        if let Some(email) = call.parameter("email") {
            let contact = self.contacts.with_email(&email).map(|contact| contact.id);
            let agent = || self.agent_with_email(&email).map(|agent| agent.id);
            asked.push(("email", contact.or_else(agent)));
        }
        if let Some(id) = call.parameter("unique_external_id") {
            let found = self.contacts.with_external_id(&id);
            asked.push(("unique_external_id", found.map(|contact| contact.id)));
        }
        let Some((_, first)) = asked.first() else {
            return Ok(None);
        };
        for (name, found) in &asked {
            if found.is_none() && self.options.unknown_requester == UnknownRequester::Refused {
                return Err(FieldProblem::nobody(name, "contact").into());
            }
        }
        // Filters are combined: two persons have no ticket in common.
        let is_one = asked.iter().all(|(_, found)| found == first);
        Ok(Some(first.filter(|_| is_one).into_iter().collect()))
    }
}

fn by(order: &str, one: &Ticket, other: &Ticket) -> Ordering {
    match order {
        "updated_at" => one.updated_at.cmp(&other.updated_at),
        "status" => one.status.cmp(&other.status),
        // A ticket is due some days after it was made.
        _ => one.created_at.cmp(&other.created_at),
    }
}
