//! Lanes: what must happen one after another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use casewire_core::{CustomerId, CustomerKey, QueueId, Record, RecordId, Session};
use tokio::sync::OwnedMutexGuard;

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

/// The lanes of the customers that the CRM knows: a person who calls and chats has two identities, and one
/// customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomerLanes(Arc<Mutex<HashMap<(CustomerId, QueueId), SharedLane>>>);

type SharedLane = Arc<tokio::sync::Mutex<Lane>>;

impl CustomerLanes {
    /// Waits for the lane of `customer` in `queue`, and holds it.
    pub(crate) async fn enter(
        &self,
        customer: CustomerId,
        queue: QueueId,
    ) -> OwnedMutexGuard<Lane> {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lanes.entry((customer, queue)).or_default())
        };
        lane.lock_owned().await
    }
}

/// Sorts sessions by person: those that share any key, directly or through others, are served one after another
/// by time, so that it does not depend on luck which of them makes the customer. Anonymous ones stand alone.
pub(crate) fn by_person<T>(sessions: Vec<T>, session: impl Fn(&T) -> &Session) -> Vec<Vec<T>> {
    let mut lane_of: HashMap<CustomerKey, usize> = HashMap::new();
    let mut lanes: Vec<Vec<T>> = Vec::new();
    for item in sessions {
        let session = session(&item);
        let keys: Vec<_> = session.customer().keys(session.key().kind()).collect();
        let mut known: Vec<_> = keys
            .iter()
            .filter_map(|key| lane_of.get(key).copied())
            .collect();
        known.sort_unstable();
        known.dedup();
        let lane = match known.first() {
            Some(first) => *first,
            None => {
                lanes.push(Vec::new());
                lanes.len() - 1
            }
        };
        // The session joins what were several people until now.
        for other in known.into_iter().skip(1) {
            let moved = std::mem::take(&mut lanes[other]);
            lanes[lane].extend(moved);
            for place in lane_of.values_mut().filter(|place| **place == other) {
                *place = lane;
            }
        }
        lane_of.extend(keys.into_iter().map(|key| (key, lane)));
        lanes[lane].push(item);
    }
    lanes.retain(|lane| !lane.is_empty());
    lanes
}
