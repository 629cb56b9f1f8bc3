use jiff::Timestamp;
use serde_json::{Value, json};

use super::Freshdesk;
use super::agent::Agent;
use super::contact::Contact;
use super::fields::{LEAF_QUEUE, SESSIONS};
use super::form::is_email;
use super::options::FieldKind;
use super::ticket::{CLOSED, Conversation, OPEN, RESOLVED, Ticket};
use super::tickets::Stored;
use super::time::{stamp, whole_seconds};
use super::trace::{follow_up_of, notes, sessions};
use crate::control::{NewCustomer, NewRecord, RecordChange, RecordState, Refusal, Role};

/// What control routes call a ticket that a person declares to be spam.
const SPAM: &str = "spam";

/// What a person makes of a ticket's status.
#[derive(Clone, Copy)]
enum Wanted {
    Spam,
    Status(u64),
}

impl Freshdesk {
    /// The tickets in the shape that every fake's state has; trash and spam are left out.
    pub(super) fn shown_tickets(&self) -> Vec<Value> {
        let current = self
            .tickets
            .all()
            .filter(|stored| stored.ticket().is_current());
        current.map(|stored| self.record(stored)).collect()
    }

    /// The contacts in the shape that every fake's state has.
    pub(super) fn shown_contacts(&self) -> Vec<Value> {
        let current = self.contacts.all().filter(|contact| !contact.is_deleted);
        current.map(customer).collect()
    }

    pub(super) fn person_adds_customer(
        &mut self,
        new: NewCustomer,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        if let Some(email) = &new.email {
            if !is_email(email) {
                return Err(Refusal::field("email", "is no e-mail address"));
            }
            if self.contacts.with_email(email).is_some() || self.agent_with_email(email).is_some() {
                return Err(Refusal::field("email", "another customer or agent has it"));
            }
        }
        match new.role {
            Role::Agent => self.person_adds_agent(new, now),
            Role::Customer => self.person_adds_contact(new, now),
        }
    }

