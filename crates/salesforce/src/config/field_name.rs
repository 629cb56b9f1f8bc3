//! Names of fields, and what is written to them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The API name of a field, such as `Region__c`: a letter, then letters, digits and underscores. So it can stand in a
/// query as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct FieldName(Box<str>);

impl FieldName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name out of this crate.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.into())
    }
}

impl TryFrom<String> for FieldName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let starts_plainly = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !starts_plainly || !name.bytes().all(is_plain) {
            return Err(
                "this is no field's API name: a letter, then letters, digits and underscores, such as `Region__c`",
            );
        }
        Ok(Self(name.into()))
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fixed value of a field. Debug does not show it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected text, a number, `true` or `false` (write dates as text)"
)]
pub enum Literal {
    /// For a checkbox.
    Bool(bool),
    /// For a number.
    Number(serde_json::Number),
    /// For anything else, dates and ids too.
    Text(String),
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[literal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_name_can_stand_in_a_query() {
        for (name, is_one) in [
            ("Status", true),
            ("Region__c", true),
            ("acme__Region_2__c", true),
            ("", false),
            ("_Status", false),
            ("2nd__c", false),
            ("Owner.Name", false),
            ("Région__c", false),
            ("Id FROM User", false),
            ("Id'", false),
        ] {
            assert_eq!(
                FieldName::try_from(name.to_owned()).is_ok(),
                is_one,
                "{name}"
            );
        }
    }
}
