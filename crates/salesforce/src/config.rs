//! The keys of `[connector]` for Salesforce.

mod api_version;
mod auth;
mod customers;
mod default_user;
mod field_name;
mod my_domain;
mod objects;

use std::collections::{BTreeMap, BTreeSet};

use casewire_core::{Error, ErrorKind, Result};
use casewire_http::{BaseUrl, Client, ClientConfig, DefaultUser, RetryPolicy};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::errors::refusal;
use crate::limits::readings;
use crate::person::GUARD;
use crate::schema;

pub use api_version::ApiVersion;
pub use auth::{LoginHost, SalesforceAuth};
pub use customers::{Customers, RecordTypeId};
pub use field_name::{FieldName, Literal};
pub use objects::{AttachTo, CustomerObject, RecordObject, SessionData, SessionDataObject};

/// How to reach a Salesforce org and what its set-up is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
#[schemars(rename = "SalesforceConfig")]
pub struct SalesforceConfig {
    /// The org's My Domain name: write `acme` for `https://acme.my.salesforce.com`, `acme--box.sandbox` for a sandbox.
    #[serde(deserialize_with = "my_domain::read")]
    pub my_domain: String,
    /// The credentials.
    pub auth: SalesforceAuth,
    /// The version of the REST API, as text, `"52.0"` or newer. Default: `"66.0"`.
    #[serde(default)]
    pub api_version: ApiVersion,
    /// What a record is. Default: `case`.
    #[serde(default)]
    pub record_object: RecordObject,
    /// Another origin, on this machine only: for tests and sandboxes.
    pub base_url: Option<String>,
    /// Who owns a record when the agent has no user in the org (R16): a user's e-mail address or id, or a queue's id.
    #[serde(default, deserialize_with = "default_user::default_user")]
    pub default_user: Option<DefaultUser>,
    /// Whether the org's assignment rules run on what is written; they may change the owner. Default: no.
    #[serde(default)]
    pub auto_assign: bool,
    /// What statuses mean, beyond what the org says itself.
    #[serde(default)]
    pub statuses: Statuses,
    /// The fields of a record that hold link data (R14). Default: those that `setup` creates.
    #[serde(default)]
    pub fields: Fields,
    /// How customers are found and made.
    #[serde(default)]
    pub customer: Customers,
    /// How the sessions of a record are kept.
    #[serde(default)]
    pub session_data: SessionData,
    /// Fixed values of a new record's fields: for fields that the org requires, and for the record type.
    #[serde(default)]
    pub record_values: BTreeMap<FieldName, Literal>,
    /// Fixed values of a new customer's fields.
    #[serde(default)]
    pub customer_values: BTreeMap<FieldName, Literal>,
    /// How often and how long a request is tried; not part of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub retry: RetryPolicy,
}

/// What statuses mean. Which are open and which closed the org says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Statuses {
    /// Closed statuses of cases that are never opened again: such a case is followed up instead (R11). Default: none.
    pub closed: BTreeSet<String>,
    /// What a re-opened record becomes; for opportunities the stage of a new one too. Default: the org's default
    /// status if that is an open one, else its first open one.
    pub default_open: Option<String>,
}

/// The fields of a record that hold link data (R14).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// The leaf queue's id. Default: `Casewire_Leaf_Queue__c`.
    pub leaf_queue: FieldName,
    /// The session that made the record; has to be unique. Default: `Casewire_Session__c`.
    pub session: FieldName,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            leaf_queue: FieldName::known(schema::LEAF_QUEUE),
            session: FieldName::known(schema::SESSION),
        }
    }
}

impl<'de> Deserialize<'de> for SalesforceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // The derived function (`remote = "Self"`) reads each key; some keys forbid values of others.
        let config = Self::deserialize(deserializer)?;
        match config.contradiction() {
            Some(contradiction) => Err(D::Error::custom(contradiction)),
            None => Ok(config),
        }
    }
}

impl SalesforceConfig {
    /// What a customer is.
    pub(crate) fn customer_object(&self) -> CustomerObject {
        let usual = self.record_object.usual_customer();
        self.customer.object.unwrap_or(usual)
    }

    /// Where customers are looked for; new ones are made in the first.
    pub(crate) fn customer_objects(&self) -> Vec<CustomerObject> {
        let first = self.customer_object();
        [first].into_iter().chain(self.customer.second).collect()
    }

    /// The fields of `object` with phone numbers, of which a new customer's goes into the first.
    pub(crate) fn phone_fields(&self, object: CustomerObject) -> Vec<String> {
        match &self.customer.phone_fields {
            Some(fields) if object == self.customer_object() => {
                fields.iter().map(FieldName::to_string).collect()
            }
            _ => object
                .phone_fields()
                .iter()
                .map(|&field| field.to_owned())
                .collect(),
        }
    }

