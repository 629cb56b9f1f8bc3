//! Sessions that events came for a moment ago: most events are of one of them.

use std::collections::HashMap;

use casewire_core::SessionKey;

use super::accept::OpenSession;

/// So many are remembered at least, and twice as many at most.
const ROOM: usize = 2_048;

/// The rows of sessions as this process left them, those touched last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    now: HashMap<SessionKey, Box<OpenSession>>,
    before: HashMap<SessionKey, Box<OpenSession>>,
}

impl Recent {
    pub(super) fn insert(&mut self, row: Box<OpenSession>) {
        if self.now.len() >= ROOM {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.insert(row.session.key().clone(), row);
    }

    pub(super) fn remove(&mut self, key: &SessionKey) -> Option<Box<OpenSession>> {
        self.now.remove(key).or_else(|| self.before.remove(key))
    }

    pub(super) fn contains(&self, key: &SessionKey) -> bool {
        self.now.contains_key(key) || self.before.contains_key(key)
    }

    /// To be called when rows are changed otherwise than by events.
    pub(super) fn clear(&mut self) {
        self.now.clear();
        self.before.clear();
    }
}
