use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::audit::Comment;
use super::fields::{LEAF_QUEUE, SESSIONS};
use super::ticket::{Channel, Status, Ticket};
use super::ticket_input::CommentInput;
use super::ticket_write::Author;
use super::tickets::Stored;
use super::users::{User, UserRole, is_e164, is_email};
use super::{Zendesk, stamp, tags, whole_seconds};
use crate::control::{NewCustomer, NewRecord, RecordChange, RecordState, Refusal, Role};

impl Zendesk {
    /// The tickets in the shape that every fake's state has.
    pub(super) fn shown_tickets(&self) -> Vec<Value> {
        self.tickets
            .all()
            .map(|stored| self.record(stored))
            .collect()
    }

    /// The end users in the shape that every fake's state has.
    pub(super) fn shown_customers(&self) -> Vec<Value> {
        let users = self.users.all().map(crate::indexed::Indexed::current);
        users
            .filter(|user| user.role == UserRole::EndUser)
            .map(customer)
            .collect()
    }

    pub(super) fn person_adds_user(
        &mut self,
        new: NewCustomer,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        if new.phone.is_none()
            && new.email.is_none()
            && new.external_id.is_none()
            && new.name.is_none()
        {
            return Err(Refusal::field(
                "phone",
                "give at least one of phone, email, external_id and name",
            ));
        }
        let role = match new.role {
            Role::Agent => UserRole::Agent,
            Role::Customer => UserRole::EndUser,
        };
        let name = new.name.unwrap_or_else(|| "Customer".to_owned());
        let mut user = self.blank_user(name, role, now);
        if let Some(email) = new.email {
            if !is_email(&email) {
                return Err(Refusal::field("email", "is no e-mail address"));
            }
            if self.users.with_email(&email).is_some() {
                return Err(Refusal::field("email", "another customer has it"));
            }
            let email = self.identity(email.to_lowercase(), now);
            user.emails.push(email);
        }
        if let Some(external_id) = new.external_id {
            if self.users.with_external_id(&external_id).is_some() {
                return Err(Refusal::field("external_id", "another customer has it"));
            }
            user.external_id = Some(external_id);
        }
        // A person may type a phone in any form; only the API's own writes are held to E.164.
        if let Some(phone) = new.phone {
            self.set_phone(&mut user, phone, now);
        }
        let shown = customer(&user);
        self.users.insert(user, now);
        Ok(shown)
    }

    pub(super) fn person_adds_ticket(
        &mut self,
        new: NewRecord,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let status = new.change.wanted_status()?.or(Some(Status::Open));
        let created_at = whole_seconds(new.created_at.unwrap_or(now));
        let mut ticket = Ticket::blank(self.owner_id, created_at, Channel::Web);
        apply(&mut ticket, new.change, status, now)?;
        if let Some(customer) = new.customer {
            ticket.requester_id = self.customer_called(&customer, now)?;
        }
        let queue_field = self.fields.ensure(LEAF_QUEUE, "text", &mut self.ids, now);
        self.fields.ensure(SESSIONS, "textarea", &mut self.ids, now);
        ticket.id = self.tickets.next_id();
        ticket.subject = Some(new.title.unwrap_or_else(|| format!("Record {}", ticket.id)));
        if let Some(queue) = new.queue {
            ticket
                .custom_fields
                .insert(queue_field, Value::String(queue));
        }
        let id = ticket.id;
        let comment = CommentInput {
            plain: "Added by a person".to_owned(),
            html: None,
            public: Some(false),
            author_id: None,
        };
        self.commit(None, ticket, Some(comment), self.person(), now);
        self.record_with(id)
    }

    pub(super) fn person_changes_ticket(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let status = change.wanted_status()?;
        let id = id.parse().map_err(|_| Refusal::unknown_record())?;
        let stored = self.tickets.find(id).ok_or_else(Refusal::unknown_record)?;
        let old = stored.ticket.current().clone();
        let mut ticket = old.clone();
        apply(&mut ticket, change, status, now)?;
        self.commit(Some(old), ticket, None, self.person(), now);
        self.record_with(id)
    }

    pub(super) fn person_deletes_ticket(&mut self, id: &str) -> Result<(), Refusal> {
        let id = id.parse().map_err(|_| Refusal::unknown_record())?;
        self.tickets
            .remove(id)
            .map_err(|_| Refusal::unknown_record())
    }

    fn record_with(&self, id: u64) -> Result<Value, Refusal> {
        let stored = self.tickets.find(id).ok_or_else(Refusal::unknown_record)?;
        Ok(self.record(stored))
    }

    fn person(&self) -> Author {
        Author {
            user: self.owner_id,
            channel: Channel::Web,
            custom: Map::new(),
        }
    }

