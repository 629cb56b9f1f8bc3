//! What `setup` makes, as files for deployment by an admin.
//!
//! Source: Metadata API Developer Guide, `CustomField`, `CustomObject` and `PermissionSet`; Salesforce DX Developer
//! Guide, "Salesforce DX Project Structure and Source Format".

mod definition;
mod xml;

use serde_json::{Value, json};

use crate::config::{ApiVersion, SalesforceConfig};
use crate::entry::ENTRY_OBJECT;
use crate::schema::{Maker, Schema, WantedField, schema};

pub(crate) use definition::{
    PERMISSION_SET, PERMISSION_SET_DESCRIPTION, entry_object, field, permission_set,
};

const SOURCE: &str = "force-app/main/default";

/// One file of a Salesforce DX project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataFile {
    /// Its path below the project's folder, with `/`.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// The custom fields, the custom object and the permission set that an org with this config needs, as a Salesforce DX
/// project. It is what `setup` makes. An admin deploys it (`sf project deploy start`) and assigns the permission set
/// `Casewire` to the user that the credentials run as.
pub fn metadata(config: &SalesforceConfig) -> Vec<MetadataFile> {
    let schema = schema(config);
    let mut files = vec![project(config.api_version)];
    if schema.has_entry_object {
        files.push(MetadataFile {
            path: format!("{SOURCE}/objects/{ENTRY_OBJECT}/{ENTRY_OBJECT}.object-meta.xml"),
            text: xml::document("CustomObject", &entry_object()),
        });
    }
    files.extend(made(&schema).map(field_file));
    files.push(MetadataFile {
        path: format!("{SOURCE}/permissionsets/{PERMISSION_SET}.permissionset-meta.xml"),
        text: xml::document("PermissionSet", &permission_set(&schema)),
    });
    files
}

fn made(schema: &Schema) -> impl Iterator<Item = &WantedField> {
    let fields = schema.fields.iter();
    fields.filter(|field| field.maker == Maker::Casewire)
}

fn project(version: ApiVersion) -> MetadataFile {
    let project = json!({
        "packageDirectories": [{ "path": "force-app", "default": true }],
        "sourceApiVersion": version.to_string(),
    });
    MetadataFile {
        path: "sfdx-project.json".to_owned(),
        text: format!("{project:#}\n"),
    }
}

fn field_file(wanted: &WantedField) -> MetadataFile {
    let WantedField { object, name, .. } = wanted;
    let mut definition = field(wanted);
    definition.insert("fullName".to_owned(), Value::from(name.as_str()));
    MetadataFile {
        path: format!("{SOURCE}/objects/{object}/fields/{name}.field-meta.xml"),
        text: xml::document("CustomField", &definition),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    fn files(changes: Value) -> Vec<MetadataFile> {
        metadata(&config(changes).unwrap())
    }

    fn text<'a>(files: &'a [MetadataFile], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path.ends_with(path));
        &file.unwrap().text
    }

    #[test]
    fn the_project_has_a_file_for_each_part() {
        let files = files(json!({ "api_version": "60.0" }));
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "sfdx-project.json",
                "force-app/main/default/objects/Case/fields/Casewire_Leaf_Queue__c.field-meta.xml",
                "force-app/main/default/objects/Case/fields/Casewire_Session__c.field-meta.xml",
                "force-app/main/default/objects/Activity/fields/Casewire_Key__c.field-meta.xml",
                "force-app/main/default/objects/Activity/fields/Casewire_Record__c.field-meta.xml",
                "force-app/main/default/objects/Contact/fields/Casewire_Customer__c.field-meta.xml",
                "force-app/main/default/objects/Contact/fields/Casewire_External_Id__c.field-meta.xml",
                "force-app/main/default/permissionsets/Casewire.permissionset-meta.xml",
            ]
        );
        let project: Value = serde_json::from_str(&files[0].text).unwrap();
        assert_eq!(project["sourceApiVersion"], "60.0");
    }

    #[test]
    fn a_field_is_written_as_salesforce_reads_it() {
        let files = files(json!({}));
        assert_eq!(
            text(&files, "Casewire_Session__c.field-meta.xml"),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <caseSensitive>true</caseSensitive>
    <description>The call or chat that made this record. Written by Casewire; do not edit.</description>
    <externalId>true</externalId>
    <fullName>Casewire_Session__c</fullName>
    <label>Casewire session</label>
    <length>255</length>
    <required>false</required>
    <type>Text</type>
    <unique>true</unique>
</CustomField>
"#
        );
    }

    #[test]
    fn the_permission_set_names_tasks_and_events_both() {
        let files = files(json!({}));
        let text = text(&files, "Casewire.permissionset-meta.xml");
        for field in [
            "Task.Casewire_Key__c",
            "Event.Casewire_Key__c",
            "Case.Casewire_Session__c",
        ] {
            assert!(text.contains(&format!("<field>{field}</field>")), "{field}");
        }
        assert!(text.contains("<name>EditTask</name>"));
        assert!(!text.contains("<object>Task</object>"));
        assert!(text.contains("<object>Contact</object>"));
    }

    #[test]
    fn entries_of_their_own_bring_their_object() {
        let files = files(json!({ "session_data": { "object": "session_entry" } }));
        let object = text(&files, "Casewire_Session_Entry__c.object-meta.xml");
        assert!(
            object.contains("<displayFormat>SE-{0000000000}</displayFormat>"),
            "{object}"
        );
        let lookup = text(
            &files,
            "Casewire_Session_Entry__c/fields/Case__c.field-meta.xml",
        );
        assert!(lookup.contains("<relationshipName>Casewire_Session_Entries</relationshipName>"));
        assert!(!files.iter().any(|file| file.path.contains("Activity")));
    }

    #[test]
    fn fields_of_the_org_are_left_to_it() {
        let files = files(json!({ "fields": { "leaf_queue": "Queue__c" } }));
        assert!(!files.iter().any(|file| file.text.contains("Queue__c")));
    }
}
