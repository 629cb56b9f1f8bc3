//! Fixed values of a new ticket's fields.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Fields of Freshdesk's own that may be given; any other name is that of a custom field.
const OWN_FIELDS: [&str; 7] = [
    "company_id",
    "email_config_id",
    "group_id",
    "priority",
    "product_id",
    "source",
    "type",
];

/// Fields that the connector writes.
const TAKEN: [&str; 18] = [
    "attachments",
    "cc_emails",
    "custom_fields",
    "description",
    "due_by",
    "email",
    "facebook_id",
    "fr_due_by",
    "name",
    "parent_id",
    "phone",
    "requester_id",
    "responder_id",
    "status",
    "subject",
    "tags",
    "twitter_id",
    "unique_external_id",
];

/// Fixed values of a new ticket's fields, by name: `type`, `group_id`, `cf_brand`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeMap<String, Literal>")]
#[schemars(with = "BTreeMap<String, Literal>")]
pub struct TicketValues(BTreeMap<String, Literal>);

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text, a whole number, true or false")]
pub enum Literal {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl TryFrom<BTreeMap<String, Literal>> for TicketValues {
    type Error = String;

    fn try_from(values: BTreeMap<String, Literal>) -> Result<Self, String> {
        if let Some(name) = values.keys().find(|name| TAKEN.contains(&name.as_str())) {
            return Err(format!("`{name}` is written by Casewire or not at all"));
        }
        Ok(Self(values))
    }
}

impl TicketValues {
    /// The values of Freshdesk's own fields.
    pub(crate) fn own(&self) -> impl Iterator<Item = (&str, &Literal)> {
        self.all().filter(|(name, _)| OWN_FIELDS.contains(name))
    }

    /// The values of the account's custom fields.
    pub(crate) fn custom(&self) -> impl Iterator<Item = (&str, &Literal)> {
        self.all().filter(|(name, _)| !OWN_FIELDS.contains(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &Literal)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn custom_fields_are_told_from_freshdesks_own() {
        let values = json!({ "type": "Question", "group_id": 7, "cf_vip": true, "brand": "acme" });
        let values: TicketValues = serde_json::from_value(values).unwrap();
        let own: Vec<_> = values.own().map(|(name, _)| name).collect();
        let custom: Vec<_> = values.custom().collect();
        assert_eq!(own, ["group_id", "type"]);
        let brand = Literal::Text("acme".to_owned());
        assert_eq!(
            custom,
            [("brand", &brand), ("cf_vip", &Literal::Flag(true))]
        );
    }

    #[test]
    fn what_casewire_writes_is_not_fixed() {
        for name in TAKEN {
            let given = serde_json::from_value::<TicketValues>(json!({ name: "x" }));
            let error = given.unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let list = serde_json::from_value::<TicketValues>(json!({ "type": [1] }));
        assert!(list.unwrap_err().to_string().contains("a whole number"));
    }
}
