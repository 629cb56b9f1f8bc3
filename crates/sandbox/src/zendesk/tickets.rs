use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::audit::{Audit, Comment};
use super::error::Refusal;
use super::ticket::Ticket;
use crate::indexed::Indexed;

/// The account's tickets, found by id, requester and external id without a scan.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    by_id: BTreeMap<u64, Stored>,
    by_requester: HashMap<u64, Vec<u64>>,
    by_external_id: HashMap<String, Vec<u64>>,
    last_id: u64,
}

#[derive(Debug)]
pub(super) struct Stored {
    pub(super) ticket: Indexed<Ticket>,
    pub(super) audits: Vec<Audit>,
}

impl Stored {
    /// The comments in order of time, each with the audit it came by.
    pub(super) fn comments(&self) -> impl Iterator<Item = (&Audit, &Comment)> {
        let audits = self.audits.iter();
        audits.filter_map(|audit| Some((audit, audit.comment.as_ref()?)))
    }
}

impl Tickets {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Stored> {
        self.by_id.values()
    }

    pub(super) fn find(&self, id: u64) -> Option<&Stored> {
        self.by_id.get(&id)
    }

    pub(super) fn read(&self, id: u64) -> Result<&Stored, Refusal> {
        self.find(id).ok_or_else(Refusal::not_found)
    }

    /// A requester's tickets by id.
    pub(super) fn of_requester(&self, user: u64) -> impl Iterator<Item = &Stored> {
        self.listed(self.by_requester.get(&user))
    }

    pub(super) fn with_external_id(&self, external_id: &str) -> impl Iterator<Item = &Stored> {
        self.listed(self.by_external_id.get(external_id))
    }

    fn listed(&self, ids: Option<&Vec<u64>>) -> impl Iterator<Item = &Stored> {
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.by_id.get(id))
    }

    pub(super) fn insert(&mut self, ticket: Ticket, now: Timestamp) {
        let id = ticket.id;
        self.link(&ticket);
        let stored = Stored {
            ticket: Indexed::new(ticket, now),
            audits: Vec::new(),
        };
        self.by_id.insert(id, stored);
    }

    pub(super) fn replace(&mut self, ticket: Ticket, now: Timestamp, lag: Duration) {
        let moved = self.find(ticket.id).is_some_and(|stored| {
            let before = stored.ticket.current();
            (before.requester_id, &before.external_id) != (ticket.requester_id, &ticket.external_id)
        });
        if moved {
            self.unlink(ticket.id);
            self.link(&ticket);
        }
        if let Some(stored) = self.by_id.get_mut(&ticket.id) {
            stored.ticket.replace(ticket, now, lag);
        }
    }

    /// Adds what one write left behind.
    pub(super) fn record(&mut self, audit: Audit) {
        if let Some(stored) = self.by_id.get_mut(&audit.ticket_id) {
            stored.audits.push(audit);
        }
    }

    pub(super) fn remove(&mut self, id: u64) -> Result<(), Refusal> {
        self.unlink(id);
        self.by_id
            .remove(&id)
            .map(|_| ())
            .ok_or_else(Refusal::not_found)
    }

    fn link(&mut self, ticket: &Ticket) {
        let requested = self.by_requester.entry(ticket.requester_id).or_default();
        let place = requested.partition_point(|other| *other < ticket.id);
        requested.insert(place, ticket.id);
        if let Some(external_id) = &ticket.external_id {
            self.by_external_id
                .entry(external_id.clone())
                .or_default()
                .push(ticket.id);
        }
    }

    fn unlink(&mut self, id: u64) {
        let Some(stored) = self.by_id.get(&id) else {
            return;
        };
        let ticket = stored.ticket.current();
        if let Some(ids) = self.by_requester.get_mut(&ticket.requester_id) {
            ids.retain(|other| *other != id);
        }
        if let Some(external_id) = &ticket.external_id
            && let Some(ids) = self.by_external_id.get_mut(external_id)
        {
            ids.retain(|other| *other != id);
        }
    }
}
