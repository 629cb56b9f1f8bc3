//! The CRM's limits, shared by all clones of a client.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::gauge::{Gauge, Moment};
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
    /// How long until the count starts anew, in whole seconds, rounded up or down.
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

/// The gauges of all buckets.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    gauges: Mutex<HashMap<Bucket, Gauge>>,
    changed: Notify,
}

/// A request's place in the account's bucket and in its own, which it gives back when dropped.
pub(crate) struct Place<'a> {
    limits: &'a Limits,
    bucket: Option<&'a Bucket>,
    fate: Fate,
}

/// What became of the request that has a place.
enum Fate {
    Unsent,
    Sent { at: Instant },
    Answered { at: Instant, readings: Vec<Reading> },
}

impl Limits {
    /// A place for a request of `bucket`, or else when there will be one.
    pub(crate) fn take<'a>(&'a self, bucket: Option<&'a Bucket>) -> Result<Place<'a>, Moment> {
        let now = Instant::now();
        let mut gauges = self.lock();
        let opens = opens(&gauges, bucket, now);
        if opens.latest > now {
            return Err(opens);
        }
        for bucket in counting(bucket) {
            gauge(&mut gauges, bucket).enter(now);
        }
        Ok(Place {
            limits: self,
            bucket,
            fate: Fate::Unsent,
        })
    }

    /// Ends when a place was given back after this call.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// How long a request of `bucket` has to wait; zero when it may go, or when the next answer may let it.
    pub(crate) fn wait(&self, bucket: Option<&Bucket>) -> Duration {
        let now = Instant::now();
        opens(&self.lock(), bucket, now).earliest - now
    }

    /// Leaves `bucket` alone for `wait`, but no more than a day, unless it is left alone longer already.
    pub(crate) fn pause(&self, bucket: &Bucket, wait: Duration) {
        let now = Instant::now();
        gauge(&mut self.lock(), bucket).pause(now + wait.min(MAX_DELAY), now);
    }

    /// Logs that the buckets of a request of `bucket` are used up, once each window or pause: to be called when a
    /// request has to wait for it.
    pub(crate) fn tell(&self, bucket: Option<&Bucket>) {
        for bucket in counting(bucket) {
            self.tell_of(bucket);
        }
    }

    /// Logs that `bucket` is used up, once each window or pause.
    pub(crate) fn tell_of(&self, bucket: &Bucket) {
        let now = Instant::now();
        let mut gauges = self.lock();
        let Some(gauge) = gauges.get_mut(bucket).filter(|gauge| !gauge.is_told) else {
            return;
        };
        let wait = gauge.opens(now).earliest - now;
        if wait.is_zero() {
            return;
        }
        gauge.is_told = true;
        let seconds = wait.as_secs_f64().ceil();
        tracing::warn!("the CRM asks to wait {seconds} s (bucket {bucket})");
    }

    fn give_back(&self, place: &Place<'_>) {
        let now = Instant::now();
        let mut gauges = self.lock();
        let readings = match &place.fate {
            Fate::Answered { at, readings } => {
                for reading in readings {
                    gauge(&mut gauges, &reading.bucket).read(reading, *at, now);
                }
                &readings[..]
            }
            Fate::Sent { .. } | Fate::Unsent => &[],
        };
        for bucket in counting(place.bucket) {
            let gauge = gauge(&mut gauges, bucket);
            gauge.leave();
            let is_read = readings.iter().any(|reading| reading.bucket == *bucket);
            match place.fate {
                Fate::Answered { at, .. } if !is_read => gauge.read_nothing(at),
                Fate::Sent { .. } => gauge.lose(),
                Fate::Unsent => gauge.pass(),
                Fate::Answered { .. } => {}
            }
        }
        drop(gauges);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Bucket, Gauge>> {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buckets that count a request of `bucket`.
fn counting(bucket: Option<&Bucket>) -> impl Iterator<Item = &Bucket> {
    [&Bucket::Account].into_iter().chain(bucket)
}

fn gauge<'a>(gauges: &'a mut HashMap<Bucket, Gauge>, bucket: &Bucket) -> &'a mut Gauge {
    gauges.entry(bucket.clone()).or_default()
}

fn opens(gauges: &HashMap<Bucket, Gauge>, bucket: Option<&Bucket>, now: Instant) -> Moment {
    let at_once = Moment {
        earliest: now,
        latest: now,
    };
    counting(bucket)
        .filter_map(|bucket| gauges.get(bucket))
        .map(|gauge| gauge.opens(now))
        .fold(at_once, Moment::max)
}

impl Place<'_> {
    /// The request leaves now. From here on it counts, unless it is told that it did not leave.
    pub(crate) fn send(&mut self) {
        self.fate = Fate::Sent { at: Instant::now() };
    }

