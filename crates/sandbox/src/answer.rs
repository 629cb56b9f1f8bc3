use std::fmt;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// What the fake answers, and how the answer is to be delivered.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers; the body's length is left to the server.
    pub headers: HeaderMap,
    /// The body's bytes; empty for 204.
    pub body: Vec<u8>,
    /// Whether the client may see any of it.
    pub delivery: Delivery,
    /// How long to wait before it is sent.
    pub delay: Duration,
}

/// Whether an answer reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The connection is closed without a byte of the answer.
    Dropped,
    /// The answer is sent.
    Sent,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        Self {
            status,
            headers,
            body: body.to_string().into_bytes(),
            delivery: Delivery::Sent,
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
            delivery: Delivery::Sent,
            delay: Duration::ZERO,
        }
    }

    /// Sets a header; a value that no header can hold is left out.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// The body as JSON, or null when it is empty or no JSON.
    pub fn body_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Without headers and body: those carry tokens and customer data.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}
