//! Which of the org's objects stand for records, customers and sessions.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordObject {
    /// A case.
    #[default]
    Case,
    /// An opportunity.
    Opportunity,
    /// A task on an account or person account.
    Account,
    /// A task on a contact.
    Contact,
    /// A task on a lead.
    Lead,
}

impl RecordObject {
    /// The API name of the object that a record is a row of.
    pub(crate) fn sobject(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Opportunity => "Opportunity",
            Self::Account | Self::Contact | Self::Lead => "Task",
        }
    }

    /// What a customer is when the config does not say.
    pub(crate) fn usual_customer(self) -> CustomerObject {
        match self {
            Self::Case | Self::Contact => CustomerObject::Contact,
            Self::Opportunity | Self::Account => CustomerObject::Account,
            Self::Lead => CustomerObject::Lead,
        }
    }

    /// Whether such a record can belong to such a customer.
    pub(super) fn takes(self, customer: CustomerObject) -> bool {
        match self {
            Self::Case | Self::Opportunity => customer != CustomerObject::Lead,
            Self::Account => customer.sobject() == "Account",
            Self::Contact => customer == CustomerObject::Contact,
            Self::Lead => customer == CustomerObject::Lead,
        }
    }

    /// As the config has it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Opportunity => "opportunity",
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Lead => "lead",
        }
    }
}

/// What a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerObject {
    /// A contact.
    Contact,
    /// An account that is a person.
    PersonAccount,
    /// An account that is a company.
    Account,
    /// A lead that is not converted.
    Lead,
}

impl CustomerObject {
    /// The API name of the object that a customer is a row of.
    pub(crate) fn sobject(self) -> &'static str {
        match self {
            Self::Contact => "Contact",
            Self::PersonAccount | Self::Account => "Account",
            Self::Lead => "Lead",
        }
    }

    /// What the ids of such rows begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Contact => "003",
            Self::PersonAccount | Self::Account => "001",
            Self::Lead => "00Q",
        }
    }

    /// The standard fields that hold phone numbers. A new customer's number goes into the first.
    pub(super) fn phone_fields(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["Phone", "MobilePhone", "HomePhone", "OtherPhone"],
            Self::PersonAccount => &["Phone", "PersonMobilePhone", "PersonHomePhone"],
            Self::Account => &["Phone"],
            Self::Lead => &["Phone", "MobilePhone"],
        }
    }

    /// The standard field that holds the e-mail address; a company has none.
    pub(super) fn email_field(self) -> Option<&'static str> {
        match self {
            Self::Contact | Self::Lead => Some("Email"),
            Self::PersonAccount => Some("PersonEmail"),
            Self::Account => None,
        }
    }

    /// As the config has it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::PersonAccount => "person_account",
            Self::Account => "account",
            Self::Lead => "lead",
        }
    }
}

/// How the sessions of a record are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionData {
    /// What a note becomes. Default: `activity`.
    pub object: SessionDataObject,
    /// What it hangs on. Default: `record`.
    pub attach_to: AttachTo,
}

/// What a note becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionDataObject {
    /// A task.
    #[default]
    Activity,
    /// A row of the custom object `Casewire_Session_Entry__c`, which `setup` creates.
    SessionEntry,
}

/// What a note hangs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachTo {
    /// The record.
    #[default]
    Record,
    /// The record's account.
    Account,
}
