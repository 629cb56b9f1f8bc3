//! What Zendesk's headers say about its limits.

use std::time::Duration;

use casewire_http::{Bucket, Reading};
use http::HeaderMap;

/// Updates of tickets, counted for the account.
pub(crate) const TICKETS_UPDATE: &str = "tickets-update";
/// New tickets, counted per user and address.
pub(crate) const TICKET_CREATE: &str = "ticket-request-create-by-user-and-ip";
/// Searches.
pub(crate) const SEARCH: &str = "search-index";

const NAMED: &str = "zendesk-ratelimit-";

/// The limits that `headers` tell of. Those without a time of reset are left out: a 429 says it when it matters.
pub(crate) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    account(headers)
        .into_iter()
        .chain(headers.iter().filter_map(|(name, value)| {
            let bucket = name.as_str().strip_prefix(NAMED)?;
            named(bucket, value.to_str().ok()?)
        }))
        .collect()
}

/// Two families of headers are sent, alone or together.
fn account(headers: &HeaderMap) -> Option<Reading> {
    let number = |names: [&str; 2]| {
        names
            .into_iter()
            .find_map(|name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok())
    };
    Some(Reading {
        bucket: Bucket::Account,
        remaining: number(["ratelimit-remaining", "x-rate-limit-remaining"])?,
        resets_in: Duration::from_secs(number(["ratelimit-reset", "rate-limit-reset"])?),
    })
}

/// Reads `total=100; remaining=99; resets=41`.
fn named(bucket: &str, value: &str) -> Option<Reading> {
    let number = |wanted: &str| {
        value.split(';').find_map(|part| {
            let (key, number) = part.split_once('=')?;
            (key.trim() == wanted).then(|| number.trim().parse::<u64>().ok())?
        })
    };
    Some(Reading {
        bucket: Bucket::Named(bucket.to_owned()),
        remaining: number("remaining")?,
        resets_in: Duration::from_secs(number("resets")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn reading(bucket: Bucket, remaining: u64, seconds: u64) -> Reading {
        Reading {
            bucket,
            remaining,
            resets_in: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn reads_the_accounts_limit_and_named_ones() {
        let headers = headers(&[
            ("x-rate-limit", "700"),
            ("x-rate-limit-remaining", "12"),
            ("ratelimit-limit", "700"),
            ("ratelimit-remaining", "12"),
            ("ratelimit-reset", "41"),
            (
                "zendesk-ratelimit-tickets-update",
                "total=100; remaining=0; resets=9",
            ),
        ]);
        let expected = [
            reading(Bucket::Account, 12, 41),
            reading(Bucket::Named(TICKETS_UPDATE.to_owned()), 0, 9),
        ];
        assert_eq!(readings(&headers), expected);
    }

    #[test]
    fn what_can_not_be_read_is_no_reading() {
        let headers = headers(&[
            ("x-rate-limit-remaining", "0"),
            ("zendesk-ratelimit-search-index", "total=5; remaining=x"),
            ("zendesk-ratelimit-tickets-index", "soon"),
        ]);
        assert_eq!(readings(&headers), []);
    }
}
