//! The custom fields and the custom object that Casewire needs, as data.

mod entry;

use crate::config::{CustomerObject, RecordObject, SalesforceConfig, SessionDataObject};
use crate::entry::ENTRY_OBJECT;
use crate::person::GUARD;

pub(crate) use entry::{ENTRY_LABEL, ENTRY_PLURAL};

/// The leaf queue of a record, unless the config names another field.
pub(crate) const LEAF_QUEUE: &str = "Casewire_Leaf_Queue__c";
/// The session that made a record, unless the config names another field.
pub(crate) const SESSION: &str = "Casewire_Session__c";
/// The id of a customer in the contact center's own systems, unless the config names another field.
pub(crate) const EXTERNAL_ID: &str = "Casewire_External_Id__c";

/// The object whose custom fields are those of tasks and events.
pub(crate) const ACTIVITY: &str = "Activity";

const BY_CASEWIRE: &str = "Written by Casewire; do not edit.";

/// What the org has to have.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) fields: Vec<WantedField>,
    /// What Casewire does with each object.
    pub(crate) access: Vec<Access>,
    /// Whether there is the custom object for entries.
    pub(crate) has_entry_object: bool,
    /// Whether records or entries are tasks.
    pub(crate) writes_tasks: bool,
}

/// A field as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WantedField {
    /// The object that has it: the API name, or `Activity`.
    pub(crate) object: &'static str,
    pub(crate) name: String,
    pub(crate) label: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) index: Index,
    pub(crate) description: &'static str,
    pub(crate) maker: Maker,
}

/// A field's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Text {
        length: u32,
    },
    LongText {
        length: u32,
    },
    DateTime,
    /// Whole, of 18 digits.
    Number,
    /// To rows of this object.
    Lookup {
        to: &'static str,
    },
}

/// How rows are found by a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// Not at all.
    None,
    /// Fast: in Salesforce by marking the field an external id.
    ExternalId,
    /// Fast, and no two rows have the same value, by case.
    Unique,
}

/// Who makes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// `setup`.
    Casewire,
    /// The org's admin: the config names it, under this key.
    Org { key: &'static str },
}

/// What Casewire does with the rows of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) object: &'static str,
    pub(crate) writes: bool,
}

impl WantedField {
    fn new(object: &'static str, name: &str, label: &'static str, kind: FieldKind) -> Self {
        Self {
            object,
            name: name.to_owned(),
            label,
            kind,
            index: Index::None,
            description: BY_CASEWIRE,
            maker: Maker::Casewire,
        }
    }

    fn index(mut self, index: Index) -> Self {
        self.index = index;
        self
    }

    fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// As the config has it: under a name other than the usual one it is the org's own field.
    fn named(mut self, name: &str, key: &'static str) -> Self {
        if self.name != name {
            self.name = name.to_owned();
            self.maker = Maker::Org { key };
        }
        self
    }

    /// The object whose describe shows the field.
    pub(crate) fn described_on(&self) -> &'static str {
        match self.object {
            ACTIVITY => "Task",
            object => object,
        }
    }

    /// The objects on which the right to see the field is granted. Tasks and events share the fields and the rights.
    pub(crate) fn granted_on(&self) -> Vec<&'static str> {
        match self.object {
            ACTIVITY => vec!["Task", "Event"],
            object => vec![object],
        }
    }

    /// The field's full name, such as `Case.Casewire_Session__c`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.object, self.name)
    }

    /// In plain words, such as ``text field `Casewire leaf queue` on Case``.
    pub(crate) fn told(&self) -> String {
        let kind = match self.kind {
            FieldKind::Text { .. } => "text field",
            FieldKind::LongText { .. } => "long text field",
            FieldKind::DateTime => "date and time field",
            FieldKind::Number => "number field",
            FieldKind::Lookup { .. } => "lookup field",
        };
        let object = match self.object {
            ENTRY_OBJECT => ENTRY_LABEL,
            object => object,
        };
        format!("{kind} `{}` on {object}", self.label)
    }
}

/// What an org with this config has to have.
pub(crate) fn schema(config: &SalesforceConfig) -> Schema {
    let has_entry_object = config.session_data.object == SessionDataObject::SessionEntry;
    let mut fields = Vec::from(record_fields(config));
    match has_entry_object {
        true => fields.extend(entry::fields(config.record_object)),
        false => fields.extend(entry::key_fields(ACTIVITY)),
    }
    for object in customer_sobjects(config) {
        fields.extend(customer_fields(config, object));
    }
    Schema {
        writes_tasks: fields.iter().any(|field| field.object == ACTIVITY),
        fields,
        access: access(config),
        has_entry_object,
    }
}

fn record_fields(config: &SalesforceConfig) -> [WantedField; 2] {
    let object = match config.record_object {
        RecordObject::Case => "Case",
        RecordObject::Opportunity => "Opportunity",
        RecordObject::Account | RecordObject::Contact | RecordObject::Lead => ACTIVITY,
    };
    let text = FieldKind::Text { length: 255 };
    [
        WantedField::new(object, LEAF_QUEUE, "Casewire leaf queue", text)
            .index(Index::ExternalId)
            .description(
                "The contact center queue this came from. Written by Casewire; do not edit.",
            )
            .named(config.fields.leaf_queue.as_str(), "fields.leaf_queue"),
        WantedField::new(object, SESSION, "Casewire session", text)
            .index(Index::Unique)
            .description(
                "The call or chat that made this record. Written by Casewire; do not edit.",
            )
            .named(config.fields.session.as_str(), "fields.session"),
    ]
}

