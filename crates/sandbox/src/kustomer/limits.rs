use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::id::Id;
use super::problem::Problem;
use crate::answer::Answer;

/// The rate limits, in requests per minute. `u32::MAX` means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All requests of the organisation, of all its keys and apps.
    pub organisation: u32,
    /// Searches.
    pub searches: u32,
    /// New conversations of one customer; new messages, notes and custom objects are each counted
    /// like that, too. Imported ones are free, but for notes.
    pub creates_per_customer: u32,
    /// Changes of one conversation or customer. The vendor does not publish the number.
    pub updates_per_object: u32,
}

impl Default for Limits {
    /// The Enterprise plan.
    fn default() -> Self {
        Self {
            organisation: 1000,
            searches: 100,
            creates_per_customer: 120,
            updates_per_object: 120,
        }
    }
}

impl Limits {
    /// No limits, for bulk runs.
    pub const fn unlimited() -> Self {
        Self {
            organisation: u32::MAX,
            searches: u32::MAX,
            creates_per_customer: u32::MAX,
            updates_per_object: u32::MAX,
        }
    }
}

/// What a request is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Creates { what: Created, customer: Id },
    Organisation,
    Searches,
    Updates { object: Id },
}

/// What is created in limited numbers for one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Created {
    Conversation,
    KObject,
    Message,
    Note,
}

impl Bucket {
    fn total(self, limits: &Limits) -> u32 {
        match self {
            Self::Creates { .. } => limits.creates_per_customer,
            Self::Organisation => limits.organisation,
            Self::Searches => limits.searches,
            Self::Updates { .. } => limits.updates_per_object,
        }
    }
}

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// The requests counted in the current windows.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    windows: HashMap<Bucket, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends: Timestamp,
    used: u32,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            windows: HashMap::new(),
        }
    }

    /// Counts one request, or refuses it with 429.
    pub(super) fn take(&mut self, bucket: Bucket, now: Timestamp) -> Result<(), Problem> {
        let fresh = Window {
            ends: now.saturating_add(WINDOW).unwrap_or(Timestamp::MAX),
            used: 0,
        };
        let window = self.windows.entry(bucket).or_insert(fresh);
        if now >= window.ends {
            *window = fresh;
        }
        if window.used >= bucket.total(&self.limits) {
            return Err(Problem::throttled(window.ends));
        }
        window.used += 1;
        Ok(())
    }

    /// Writes the organisation's numbers as recorded, and when the limit that was hit starts anew.
    pub(super) fn write_headers(&self, answer: &mut Answer, resets_at: Option<Timestamp>) {
        let total = self.limits.organisation;
        let used = self.windows.get(&Bucket::Organisation);
        let remaining = total.saturating_sub(used.map_or(0, |window| window.used));
        answer.set("x-ratelimit-limit", &total.to_string());
        answer.set("x-ratelimit-remaining", &remaining.to_string());
        if let Some(resets_at) = resets_at {
            answer.set("x-ratelimit-reset", &whole_second(resets_at).to_string());
        }
    }
}

/// The first whole second that is not before `at`, of the epoch.
fn whole_second(at: Timestamp) -> i64 {
    at.as_second() + i64::from(at.subsec_nanosecond() > 0)
}
