use std::cmp::Ordering;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::super::id::Id;
use super::super::time::{date_of, parse_date, parse_stamp};
use super::query::{Comparison, Literal};
use super::rows::ColumnType;

/// A value of a column, ready to compare with others of the same column: text that may be in any
/// case is in lower case, ids are long.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum Datum {
    Boolean(bool),
    Date(Date),
    DateTime(Timestamp),
    Number(f64),
    Text(String),
}

/// What a column is compared with.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Datum(Datum),
    Null,
    /// A relative date: from the first to before the second.
    Span(Datum, Datum),
}

/// Why a literal cannot be compared with a column.
pub(super) enum Mismatch {
    /// Text that looks like no id.
    Id,
    Type,
}

impl ColumnType {
    /// What messages call the type, and whether its literals are in quotation marks.
    pub(super) fn literal_form(self) -> (&'static str, &'static str) {
        match self {
            Self::Boolean => ("boolean", "should not be enclosed in quotes"),
            Self::Date => ("date", "should not be enclosed in quotes"),
            Self::DateTime => ("dateTime", "should not be enclosed in quotes"),
            Self::Number => ("double", "should not be enclosed in quotes"),
            Self::Id => ("ID", "should be enclosed in quotes"),
            Self::CaseSensitiveText | Self::Email | Self::LongText | Self::Phone | Self::Text => {
                ("string", "should be enclosed in quotes")
            }
        }
    }

    pub(super) fn is_text(self) -> bool {
        self.literal_form().0 == "string"
    }

    /// The literal as something that this column's values compare with.
    pub(super) fn operand(self, literal: &Literal, now: Timestamp) -> Result<Operand, Mismatch> {
        let datum = match (self, literal) {
            (_, Literal::Null) => return Ok(Operand::Null),
            // The vendor keeps no empty text.
            (_, Literal::Text(text)) if text.is_empty() && self.is_text() => {
                return Ok(Operand::Null);
            }
            (Self::Boolean, Literal::Boolean(truth)) => Datum::Boolean(*truth),
            (Self::Date, Literal::Date(date)) => Datum::Date(*date),
            (Self::DateTime, Literal::DateTime(moment)) => Datum::DateTime(*moment),
            (Self::Date | Self::DateTime, Literal::LastDays(days)) => {
                return self.last_days(*days, now).ok_or(Mismatch::Type);
            }
            (Self::Number, Literal::Number(number)) => Datum::Number(*number),
            (Self::Id, Literal::Text(text)) => {
                let id = Id::parse(text).ok_or(Mismatch::Id)?;
                Datum::Text(id.to_string())
            }
            (_, Literal::Text(text)) if self.is_text() => Datum::Text(self.folded(text)),
            _ => return Err(Mismatch::Type),
        };
        Ok(Operand::Datum(datum))
    }

    fn last_days(self, days: u32, now: Timestamp) -> Option<Operand> {
        let today = date_of(now);
        let first = today.checked_sub(Span::new().try_days(days).ok()?).ok()?;
        let bound = |date: Date| match self {
            Self::Date => Some(Datum::Date(date)),
            _ => {
                let midnight = date.to_zoned(TimeZone::UTC).ok()?;
                Some(Datum::DateTime(midnight.timestamp()))
            }
        };
        Some(Operand::Span(bound(first)?, bound(today.tomorrow().ok()?)?))
    }

    /// A stored value; `None` when it is empty.
    pub(super) fn datum(self, value: &Value) -> Option<Datum> {
        match self {
            Self::Boolean => value.as_bool().map(Datum::Boolean),
            Self::Date => parse_date(value.as_str()?).map(Datum::Date),
            Self::DateTime => parse_stamp(value.as_str()?).map(Datum::DateTime),
            Self::Number => value.as_f64().map(Datum::Number),
            _ => Some(Datum::Text(self.folded(value.as_str()?))),
        }
    }

    pub(super) fn folded(self, text: &str) -> String {
        match self {
            Self::CaseSensitiveText | Self::Id => text.to_owned(),
            _ => text.to_lowercase(),
        }
    }
}

impl Operand {
    /// A value that is missing equals null only; it differs from everything else.
    pub(super) fn holds(&self, comparison: Comparison, datum: Option<&Datum>) -> bool {
        match comparison {
            Comparison::Equal => self.equals(datum),
            Comparison::NotEqual => !self.equals(datum),
            Comparison::Less => self.starts(datum, |order| order == Ordering::Less),
            Comparison::AtLeast => self.starts(datum, |order| order != Ordering::Less),
            Comparison::AtMost => self.ends(datum, |order| order != Ordering::Greater),
            Comparison::More => self.ends(datum, |order| order == Ordering::Greater),
        }
    }

    pub(super) fn equals(&self, datum: Option<&Datum>) -> bool {
        match (self, datum) {
            (Self::Null, _) => datum.is_none(),
            (_, None) => false,
            (Self::Datum(wanted), Some(datum)) => datum == wanted,
            (Self::Span(first, after), Some(datum)) => datum >= first && datum < after,
        }
    }

    /// How the value lies to where the operand starts.
    fn starts(&self, datum: Option<&Datum>, wanted: impl Fn(Ordering) -> bool) -> bool {
        let (Some(datum), Self::Datum(start) | Self::Span(start, _)) = (datum, self) else {
            return false;
        };
        datum.partial_cmp(start).is_some_and(wanted)
    }

    /// How the value lies to where the operand ends.
    fn ends(&self, datum: Option<&Datum>, wanted: impl Fn(Ordering) -> bool) -> bool {
        match (self, datum) {
            (Self::Datum(end), Some(datum)) => datum.partial_cmp(end).is_some_and(wanted),
            (Self::Span(_, after), Some(datum)) => {
                // The end of a span is not part of it.
                let order = match datum < after {
                    true => Ordering::Less,
                    false => Ordering::Greater,
                };
                wanted(order)
            }
            _ => false,
        }
    }
}