    /// The request did not leave after all.
    pub(crate) fn unsent(mut self) {
        self.fate = Fate::Unsent;
    }

    /// The request was answered, with these readings.
    pub(crate) fn answered(mut self, readings: Vec<Reading>) {
        if let Fate::Sent { at } = self.fate {
            self.fate = Fate::Answered { at, readings };
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limits.give_back(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Bucket {
        Bucket::Named(name.to_owned())
    }

    /// A request of `bucket` is answered: so many are left of each of these for a minute.
    fn answered(limits: &Limits, bucket: Option<&Bucket>, left: &[(&Bucket, u64)]) {
        let mut place = limits.take(bucket).ok().unwrap();
        place.send();
        let readings = left.iter().map(|&(bucket, remaining)| Reading {
            bucket: bucket.clone(),
            remaining,
            resets_in: Duration::from_secs(60),
        });
        place.answered(readings.collect());
    }

    #[test]
    fn a_header_that_means_another_thing_stops_nobody_for_years() {
        let limits = Limits::default();
        limits.pause(&Bucket::Account, Duration::from_secs(4_000_000_000));
        assert!(limits.wait(None) <= MAX_DELAY);
    }

    #[test]
    fn an_empty_bucket_holds_its_own_requests() {
        let limits = Limits::default();
        let (update, list) = (named("update"), named("list"));
        answered(&limits, Some(&update), &[(&update, 0), (&list, 1)]);
        assert!(!limits.wait(Some(&update)).is_zero());
        assert!(limits.take(Some(&update)).is_err());
        assert_eq!(limits.wait(Some(&list)), Duration::ZERO);
        assert!(limits.take(None).is_ok());
    }

    #[test]
    fn an_empty_account_holds_all_requests() {
        let limits = Limits::default();
        answered(&limits, None, &[(&Bucket::Account, 0)]);
        assert!(limits.take(None).is_err());
        assert!(limits.take(Some(&named("list"))).is_err());
    }

    #[test]
    fn who_has_no_place_in_one_bucket_takes_none_in_the_other() {
        let limits = Limits::default();
        let update = named("update");
        answered(
            &limits,
            Some(&update),
            &[(&Bucket::Account, 1), (&update, 0)],
        );
        assert!(limits.take(Some(&update)).is_err());
        assert!(limits.take(None).is_ok());
    }

    #[test]
    fn a_place_is_given_back_with_what_became_of_it() {
        let limits = Limits::default();
        answered(&limits, None, &[(&Bucket::Account, 2)]);
        // Not sent, by a caller's change of mind and for want of a connection.
        drop(limits.take(None).ok().unwrap());
        let mut place = limits.take(None).ok().unwrap();
        place.send();
        place.unsent();
        // Sent, and not waited for.
        let mut place = limits.take(None).ok().unwrap();
        place.send();
        drop(place);
        let last = limits.take(None).ok().unwrap();
        assert!(limits.take(None).is_err());
        assert_eq!(limits.wait(None), Duration::ZERO, "it may not be sent");
        drop(last);
        assert!(limits.take(None).is_ok());
    }
}
