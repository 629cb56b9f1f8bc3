//! Lanes: what must happen one after another.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use casewire_core::{CustomerId, CustomerKey, QueueId, Record, RecordId, Session, SessionKey};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use crate::Remembered;

/// What was written in a lane: candidates that a lagging look-up may not show yet.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    written: Vec<Record>,
    /// Records that changed, went away or may have been written to: to be read by their ids before choosing.
    doubted: BTreeSet<RecordId>,
    gone: Vec<RecordId>,
}

impl Lane {
    /// A lane in which `written` was written, newest first.
    pub fn new(written: Vec<Remembered>) -> Self {
        let doubted = written.iter().filter(|known| known.in_doubt);
        Self {
            doubted: doubted.map(|known| known.record.id.clone()).collect(),
            written: written.into_iter().map(|known| known.record).collect(),
            gone: Vec::new(),
        }
    }

    /// Remembers `record` as written.
    pub(crate) fn remember(&mut self, record: Record) {
        self.forget(&record.id);
        self.written.push(record);
    }

    /// Forgets a record that is gone.
    pub(crate) fn forget(&mut self, id: &RecordId) {
        self.written.retain(|known| known.id != *id);
    }

    pub(crate) fn find(&self, id: &RecordId) -> Option<&Record> {
        self.written.iter().find(|known| known.id == *id)
    }

    /// The record that `session` is on, as far as it was written here.
    pub(crate) fn record_of(&self, session: &SessionKey) -> Option<&Record> {
        self.written
            .iter()
            .find(|known| known.trace.has_session(session))
    }

    /// Adds to `found` what was written here and not found.
    pub(crate) fn unite(&self, found: &mut Vec<Record>) {
        for record in &self.written {
            if !found.iter().any(|known| known.id == record.id) {
                found.push(record.clone());
            }
        }
    }

    pub(crate) fn doubt(&mut self, id: RecordId) {
        self.doubted.insert(id);
    }

    pub(crate) fn doubted(&self) -> impl Iterator<Item = &RecordId> {
        self.doubted.iter()
    }

    /// Takes over what is in doubt in `other`.
    pub(crate) fn doubt_as(&mut self, other: &Self) {
        self.doubted.extend(other.doubted.iter().cloned());
    }

    /// A record in doubt was read: it is as `now`, or gone.
    pub(crate) fn settle_doubt(&mut self, id: &RecordId, now: Option<&Record>) {
        self.doubted.remove(id);
        match now {
            Some(record) => self.remember(record.clone()),
            None => {
                self.forget(id);
                self.gone.push(id.clone());
            }
        }
    }

    /// Another lane read the record a moment ago: it was as `now`, or gone. What was written here since counts more.
    pub(crate) fn learn(&mut self, id: &RecordId, now: Option<&Record>) {
        if self.doubted.contains(id) {
            return;
        }
        match (self.find(id), now) {
            (Some(known), Some(now)) if !now.trace.covers(&known.trace) => {}
            (_, Some(now)) => self.remember(now.clone()),
            (_, None) => self.forget(id),
        }
    }

    /// The records that were found to be gone.
    pub(crate) fn take_gone(&mut self) -> Vec<RecordId> {
        std::mem::take(&mut self.gone)
    }
}

/// The lanes of the customers that the CRM knows: a person who calls and chats has two identities, and one
/// customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomerLanes(Arc<Mutex<Lanes>>);

#[derive(Debug, Default)]
struct Lanes {
    by_customer: HashMap<(CustomerId, QueueId), (SharedLane, Instant)>,
    /// How many there may be before those that nobody uses are forgotten.
    room: usize,
}

type SharedLane = Arc<tokio::sync::Mutex<Option<Lane>>>;

/// The lane of a customer of the CRM, while it is held. None inside: nothing is remembered of it yet.
pub(crate) type HeldLane = OwnedMutexGuard<Option<Lane>>;

/// So long after its last use, what a lane holds is in the store if there is one.
const SETTLED: Duration = Duration::from_secs(60);

const MIN_ROOM: usize = 1_024;

impl CustomerLanes {
    /// Waits for the lane of `customer` in `queue`, and holds it.
    pub(crate) async fn enter(&self, customer: CustomerId, queue: QueueId) -> HeldLane {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if lanes.by_customer.len() >= lanes.room.max(MIN_ROOM) {
                lanes.by_customer.retain(|_, (lane, used)| {
                    Arc::strong_count(lane) > 1 || now.duration_since(*used) < SETTLED
                });
                lanes.room = 2 * lanes.by_customer.len();
            }
            let fresh = || (SharedLane::default(), now);
            let (lane, used) = lanes
                .by_customer
                .entry((customer, queue))
                .or_insert_with(fresh);
            *used = now;
            Arc::clone(lane)
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
