//! Messages out: what the engine stored for an endpoint is posted there until it is taken.

use std::sync::Arc;
use std::time::Duration;

use casewire_engine::{Delivery, Engine, StoreError};
use casewire_intake::WebhookHeaders;
use futures::future::join_all;
use jiff::Timestamp;
use metrics::counter;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::{Endpoint, Keys};

/// How long an endpoint may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How many messages are on their way to one endpoint at the same time.
const IN_FLIGHT: u32 = 4;

/// How long a sender rests at most when nothing happens.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// How long a sender rests when the store fails.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Sends the messages of one endpoint. Each endpoint has a sender of its own, so that none waits for another.
pub(crate) struct Sender {
    engine: Engine,
    endpoint: Endpoint,
    client: Client,
    keys: watch::Receiver<Arc<Keys>>,
    retry_after: Vec<Duration>,
}

/// What came of a try.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// Not taken, for this reason.
    Failed(String),
    /// It is there.
    Taken,
    /// The endpoint wants no more of it.
    Unwanted,
}

impl Sender {
    pub(crate) fn new(
        engine: Engine,
        endpoint: Endpoint,
        keys: watch::Receiver<Arc<Keys>>,
        retry_after: Vec<Duration>,
    ) -> reqwest::Result<Self> {
        // reqwest takes the process's provider. An error says that the process has chosen one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("casewire/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .referer(false);
        let client = match endpoint.is_https() {
            true => client.https_only(true),
            // Plain http must not leave the machine by way of a proxy.
            false => client.no_proxy(),
        };
        Ok(Self {
            engine,
            endpoint,
            client: client.build()?,
            keys,
            retry_after,
        })
    }

    /// Sends what is due until the server is to end; what is on its way then is still waited for.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut linked = self.engine.listen();
        let first_wait = self.retry_after.first().copied();
        let rest = LONGEST_REST.min(first_wait.unwrap_or(LONGEST_REST));
        while !*stopping.borrow() {
            match self.send_due().await {
                // There may be more.
                Ok(1..) => continue,
                Ok(0) => tokio::select! {
                    () = sleep(rest) => {}
                    // Be it one that was linked or a sign that some were missed: there may be something to send.
                    _ = linked.recv() => {}
                    _ = stopping.changed() => {}
                },
                Err(error) => {
                    tracing::error!(%error, endpoint = %self.endpoint, "sending webhooks");
                    tokio::select! {
                        () = sleep(AFTER_FAILURE) => {}
                        _ = stopping.changed() => {}
                    }
                }
            }
        }
    }

    /// Sends some of what is due, and says how many that were.
    async fn send_due(&self) -> Result<usize, StoreError> {
        let due = self.engine.deliveries(self.endpoint.as_str(), IN_FLIGHT);
        let due = due.await?;
        let done = join_all(due.iter().map(|delivery| self.deliver(delivery))).await;
        let count = done.len();
        done.into_iter().collect::<Result<(), _>>()?;
        Ok(count)
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let (why, next) = match self.send(delivery).await {
            Tried::Taken => {
                count("taken");
                return self.engine.delivered(delivery).await;
            }
            Tried::Unwanted => ("the endpoint is gone (status 410)".to_owned(), None),
            Tried::Failed(why) => (why, self.next_try(delivery.attempts)),
        };
        let (id, endpoint) = (&delivery.id, &self.endpoint);
        match next {
            Some(next) => {
                count("failed");
                tracing::info!(%id, %endpoint, %why, %next, "{endpoint} did not take {id}: {why}");
            }
            None => {
                count("given_up");
                tracing::warn!(%id, %endpoint, %why, "gave up sending {id} to {endpoint}: {why}");
            }
        }
        self.engine.undelivered(delivery, why, next).await
    }

    async fn send(&self, delivery: &Delivery) -> Tried {
        let keys = Arc::clone(&self.keys.borrow());
        let Some(key) = keys.endpoints.get(&self.endpoint) else {
            return Tried::Failed("the endpoint has no secret any more".to_owned());
        };
        let now = Timestamp::now();
        let sent = self
            .client
            .post(self.endpoint.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header(WebhookHeaders::ID, &delivery.id)
            .header(WebhookHeaders::TIMESTAMP, now.as_second())
            .header(
                WebhookHeaders::SIGNATURE,
                key.sign(&delivery.id, now, delivery.body.as_bytes()),
            )
            .body(delivery.body.clone())
            .send()
            .await;
        match sent.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Tried::Taken,
            Ok(StatusCode::GONE) => Tried::Unwanted,
            Ok(status) => Tried::Failed(format!("status {}", status.as_u16())),
            Err(error) if error.is_timeout() => {
                Tried::Failed(format!("no answer within {TIMEOUT:?}"))
            }
            Err(error) if error.is_connect() => Tried::Failed("no connection".to_owned()),
            // Told without the rest, which names the address.
            Err(_) => Tried::Failed("the connection broke".to_owned()),
        }
    }

    /// When to try again after failing once more than `attempts` times; none when that was the last time.
    fn next_try(&self, attempts: u32) -> Option<Timestamp> {
        let wait = self.retry_after.get(usize::try_from(attempts).ok()?)?;
        // A little later, so that messages that failed together spread.
        Timestamp::now()
            .checked_add(wait.mul_f64(1.0 + fastrand::f64() / 10.0))
            .ok()
    }
}

fn count(outcome: &'static str) {
    counter!("casewire_webhooks_total", "outcome" => outcome).increment(1);
}

/// Gives up what is due for endpoints that are not in the config any more.
pub(crate) async fn give_up_foreign(engine: &Engine, keys: &Keys) -> Result<(), StoreError> {
    let known = keys.endpoints.keys();
    let known = known.map(|endpoint| endpoint.as_str().to_owned()).collect();
    let why = "its endpoint is not in the config any more";
    let given_up = engine.give_up_others(known, why).await?;
    if given_up > 0 {
        tracing::warn!(
            "gave up sending {given_up} messages: their endpoints are not in the config any more"
        );
        counter!("casewire_webhooks_total", "outcome" => "given_up").increment(given_up as u64);
    }
    Ok(())
}