    /// The field of `object` with the e-mail address.
    pub(crate) fn email_field(&self, object: CustomerObject) -> Option<String> {
        match &self.customer.email_field {
            Some(field) if object == self.customer_object() => Some(field.to_string()),
            _ => object.email_field().map(str::to_owned),
        }
    }

    /// The origin: the org's own, or the one on this machine.
    pub(crate) fn base(&self) -> Result<BaseUrl> {
        match &self.base_url {
            Some(url) => BaseUrl::loopback(url),
            None => my_domain::base(&self.my_domain),
        }
    }

    /// A client to the org.
    pub(crate) fn client(&self) -> Result<Client> {
        // Whoever builds a config in code is not read.
        if let Some(contradiction) = self.contradiction() {
            return Err(Error::new(ErrorKind::Config, contradiction));
        }
        let auth = self.auth.resolve(&self.my_domain)?;
        let mut config = ClientConfig::new(self.base()?, auth);
        config.retry = self.retry.clone();
        config.readings = readings;
        config.refusal = refusal;
        Client::new(config)
    }

    /// What two keys say that can not both be.
    fn contradiction(&self) -> Option<String> {
        let record = self.record_object.key();
        let customers = [
            ("object", self.customer.object),
            ("second", self.customer.second),
        ];
        for (key, object) in customers {
            if let Some(object) = object.filter(|&object| !self.record_object.takes(object)) {
                let object = object.key();
                return Some(format!(
                    "`customer.{key}` = \"{object}\" does not go with `record_object` = \"{record}\", which can not belong to one"
                ));
            }
        }
        if self.customer.second == Some(self.customer_object()) {
            return Some("`customer.second` names the same object as `customer.object`".to_owned());
        }
        if self.record_object != RecordObject::Case && !self.statuses.closed.is_empty() {
            return Some(format!(
                "`statuses.closed` is for cases alone, and `record_object` is \"{record}\": remove it"
            ));
        }
        if let Some(status) = &self.statuses.default_open
            && self.statuses.closed.contains(status)
        {
            return Some(format!(
                "`statuses.default_open` = \"{status}\" is among `statuses.closed`"
            ));
        }
        if self.session_data.attach_to == AttachTo::Account
            && self.record_object == RecordObject::Lead
        {
            return Some(
                "`session_data.attach_to` = \"account\" does not go with `record_object` = \"lead\": a lead has no account"
                    .to_owned(),
            );
        }
        if self.fields.leaf_queue == self.fields.session {
            return Some("`fields.leaf_queue` and `fields.session` name the same field".to_owned());
        }
        if self
            .customer
            .phone_fields
            .as_ref()
            .is_some_and(Vec::is_empty)
        {
            return Some(
                "`customer.phone_fields` is empty: name one field at least, or remove it"
                    .to_owned(),
            );
        }
        self.overwritten()
    }

    /// A fixed value for a field that is written anyway.
    fn overwritten(&self) -> Option<String> {
        let of_record = match self.record_object {
            RecordObject::Case => &["Subject", "OwnerId", "ContactId", "AccountId", "ParentId"][..],
            RecordObject::Opportunity => &["Name", "OwnerId", "ContactId", "AccountId"],
            RecordObject::Account | RecordObject::Contact | RecordObject::Lead => {
                &["Subject", "OwnerId", "WhatId", "WhoId", "Description"]
            }
        };
        let links = [
            self.fields.leaf_queue.as_str(),
            self.fields.session.as_str(),
        ];
        let taken = of_record.iter().copied().chain(links);
        if let Some(field) = first_given(&self.record_values, taken) {
            return Some(format!(
                "`record_values.{field}` can not be: Casewire writes that field itself"
            ));
        }
        let customer = self.customer_object();
        let mut taken = self.phone_fields(customer);
        taken.truncate(1);
        taken.extend(self.email_field(customer));
        taken.push(self.customer.external_id_field.to_string());
        taken.push(GUARD.to_owned());
        let taken = taken.iter().map(String::as_str);
        let field = first_given(&self.customer_values, taken)?;
        Some(format!(
            "`customer_values.{field}` can not be: Casewire writes that field itself"
        ))
    }
}

/// The first of `taken` that `values` give. Salesforce does not mind the case of a name.
fn first_given<'a>(
    values: &BTreeMap<FieldName, Literal>,
    mut taken: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    taken.find(|taken| {
        let mut given = values.keys().map(FieldName::as_str);
        given.any(|given| given.eq_ignore_ascii_case(taken))
    })
}

#[cfg(test)]
pub(crate) mod tests;
