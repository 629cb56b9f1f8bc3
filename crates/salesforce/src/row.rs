//! A row as Salesforce's JSON has it. Customer data, so without a Debug.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What begins a reference to another part of the same call, in any text.
const REFERENCE: &str = "@{";

/// The same to a reader, and no reference: a word joiner, which is not seen, stands within.
const NO_REFERENCE: &str = "@\u{2060}{";

/// The fields of a row by their API names.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    /// A text that is not blank.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str().filter(|text| !text.is_empty())
    }

    pub(crate) fn is(&self, field: &str) -> bool {
        self.0.get(field).and_then(Value::as_bool) == Some(true)
    }

    pub(crate) fn time(&self, field: &str) -> Option<Timestamp> {
        time(self.text(field)?)
    }

    /// Whether the parent has `field` set.
    pub(crate) fn parent_is(&self, parent: &str, field: &str) -> bool {
        self.0
            .get(parent)
            .is_some_and(|parent| parent[field] == true)
    }

    /// The rows of a child query.
    pub(crate) fn children(&self, relationship: &str) -> impl Iterator<Item = Self> + use<'_> {
        // Null when there are none.
        let records = self
            .0
            .get(relationship)
            .and_then(|child| child["records"].as_array());
        let rows = records.into_iter().flatten();
        rows.filter_map(|row| Self::deserialize(row).ok())
    }
}

/// Salesforce writes `2026-05-01T07:25:37.000+0000`, without the colon that RFC 3339 wants.
fn time(text: &str) -> Option<Timestamp> {
    let written = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text);
    written
        .and_then(|time| time.to_timestamp())
        .ok()
        .or_else(|| text.parse().ok())
}

/// A row to write.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct NewRow(Map<String, Value>);

impl NewRow {
    pub(crate) fn new() -> Self {
        Self(Map::new())
    }

    /// Sets a field to a value, which is no reference whatever it says.
    pub(crate) fn set(&mut self, field: &str, value: impl Serialize) {
        let value = match serde_json::json!(value) {
            Value::String(text) => Value::String(plain(text)),
            value => value,
        };
        self.0.insert(field.to_owned(), value);
    }

    /// Sets a field to as much of `text` as it keeps.
    pub(crate) fn set_cut(&mut self, field: &str, text: &str, limit: usize) {
        self.set(field, shortened(&plain(text.to_owned()), limit));
    }

    pub(crate) fn remove(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// Sets a field to what `reference` refers to, or to an id.
    pub(crate) fn refer(&mut self, field: &str, reference: &str) {
        self.0
            .insert(field.to_owned(), Value::String(reference.to_owned()));
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `text` without references. There is no escape for them.
pub(crate) fn plain(text: String) -> String {
    match text.contains(REFERENCE) {
        true => text.replace(REFERENCE, NO_REFERENCE),
        false => text,
    }
}

/// The first `limit` characters, counted as Salesforce does: in UTF-16.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let mut length = 0;
    let fits = |c: &char| {
        length += c.len_utf16();
        length <= limit
    };
    text.chars().take_while(fits).collect()
}

/// What [`plain`] made of a text, as it was.
pub(crate) fn as_given(text: &str) -> String {
    text.replace(NO_REFERENCE, REFERENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_colon() {
        let expected = "2026-05-01T07:25:37Z".parse().ok();
        for text in [
            "2026-05-01T07:25:37.000+0000",
            "2026-05-01T09:25:37.000+02:00",
            "2026-05-01T07:25:37Z",
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn a_child_query_without_rows_is_null() {
        let row: Row = serde_json::from_str(
            r#"{"Tasks":null,"Other":{"totalSize":1,"done":true,"records":[{"A":"b"}]}}"#,
        )
        .unwrap();
        assert_eq!(row.children("Tasks").count(), 0);
        assert_eq!(row.children("Other").next().unwrap().text("A"), Some("b"));
    }

    #[test]
    fn no_text_is_a_reference() {
        let mut row = NewRow::new();
        row.set("Description", "send @{read.Id} to kim@{example.com");
        row.set("CallDurationInSeconds", 7);
        row.refer("WhatId", "@{read.Id}");
        let written = serde_json::to_string(&row).unwrap();
        assert_eq!(written.matches(REFERENCE).count(), 1, "{written}");
        let text = row.text("Description").unwrap();
        assert_eq!(as_given(text), "send @{read.Id} to kim@{example.com");
    }
}
