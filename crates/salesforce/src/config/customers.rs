//! The keys of `customer`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::field_name::FieldName;
use super::objects::CustomerObject;
use crate::schema;
use crate::soql::is_id;

/// How customers are found and made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Customers {
    /// What a customer is. Default: `contact`; for opportunities and for tasks on accounts `account`, for tasks on
    /// leads `lead`.
    pub object: Option<CustomerObject>,
    /// Where else a customer is looked for when `object` has none. Default: nowhere.
    pub second: Option<CustomerObject>,
    /// The field with the customer's id in the contact center's own systems, of `object` and of `second`. Default:
    /// `Casewire_External_Id__c`, which `setup` creates.
    pub external_id_field: FieldName,
    /// The fields of `object` with phone numbers; a new customer's goes into the first. Default: the standard ones.
    pub phone_fields: Option<Vec<FieldName>>,
    /// The field of `object` with the e-mail address. Default: the standard one; accounts of companies have none.
    pub email_field: Option<FieldName>,
    /// The record type of new customers. Default: the one of Casewire's user.
    pub record_type_id: Option<RecordTypeId>,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            object: None,
            second: None,
            external_id_field: FieldName::known(schema::EXTERNAL_ID),
            phone_fields: None,
            email_field: None,
            record_type_id: None,
        }
    }
}

/// The id of a record type, `012...`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct RecordTypeId(String);

impl RecordTypeId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RecordTypeId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match is_id(&text) && text.starts_with("012") {
            true => Ok(Self(text)),
            false => Err("expected a record type's id (012..., 15 or 18 letters and digits)"),
        }
    }
}
