//! What is to be made, in the terms of the Metadata API, which the Tooling API shares. Members are in alphabetical order,
//! as Salesforce's own tools write them.

use serde_json::{Map, Value, json};

use super::made;
use crate::schema::{ENTRY_LABEL, ENTRY_PLURAL, FieldKind, Index, Schema, WantedField};

/// The permission set that lets a user read and write what Casewire needs.
pub(crate) const PERMISSION_SET: &str = "Casewire";
pub(crate) const PERMISSION_SET_DESCRIPTION: &str =
    "Lets the user of Casewire write customers, records and sessions.";

/// A custom field without its name.
pub(crate) fn field(wanted: &WantedField) -> Map<String, Value> {
    let kind = match wanted.kind {
        FieldKind::Text { length } => json!({ "type": "Text", "length": length }),
        FieldKind::LongText { length } => {
            json!({ "type": "LongTextArea", "length": length, "visibleLines": 10 })
        }
        FieldKind::DateTime => json!({ "type": "DateTime" }),
        FieldKind::Number => json!({ "type": "Number", "precision": 18, "scale": 0 }),
        FieldKind::Lookup { to } => json!({
            "type": "Lookup",
            "referenceTo": to,
            "relationshipName": "Casewire_Session_Entries",
            "relationshipLabel": ENTRY_PLURAL,
            "deleteConstraint": "SetNull",
        }),
    };
    let index = match wanted.index {
        Index::None => json!({}),
        Index::ExternalId => json!({ "externalId": true }),
        Index::Unique => json!({ "externalId": true, "unique": true, "caseSensitive": true }),
    };
    let told = json!({
        "label": wanted.label,
        "description": wanted.description,
        "required": false,
    });
    united([kind, index, told])
}

/// The custom object for entries without its name.
pub(crate) fn entry_object() -> Map<String, Value> {
    united([json!({
        "label": ENTRY_LABEL,
        "pluralLabel": ENTRY_PLURAL,
        "description": "What happened in a call or chat. Written by Casewire; do not edit.",
        "deploymentStatus": "Deployed",
        "sharingModel": "ReadWrite",
        "nameField": {
            "type": "AutoNumber",
            "label": "Entry number",
            "displayFormat": "SE-{0000000000}",
        },
    })])
}

/// The permission set with all rights.
pub(crate) fn permission_set(schema: &Schema) -> Map<String, Value> {
    let fields = made(schema).flat_map(|field| {
        let objects = field.granted_on().into_iter();
        objects.map(move |object| {
            json!({ "field": format!("{object}.{}", field.name), "readable": true, "editable": true })
        })
    });
    let objects = schema.access.iter().map(|access| {
        json!({
            "object": access.object,
            "allowRead": true,
            "allowCreate": access.writes,
            "allowEdit": access.writes,
            "allowDelete": false,
            "modifyAllRecords": false,
            "viewAllRecords": false,
        })
    });
    // Tasks have no rights of their own but this one.
    let of_user = schema
        .writes_tasks
        .then(|| json!({ "name": "EditTask", "enabled": true }));
    united([json!({
        "label": PERMISSION_SET,
        "description": PERMISSION_SET_DESCRIPTION,
        "hasActivationRequired": false,
        "fieldPermissions": fields.collect::<Vec<_>>(),
        "objectPermissions": objects.collect::<Vec<_>>(),
        "userPermissions": of_user,
    })])
}

fn united(parts: impl IntoIterator<Item = Value>) -> Map<String, Value> {
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    members.flatten().collect()
}
