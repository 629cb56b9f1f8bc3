use std::time::Duration;

use jiff::Timestamp;

use super::problem::Problem;

/// How many requests an org may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// API requests in 24 hours. `u32::MAX` means no limit.
    pub daily_requests: u32,
}

impl Default for Limits {
    /// An Enterprise org without licences beyond the first.
    fn default() -> Self {
        Self {
            daily_requests: 100_000,
        }
    }
}

impl Limits {
    /// No limits, for bulk runs.
    pub const fn unlimited() -> Self {
        Self {
            daily_requests: u32::MAX,
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The requests of the day. The vendor's window rolls; this one starts anew after 24 hours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    limits: Limits,
    started: Option<Timestamp>,
    used: u32,
}

impl Usage {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            started: None,
            used: 0,
        }
    }

    /// Counts one request, or refuses it.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Problem> {
        let started = *self.started.get_or_insert(now);
        if now.duration_since(started).unsigned_abs() >= DAY {
            self.started = Some(now);
            self.used = 0;
        }
        if self.used >= self.limits.daily_requests {
            return Err(Problem::total_requests());
        }
        self.used += 1;
        Ok(())
    }

    pub(super) fn max(&self) -> u32 {
        self.limits.daily_requests
    }

    pub(super) fn remaining(&self) -> u32 {
        self.limits.daily_requests - self.used
    }

    /// What `Sforce-Limit-Info` says.
    pub(super) fn header(&self) -> String {
        format!("api-usage={}/{}", self.used, self.limits.daily_requests)
    }
}
