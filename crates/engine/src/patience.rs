//! How long to keep trying when the CRM is out of order or asks to slow down.

use std::time::Duration;

use casewire_core::{Error, ErrorKind};

/// How often and how long a step is tried again before its session is parked.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries in all.
    pub tries: u32,
    /// The wait after the first failure; it doubles with each one.
    pub first_wait: Duration,
    /// The longest wait that is not asked for by the CRM.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 12,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// Whether the same can succeed later without a person's help.
    pub(crate) fn is_worth_waiting(&self, error: &Error) -> bool {
        error.is_transient() || error.kind() == ErrorKind::Conflict
    }

    /// The wait after failure number `failures` (from 1): as the CRM asks, or doubling; and up to a half,
    /// but at most a second more, so that many lanes do not come back at the same moment.
    pub(crate) fn wait(&self, failures: u32, error: &Error) -> Duration {
        let doubling = self
            .first_wait
            .saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)))
            .min(self.longest_wait);
        let wait = match error.kind() {
            ErrorKind::RateLimited { retry_after } => retry_after.max(self.first_wait),
            _ => doubling,
        };
        let more = (wait / 2).min(Duration::from_secs(1));
        wait.saturating_add(more.mul_f64(fastrand::f64()))
    }
}
