//! The custom attributes of conversations that hold link data (R14).

use schemars::JsonSchema;
use serde::Deserialize;

/// The names of the custom attributes of conversations that hold link data (R14).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// Holds the leaf queue's id. Default `casewireLeafQueueStr`.
    pub leaf_queue: AttributeName,
    /// Holds the sessions. Default `casewireSessionsTxt`.
    pub sessions: AttributeName,
    /// Holds the id of the conversation that a new one follows up. Default `casewireFollowsUpStr`.
    pub follows_up: AttributeName,
}

impl Default for Fields {
    fn default() -> Self {
        let name = |name: &str| AttributeName(name.to_owned());
        Self {
            leaf_queue: name("casewireLeafQueueStr"),
            sessions: name("casewireSessionsTxt"),
            follows_up: name("casewireFollowsUpStr"),
        }
    }
}

/// The name of a text attribute: its end, `Str` or `Txt`, is its type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct AttributeName(String);

impl TryFrom<String> for AttributeName {
    type Error = &'static str;

    fn try_from(name: String) -> std::result::Result<Self, &'static str> {
        let is_text = name.ends_with("Str") || name.ends_with("Txt");
        if !is_text || name.len() == 3 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(
                "this is no name of a text attribute: letters and digits, with `Str` or `Txt` at the end",
            );
        }
        Ok(Self(name))
    }
}

impl AttributeName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fields {
    /// The names, and what people see.
    pub(crate) fn shown_names(&self) -> [(&str, &'static str); 3] {
        [
            (self.leaf_queue.as_str(), "Casewire leaf queue"),
            (self.sessions.as_str(), "Casewire sessions"),
            (self.follows_up.as_str(), "Casewire follows up"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_it_is_of_text() {
        let name = |name: &str| AttributeName::try_from(name.to_owned());
        for good in ["leafQueueStr", "LeafQueue2Txt"] {
            assert_eq!(name(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "Str",
            "leafQueue",
            "leafQueueNum",
            "leaf.queueStr",
            "leaf queueStr",
        ] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
