//! What Kustomer's headers say about its limits.

use std::time::Duration;

use casewire_http::{Bucket, Reading};
use http::HeaderMap;
use http::header::DATE;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// New conversations: counted per customer.
pub(crate) const CONVERSATION_CREATE: &str = "conversation-create";
/// New messages: counted per customer.
pub(crate) const MESSAGE_CREATE: &str = "message-create";
/// New notes: counted per customer.
pub(crate) const NOTE_CREATE: &str = "note-create";
/// Changes of conversations: counted per conversation.
pub(crate) const CONVERSATION_UPDATE: &str = "conversation-update";

/// The part of such a limit that counts what is done to one of them. There are 256 parts: enough that a busy customer
/// holds up few others, and few enough to remember.
pub(crate) fn part_of(limit: &str, id: &str) -> String {
    let end = id.get(id.len().saturating_sub(2)..).unwrap_or_default();
    format!("{limit} {end}")
}

/// The window of the organisation's limit is a minute; a longer wait is a clock that goes wrong.
const MAX_WAIT: Duration = Duration::from_secs(90);

/// The organisation's limit, when `headers` tell when it starts anew: that they do only when it is used up.
/// Of a count that has started anew they say nothing.
pub(crate) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    let remaining = number(headers, "x-ratelimit-remaining");
    let resets_in = resets_in(headers).filter(|wait| !wait.is_zero());
    let reading = remaining
        .zip(resets_in)
        .map(|(remaining, resets_in)| Reading {
            bucket: Bucket::Account,
            remaining,
            resets_in,
        });
    reading.into_iter().collect()
}

/// How long until the limit that was hit starts anew; nothing when it has.
pub(crate) fn resets_in(headers: &HeaderMap) -> Option<Duration> {
    let resets_at = number(headers, "x-ratelimit-reset")?;
    let now = u64::try_from(answered_at(headers).as_second()).ok()?;
    let wait = Duration::from_secs(resets_at.saturating_sub(now));
    Some(wait.min(MAX_WAIT))
}

/// When the answer was given, by the clock that the reset is told by.
fn answered_at(headers: &HeaderMap) -> Timestamp {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| rfc2822::parse(date).ok());
    date.map_or_else(Timestamp::now, |date| date.timestamp())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(lines: &[(&'static str, String)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn in_seconds(seconds: i64) -> String {
        (Timestamp::now().as_second() + seconds).to_string()
    }

    #[test]
    fn a_reset_is_a_moment_and_becomes_a_wait() {
        let headers = headers(&[
            ("x-ratelimit-limit", "1000".to_owned()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-reset", in_seconds(40)),
        ]);
        let readings = readings(&headers);
        assert_eq!(readings.len(), 1);
        assert_eq!(readings[0].bucket, Bucket::Account);
        assert_eq!(readings[0].remaining, 0);
        let about = Duration::from_secs(38)..=Duration::from_secs(40);
        assert!(about.contains(&readings[0].resets_in), "{readings:?}");
    }

    #[test]
    fn a_reset_is_told_by_the_clock_of_the_answer() {
        for (reset, seconds) in [
            (784_111_777, 0),
            (784_111_700, 0),
            (784_111_807, 30),
            (784_119_999, 90),
        ] {
            let headers = headers(&[
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
                ("x-ratelimit-reset", reset.to_string()),
            ]);
            let wait = Duration::from_secs(seconds);
            assert_eq!(resets_in(&headers), Some(wait), "{reset}");
        }
    }

    #[test]
    fn a_limit_of_one_customer_is_few_others() {
        let of = |id| part_of(NOTE_CREATE, id);
        let kim = of("58210c3db0f09110006b7953");
        assert_eq!(kim, "note-create 53");
        assert_ne!(kim, of("58210c3db0f09110006b7954"));
        for odd in ["", "7", "ñ"] {
            assert!(of(odd).starts_with(NOTE_CREATE), "{odd}");
        }
    }

    #[test]
    fn what_is_left_says_nothing_without_a_reset() {
        let headers = headers(&[("x-ratelimit-remaining", "0".to_owned())]);
        assert_eq!(readings(&headers), []);
        assert_eq!(resets_in(&headers), None);
    }
}
