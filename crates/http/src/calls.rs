//! Which HTTP calls were made, for receipts.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

tokio::task_local! {
    static CALLS: Arc<Mutex<Vec<Call>>>;
}

/// One HTTP call to a CRM: each try counts, requests for access tokens do not.
///
/// It is written as `{"method", "path", "status", "started_at", "elapsed_ms"}`; `status` is null when no answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The method.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// The path with its placeholders unfilled: no ids, no query.
    pub path: &'static str,
    /// The answer's status; none when no answer came.
    #[serde(serialize_with = "as_number")]
    pub status: Option<StatusCode>,
    /// When the call began.
    pub started_at: Timestamp,
    /// How long it took until the whole answer was read or given up.
    #[serde(rename = "elapsed_ms", serialize_with = "as_millis")]
    pub elapsed: Duration,
}

/// Runs `future` and lists the calls made in it by any client, oldest first.
///
/// A task spawned inside `future` is not seen. Within another `record_calls` the inner one takes the calls.
pub async fn record_calls<F: Future>(future: F) -> (F::Output, Vec<Call>) {
    let calls = Arc::default();
    let output = CALLS.scope(Arc::clone(&calls), future).await;
    let calls = std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner));
    (output, calls)
}

/// Adds `call` to the surrounding [`record_calls`], if there is one.
pub(crate) fn record(call: Call) {
    // Outside of `record_calls` nobody asked.
    let _ = CALLS.try_with(|calls| {
        calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call);
    });
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn as_number<S: Serializer>(status: &Option<StatusCode>, serializer: S) -> Result<S::Ok, S::Error> {
    status.map(|status| status.as_u16()).serialize(serializer)
}

fn as_millis<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_written_with_numbers_and_the_path_template() {
        let mut call = Call {
            method: Method::PUT,
            path: "/api/v2/tickets/{id}",
            status: Some(StatusCode::OK),
            started_at: "2026-01-24T01:14:06.25Z".parse().unwrap(),
            elapsed: Duration::from_micros(1_234_567),
        };
        let mut expected = json!({
            "method": "PUT", "path": "/api/v2/tickets/{id}", "status": 200,
            "started_at": "2026-01-24T01:14:06.25Z", "elapsed_ms": 1234,
        });
        assert_eq!(serde_json::to_value(&call).unwrap(), expected);
        call.status = None;
        expected["status"] = json!(null);
        assert_eq!(serde_json::to_value(&call).unwrap(), expected);
    }
}
