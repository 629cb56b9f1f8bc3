//! Lanes: what must happen one after another.

use casewire_core::{CustomerIdentity, CustomerKey, QueueId, Record, RecordId, Session};

/// Names a lane within one connector: a customer's leaf queue. Sessions that can never join another's record
/// (anonymous, or without a queue) have lanes of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LaneId {
    customer: Option<CustomerKey>,
    queue: Option<QueueId>,
    alone: Option<casewire_core::SessionKey>,
}

impl LaneId {
    /// The lane of `session`.
    pub fn of(session: &Session) -> Self {
        let identity: CustomerIdentity = session.customer();
        let customer = identity.keys(session.key().kind()).next();
        let queue = session.queue().map(|queue| queue.leaf().clone());
        let shared = customer.is_some() && queue.is_some();
        Self {
            alone: (!shared).then(|| session.key().clone()),
            customer,
            queue,
        }
    }
}

/// What was written in a lane: candidates that a lagging look-up may not show yet.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    written: Vec<Record>,
}

impl Lane {
    /// Remembers `record` as written.
    pub fn remember(&mut self, record: Record) {
        self.forget(&record.id);
        self.written.push(record);
    }

    /// Forgets a record that is gone.
    pub fn forget(&mut self, id: &RecordId) {
        self.written.retain(|known| known.id != *id);
    }

    /// Adds to `found` what was written here and not found.
    pub fn unite(&self, found: &mut Vec<Record>) {
        for record in &self.written {
            if !found.iter().any(|known| known.id == record.id) {
                found.push(record.clone());
            }
        }
    }
}
