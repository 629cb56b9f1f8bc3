//! The parts that all answers share.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::id::Id;

/// A time as the vendor writes it, `2026-01-24T01:14:06.250Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A link to an object, with its type and id.
pub(super) fn relationship(kind: &str, id: Id) -> Value {
    json!({
        "links": { "self": format!("/v1/{kind}s/{id}") },
        "data": { "type": kind, "id": id.to_string() },
    })
}

/// Sets an attribute that is left out when there is nothing to show.
pub(super) fn set(attributes: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    match value.into() {
        Value::Null => {}
        value => {
            attributes.insert(key.to_owned(), value);
        }
    }
}

/// Ids as the vendor lists them.
pub(super) fn texts(ids: &[Id]) -> Vec<String> {
    ids.iter().map(Id::to_string).collect()
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
