//! Reads members of the vendor's objects, whose types vary and which grow: what is missing, null, redacted
//! or of another type is absent.

use jiff::Timestamp;
use serde_json::Value;

use crate::absent::known;
use crate::error::{self, Fault};
use crate::scalar::Moment;

/// A text that says something.
pub(crate) fn text<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    known(object[name].as_str()?)
}

/// The first of these members that says something.
pub(crate) fn first_text<'v>(object: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| text(object, name))
}

/// An id: a number or a text.
pub(crate) fn id(object: &Value, name: &str) -> Option<Box<str>> {
    match &object[name] {
        Value::Number(number) => Some(number.to_string().into()),
        Value::String(text) => known(text).map(Box::from),
        _ => None,
    }
}

/// A count or a span in seconds: a number or the text of one, fractions cut off.
pub(crate) fn count(object: &Value, name: &str) -> Option<u64> {
    match &object[name] {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => known(text)?.parse().ok().and_then(whole),
        _ => None,
    }
}

fn whole(number: f64) -> Option<u64> {
    // Below 2^53 the conversion is exact.
    (0.0..9.0e15).contains(&number).then_some(number as u64)
}

/// A rating: a number or the text of one.
pub(crate) fn rating(object: &Value) -> Option<i64> {
    match &object["rating"] {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => known(text)?.parse().ok(),
        _ => None,
    }
}

/// An array, empty when there is none.
pub(crate) fn list<'v>(object: &'v Value, name: &str) -> &'v [Value] {
    object[name].as_array().map_or(&[], Vec::as_slice)
}

/// A time.
///
/// # Errors
/// When there is a text that is no time: guessing would order the session's events wrongly.
pub(crate) fn time(object: &Value, name: &str) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = text(object, name) else {
        return Ok(None);
    };
    match Moment::parse(text) {
        Ok(Moment(time)) => Ok(Some(time)),
        Err(problem) => Err(Fault::new(name, problem, error::remedy_of(problem))),
    }
}
