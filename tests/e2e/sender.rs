//! Sending events as a contact center does: signed, and again until they are taken.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use casewire_intake::{SigningKeys, WebhookHeaders};
use jiff::Timestamp;
use serde_json::Value;

use crate::http::{self, Answer};

/// The secret that events are signed with: base64 of 32 bytes.
pub(crate) const SECRET: &str = "whsec_YSBzaWduaW5nIGtleSBvZiB0aGUgdGVzdHMgYWxvbmU=";

/// Signs and sends events.
#[derive(Debug)]
pub(crate) struct Sender {
    keys: SigningKeys,
    sent: AtomicU64,
}

impl Sender {
    /// One that signs with [`SECRET`].
    pub(crate) fn new() -> Self {
        Self {
            keys: SigningKeys::parse(&[SECRET.into()]).expect("a good secret"),
            sent: AtomicU64::new(0),
        }
    }

    /// Sends `events` to `address` in one request: one event alone, several as a batch.
    ///
    /// # Errors
    /// When the answer is not known.
    pub(crate) fn send(&self, address: &str, events: &[Value]) -> io::Result<Answer> {
        let (media_type, body) = match events {
            [event] => ("application/cloudevents+json", event.to_string()),
            several => (
                "application/cloudevents-batch+json",
                Value::from(several).to_string(),
            ),
        };
        let id = format!("msg_{}", self.sent.fetch_add(1, Ordering::Relaxed));
        let now = Timestamp::now();
        let (seconds, signature) = (
            now.as_second().to_string(),
            self.keys.sign(&id, now, body.as_bytes()),
        );
        let headers = [
            ("content-type", media_type),
            (WebhookHeaders::ID, id.as_str()),
            (WebhookHeaders::TIMESTAMP, seconds.as_str()),
            (WebhookHeaders::SIGNATURE, signature.as_str()),
        ];
        http::send(address, "POST /v1/events", &headers, &body)
    }

    /// Sends `events`, which have to be taken at once.
    pub(crate) fn deliver(&self, address: &str, events: &[Value]) {
        let answer = self.send(address, events).expect("an answer");
        assert_eq!(answer.status, 202, "{answer:?}");
    }
}
