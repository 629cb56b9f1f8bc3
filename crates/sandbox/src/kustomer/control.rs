//! What people do: adding and changing records and customers by control routes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Kustomer;
use super::conversation::{Conversation, Status};
use super::customer::{Contact, Customer};
use super::id::Id;
use super::schema::{is_e164, is_tag};
use super::schemas::MAX_TAGS;
use super::state::{FOLLOWS_UP, LEAF_QUEUE, SESSIONS, address_book, state_of};
use super::store::Name;
use super::users::UserType;
use crate::control::{NewCustomer, NewRecord, RecordChange, RecordState, Refusal, Role};

impl Kustomer {
    pub(super) fn person_adds_customer(
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
        if new.email.as_ref().is_some_and(|email| !email.contains('@')) {
            return Err(Refusal::field("email", "is no e-mail address"));
        }
        if new.role == Role::Agent {
            return Ok(self.person_adds_agent(new, now));
        }
        let mut customer = Customer::blank(self.ids.next(now), now);
        customer.name = new.name;
        customer
            .phones
            .extend(new.phone.map(|phone| contact("mobile", phone)));
        customer
            .emails
            .extend(new.email.map(|email| contact("home", email)));
        customer.external_ids.extend(new.external_id);
        for name in customer.names() {
            self.take_over(&name, now)?;
        }
        let shown = address_book(&customer);
        self.insert_customer(customer);
        Ok(shown)
    }

    fn person_adds_agent(&mut self, new: NewCustomer, now: Timestamp) -> Value {
        let name = new.name.as_deref().unwrap_or("Agent");
        let id = self.add_user(name, new.email.clone(), UserType::User, now);
        json!({ "id": id.to_string(), "phone": null, "email": new.email, "external_id": null })
    }

    /// A phone is one customer's: a person who gives it to another takes it from the first.
    fn take_over(&mut self, name: &Name, now: Timestamp) -> Result<(), Refusal> {
        let Some(holder) = self.store.named(name) else {
            return Ok(());
        };
        let phone = match name {
            Name::CustomerPhone(phone) => phone,
            Name::CustomerEmail(_) => {
                return Err(Refusal::field("email", "another customer has it"));
            }
            _ => return Err(Refusal::field("external_id", "another customer has it")),
        };
        self.store.unname(name, holder);
        if let Some(holder) = self.store.customers.get_mut(&holder) {
            holder.phones.retain(|contact| contact.value != *phone);
            holder.touch(now);
        }
        Ok(())
    }

    pub(super) fn person_adds_record(
        &mut self,
        new: NewRecord,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let standing = Standing::wanted(&new.change)?;
        check_tags(&new.change)?;
        if new.change.closed_at.is_some() && !standing.is_some_and(Standing::is_done) {
            return Err(Refusal::field("closed_at", "the record is open"));
        }
        for (name, display_name) in [LEAF_QUEUE, SESSIONS, FOLLOWS_UP] {
            self.metadata.ensure(name, display_name, now);
        }
        let customer = self.customer_called(new.customer.as_deref(), now)?;
        let id = self.ids.next(now);
        let mut conversation = Conversation::blank(id, customer, new.created_at.unwrap_or(now));
        conversation.name = Some(new.title.unwrap_or_else(|| "Added by a person".to_owned()));
        if let Some(queue) = new.queue {
            conversation
                .custom
                .insert(LEAF_QUEUE.0.to_owned(), queue.into());
        }
        self.apply(&mut conversation, new.change, standing, now)?;
        let shown = self.record(&conversation);
        self.insert_conversation(conversation);
        Ok(shown)
    }

