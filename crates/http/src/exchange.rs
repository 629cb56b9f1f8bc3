//! One request out, one answer in.

use http::{HeaderMap, StatusCode};

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// It never left: there was no connection.
    Unsent(reqwest::Error),
    /// It was sent, as far as is known, and the answer did not come whole.
    Lost(reqwest::Error),
    /// The answer is longer than is read; its status came.
    TooLarge(StatusCode),
}

/// Sends `request` once and reads at most `max_bytes` of its answer's body.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    max_bytes: usize,
) -> Result<Answer, NoAnswer> {
    // The URL may hold customer data in its query.
    let mut response = http.execute(request).await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            NoAnswer::Unsent(error.without_url())
        } else {
            NoAnswer::Lost(error.without_url())
        }
    })?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| NoAnswer::Lost(error.without_url()))?
    {
        if body.len() + chunk.len() > max_bytes {
            return Err(NoAnswer::TooLarge(status));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}
