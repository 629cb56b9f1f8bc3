//! What an org says of its objects and their fields, as far as the user of the credentials may see them.
//!
//! Source: REST API Developer Guide, "sObject Describe".

use casewire_core::Result;
use casewire_http::Request;
use http::StatusCode;
use serde::Deserialize;

use crate::connector::Salesforce;

/// An object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) queryable: bool,
    pub(crate) fields: Vec<DescribedField>,
}

/// A field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribedField {
    pub(crate) name: String,
    /// Such as `string` or `datetime`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) length: u32,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) filterable: bool,
    pub(crate) nillable: bool,
    pub(crate) defaulted_on_create: bool,
    pub(crate) unique: bool,
    pub(crate) external_id: bool,
    pub(crate) case_sensitive: bool,
    pub(crate) restricted_picklist: bool,
    #[serde(default)]
    pub(crate) picklist_values: Vec<PicklistValue>,
}

/// A value of a picklist.
#[derive(Debug, Deserialize)]
pub(crate) struct PicklistValue {
    pub(crate) value: String,
    pub(crate) active: bool,
}

impl Described {
    pub(crate) fn is_writable(&self) -> bool {
        self.queryable && self.createable && self.updateable
    }

    /// The field of this name; Salesforce does not mind the case.
    pub(crate) fn field(&self, name: &str) -> Option<&DescribedField> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

impl DescribedField {
    pub(crate) fn is_writable(&self) -> bool {
        self.createable && self.updateable
    }

    /// Whether `value` is one of the field's, where it is a list of values.
    pub(crate) fn takes(&self, value: &str) -> bool {
        let mut values = self.picklist_values.iter();
        self.kind != "picklist" || values.any(|of_field| of_field.active && of_field.value == value)
    }

    /// Whether a new row has to have a value for it.
    pub(crate) fn is_required(&self) -> bool {
        // A checkbox is never null and false by itself.
        self.createable && !self.nillable && !self.defaulted_on_create && self.kind != "boolean"
    }
}

impl Salesforce {
    /// The object, unless the org has none or the user may not see it.
    pub(crate) async fn describe(&self, object: &str) -> Result<Option<Described>> {
        let request = Request::get("/services/data/v{version}/sobjects/{object}/describe")
            .fill("version", &self.version)
            .fill("object", object)
            .allow(StatusCode::NOT_FOUND);
        let told = |error: casewire_core::Error| error.context(format!("describing {object}"));
        let response = self.api.send(request).await.map_err(told)?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        response.json().map(Some).map_err(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn field(changes: Value) -> DescribedField {
        let mut field = json!({
            "name": "Region__c", "type": "string", "length": 80, "createable": true, "updateable": true,
            "filterable": true, "nillable": false, "defaultedOnCreate": false, "unique": false,
            "externalId": false, "caseSensitive": false, "restrictedPicklist": false,
        });
        for (key, value) in changes.as_object().unwrap() {
            field[key] = value.clone();
        }
        serde_json::from_value(field).unwrap()
    }

    #[test]
    fn a_required_field_has_no_value_of_its_own() {
        assert!(field(json!({})).is_required());
        for changes in [
            json!({ "nillable": true }),
            json!({ "defaultedOnCreate": true }),
            json!({ "createable": false }),
            json!({ "type": "boolean" }),
        ] {
            assert!(!field(changes.clone()).is_required(), "{changes}");
        }
    }
}
