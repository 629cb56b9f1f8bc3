//! The CRM's limits, shared by all clones of a client.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::refusal::MAX_DELAY;

/// Which requests a limit counts. Shows as `account` or the vendor's name.
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

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// How long each empty bucket is to be left alone.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pauses: Mutex<HashMap<Bucket, Pause>>,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    is_told: bool,
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

    /// Leaves `bucket` alone for `wait`, but no more than a day, unless it is left alone longer already.
    pub(crate) fn pause(&self, bucket: Bucket, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait.min(MAX_DELAY)) else {
            return;
        };
        let mut pauses = self.lock();
        let pause = pauses.entry(bucket).or_insert(Pause {
            until,
            is_told: false,
        });
        pause.until = until.max(pause.until);
    }

    /// Logs that `bucket` is left alone, once a pause: to be called when a request has to wait for it.
    pub(crate) fn tell(&self, bucket: &Bucket) {
        let mut pauses = self.lock();
        let Some(pause) = pauses.get_mut(bucket).filter(|pause| !pause.is_told) else {
            return;
        };
        let wait = pause.until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return;
        }
        pause.is_told = true;
        let seconds = wait.as_secs_f64().ceil();
        tracing::warn!("the CRM asks to wait {seconds} s (bucket {bucket})");
    }

    /// How long a request of `bucket` has to wait; zero when it may go.
    pub(crate) fn wait(&self, bucket: Option<&Bucket>) -> Duration {
        let now = Instant::now();
        let mut pauses = self.lock();
        pauses.retain(|_, pause| pause.until > now);
        [Some(&Bucket::Account), bucket]
            .into_iter()
            .flatten()
            .filter_map(|bucket| pauses.get(bucket))
            .map(|pause| pause.until.duration_since(now))
            .max()
            .unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Bucket, Pause>> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_header_that_means_another_thing_stops_nobody_for_years() {
        let limits = Limits::default();
        limits.pause(Bucket::Account, Duration::from_secs(4_000_000_000));
        assert!(limits.wait(None) <= MAX_DELAY);
    }

    #[test]
    fn an_empty_bucket_holds_its_own_requests() {
        let limits = Limits::default();
        limits.note(vec![reading(named("update"), 0), reading(named("list"), 1)]);
        assert!(!limits.wait(Some(&named("update"))).is_zero());
        assert_eq!(limits.wait(Some(&named("list"))), Duration::ZERO);
        assert_eq!(limits.wait(None), Duration::ZERO);
    }

    #[test]
    fn an_empty_account_holds_all_requests() {
        let limits = Limits::default();
        limits.note(vec![reading(Bucket::Account, 0)]);
        assert!(!limits.wait(None).is_zero());
        assert!(!limits.wait(Some(&named("list"))).is_zero());
    }

    #[test]
    fn the_longest_wait_counts() {
        let limits = Limits::default();
        limits.pause(named("update"), Duration::from_secs(60));
        limits.pause(named("update"), Duration::ZERO);
        assert!(!limits.wait(Some(&named("update"))).is_zero());
    }
}
