//! When and how often a request is tried again. The one place that repeats.

use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use tokio::time::sleep;

use crate::attempt::{Cause, Failure, Meaning};
use crate::client::Inner;
use crate::{Bucket, Repeat, Request, Response};

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
    /// A longer wait is not begun: the request fails at once.
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
    let url = request.url(&client.config.base)?;
    let mut patience = Patience::new(&client.config.retry);
    let mut rejected = None;
    let mut may_be_done = false;
    loop {
        wait_for_limits(client, request, &mut patience)
            .await
            .map_err(|failure| failure.into_error(request, may_be_done))?;
        let failure = match client.attempt(request, url.clone(), rejected).await {
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

/// Waits until the buckets of `request` are refilled.
async fn wait_for_limits(
    client: &Inner,
    request: &Request,
    patience: &mut Patience<'_>,
) -> std::result::Result<(), Failure> {
    loop {
        let wait = client.limits.wait(request.limit());
        if wait.is_zero() {
            return Ok(());
        }
        for bucket in [&Bucket::Account].into_iter().chain(request.limit()) {
            client.limits.tell(bucket);
        }
        if !patience.wait_for_limit(wait).await {
            let kind = ErrorKind::RateLimited { retry_after: wait };
            return Err(Failure::last(
                kind,
                "the CRM's limit is used up; it was not asked",
            ));
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
            Cause::Token(error) if may_be_done => {
                return uncertain("there is no access token for another try").with_source(error);
            }
            Cause::Token(error) => return error,
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
            Cause::Token(error) if matches!(error.kind(), ErrorKind::RateLimited { .. }) => {
                let kind = ErrorKind::RateLimited { retry_after: wait };
                *error = Error::new(kind, error.message());
            }
            Cause::Request { .. } | Cause::Token(_) => {}
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

    /// Waits for a bucket to be refilled. False when that is too long.
    async fn wait_for_limit(&mut self, wait: Duration) -> bool {
        self.spend(self.jittered(wait)).await
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

    /// A little more than the CRM asks, so that callers spread.
    fn jittered(&self, wait: Duration) -> Duration {
        wait.saturating_add(self.policy.first_delay.mul_f64(fastrand::f64()))
    }
}
