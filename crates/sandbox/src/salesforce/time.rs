use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// A time as the vendor writes it: whole seconds, and an offset without a colon.
pub(super) fn stamp(at: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(whole_seconds(at));
    civil.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// Reads what [`stamp`] writes.
pub(super) fn parse_stamp(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.strip_suffix("+0000")?.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Reads a time in a body: with `Z` or an offset, with or without a colon and milliseconds.
pub(super) fn parse_datetime(text: &str) -> Option<Timestamp> {
    if !text.contains('T') {
        return None;
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let colon = text.len().checked_sub(2)?;
    let (start, end) = (text.get(..colon)?, text.get(colon..)?);
    format!("{start}:{end}").parse().ok()
}

/// Reads a date in a body.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// The date of a time in UTC, the time zone of the fake's users.
pub(super) fn date_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    let round = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Floor);
    at.round(round).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_whole_seconds_and_no_colon() {
        let at: Timestamp = "2026-05-01T07:25:37.9Z".parse().unwrap();
        assert_eq!(stamp(at), "2026-05-01T07:25:37.000+0000");
        assert_eq!(parse_stamp(&stamp(at)), Some(whole_seconds(at)));
    }

    #[test]
    fn bodies_may_write_times_in_several_ways() {
        let expected = "2026-05-01T07:25:37Z".parse().ok();
        for text in [
            "2026-05-01T07:25:37Z",
            "2026-05-01T07:25:37.000Z",
            "2026-05-01T07:25:37.000+0000",
            "2026-05-01T09:25:37+02:00",
        ] {
            assert_eq!(parse_datetime(text), expected, "{text}");
        }
        for text in ["2026-05-01", "today", "2026-05-01T07:25:37", ""] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
