//! When and how often a request is tried again. The one place that repeats.

use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use tokio::time::{Instant, sleep, timeout};

use crate::attempt::{Cause, Failure, Meaning};
use crate::client::Inner;
use crate::gauge::Moment;
use crate::limits::{Limits, Place};
use crate::{Bucket, Repeat, Request, Response};

/// The CRM's time is not to be wasted: who may come back does so at once, or nearly.
const MAX_JITTER: Duration = Duration::from_millis(250);

/// How often and how long a request is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a request is sent at most, the first included; renewing an expired token does not count.
    /// Default 4.
    pub tries: u32,
    /// The back-off after the first failed try; it doubles with each. Default 250 ms.
    pub first_delay: Duration,
    /// The longest back-off. Default 5 s.
    pub max_delay: Duration,
    /// How long a request waits in all between its tries and for the CRM's limits. Default 30 s.
    ///
    /// A wait that is surely longer is not begun: the request fails at once.
    pub wait_budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 4,
            first_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(5),
            wait_budget: Duration::from_secs(30),
        }
    }
}

/// Sends `request` until it is answered for good.
pub(crate) async fn send(client: &Inner, request: &Request) -> Result<Response> {
    let mut patience = Patience::new(&client.config.retry);
    let mut rejected = None;
    let mut may_be_done = false;
    loop {
        let place = match take_place(&client.limits, request.limit(), &mut patience).await {
            Ok(place) => place,
            Err(retry_after) => {
                let kind = ErrorKind::RateLimited { retry_after };
                let failure = Failure::last(kind, "the CRM's limit is used up; it was not asked");
                return Err(failure.into_error(request, may_be_done));
            }
        };
        let failure = match client.attempt(request, rejected, place).await {
            Ok(response) if may_be_done && !response.status().is_success() => Failure::last(
                ErrorKind::Uncertain,
                format!("the CRM answered {}", response.status()),
            ),
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let is_repeatable = match failure.meaning {
            Meaning::Expired(generation) if rejected.is_none() => {
                rejected = Some(generation);
                continue;
            }
            Meaning::Expired(_) | Meaning::Final => false,
            Meaning::NotDone => true,
            Meaning::MayBeDone => {
                may_be_done |= request.repeats() != Repeat::Safe;
                request.repeats() != Repeat::Never
            }
        };
        let wait = failure.wait.max(client.limits.wait(request.limit()));
        if !is_repeatable || !patience.wait(wait).await {
            // A CRM that says "now" again and again does not mean it.
            let wait = if wait.is_zero() {
                client.config.retry.max_delay
            } else {
                wait
            };
            return Err(failure.after(wait).into_error(request, may_be_done));
        }
    }
}

/// Waits for a place for a request of `bucket`; or else how long the wait would be.
async fn take_place<'a>(
    limits: &'a Limits,
    bucket: Option<&'a Bucket>,
    patience: &mut Patience<'_>,
) -> std::result::Result<Place<'a>, Duration> {
    loop {
        // Before looking for a place: none that is given back in between is missed.
        let changed = limits.changed();
        let opens = match limits.take(bucket) {
            Ok(place) => return Ok(place),
            Err(opens) => opens,
        };
        limits.tell(bucket);
        if !patience.wait_for_place(opens, changed).await {
            return Err(opens.latest - Instant::now());
        }
    }
}

impl Failure {
    /// The failure as the caller's error, after the last try.
    fn into_error(self, request: &Request, may_be_done: bool) -> Error {
        let uncertain = |what: &str| {
            Error::new(
                ErrorKind::Uncertain,
                format!(
                    "{request}: {what}; the write was sent and may have been done, so look for it before repeating it"
                ),
            )
        };
        let (kind, message, source) = match self.cause {
            Cause::Preparation(error) if may_be_done => {
                return uncertain("another try could not be prepared").with_source(error);
            }
            Cause::Preparation(error) => return error,
            Cause::Request {
                kind,
                message,
                source,
            } => (kind, message, source),
        };
        let error = match kind {
            _ if may_be_done => uncertain(&message),
            // Only a read comes here without having done anything.
            ErrorKind::Uncertain => Error::new(ErrorKind::Unavailable, message).context(request),
            kind => Error::new(kind, message).context(request),
        };
        match source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }

    /// With `wait` as the delay of a rate limit.
    fn after(mut self, wait: Duration) -> Self {
        match &mut self.cause {
            Cause::Request {
                kind: ErrorKind::RateLimited { retry_after },
                ..
            } => *retry_after = wait,
            Cause::Preparation(error) if matches!(error.kind(), ErrorKind::RateLimited { .. }) => {
                let kind = ErrorKind::RateLimited { retry_after: wait };
                *error = Error::new(kind, error.message());
            }
            Cause::Request { .. } | Cause::Preparation(_) => {}
        }
        self
    }
}

/// What is left of a request's tries and waiting time.
struct Patience<'a> {
    policy: &'a RetryPolicy,
    tries_made: u32,
    waited: Duration,
}

impl<'a> Patience<'a> {
    fn new(policy: &'a RetryPolicy) -> Self {
        Self {
            policy,
            tries_made: 0,
            waited: Duration::ZERO,
        }
    }

    /// Waits after a failed try, at least `wait`. False when it would be too long or no try is left.
    async fn wait(&mut self, wait: Duration) -> bool {
        self.tries_made += 1;
        if self.tries_made >= self.policy.tries {
            return false;
        }
        let delay = if wait.is_zero() {
            self.back_off()
        } else {
            self.jittered(wait)
        };
        self.spend(delay).await
    }

    /// Waits until there may be a place: until `changed`, or until it opens by time. False when even the earliest is
    /// too long.
    async fn wait_for_place(&mut self, opens: Moment, changed: impl Future) -> bool {
        let now = Instant::now();
        let left = self.policy.wait_budget.saturating_sub(self.waited);
        if left.is_zero() || opens.earliest - now > left {
            return false;
        }
        let longest = self.jittered(opens.latest - now).min(left);
        // Either way the next look tells.
        let _ = timeout(longest, changed).await;
        self.waited += now.elapsed();
        true
    }

    async fn spend(&mut self, delay: Duration) -> bool {
        let waited = self.waited.saturating_add(delay);
        if waited > self.policy.wait_budget {
            return false;
        }
        self.waited = waited;
        sleep(delay).await;
        true
    }

    /// Doubles with each try; between half and all of it, so that callers spread.
    fn back_off(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.tries_made.saturating_sub(1));
        let delay = self
            .policy
            .first_delay
            .saturating_mul(doubled)
            .min(self.policy.max_delay);
        delay.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// A little more than the CRM asks, so that processes spread; the callers of this one take turns anyway.
    fn jittered(&self, wait: Duration) -> Duration {
        let jitter = self.policy.first_delay.min(MAX_JITTER);
        wait.saturating_add(jitter.mul_f64(fastrand::f64()))
    }
}

#[cfg(test)]
mod pacing;
