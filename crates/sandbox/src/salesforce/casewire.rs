use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::database::Database;
use super::id::Id;
use super::org::CustomField;
use super::schema::{Field, Kind, Picklist};
use super::write::Writing;

/// The permission set by which control routes and set-up orgs show Casewire's fields.
const GRANT: &str = "Sandbox";

/// Casewire's custom fields: object, name, label, and which are unique.
const FIELDS: &[(&str, &str, &str, Uniqueness)] = &[
    ("Case", LEAF_QUEUE, "Casewire leaf queue", Uniqueness::None),
    (
        "Case",
        SESSION,
        "Casewire session",
        Uniqueness::CaseSensitive,
    ),
    (
        "Opportunity",
        LEAF_QUEUE,
        "Casewire leaf queue",
        Uniqueness::None,
    ),
    (
        "Opportunity",
        SESSION,
        "Casewire session",
        Uniqueness::CaseSensitive,
    ),
    (
        "Activity",
        LEAF_QUEUE,
        "Casewire leaf queue",
        Uniqueness::None,
    ),
    (
        "Activity",
        SESSION,
        "Casewire session",
        Uniqueness::CaseSensitive,
    ),
    ("Activity", KEY, "Casewire key", Uniqueness::CaseSensitive),
    ("Activity", RECORD, "Casewire record", Uniqueness::None),
    (
        "Contact",
        CUSTOMER,
        "Casewire customer",
        Uniqueness::CaseSensitive,
    ),
    (
        "Contact",
        EXTERNAL_ID,
        "Casewire external id",
        Uniqueness::None,
    ),
    (
        "Account",
        CUSTOMER,
        "Casewire customer",
        Uniqueness::CaseSensitive,
    ),
    (
        "Account",
        EXTERNAL_ID,
        "Casewire external id",
        Uniqueness::None,
    ),
    (
        "Lead",
        CUSTOMER,
        "Casewire customer",
        Uniqueness::CaseSensitive,
    ),
    (
        "Lead",
        EXTERNAL_ID,
        "Casewire external id",
        Uniqueness::None,
    ),
];

pub(super) const LEAF_QUEUE: &str = "Casewire_Leaf_Queue__c";
pub(super) const SESSION: &str = "Casewire_Session__c";
pub(super) const KEY: &str = "Casewire_Key__c";
pub(super) const RECORD: &str = "Casewire_Record__c";
pub(super) const CUSTOMER: &str = "Casewire_Customer__c";
pub(super) const EXTERNAL_ID: &str = "Casewire_External_Id__c";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uniqueness {
    CaseSensitive,
    None,
}

impl Database {
    /// Adds Casewire's fields where they are missing, and lets the integration user use them.
    pub(super) fn set_up(&mut self, now: Timestamp) {
        for (object, name, label, uniqueness) in FIELDS {
            let length = if *name == RECORD { 18 } else { 255 };
            let unique = *uniqueness == Uniqueness::CaseSensitive;
            let field = Field {
                external_id: true,
                unique,
                case_sensitive: unique,
                always_visible: false,
                ..Field::new(name, label, Kind::Text(length))
            };
            if !self.has_field(object, name) {
                self.add_custom_field(object, field, Value::Null);
            }
            for table in tables(object) {
                self.grant(table, name, now);
            }
        }
    }

    /// A field of the org's own, seen by everybody.
    pub(super) fn add_org_field(&mut self, custom: &CustomField) {
        let label = custom.name.trim_end_matches("__c").replace('_', " ");
        let kind = match custom.values.is_empty() {
            true => Kind::Text(255),
            false => Kind::Picklist(Picklist {
                values: custom.values.clone(),
                restricted: true,
            }),
        };
        let field = Field {
            nillable: !custom.is_required,
            external_id: custom.is_external_id,
            ..Field::new(&custom.name, &label, kind)
        };
        self.add_custom_field(&custom.object, field, Value::Null);
    }

    /// Adds a field wherever the object's fields are, and the row by which it is queried.
    pub(super) fn add_custom_field(
        &mut self,
        object: &str,
        field: Field,
        description: Value,
    ) -> Option<Id> {
        let name = field.name.clone();
        for table in tables(object) {
            if let Some(table) = self.schema.object_mut(table) {
                table.fields.push(field.clone());
            }
        }
        let row = json!({
            "DeveloperName": name.trim_end_matches("__c"), "TableEnumOrId": self.durable_id(object),
            "FullName": format!("{object}.{name}"), "Description": description,
        });
        self.add_setup_row("CustomField", &row)
    }

    pub(super) fn has_field(&self, object: &str, name: &str) -> bool {
        tables(object).into_iter().any(|table| {
            let table = self.schema.object(table);
            table.is_some_and(|table| table.field(name).is_some())
        })
    }

    /// How the Tooling API names an object's table: a custom one by its id.
    fn durable_id(&self, object: &str) -> String {
        let name = object.strip_suffix("__c");
        let mut rows = self.rows_of("CustomObject");
        let row = rows.find(|row| name.is_some() && row.text("DeveloperName") == name);
        row.map_or_else(|| object.to_owned(), |row| row.id.to_string())
    }

    fn grant(&mut self, object: &str, field: &str, now: Timestamp) {
        let set = self.rows_of("PermissionSet");
        let known = set
            .filter(|set| set.text("Name") == Some(GRANT))
            .map(|set| set.id);
        let set = known.last().or_else(|| self.add_grant(now));
        let Some(set) = set else { return };
        // Refused when it is granted already.
        let _already = self.insert(
            "FieldPermissions",
            &map(json!({
                "ParentId": set.as_str(), "SobjectType": object, "Field": format!("{object}.{field}"),
                "PermissionsRead": true, "PermissionsEdit": true,
            })),
            Writing::by_person(now),
        );
    }

    fn add_grant(&mut self, now: Timestamp) -> Option<Id> {
        let writing = Writing::by_person(now);
        let set = map(json!({ "Name": GRANT, "Label": GRANT }));
        let set = self.insert("PermissionSet", &set, writing).ok()?;
        let assignment =
            map(json!({ "PermissionSetId": set.as_str(), "AssigneeId": self.user.as_str() }));
        self.insert("PermissionSetAssignment", &assignment, writing)
            .ok()?;
        Some(set)
    }
}

/// Where the fields of an object are: those of `Activity` on tasks and events.
pub(super) fn tables(object: &str) -> Vec<&str> {
    match object {
        "Activity" => vec!["Task", "Event"],
        object => vec![object],
    }
}

pub(super) fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
