//! Reading and writing conversations.

use jiff::Timestamp;
use serde_json::Value;

use super::Kustomer;
use super::body::{Body, merge};
use super::call::{Call, created, ok};
use super::conversation::{AS_SENT, Conversation, Status};
use super::id::Id;
use super::limits::{Bucket, Created};
use super::messages::Message;
use super::options::{Deleted, DeletedIds, ExternalIds};
use super::page::Page;
use super::problem::Problem;
use super::schemas;
use super::store::Name;
use crate::answer::Answer;

impl Kustomer {
    pub(super) fn create_conversation(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let custom = self.metadata.of("conversation")?;
        let body = call.body(&schemas::CREATE_CONVERSATION, custom)?;
        self.add_conversation(call, &body)
    }

    pub(super) fn create_customer_conversation(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        call.finish()?;
        let customer = call.id()?;
        self.customer(customer, "id")?;
        let custom = self.metadata.of("conversation")?;
        let body = call.body_about("customer", customer, &schemas::CREATE_CONVERSATION, custom)?;
        self.add_conversation(call, &body)
    }

    fn add_conversation(&mut self, call: &Call<'_>, body: &Body) -> Result<Answer, Problem> {
        let customer = self.customer_of_body(body)?;
        self.take_create(call, body, Created::Conversation, customer)?;
        self.check_references(body)?;
        let id = self.new_id(body, call.now)?;
        self.claim(body, id, Name::Conversation)?;
        let created_at = body.time("createdAt").unwrap_or(call.now);
        let mut conversation = Conversation::blank(id, customer, created_at);
        fill_in(&mut conversation, body, call);
        self.insert_conversation(conversation.clone());
        Ok(created(self.shown(&conversation)))
    }

    pub(super) fn insert_conversation(&mut self, conversation: Conversation) {
        if let Some(customer) = self.store.customers.get_mut(&conversation.customer) {
            customer.conversations.push(conversation.id);
        }
        self.store
            .conversations
            .insert(conversation.id, conversation);
    }

    /// The customer that a body names.
    pub(super) fn customer_of_body(&self, body: &Body) -> Result<Id, Problem> {
        let unknown = || Problem::bad("customer", "No such customer");
        let id = body.id("customer").ok_or_else(unknown)?;
        self.customer(id, "customer").map_err(|_| unknown())?;
        Ok(id)
    }

    /// Counts what is created for a customer. What is imported is free, but for notes.
    pub(super) fn take_create(
        &mut self,
        call: &Call<'_>,
        body: &Body,
        what: Created,
        customer: Id,
    ) -> Result<(), Problem> {
        if body.has("importedAt") && what != Created::Note {
            return Ok(());
        }
        let bucket = Bucket::Creates { what, customer };
        self.limits.take(bucket, call.now)
    }

    /// The id that a body chooses, or a new one.
    pub(super) fn new_id(&mut self, body: &Body, now: Timestamp) -> Result<Id, Problem> {
        match body.id("id") {
            None => Ok(self.ids.next(now)),
            Some(id) if self.store.has(id) => Err(Problem::duplicate("id")),
            Some(id) => Ok(id),
        }
    }

    /// Has the object found by its external id from now on, if it can be.
    pub(super) fn claim(
        &mut self,
        body: &Body,
        id: Id,
        name: fn(String) -> Name,
    ) -> Result<(), Problem> {
        let Some(external_id) = body.owned("externalId") else {
            return Ok(());
        };
        let name = name(external_id);
        let holder = self.store.named(&name).filter(|holder| *holder != id);
        if holder.is_some() && self.options.external_ids == ExternalIds::Unique {
            return Err(Problem::duplicate("externalId"));
        }
        self.store.name(name, id);
        Ok(())
    }

    /// Refuses tags, users and teams that there are not.
    fn check_references(&self, body: &Body) -> Result<(), Problem> {
        let is_user = |id| {
            let user = self.store.users.get(&id);
            user.is_some_and(|user| user.deleted_at.is_none())
        };
        let all = |key, is_known: &dyn Fn(Id) -> bool| {
            let mut texts = body.texts(key).unwrap_or_default().into_iter();
            texts.all(|text| Id::parse(text).is_some_and(is_known))
        };
        if !all("tags", &|id| self.store.tags.contains_key(&id)) {
            return Err(Problem::bad("tags", "Not the id of a tag"));
        }
        if !all("assignedUsers", &is_user) {
            return Err(Problem::bad(
                "assignedUsers",
                "Not the id of an active user",
            ));
        }
        match all("assignedTeams", &|_| false) {
            true => Ok(()),
            false => Err(Problem::bad("assignedTeams", "Not the id of a team")),
        }
    }

    pub(super) fn show_conversation(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let conversation = self.read_conversation(call.id()?, "id")?;
        Ok(ok(self.shown(conversation)))
    }

    pub(super) fn show_conversation_with_external_id(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        call.finish()?;
        let name = Name::Conversation(call.argument(0).to_owned());
        let id = self.store.named(&name);
        let id = id.ok_or_else(|| Problem::not_found("externalId"))?;
        let conversation = self.read_conversation(id, "externalId")?;
        Ok(ok(self.shown(conversation)))
    }

    pub(super) fn list_customer_conversations(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        call.finish()?;
        let customer = self.customer(call.id()?, "id")?;
        Ok(self.conversations_page(call, page, customer.conversations.clone()))
    }

    pub(super) fn list_conversations(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        call.finish()?;
        let all = self.store.conversations.keys().copied().collect();
        Ok(self.conversations_page(call, page, all))
    }

