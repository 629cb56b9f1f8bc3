use jiff::Timestamp;
use serde_json::{Map, Value};

use super::id::Id;

/// A body that fits its schema. What is absent and what is null is none.
#[derive(Debug)]
pub(super) struct Body(pub(super) Map<String, Value>);

impl Body {
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn id(&self, key: &str) -> Option<Id> {
        Id::parse(self.text(key)?)
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    pub(super) fn time(&self, key: &str) -> Option<Timestamp> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn items(&self, key: &str) -> Option<&[Value]> {
        self.0.get(key)?.as_array().map(Vec::as_slice)
    }

    /// An array of strings.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<&str>> {
        let items = self.items(key)?.iter();
        Some(items.filter_map(Value::as_str).collect())
    }

    pub(super) fn members(&self, key: &str) -> Option<&Map<String, Value>> {
        self.0.get(key)?.as_object()
    }
}

/// Puts the members of `sent` into `into`; null takes one away.
pub(super) fn merge(into: &mut Map<String, Value>, sent: &Map<String, Value>) {
    for (key, value) in sent {
        match value {
            Value::Null => into.remove(key),
            value => into.insert(key.clone(), value.clone()),
        };
    }
}
