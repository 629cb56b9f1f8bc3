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
/// an answer that asks to slow down while the account has something left is about such a limit, so it stops its own kind
/// of request and tells nothing here.
pub(crate) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    let number = |name: &str| whole(headers.get(name)?.to_str().ok()?);
    let retry_after = number(RETRY_AFTER.as_str());
    let is_slowed = headers.contains_key(RETRY_AFTER);
    let account = number("x-ratelimit-remaining")
        .filter(|remaining| *remaining == 0 || !is_slowed)
        .map(|remaining| Reading {
            bucket: Bucket::Account,
            remaining,
            resets_in: retry_after.map_or(MINUTE, Duration::from_secs),
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

    fn read(lines: &[(&'static str, &'static str)]) -> Vec<Reading> {
        let headers = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        readings(&headers.collect())
    }

    fn remaining(lines: &[(&'static str, &'static str)]) -> Vec<u64> {
        let readings = read(lines);
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

    #[test]
    fn an_account_with_nothing_left_stops_every_kind_for_as_long_as_it_asks() {
        let lines = [("x-ratelimit-remaining", "0"), ("retry-after", "34")];
        let account = Reading {
            bucket: Bucket::Account,
            remaining: 0,
            resets_in: Duration::from_secs(34),
        };
        assert_eq!(read(&lines), [account]);
    }
}