    pub(super) fn person_changes_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let standing = Standing::wanted(&change)?;
        check_tags(&change)?;
        let mut conversation = self.person_finds(id)?.clone();
        self.apply(&mut conversation, change, standing, now)?;
        conversation.touch(now);
        let shown = self.record(&conversation);
        self.store
            .conversations
            .insert(conversation.id, conversation);
        Ok(shown)
    }

    pub(super) fn person_deletes_record(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut conversation = self.person_finds(id)?.clone();
        conversation.is_deleted = true;
        conversation.touch(now);
        self.forget_names(&conversation);
        self.store
            .conversations
            .insert(conversation.id, conversation);
        Ok(())
    }

    fn person_finds(&self, id: &str) -> Result<&Conversation, Refusal> {
        let found = Id::parse(id).and_then(|id| self.store.conversations.get(&id));
        found
            .filter(|found| !found.is_deleted)
            .ok_or_else(Refusal::unknown_record)
    }

    fn apply(
        &mut self,
        conversation: &mut Conversation,
        change: RecordChange,
        standing: Option<Standing>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        // A record that is in the state already keeps its status, unless one is named.
        let standing = standing
            .filter(|_| change.status.is_some() || change.state != Some(state_of(conversation)));
        if let Some(Standing { status, is_locked }) = standing {
            conversation.set_status(status, now);
            conversation.is_locked = is_locked;
        }
        if let Some(closed_at) = change.closed_at {
            if state_of(conversation) == RecordState::Open {
                return Err(Refusal::field("closed_at", "the record is open"));
            }
            conversation.last_done = Some(closed_at);
            conversation.status_at = Some(closed_at);
        }
        if let Some(tags) = change.tags {
            conversation.tags.clear();
            for name in tags {
                let tag = self.ensure_tag(&name, now);
                if !conversation.tags.contains(&tag) {
                    conversation.tags.push(tag);
                }
            }
            conversation.tags_at = Some(now);
        }
        Ok(())
    }

    /// The customer with this phone, e-mail, external id or id, added when there is none. Every
    /// conversation has a customer: without a word for one, it is a new one.
    fn customer_called(&mut self, called: Option<&str>, now: Timestamp) -> Result<Id, Refusal> {
        let mut new = NewCustomer {
            name: None,
            phone: None,
            email: None,
            external_id: None,
            role: Role::Customer,
        };
        let Some(called) = called else {
            new.name = Some("Customer".to_owned());
            return self.added(new, now);
        };
        let with_id = Id::parse(called).filter(|id| self.customer(*id, "id").is_ok());
        let found = with_id
            .or_else(|| self.store.named(&Name::CustomerPhone(called.to_owned())))
            .or_else(|| {
                self.store
                    .named(&Name::CustomerEmail(called.to_lowercase()))
            })
            .or_else(|| {
                self.store
                    .named(&Name::CustomerExternalId(called.to_owned()))
            });
        if let Some(found) = found {
            return Ok(found);
        }
        match called {
            called if is_e164(called) => new.phone = Some(called.to_owned()),
            called if called.contains('@') => new.email = Some(called.to_owned()),
            called => new.external_id = Some(called.to_owned()),
        }
        self.added(new, now)
    }

    fn added(&mut self, new: NewCustomer, now: Timestamp) -> Result<Id, Refusal> {
        let shown = self.person_adds_customer(new, now)?;
        let id = shown["id"].as_str().and_then(Id::parse);
        id.ok_or_else(|| Refusal::field("customer", "could not be added"))
    }
}

fn contact(kind: &str, value: String) -> Contact {
    Contact {
        kind: kind.to_owned(),
        value,
    }
}

/// How a conversation stands: what a state of records is in Kustomer.
#[derive(Clone, Copy)]
struct Standing {
    status: Status,
    is_locked: bool,
}

impl Standing {
    /// What a change asks for, if it asks for any.
    fn wanted(change: &RecordChange) -> Result<Option<Self>, Refusal> {
        let Some(word) = &change.status else {
            return Ok(change.state.map(Self::of));
        };
        let expected = || Refusal::field("status", "expected open, snoozed or done");
        let status = Status::parse(word).ok_or_else(expected)?;
        let is_locked = change.state == Some(RecordState::Closed);
        let state = match status {
            _ if is_locked => RecordState::Closed,
            Status::Done => RecordState::Resolved,
            Status::Open | Status::Snoozed => RecordState::Open,
        };
        match change.state {
            Some(wanted) if wanted != state => Err(Refusal::field("status", "contradicts state")),
            _ => Ok(Some(Self { status, is_locked })),
        }
    }

    fn of(state: RecordState) -> Self {
        Self {
            status: match state {
                RecordState::Open => Status::Open,
                RecordState::Closed | RecordState::Resolved => Status::Done,
            },
            is_locked: state == RecordState::Closed,
        }
    }

    fn is_done(self) -> bool {
        self.status == Status::Done || self.is_locked
    }
}

/// People, too, can only give tags that Kustomer has.
fn check_tags(change: &RecordChange) -> Result<(), Refusal> {
    let Some(tags) = &change.tags else {
        return Ok(());
    };
    if tags.len() > MAX_TAGS {
        return Err(Refusal::field("tags", "a conversation has 20 at most"));
    }
    match tags.iter().all(|tag| is_tag(tag)) {
        true => Ok(()),
        false => Err(Refusal::field(
            "tags",
            "expected letters, digits, spaces and _/<>-. only",
        )),
    }
}
