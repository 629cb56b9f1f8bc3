use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::error::Refusal;
use crate::answer::Answer;

/// The account's rate limits, in requests per fixed window. `u32::MAX` means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All API requests of the account, a minute.
    pub account: u32,
    /// Ticket updates of the account, a minute.
    pub ticket_updates: u32,
    /// Updates of one ticket by one user, in ten minutes.
    pub per_ticket_updates: u32,
    /// Tickets created by one user from one address, a minute.
    pub ticket_creates: u32,
    /// Searches, a minute.
    pub searches: u32,
    /// Updates of one end user, a minute.
    pub per_user_updates: u32,
    /// User updates of the account, a second.
    pub user_updates: u32,
}

impl Default for Limits {
    /// The Enterprise plan, without the high volume add-on.
    fn default() -> Self {
        Self {
            account: 700,
            ticket_updates: 100,
            per_ticket_updates: 30,
            ticket_creates: 300,
            searches: 2500,
            per_user_updates: 5,
            user_updates: 1,
        }
    }
}

impl Limits {
    /// No limits, for bulk runs.
    pub const fn unlimited() -> Self {
        Self {
            account: u32::MAX,
            ticket_updates: u32::MAX,
            per_ticket_updates: u32::MAX,
            ticket_creates: u32::MAX,
            searches: u32::MAX,
            per_user_updates: u32::MAX,
            user_updates: u32::MAX,
        }
    }
}

/// What a request is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Account,
    PerTicketUpdates { user: u64, ticket: u64 },
    PerUserUpdates { user: u64 },
    Searches,
    TicketCreates { user: u64 },
    TicketUpdates,
    UserUpdates,
}

const MINUTE: i64 = 60;

impl Bucket {
    fn window_seconds(self) -> i64 {
        match self {
            Self::PerTicketUpdates { .. } => 10 * MINUTE,
            Self::UserUpdates => 1,
            _ => MINUTE,
        }
    }

    fn total(self, limits: &Limits) -> u32 {
        match self {
            Self::Account => limits.account,
            Self::PerTicketUpdates { .. } => limits.per_ticket_updates,
            Self::PerUserUpdates { .. } => limits.per_user_updates,
            Self::Searches => limits.searches,
            Self::TicketCreates { .. } => limits.ticket_creates,
            Self::TicketUpdates => limits.ticket_updates,
            Self::UserUpdates => limits.user_updates,
        }
    }

    /// The bucket's own header; the account has several.
    fn header(self) -> Option<&'static str> {
        match self {
            Self::Account => None,
            Self::PerTicketUpdates { .. } => Some("zendesk-ratelimit-per-ticket-updates"),
            Self::PerUserUpdates { .. } => Some("zendesk-ratelimit-users-update-per-user"),
            Self::Searches => Some("zendesk-ratelimit-search-index"),
            Self::TicketCreates { .. } => {
                Some("zendesk-ratelimit-ticket-request-create-by-user-and-ip")
            }
            Self::TicketUpdates => Some("zendesk-ratelimit-tickets-update"),
            Self::UserUpdates => Some("zendesk-ratelimit-users-update"),
        }
    }
}

/// The requests counted in the current windows.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    windows: HashMap<Bucket, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    started: Timestamp,
    used: u32,
}

/// A bucket after a request, for the headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    bucket: Bucket,
    total: u32,
    remaining: u32,
    resets: i64,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            windows: HashMap::new(),
        }
    }

    /// Counts one request, or refuses it with 429. The reading is added either way.
    pub(super) fn take(
        &mut self,
        bucket: Bucket,
        now: Timestamp,
        readings: &mut Vec<Reading>,
    ) -> Result<(), Refusal> {
        let total = bucket.total(&self.limits);
        let length = bucket.window_seconds();
        let window = self.windows.entry(bucket).or_insert(Window {
            started: now,
            used: 0,
        });
        if now.duration_since(window.started).as_secs() >= length {
            *window = Window {
                started: now,
                used: 0,
            };
        }
        let resets = length - now.duration_since(window.started).as_secs();
        let admitted = window.used < total;
        if admitted {
            window.used += 1;
        }
        readings.push(Reading {
            bucket,
            total,
            remaining: total - window.used,
            resets,
        });
        if !admitted {
            let wait = Duration::from_secs(resets.unsigned_abs());
            return Err(Refusal::throttled(wait));
        }
        Ok(())
    }
}

/// Writes the recorded header forms; the vendor says the account's numbers three times.
pub(super) fn write_headers(answer: &mut Answer, readings: &[Reading]) {
    for reading in readings {
        let (total, remaining) = (reading.total.to_string(), reading.remaining.to_string());
        match reading.bucket.header() {
            Some(name) => answer.set(
                name,
                &format!(
                    "total={total}; remaining={remaining}; resets={}",
                    reading.resets
                ),
            ),
            None => {
                answer.set("x-rate-limit", &total);
                answer.set("x-rate-limit-remaining", &remaining);
                answer.set("ratelimit-limit", &total);
                answer.set("ratelimit-remaining", &remaining);
                answer.set("ratelimit-reset", &reading.resets.to_string());
            }
        }
    }
}
