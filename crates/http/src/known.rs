//! A bounded memory of what a connector saw.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Remembers so many values at most, as long as the process lasts; the keys that came first go first. Debug shows
/// neither keys nor values: they are customer data.
pub struct Known<K, V> {
    limit: usize,
    entries: Mutex<(HashMap<K, V>, VecDeque<K>)>,
}

impl<K: Clone + Eq + Hash, V: Clone> Known<K, V> {
    /// An empty memory of at most `limit` values.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: Mutex::default(),
        }
    }

    /// The value last remembered for `key`, unless it is gone.
    pub fn find(&self, key: &K) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.0.get(key).cloned()
    }

    /// Keeps `value` for `key`, in place of an earlier one.
    pub fn remember(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (values, order) = &mut *entries;
        if values.insert(key.clone(), value).is_some() {
            return;
        }
        order.push_back(key);
        if order.len() > self.limit
            && let Some(oldest) = order.pop_front()
        {
            values.remove(&oldest);
        }
    }

    /// Drops every value that `is_wrong`.
    pub fn forget(&self, is_wrong: impl Fn(&V) -> bool) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (values, order) = &mut *entries;
        values.retain(|_, value| !is_wrong(value));
        order.retain(|key| values.contains_key(key));
    }
}

impl<K, V> fmt::Debug for Known<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known(at most {})", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest_beyond_its_limit() {
        let known = Known::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("b", 3), ("c", 4)] {
            known.remember(key, value);
        }
        assert_eq!(known.find(&"a"), None);
        assert_eq!(known.find(&"b"), Some(3));
        assert_eq!(known.find(&"c"), Some(4));
    }

    #[test]
    fn a_forgotten_entry_leaves_no_place_taken() {
        let known = Known::new(2);
        known.remember("a", 1);
        known.forget(|value| *value == 1);
        known.remember("b", 2);
        known.remember("c", 3);
        assert_eq!(known.find(&"a"), None);
        assert_eq!(known.find(&"b"), Some(2));
    }
}
