use jiff::Timestamp;
use serde_json::{Map, Value};

use super::error::Refusal;

/// An object of a request body. Keys are taken one by one; what is left was not permitted.
#[derive(Debug)]
pub(super) struct Params {
    path: String,
    left: Map<String, Value>,
}

/// A key's presence: Zendesk leaves an absent one alone and empties a null one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given<T> {
    Absent,
    Null,
    Value(T),
}

impl<T> Given<T> {
    pub(super) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    pub(super) fn set(self, target: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *target = None,
            Self::Value(value) => *target = Some(value),
        }
    }
}

impl Params {
    pub(super) fn body(bytes: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(left)) => Ok(Self {
                path: String::new(),
                left,
            }),
            _ => Err(Refusal::invalid_json()),
        }
    }

    /// An object inside an array.
    pub(super) fn item(path: &str, value: Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(left) => Ok(Self {
                path: path.to_owned(),
                left,
            }),
            _ => Err(Refusal::invalid_as(
                "base",
                &format!("{path}: expected objects"),
                "InvalidValue",
            )),
        }
    }

    /// Adds the full names of the keys that nobody took.
    pub(super) fn finish(self, unpermitted: &mut Vec<String>) {
        unpermitted.extend(self.left.keys().map(|key| join(&self.path, key)));
    }

    pub(super) fn raw(&mut self, key: &str) -> Given<Value> {
        match self.left.remove(key) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => Given::Value(value),
        }
    }

    fn read<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<Given<T>, Refusal> {
        match self.raw(key) {
            Given::Absent => Ok(Given::Absent),
            Given::Null => Ok(Given::Null),
            Given::Value(value) => read(value).map(Given::Value).ok_or_else(|| {
                let name = join(&self.path, key);
                Refusal::invalid_as(key, &format!("{name}: expected {expected}"), "InvalidValue")
            }),
        }
    }

    pub(super) fn object(&mut self, key: &str) -> Result<Option<Self>, Refusal> {
        let path = join(&self.path, key);
        let given = self.read(key, "an object", |value| match value {
            Value::Object(left) => Some(left),
            _ => None,
        })?;
        Ok(given.value().map(|left| Self { path, left }))
    }

    /// An object that the endpoint cannot do without.
    pub(super) fn required(&mut self, key: &str) -> Result<Self, Refusal> {
        self.object(key)?.ok_or_else(|| {
            Refusal::bad_attribute(&format!("Parameter {} is required", join(&self.path, key)))
        })
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Given<String>, Refusal> {
        self.read(key, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, Refusal> {
        Ok(self
            .read(key, "true or false", |value| value.as_bool())?
            .value())
    }

    pub(super) fn id(&mut self, key: &str) -> Result<Given<u64>, Refusal> {
        self.read(key, "an integer id", |value| value.as_u64())
    }

    pub(super) fn time(&mut self, key: &str) -> Result<Option<Timestamp>, Refusal> {
        let given = self.read(key, "an ISO 8601 time", |value| {
            value.as_str()?.parse().ok()
        })?;
        Ok(given.value())
    }

    pub(super) fn choice(
        &mut self,
        key: &str,
        words: &[&'static str],
    ) -> Result<Given<&'static str>, Refusal> {
        self.read(key, &format!("one of {}", words.join(", ")), |value| {
            words
                .iter()
                .copied()
                .find(|word| value.as_str() == Some(word))
        })
    }

    pub(super) fn array(&mut self, key: &str) -> Result<Option<Vec<Value>>, Refusal> {
        let given = self.read(key, "an array", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })?;
        Ok(given.value())
    }

    /// An array of strings, or one string in which spaces separate them.
    pub(super) fn words(&mut self, key: &str) -> Result<Option<Vec<String>>, Refusal> {
        let given = self.read(key, "an array of strings", |value| match value {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => items
                .into_iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        })?;
        Ok(given.value())
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}
