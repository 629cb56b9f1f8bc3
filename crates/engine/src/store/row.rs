//! Values as they stand in rows.

use casewire_core::{RuleId, Session};
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// No rule made it due yet.
    Waiting,
    /// It ended and no rule makes it due; later data may.
    Never,
    /// A rule made it due; it is to be written.
    Due,
    /// Its outcome stands. What arrives later is added to its record.
    Done,
    /// The CRM refused it for good; a person can try again or drop it.
    Parked,
    /// A person dropped it.
    Dropped,
}

impl Phase {
    /// All of them, in the order of a session's life.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Never,
        Self::Due,
        Self::Done,
        Self::Parked,
        Self::Dropped,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Never => "never",
            Self::Due => "due",
            Self::Done => "done",
            Self::Parked => "parked",
            Self::Dropped => "dropped",
        }
    }
}

impl ToSql for Phase {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for Phase {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Self::ALL
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// A lane's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LaneNo(pub(crate) i64);

/// A session's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionNo(pub(crate) i64);

/// A session as it was when it became due: what is decided by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DueThen {
    pub(crate) then: Session,
    pub(crate) rule: RuleId,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

/// A moment as rows have it.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The day of a moment in milliseconds.
pub(crate) fn day(millis: i64) -> i64 {
    millis.div_euclid(DAY)
}
