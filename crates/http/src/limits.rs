//! The CRM's limits, shared by all clones of a client.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Which requests a limit counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// All requests of the account.
    Account,
    /// Those of one kind, by the vendor's name for it.
    Named(String),
}

/// What an answer's headers say about one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The limit.
    pub bucket: Bucket,
    /// How many requests are left.
    pub remaining: u64,
    /// How long until the count starts anew.
    pub resets_in: Duration,
}

/// Until when each empty bucket is to be left alone.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    empty_until: Mutex<HashMap<Bucket, Instant>>,
}

impl Limits {
    /// Notes the buckets that are empty.
    pub(crate) fn note(&self, readings: Vec<Reading>) {
        for reading in readings
            .into_iter()
            .filter(|reading| reading.remaining == 0)
        {
            self.pause(reading.bucket, reading.resets_in);
        }
    }

    /// Leaves `bucket` alone for `wait`, unless it is left alone longer already.
    pub(crate) fn pause(&self, bucket: Bucket, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait) else {
            return;
        };
        let mut empty_until = self
            .empty_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = empty_until.entry(bucket).or_insert(until);
        *known = until.max(*known);
    }

    /// How long a request of `bucket` has to wait; zero when it may go.
    pub(crate) fn wait(&self, bucket: Option<&Bucket>) -> Duration {
        let now = Instant::now();
        let mut empty_until = self
            .empty_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        empty_until.retain(|_, until| *until > now);
        [Some(&Bucket::Account), bucket]
            .into_iter()
            .flatten()
            .filter_map(|bucket| empty_until.get(bucket))
            .map(|until| until.duration_since(now))
            .max()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Bucket {
        Bucket::Named(name.to_owned())
    }

    fn reading(bucket: Bucket, remaining: u64) -> Reading {
        Reading {
            bucket,
            remaining,
            resets_in: Duration::from_secs(60),
        }
    }

    #[test]
    fn an_empty_bucket_holds_its_own_requests() {
        let limits = Limits::default();
        limits.note(vec![reading(named("update"), 0), reading(named("list"), 1)]);
        assert!(limits.wait(Some(&named("update"))) > Duration::from_secs(59));
        assert_eq!(limits.wait(Some(&named("list"))), Duration::ZERO);
        assert_eq!(limits.wait(None), Duration::ZERO);
    }

    #[test]
    fn an_empty_account_holds_all_requests() {
        let limits = Limits::default();
        limits.note(vec![reading(Bucket::Account, 0)]);
        assert!(limits.wait(None) > Duration::from_secs(59));
        assert!(limits.wait(Some(&named("list"))) > Duration::from_secs(59));
    }

    #[test]
    fn the_longest_wait_counts() {
        let limits = Limits::default();
        limits.pause(named("update"), Duration::from_secs(60));
        limits.pause(named("update"), Duration::ZERO);
        assert!(limits.wait(Some(&named("update"))) > Duration::from_secs(59));
    }
}
