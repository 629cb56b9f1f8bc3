//! Which HTTP calls were made, for receipts.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;

tokio::task_local! {
    static CALLS: Arc<Mutex<Vec<Call>>>;
}

/// One HTTP call to a CRM: each try counts, requests for access tokens do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path with its placeholders unfilled: no ids, no query.
    pub path: &'static str,
    /// The answer's status; none when no answer came.
    pub status: Option<StatusCode>,
    /// When the call began.
    pub started_at: Timestamp,
    /// How long it took until the whole answer was read or given up.
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