fn customer_fields(config: &SalesforceConfig, object: &'static str) -> [WantedField; 2] {
    let text = FieldKind::Text { length: 255 };
    [
        WantedField::new(object, GUARD, "Casewire customer", text)
            .index(Index::Unique)
            .description(
                "Keeps Casewire from making a customer twice. Written by Casewire; do not edit.",
            ),
        WantedField::new(object, EXTERNAL_ID, "Casewire external id", text)
            .index(Index::ExternalId)
            .description(
                "The customer's id in the contact center's own systems. Written by Casewire.",
            )
            .named(
                config.customer.external_id_field.as_str(),
                "customer.external_id_field",
            ),
    ]
}

/// The objects of the first and the second kind of customer, which may be the same.
fn customer_sobjects(config: &SalesforceConfig) -> Vec<&'static str> {
    let objects = config.customer_objects();
    let mut sobjects: Vec<_> = objects.into_iter().map(CustomerObject::sobject).collect();
    sobjects.dedup();
    sobjects
}

/// Rights to an object need the right to see those that its rows hang on. Tasks have no rights of their own.
fn access(config: &SalesforceConfig) -> Vec<Access> {
    let mut access: Vec<Access> = Vec::new();
    let mut add = |object, writes| match access.iter_mut().find(|of| of.object == object) {
        Some(of) => of.writes |= writes,
        None => access.push(Access { object, writes }),
    };
    for object in customer_sobjects(config) {
        if object == "Contact" {
            add("Account", false);
        }
        add(object, true);
    }
    match config.record_object {
        RecordObject::Case => {
            add("Account", false);
            add("Contact", false);
            add("Case", true);
        }
        RecordObject::Opportunity => {
            add("Account", false);
            add("Opportunity", true);
        }
        RecordObject::Account | RecordObject::Contact | RecordObject::Lead => {}
    }
    if config.session_data.object == SessionDataObject::SessionEntry {
        add(ENTRY_OBJECT, true);
    }
    access
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;
    use serde_json::{Value, json};

    fn wanted(changes: Value) -> Schema {
        schema(&config(changes).unwrap())
    }

    fn names(schema: &Schema) -> Vec<String> {
        let by_setup = schema
            .fields
            .iter()
            .filter(|field| field.maker == Maker::Casewire);
        by_setup
            .map(|field| format!("{}.{}", field.object, field.name))
            .collect()
    }

    #[test]
    fn cases_of_contacts_need_six_fields() {
        let schema = wanted(json!({}));
        assert_eq!(
            names(&schema),
            [
                "Case.Casewire_Leaf_Queue__c",
                "Case.Casewire_Session__c",
                "Activity.Casewire_Key__c",
                "Activity.Casewire_Record__c",
                "Contact.Casewire_Customer__c",
                "Contact.Casewire_External_Id__c",
            ]
        );
        assert_eq!(
            schema.fields[0].told(),
            "text field `Casewire leaf queue` on Case"
        );
        let written = schema.access.iter().filter(|access| access.writes);
        let written: Vec<_> = written.map(|access| access.object).collect();
        assert_eq!(written, ["Contact", "Case"]);
    }

    #[test]
    fn a_record_that_is_a_task_has_its_fields_on_activities() {
        let schema = wanted(json!({ "record_object": "lead" }));
        assert_eq!(schema.fields[0].object, ACTIVITY);
        assert_eq!(schema.fields[0].described_on(), "Task");
        assert_eq!(schema.fields[0].granted_on(), ["Task", "Event"]);
        assert_eq!(
            schema.access,
            [Access {
                object: "Lead",
                writes: true
            }]
        );
    }

    #[test]
    fn fields_of_the_org_are_not_made() {
        let schema = wanted(json!({
            "fields": { "leaf_queue": "Queue__c" },
            "customer": { "external_id_field": "Customer_No__c", "second": "person_account" },
        }));
        let own: Vec<_> = schema
            .fields
            .iter()
            .filter(|field| field.maker != Maker::Casewire)
            .map(|field| format!("{}.{}", field.object, field.name))
            .collect();
        assert_eq!(
            own,
            [
                "Case.Queue__c",
                "Contact.Customer_No__c",
                "Account.Customer_No__c"
            ]
        );
        assert!(names(&schema).contains(&"Account.Casewire_Customer__c".to_owned()));
    }

    #[test]
    fn companies_and_people_share_the_fields_of_accounts() {
        let schema = wanted(json!({
            "customer": { "object": "account", "second": "person_account" },
        }));
        let of_accounts = names(&schema);
        let of_accounts = of_accounts
            .iter()
            .filter(|name| name.starts_with("Account."));
        assert_eq!(of_accounts.count(), 2);
    }

    #[test]
    fn entries_have_an_object_of_their_own_when_wanted() {
        let schema = wanted(json!({ "session_data": { "object": "session_entry" } }));
        assert!(schema.has_entry_object);
        let names = names(&schema);
        assert!(names.contains(&"Casewire_Session_Entry__c.Text__c".to_owned()));
        assert!(names.contains(&"Casewire_Session_Entry__c.Case__c".to_owned()));
        assert!(!names.iter().any(|name| name.starts_with("Activity.")));
    }
}
