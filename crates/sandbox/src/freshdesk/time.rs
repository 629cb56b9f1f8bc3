use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// The vendor keeps times in whole seconds.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    let round = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Floor);
    at.round(round).unwrap_or(at)
}

/// A time as the vendor writes it, `2026-01-24T01:14:06Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    whole_seconds(at).to_string()
}
