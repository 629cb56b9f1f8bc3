//! What an answer that is not a success means.

use std::fmt;
use std::time::Duration;

use casewire_core::ErrorKind;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What a vendor's error answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to do next; none leaves it to the status (see [`Refusal::by_status`]).
    ///
    /// The kind also decides whether the request is repeated: `RateLimited` and `Unavailable` say that nothing was
    /// done, so any request is; `Uncertain` says that it may have been done, so the request's
    /// [`Repeat`](crate::Repeat) decides; `Auth` with status 401 renews an OAuth token, once. Of `RateLimited`'s delay
    /// and `Retry-After` the longer counts.
    pub kind: Option<ErrorKind>,
    /// The vendor's words, free of customer data. May be empty.
    pub text: String,
}

impl Refusal {
    /// Leaves the meaning to the status:
    ///
    /// | status | kind |
    /// |---|---|
    /// | 3xx | `Config`: redirects are not followed |
    /// | 401, 403 | `Auth` |
    /// | 404, 410 | `NotFound` |
    /// | 408, 5xx | `Uncertain` for a write, `Unavailable` for a read |
    /// | 409, 412 | `Conflict` |
    /// | 429 | `RateLimited` |
    /// | 503 with `Retry-After` | `RateLimited`: refused before it was handled |
    /// | other 4xx | `Rejected` |
    pub fn by_status(_status: StatusCode, _headers: &HeaderMap, _body: &[u8]) -> Self {
        Self {
            kind: None,
            text: String::new(),
        }
    }
}

/// An answer of the token endpoint that refuses an access token (RFC 6749 section 5.2). It is read and never shown.
pub struct TokenRefusal<'a> {
    /// The error's code, such as `invalid_grant`.
    pub code: &'a str,
    /// The vendor's words; some answers have none.
    pub description: Option<&'a str>,
}

impl fmt::Debug for TokenRefusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenRefusal")
    }
}

/// The longest delay that is believed.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The delay an answer asks for in `Retry-After`, given in seconds or as a date (RFC 9110 section 10.2.3); at most a
/// day.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(MAX_DELAY));
    }
    let date = rfc2822::parse(value).ok()?.timestamp();
    let delay = date.duration_since(Timestamp::now());
    // A date in the past is a delay of nothing.
    Some(Duration::try_from(delay).unwrap_or_default().min(MAX_DELAY))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn delay(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        retry_after(&headers)
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(delay("0"), Some(Duration::ZERO));
        assert_eq!(delay(" 34 "), Some(Duration::from_secs(34)));
        assert_eq!(delay("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(delay("Fri, 01 Jan 2100 00:00:00 GMT"), Some(MAX_DELAY));
        assert_eq!(delay("18446744073709551615"), Some(MAX_DELAY));
    }

    #[test]
    fn ignores_what_is_neither() {
        for value in ["soon", "-1", "1.5", ""] {
            assert_eq!(delay(value), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
