//! What an org's duplicate rule found when a customer was to be created.

use serde_json::Value;

/// The rows that a duplicate rule takes for the same customer.
pub(crate) struct Duplicates {
    rule: String,
    /// Whether the rule lets the row be saved all the same.
    pub(crate) may_save: bool,
    /// The ids of the rows.
    pub(crate) matches: Vec<String>,
}

impl Duplicates {
    /// Reads them from an error. The key is misspelt on the wire, and spelt right in some places.
    pub(crate) fn read(error: &Value) -> Option<Self> {
        let found = [&error["duplicateResut"], &error["duplicateResult"]]
            .into_iter()
            .find(|found| found.is_object())?;
        let results = found["matchResults"].as_array().into_iter().flatten();
        let records =
            results.flat_map(|result| result["matchRecords"].as_array().into_iter().flatten());
        Some(Self {
            rule: found["duplicateRule"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            may_save: found["allowSave"] == true,
            matches: records
                .filter_map(|matched| Some(matched["record"]["Id"].as_str()?.to_owned()))
                .collect(),
        })
    }

    /// The rule's API name.
    pub(crate) fn rule(&self) -> &str {
        let is_name = self
            .rule
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_name && !self.rule.is_empty() {
            &self.rule
        } else {
            "without a name"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_are_read() {
        for key in ["duplicateResut", "duplicateResult"] {
            let error = json!({ "errorCode": "DUPLICATES_DETECTED", key: {
                "allowSave": true,
                "duplicateRule": "Standard_Contact_Duplicate_Rule",
                "matchResults": [{ "matchRecords": [{ "record": { "Id": "003000000000001AAA" } }] }],
            } });
            let found = Duplicates::read(&error).unwrap();
            assert!(found.may_save);
            assert_eq!(found.rule(), "Standard_Contact_Duplicate_Rule");
            assert_eq!(found.matches, ["003000000000001AAA"]);
        }
        assert!(Duplicates::read(&json!({ "errorCode": "DUPLICATE_VALUE" })).is_none());
    }
}
