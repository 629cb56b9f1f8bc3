//! What Freshdesk's headers say about its limits.

use std::time::Duration;

use casewire_http::{Bucket, Reading};
use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Lists of tickets.
pub(crate) const TICKETS_LIST: &str = "tickets-list";
/// Lists of contacts.
pub(crate) const CONTACTS_LIST: &str = "contacts-list";
/// New tickets.
pub(crate) const TICKET_CREATE: &str = "ticket-create";
/// Updates of tickets.
pub(crate) const TICKET_UPDATE: &str = "ticket-update";

/// Freshdesk counts by the minute and does not say when one ends.
const MINUTE: Duration = Duration::from_secs(60);

/// What is left of the account's limit. The lists and writes have lower limits of their own, of which no header tells:
/// an answer that asks to slow down may be about either, so it stops its own kind of request and tells nothing here.
pub(crate) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    if headers.contains_key(RETRY_AFTER) {
        return Vec::new();
    }
    let remaining = headers.get("x-ratelimit-remaining");
    let remaining = remaining.and_then(|value| whole(value.to_str().ok()?));
    let account = remaining.map(|remaining| Reading {
        bucket: Bucket::Account,
        remaining,
        resets_in: MINUTE,
    });
    account.into_iter().collect()
}

/// The number before the point: `700.0` has been seen.
fn whole(text: &str) -> Option<u64> {
    text.trim().split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn remaining(lines: &[(&'static str, &'static str)]) -> Vec<u64> {
        let headers = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let readings = readings(&headers.collect());
        readings.iter().map(|reading| reading.remaining).collect()
    }

    #[test]
    fn reads_what_is_left_of_the_accounts_limit() {
        for (text, number) in [("426", 426), ("700.0", 700), (" 0 ", 0)] {
            let lines = [
                ("x-ratelimit-total", "700"),
                ("x-ratelimit-remaining", text),
            ];
            assert_eq!(remaining(&lines), [number]);
        }
        assert_eq!(remaining(&[("x-ratelimit-remaining", "many")]), [0; 0]);
        assert_eq!(remaining(&[("x-ratelimit-total", "700")]), [0; 0]);
    }

    #[test]
    fn an_answer_that_asks_to_slow_down_stops_its_own_kind() {
        let lines = [("x-ratelimit-remaining", "300"), ("retry-after", "34")];
        assert_eq!(remaining(&lines), [0; 0]);
    }
}
