use std::collections::{BTreeMap, HashMap};

use super::conversation::Conversation;
use super::customer::Customer;
use super::id::Id;
use super::kobjects::KObject;
use super::messages::Message;
use super::notes::Note;
use super::tags::Tag;
use super::users::User;

/// What an organisation holds. Ids grow, so everything is in the order of its creation.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) customers: BTreeMap<Id, Customer>,
    pub(super) conversations: BTreeMap<Id, Conversation>,
    pub(super) notes: BTreeMap<Id, Note>,
    pub(super) messages: BTreeMap<Id, Message>,
    pub(super) kobjects: BTreeMap<Id, KObject>,
    pub(super) tags: BTreeMap<Id, Tag>,
    pub(super) users: BTreeMap<Id, User>,
    names: HashMap<Name, Id>,
}

/// What one object is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Conversation(String),
    CustomerEmail(String),
    CustomerExternalId(String),
    CustomerPhone(String),
    Message(String),
    Note(String),
}

impl Store {
    pub(super) fn named(&self, name: &Name) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// Gives an object a name, unless another has it: that one keeps it.
    pub(super) fn name(&mut self, name: Name, id: Id) {
        self.names.entry(name).or_insert(id);
    }

    /// Takes a name from the object that has it.
    pub(super) fn unname(&mut self, name: &Name, id: Id) {
        if self.named(name) == Some(id) {
            self.names.remove(name);
        }
    }

    /// Whether an id is taken, by whatever.
    pub(super) fn has(&self, id: Id) -> bool {
        self.customers.contains_key(&id)
            || self.conversations.contains_key(&id)
            || self.notes.contains_key(&id)
            || self.messages.contains_key(&id)
    }
}