    /// The customer with this phone, e-mail, external id or id, added when there is none.
    fn customer_called(&mut self, called: &str, now: Timestamp) -> Result<u64, Refusal> {
        let by_phone = self.users.with_phone(called).next();
        let found = by_phone
            .or_else(|| self.users.with_email(called))
            .or_else(|| self.users.with_external_id(called))
            .or_else(|| self.users.find(called.parse().ok()?));
        if let Some(user) = found {
            return Ok(user.id);
        }
        let mut new = NewCustomer {
            name: None,
            phone: None,
            email: None,
            external_id: None,
            role: Role::Customer,
        };
        match called {
            called if is_e164(called) => new.phone = Some(called.to_owned()),
            called if is_email(called) => new.email = Some(called.to_owned()),
            called => new.external_id = Some(called.to_owned()),
        }
        let added = self.person_adds_user(new, now)?;
        let id = added["id"].as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| Refusal::field("customer", "could not be added"))
    }

    fn record(&self, stored: &Stored) -> Value {
        let ticket = stored.ticket.current();
        let field = |title: &str| {
            let id = self.fields.titled(title)?;
            ticket.custom_fields.get(&id)?.as_str()
        };
        let closed_at = match ticket.status.is_done() {
            true => ticket.metrics.solved_at.map(stamp),
            false => None,
        };
        json!({
            "id": ticket.id.to_string(),
            "title": ticket.subject,
            "state": state_of(ticket.status).as_str(),
            "status": ticket.status.as_str(),
            "queue": field(LEAF_QUEUE),
            "customer": self.users.find(ticket.requester_id).and_then(|user| self.address(user)),
            "tags": ticket.tags,
            "sessions": sessions(field(SESSIONS).unwrap_or_default()),
            "notes": stored.comments().map(|(_, comment)| comment).filter(|comment| !comment.public).flat_map(notes).collect::<Vec<_>>(),
            "created_at": stamp(ticket.created_at),
            "closed_at": closed_at,
            "follow_up_of": ticket.follow_up_of.map(|id| id.to_string()),
            "owner": ticket.assignee_id.map(|id| id.to_string()),
            "public_notes": stored.comments().filter(|(_, comment)| comment.public).count(),
        })
    }

    /// What a person is told apart by; the account's own user is nobody's customer.
    fn address(&self, user: &User) -> Option<String> {
        if user.id == self.owner_id {
            return None;
        }
        let email = user.email().map(str::to_owned);
        user.phone
            .clone()
            .or(email)
            .or_else(|| user.external_id.clone())
    }
}

impl RecordChange {
    fn wanted_status(&self) -> Result<Option<Status>, Refusal> {
        let Some(word) = &self.status else {
            return Ok(self.state.map(|state| match state {
                RecordState::Closed => Status::Closed,
                RecordState::Open => Status::Open,
                RecordState::Resolved => Status::Solved,
            }));
        };
        let status = Status::parse(word);
        let status = status.ok_or_else(|| {
            Refusal::field(
                "status",
                "expected new, open, pending, hold, solved or closed",
            )
        })?;
        match self.state {
            Some(state) if state != state_of(status) => {
                Err(Refusal::field("status", "contradicts state"))
            }
            _ => Ok(Some(status)),
        }
    }
}

fn apply(
    ticket: &mut Ticket,
    change: RecordChange,
    status: Option<Status>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let at = whole_seconds(now);
    if let Some(status) = status {
        ticket.set_status(status, at);
    }
    if let Some(closed_at) = change.closed_at {
        if !ticket.status.is_done() {
            return Err(Refusal::field("closed_at", "the record is open"));
        }
        ticket.metrics.solved_at = Some(whole_seconds(closed_at));
    }
    if let Some(sent) = change.tags {
        ticket.tags = tags::stored(&sent);
    }
    Ok(())
}

fn state_of(status: Status) -> RecordState {
    match status {
        Status::New | Status::Open | Status::Pending | Status::Hold => RecordState::Open,
        Status::Solved => RecordState::Resolved,
        Status::Closed => RecordState::Closed,
    }
}

fn customer(user: &User) -> Value {
    json!({ "id": user.id.to_string(), "phone": user.phone, "email": user.email(), "external_id": user.external_id })
}

/// The distinct session keys of the trace: a token is a key, `@` and a source, and perhaps
/// `#` and a note.
fn sessions(trace: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    for token in trace.split_whitespace() {
        let key = token.split(['@', '#']).next().unwrap_or(token);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The notes of a private comment: paragraphs up to and including a marker line.
fn notes(comment: &Comment) -> Vec<Value> {
    let mut notes = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in comment.plain.lines() {
        let Some((session, kind)) = marker(line) else {
            lines.push(line);
            continue;
        };
        let text = lines.join("\n");
        notes.push(json!({ "session": session, "kind": kind, "text": text.trim() }));
        lines.clear();
    }
    notes
}

/// Reads `[casewire call/987@3f2a9c linked]` into the session's key and the note's kind; an id
/// after the kind (`late:9f31`) is left out.
fn marker(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim().strip_prefix("[casewire ")?.strip_suffix(']')?;
    let (session, kind) = inner.split_once(' ')?;
    let key = session.split_once('@')?.0;
    Some((key, kind.split(':').next().unwrap_or(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_sessions_of_a_trace() {
        let trace = "call/987@3f2a9c call/987@3f2a9c#ended chat/5@3f2a9c#late:9f31";
        assert_eq!(sessions(trace), ["call/987", "chat/5"]);
    }

    #[test]
    fn markers_name_session_and_kind() {
        assert_eq!(
            marker("[casewire call/987@3f2a9c linked]"),
            Some(("call/987", "linked"))
        );
        assert_eq!(
            marker("[casewire call/987@3f2a9c late:9f31]"),
            Some(("call/987", "late"))
        );
        assert_eq!(marker("[casewire call/987 linked]"), None);
    }
}