    fn person_adds_agent(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal> {
        let email = new
            .email
            .ok_or_else(|| Refusal::field("email", "an agent needs one"))?;
        let agent = Agent {
            id: self.ids.next(),
            name: new.name.unwrap_or_else(|| "Agent".to_owned()),
            email,
            phone: new.phone,
            created_at: whole_seconds(now),
        };
        let shown = json!({ "id": agent.id.to_string(), "phone": agent.phone, "email": agent.email, "external_id": null });
        self.agents.push(agent);
        Ok(shown)
    }

    fn person_adds_contact(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal> {
        if new.phone.is_none() && new.email.is_none() && new.external_id.is_none() {
            return Err(Refusal::field(
                "phone",
                "give at least one of phone, email and external_id",
            ));
        }
        let external_id = new.external_id.as_ref();
        if external_id.is_some_and(|id| self.contacts.with_external_id(id).is_some()) {
            return Err(Refusal::field("external_id", "another customer has it"));
        }
        let name = new.name.unwrap_or_else(|| "Customer".to_owned());
        let mut contact = Contact::blank(self.ids.next(), name, whole_seconds(now));
        contact.phone = new.phone;
        contact.email = new.email;
        contact.unique_external_id = new.external_id;
        let shown = customer(&contact);
        self.contacts.put(contact, now, self.index_lag);
        Ok(shown)
    }

    pub(super) fn person_adds_ticket(
        &mut self,
        new: NewRecord,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let wanted = self.wanted(&new.change)?;
        let created_at = whole_seconds(new.created_at.unwrap_or(now));
        // As it would be if the person had done it then.
        let last_changed_at = new
            .change
            .closed_at
            .map_or(created_at, whole_seconds)
            .max(created_at);
        let queue_field = self.ensure_field(LEAF_QUEUE, FieldKind::Text, now);
        self.ensure_field(SESSIONS, FieldKind::Paragraph, now);
        let id = self.tickets.next_id();
        let mut ticket = Ticket::blank(id, self.me, created_at);
        change(&mut ticket, &new.change, wanted, last_changed_at)?;
        if let Some(called) = &new.customer {
            ticket.requester_id = self.customer_called(called, now)?;
        }
        ticket.subject = new.title.unwrap_or_else(|| format!("Record {id}"));
        ticket.description = "<div>Added by a person</div>".to_owned();
        ticket.updated_at = last_changed_at;
        if let Some(queue) = new.queue {
            ticket.custom_fields.insert(queue_field, queue.into());
        }
        self.tickets.put(ticket, now, self.index_lag);
        self.record_with(id)
    }

    pub(super) fn person_changes_ticket(
        &mut self,
        id: &str,
        wanted: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let status = self.wanted(&wanted)?;
        let mut ticket = self.current(id)?.ticket().clone();
        let id = ticket.id;
        // A record that is in the state already keeps its status, unless one is named.
        let is_there = wanted.status.is_none() && wanted.state == Some(state_of(ticket.status));
        let status = status.filter(|_| !is_there);
        let at = whole_seconds(now);
        change(&mut ticket, &wanted, status, at)?;
        ticket.updated_at = at;
        self.tickets.put(ticket, now, self.index_lag);
        self.record_with(id)
    }

    /// Into the trash.
    pub(super) fn person_deletes_ticket(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut ticket = self.current(id)?.ticket().clone();
        ticket.is_deleted = true;
        ticket.updated_at = whole_seconds(now);
        self.tickets.put(ticket, now, self.index_lag);
        Ok(())
    }

    fn current(&self, id: &str) -> Result<&Stored, Refusal> {
        let stored = id.parse().ok().and_then(|id| self.tickets.find(id));
        let current = stored.filter(|stored| stored.ticket().is_current());
        current.ok_or_else(Refusal::unknown_record)
    }

    fn record_with(&self, id: u64) -> Result<Value, Refusal> {
        let stored = self.tickets.find(id).ok_or_else(Refusal::unknown_record)?;
        Ok(self.record(stored))
    }

    /// The customer with this phone, e-mail, external id or id, added when there is none.
    fn customer_called(&mut self, called: &str, now: Timestamp) -> Result<u64, Refusal> {
        let found = self
            .contacts
            .with_phone(called)
            .last()
            .or_else(|| self.contacts.with_email(called))
            .or_else(|| self.contacts.with_external_id(called))
            .or_else(|| self.contacts.find(called.parse().ok()?));
        if let Some(contact) = found {
            return Ok(contact.id);
        }
        let mut contact =
            Contact::blank(self.ids.next(), "Customer".to_owned(), whole_seconds(now));
        let id = contact.id;
        let is_phone = called
            .strip_prefix('+')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        match called {
            _ if is_phone => contact.phone = Some(called.to_owned()),
            _ if is_email(called) => contact.email = Some(called.to_owned()),
            _ => contact.unique_external_id = Some(called.to_owned()),
        }
        self.contacts.put(contact, now, self.index_lag);
        Ok(id)
    }

    /// What a change asks of the status: by its name for agents, its number or the state it stands for.
    fn wanted(&self, change: &RecordChange) -> Result<Option<Wanted>, Refusal> {
        let Some(word) = &change.status else {
            return Ok(change.state.map(|state| {
                Wanted::Status(match state {
                    RecordState::Closed => CLOSED,
                    RecordState::Open => OPEN,
                    RecordState::Resolved => RESOLVED,
                })
            }));
        };
        if word.eq_ignore_ascii_case(SPAM) {
            return Ok(Some(Wanted::Spam));
        }
        let numbers = self.status_numbers();
        let mut all = numbers.iter().copied();
        let found = all.find(|number| {
            *word == number.to_string() || word.eq_ignore_ascii_case(self.status_label(*number))
        });
        let Some(status) = found else {
            let labels: Vec<_> = numbers
                .iter()
                .map(|number| self.status_label(*number))
                .collect();
            return Err(Refusal::field(
                "status",
                &format!("expected {} or {SPAM}", labels.join(", ")),
            ));
        };
        match change.state {
            Some(state) if state != state_of(status) => {
                Err(Refusal::field("status", "contradicts state"))
            }
            _ => Ok(Some(Wanted::Status(status))),
        }
    }

    fn record(&self, stored: &Stored) -> Value {
        let ticket = stored.ticket();
        let field = |label: &str| {
            let name = &self.fields.labelled(label)?.name;
            ticket.custom_fields.get(name)?.as_str()
        };
        let closed_at = ticket.stats.closed_at.or(ticket.stats.resolved_at);
        let private = || stored.conversations.iter().filter(|said| said.is_private());
        let public = stored.conversations.len() - private().count();
        json!({
            "id": ticket.id.to_string(),
            "title": ticket.subject,
            "state": state_of(ticket.status).as_str(),
            "status": self.status_label(ticket.status),
            "queue": field(LEAF_QUEUE),
            "customer": self.contacts.find(ticket.requester_id).and_then(address),
            "tags": ticket.tags,
            "sessions": sessions(field(SESSIONS).unwrap_or_default()),
            "notes": private().flat_map(|Conversation { body, .. }| notes(body)).collect::<Vec<_>>(),
            "created_at": stamp(ticket.created_at),
            "closed_at": closed_at.map(stamp),
            "follow_up_of": follow_up_of(&ticket.description),
            "owner": ticket.responder_id.map(|id| id.to_string()),
            "public_notes": public,
        })
    }
}

fn change(
    ticket: &mut Ticket,
    change: &RecordChange,
    wanted: Option<Wanted>,
    at: Timestamp,
) -> Result<(), Refusal> {
    match wanted {
        Some(Wanted::Spam) => ticket.is_spam = true,
        Some(Wanted::Status(status)) => ticket.set_status(status, at),
        None => {}
    }
    if let Some(closed_at) = change.closed_at {
        if !ticket.is_done() {
            return Err(Refusal::field("closed_at", "the record is open"));
        }
        let closed_at = whole_seconds(closed_at);
        ticket.stats.resolved_at = Some(closed_at);
        if ticket.status == CLOSED {
            ticket.stats.closed_at = Some(closed_at);
        }
    }
    if let Some(tags) = &change.tags {
        ticket.tags.clone_from(tags);
    }
    Ok(())
}

fn state_of(status: u64) -> RecordState {
    match status {
        CLOSED => RecordState::Closed,
        RESOLVED => RecordState::Resolved,
        _ => RecordState::Open,
    }
}

fn customer(contact: &Contact) -> Value {
    json!({
        "id": contact.id.to_string(),
        "phone": contact.phone.as_ref().or(contact.mobile.as_ref()),
        "email": contact.email,
        "external_id": contact.unique_external_id,
    })
}

/// What a person is told apart by.
fn address(contact: &Contact) -> Option<String> {
    let phone = contact.phone.clone().or_else(|| contact.mobile.clone());
    phone
        .or_else(|| contact.email.clone())
        .or_else(|| contact.unique_external_id.clone())
}
