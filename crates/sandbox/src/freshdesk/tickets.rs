use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::ticket::{Conversation, Ticket};
use crate::indexed::Indexed;

/// The account's tickets with what is said on them, found by id and requester without a scan.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    by_id: BTreeMap<u64, Stored>,
    by_requester: HashMap<u64, Vec<u64>>,
    /// The tickets of conversations.
    by_conversation: HashMap<u64, u64>,
}

#[derive(Debug)]
pub(super) struct Stored {
    ticket: Indexed<Ticket>,
    /// Oldest first.
    pub(super) conversations: Vec<Conversation>,
}

impl Stored {
    pub(super) fn ticket(&self) -> &Ticket {
        self.ticket.current()
    }
}

impl Tickets {
    /// The id of the next ticket: small, counted by the account.
    pub(super) fn next_id(&self) -> u64 {
        self.by_id.keys().next_back().map_or(1, |last| last + 1)
    }

    pub(super) fn find(&self, id: u64) -> Option<&Stored> {
        self.by_id.get(&id)
    }

    /// All tickets, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Stored> {
        self.by_id.values()
    }

    /// The tickets that a person asked for, oldest first.
    pub(super) fn of_requester(&self, requester: u64) -> impl Iterator<Item = &Stored> {
        let ids = self.by_requester.get(&requester).into_iter().flatten();
        ids.filter_map(|id| self.find(*id))
    }

    /// What search shows, oldest first.
    pub(super) fn indexed(&self, now: Timestamp, lag: Duration) -> impl Iterator<Item = &Ticket> {
        self.by_id
            .values()
            .filter_map(move |stored| stored.ticket.found(now, lag))
    }

    pub(super) fn put(&mut self, ticket: Ticket, now: Timestamp, lag: Duration) {
        let (id, requester) = (ticket.id, ticket.requester_id);
        let before = self.find(id).map(|stored| stored.ticket().requester_id);
        if before != Some(requester) {
            if let Some(ids) = before.and_then(|before| self.by_requester.get_mut(&before)) {
                ids.retain(|other| *other != id);
            }
            let ids = self.by_requester.entry(requester).or_default();
            ids.push(id);
            ids.sort_unstable();
        }
        match self.by_id.get_mut(&id) {
            Some(stored) => stored.ticket.replace(ticket, now, lag),
            None => {
                let stored = Stored {
                    ticket: Indexed::new(ticket, now),
                    conversations: Vec::new(),
                };
                self.by_id.insert(id, stored);
            }
        }
    }

    /// Adds what is said on a ticket that there is.
    pub(super) fn say(&mut self, conversation: Conversation) {
        let (id, ticket) = (conversation.id, conversation.ticket_id);
        if let Some(stored) = self.by_id.get_mut(&ticket) {
            stored.conversations.push(conversation);
            self.by_conversation.insert(id, ticket);
        }
    }

    /// The conversation with this id.
    pub(super) fn conversation(&mut self, id: u64) -> Option<&mut Conversation> {
        let stored = self.by_id.get_mut(self.by_conversation.get(&id)?)?;
        let mut all = stored.conversations.iter_mut();
        all.find(|conversation| conversation.id == id)
    }

    pub(super) fn unsay(&mut self, id: u64) {
        let ticket = self.by_conversation.remove(&id);
        if let Some(stored) = ticket.and_then(|ticket| self.by_id.get_mut(&ticket)) {
            stored
                .conversations
                .retain(|conversation| conversation.id != id);
        }
    }
}