    fn conversations_page(&self, call: &Call<'_>, page: Page, mut ids: Vec<Id>) -> Answer {
        ids.retain(|id| self.read_conversation(*id, "id").is_ok());
        let (part, total) = page.of(ids);
        let part = part
            .iter()
            .filter_map(|id| self.store.conversations.get(id));
        let shown = part.map(|conversation| self.shown(conversation));
        page.answer(call, shown.collect(), total)
    }

    pub(super) fn update_conversation(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.only_partial()?;
        call.finish()?;
        let id = call.id()?;
        let custom = self.metadata.of("conversation")?;
        let body = call.body(&schemas::UPDATE_CONVERSATION, custom)?;
        let mut conversation = self.writable(id)?.clone();
        self.limits.take(Bucket::Updates { object: id }, call.now)?;
        if body
            .number("rev")
            .is_some_and(|rev| rev != conversation.rev)
        {
            return Err(Problem::stale());
        }
        if conversation.is_locked && body.flag("locked") != Some(false) {
            return Err(Problem::bad("locked", "The conversation is locked"));
        }
        self.check_references(&body)?;
        if body.has("customer") {
            self.move_conversation(&mut conversation, &body)?;
        }
        self.claim(&body, id, Name::Conversation)?;
        let before = conversation.external_id.clone();
        fill_in(&mut conversation, &body, call);
        conversation.touch(call.now);
        if let Some(before) =
            before.filter(|before| conversation.external_id.as_ref() != Some(before))
        {
            self.store.unname(&Name::Conversation(before), id);
        }
        let shown = self.shown(&conversation);
        if conversation.is_deleted {
            self.forget_names(&conversation);
        }
        self.store.conversations.insert(id, conversation);
        Ok(ok(shown))
    }

    /// Puts a conversation under another customer: a move changes nothing else.
    fn move_conversation(
        &mut self,
        conversation: &mut Conversation,
        body: &Body,
    ) -> Result<(), Problem> {
        if body.0.len() > 1 {
            return Err(Problem::bad("customer", "A move changes nothing else"));
        }
        let to = self.customer_of_body(body)?;
        let id = conversation.id;
        if let Some(from) = self.store.customers.get_mut(&conversation.customer) {
            from.conversations.retain(|other| *other != id);
        }
        if let Some(to) = self.store.customers.get_mut(&to) {
            to.conversations.push(id);
        }
        conversation.customer = to;
        Ok(())
    }

    /// What is deleted, with its notes and messages, leaves its external ids to others, or not.
    pub(super) fn forget_names(&mut self, conversation: &Conversation) {
        if self.options.deleted_ids == DeletedIds::Kept {
            return;
        }
        let conversations = conversation.external_id.iter();
        let mut names: Vec<_> = conversations
            .map(|id| (Name::Conversation(id.clone()), conversation.id))
            .collect();
        for id in &conversation.notes {
            let note = self.store.notes.get(id);
            let external_id = note.and_then(|note| note.external_id.clone());
            names.extend(external_id.map(|external_id| (Name::Note(external_id), *id)));
        }
        for id in &conversation.messages {
            let message = self.store.messages.get(id);
            let external_id = message.and_then(Message::external_id);
            names.extend(external_id.map(|external_id| (Name::Message(external_id), *id)));
        }
        for (name, id) in names {
            self.store.unname(&name, id);
        }
    }

    /// A conversation that can be read.
    pub(super) fn read_conversation(
        &self,
        id: Id,
        parameter: &str,
    ) -> Result<&Conversation, Problem> {
        let found = self.store.conversations.get(&id);
        let shows_deleted = self.options.deleted == Deleted::Marked;
        found
            .filter(|found| !found.is_deleted || shows_deleted)
            .ok_or_else(|| Problem::not_found(parameter))
    }

    /// A conversation that can be written to, unless it is locked.
    pub(super) fn writable(&mut self, id: Id) -> Result<&mut Conversation, Problem> {
        let found = self.store.conversations.get_mut(&id);
        found
            .filter(|found| !found.is_deleted)
            .ok_or_else(|| Problem::not_found("id"))
    }

    pub(super) fn shown(&self, conversation: &Conversation) -> Value {
        conversation.to_json(self.organisation, self.machine)
    }
}

/// Writes what a body says; what it does not mention stays.
fn fill_in(conversation: &mut Conversation, body: &Body, call: &Call<'_>) {
    let now = call.now;
    for key in AS_SENT {
        if let Some(value) = body.0.get(key) {
            conversation.as_sent.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(name) = body.owned("name") {
        conversation.name = Some(name);
    }
    if let Some(external_id) = body.owned("externalId") {
        conversation.external_id = Some(external_id);
    }
    if let Some(status) = body.text("status").and_then(Status::parse) {
        conversation.set_status(status, now);
    }
    if let Some(tags) = body.texts("tags") {
        conversation.tags = ids(&tags);
        conversation.tags_at = Some(now);
    }
    if let Some(users) = body.texts("assignedUsers") {
        conversation.assigned_users = ids(&users);
    }
    if let Some(custom) = body.members("custom") {
        merge(&mut conversation.custom, custom);
        conversation.custom_at = Some(now);
    }
    conversation.is_locked = body.flag("locked").unwrap_or(conversation.is_locked);
    conversation.is_deleted = body.flag("deleted").unwrap_or(conversation.is_deleted);
}

fn ids(texts: &[&str]) -> Vec<Id> {
    texts.iter().filter_map(|text| Id::parse(text)).collect()
}
