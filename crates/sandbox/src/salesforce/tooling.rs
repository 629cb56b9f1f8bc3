use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::call::{Call, Reply};
use super::casewire::tables;
use super::fields;
use super::id::Id;
use super::metadata::{Metadata, missing, wrong};
use super::org::Permission;
use super::problem::Problem;
use super::schema::{Field, Kind, Object};
use super::stock;

/// The objects that take custom fields; tasks and events have those of `Activity`.
const CUSTOMIZABLE: &[&str] = &[
    "Account",
    "Activity",
    "Case",
    "Contact",
    "Lead",
    "Opportunity",
    "User",
];

const MAX_NAME: usize = 40;

impl Salesforce {
    /// `POST tooling/sobjects/X`.
    pub(super) fn create_metadata(&mut self, call: &Call, object: &str) -> Result<Reply, Problem> {
        call.permit(&[])?;
        self.check_customizes()?;
        let body = call.object_body()?;
        let name = body.get("FullName").and_then(Value::as_str);
        let name = name.ok_or_else(|| Problem::required(vec!["FullName".to_owned()]))?;
        let metadata = body.get("Metadata").and_then(Value::as_object);
        let metadata = metadata.ok_or_else(|| Problem::required(vec!["Metadata".to_owned()]))?;
        let id = match object {
            "CustomField" => self.create_field(name, metadata)?,
            "CustomObject" if self.database.org.tooling_creates_objects => {
                self.create_object(name, metadata)?
            }
            _ => return Err(not_supported(object)),
        };
        let location = format!("{}/tooling/sobjects/{object}/{id}", call.version.path());
        let body = json!({ "id": id.as_str(), "success": true, "errors": [], "warnings": [], "infos": [] });
        Ok(Reply::created(body, location))
    }

    /// `GET`, `PATCH` and `DELETE tooling/sobjects/X/ID`; custom fields only.
    pub(super) fn metadata(
        &mut self,
        call: &Call,
        object: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        call.permit(&[])?;
        if object != "CustomField" {
            return Err(not_supported(object));
        }
        let row = Id::parse(id).and_then(|id| self.database.row(id));
        let row = row.filter(|row| row.object == "CustomField").cloned();
        let row = row.ok_or_else(Problem::not_found)?;
        if call.method == Method::GET {
            let described = self.database.schema.object(object);
            let fields = described.into_iter().flat_map(|object| &object.fields);
            return Ok(Reply::ok(self.shown(call.version, &row, fields)));
        }
        self.check_customizes()?;
        let full_name = row.text("FullName").unwrap_or_default();
        let (table, name) = full_name.split_once('.').unwrap_or_default();
        if call.method == Method::DELETE {
            for table in tables(table) {
                if let Some(object) = self.database.schema.object_mut(table) {
                    object.fields.retain(|field| field.name != name);
                }
            }
            if let Some(described) = self.database.schema.object("CustomField").cloned() {
                self.database.store.delete(&described, row.id);
            }
            return Ok(Reply::no_content());
        }
        let metadata = call
            .object_body()?
            .get("Metadata")
            .and_then(Value::as_object);
        let metadata = metadata.ok_or_else(|| Problem::required(vec!["Metadata".to_owned()]))?;
        let changed = self.custom_field(name, metadata)?;
        for table in tables(table) {
            let object = self.database.schema.object_mut(table);
            let fields = object.into_iter().flat_map(|object| &mut object.fields);
            for field in fields.filter(|field| field.name == name) {
                *field = changed.clone();
            }
        }
        Ok(Reply::no_content())
    }

    fn check_customizes(&self) -> Result<(), Problem> {
        match self.database.org.may(&Permission::CustomizeApplication) {
            true => Ok(()),
            false => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "INSUFFICIENT_ACCESS",
                "insufficient access rights on object id",
            )
            .on([])),
        }
    }

    fn create_field(
        &mut self,
        full_name: &str,
        metadata: &Map<String, Value>,
    ) -> Result<Id, Problem> {
        let (object, name) = full_name.split_once('.').unwrap_or((full_name, ""));
        let custom = self
            .database
            .schema
            .object(object)
            .is_some_and(|object| object.is_custom());
        if !custom && !CUSTOMIZABLE.contains(&object) {
            return Err(Problem::bad(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                format!(
                    "Custom Field Definition: bad value for restricted picklist field: {object}"
                ),
            )
            .on(["TableEnumOrId"]));
        }
        let developer_name = developer_name(name)?;
        if self.database.has_field(object, name) {
            return Err(Problem::bad(
                "DUPLICATE_DEVELOPER_NAME",
                format!("There is already a field named {developer_name} on {object}."),
            )
            .on(["DeveloperName"]));
        }
        let field = self.custom_field(name, metadata)?;
        let description = metadata.get("description").cloned().unwrap_or_default();
        let id = self.database.add_custom_field(object, field, description);
        id.ok_or_else(Problem::not_found)
    }

    fn create_object(&mut self, name: &str, metadata: &Map<String, Value>) -> Result<Id, Problem> {
        let developer_name = developer_name(name)?;
        if self.database.schema.object(name).is_some() {
            return Err(Problem::bad(
                "DUPLICATE_DEVELOPER_NAME",
                format!("There is already an object named {developer_name}."),
            )
            .on(["DeveloperName"]));
        }
        let mut metadata = Metadata::new(metadata);
        let label = metadata.text("label")?;
        let plural = metadata.text("pluralLabel")?;
        for name in ["deploymentStatus", "sharingModel"] {
            metadata.text(name)?;
        }
        let name_field = metadata.take("nameField");
        let name_field = name_field.ok_or_else(|| missing("nameField"))?;
        let numbered = name_field["type"] == "AutoNumber";
        let description = metadata.take("description");
        metadata.ignore(&[
            "enableActivities",
            "enableBulkApi",
            "enableReports",
            "enableSearch",
            "enableSharing",
            "enableStreamingApi",
            "enableHistory",
            "enableFeeds",
        ]);
        metadata.finish()?;
        let count = self
            .database
            .schema
            .objects()
            .filter(|object| object.is_custom())
            .count();
        let prefix = format!("a{count:02}");
        let own =
            fields::text("Name", name_field["label"].as_str().unwrap_or("Name"), 80).id_lookup();
        let own = match numbered {
            true => own.required().read_only(),
            false => own,
        };
        let own = vec![own, fields::owner(&["Group", "User"])];
        let object = Object {
            plural,
            ..stock::object(name, &label, &prefix, own)
        };
        let row = json!({ "DeveloperName": developer_name, "Description": description });
        let id = self.database.add_setup_row("CustomObject", &row);
        let id = id.ok_or_else(Problem::not_found)?;
        self.database.define(&object, id.as_str());
        self.database.schema.add(object);
        Ok(id)
    }

    /// A field as its metadata describes it. Nobody sees it until somebody grants it, unless
    /// every row must have it.
    fn custom_field(&self, name: &str, metadata: &Map<String, Value>) -> Result<Field, Problem> {
        let mut metadata = Metadata::new(metadata);
        let label = metadata.text("label")?;
        let required = metadata.flag("required")?;
        let unique = metadata.flag("unique")?;
        let external_id = metadata.flag("externalId")?;
        let case_sensitive = metadata.flag("caseSensitive")?;
        let type_name = metadata.text("type")?;
        let default = metadata.take("defaultValue");
        let kind = metadata.kind(&type_name)?;
        let mut field = Field {
            nillable: !required,
            unique,
            external_id,
            case_sensitive,
            always_visible: required,
            ..Field::new(name, &label, kind)
        };
        match &field.kind {
            Kind::Boolean => {
                let on = matches!(default, Some(Value::Bool(true)));
                field.default = Some(json!(on || default == Some(json!("true"))));
            }
            Kind::Reference(targets) => {
                let target = targets.first().map(String::as_str).unwrap_or_default();
                if self.database.schema.object(target).is_none() {
                    return Err(wrong("referenceTo", "names no object"));
                }
                let children = metadata.text("relationshipName")?;
                metadata.ignore(&["relationshipLabel", "deleteConstraint"]);
                field.relationship = Some(format!("{}__r", name.trim_end_matches("__c")));
                field.children = Some(format!("{children}__r"));
            }
            _ => {}
        }
        let can_be_unique = matches!(field.kind, Kind::Text(_) | Kind::Email | Kind::Double(..));
        if (unique || external_id) && !can_be_unique {
            return Err(wrong("externalId", "not possible for this type"));
        }
        metadata.ignore(&[
            "description",
            "inlineHelpText",
            "trackHistory",
            "trackTrending",
            "trackFeedHistory",
            "visibleLines",
        ]);
        metadata.finish()?;
        Ok(field)
    }
}

/// The name without its ending.
fn developer_name(name: &str) -> Result<&str, Problem> {
    let developer_name = name.strip_suffix("__c").unwrap_or_default();
    let fits = developer_name.starts_with(|c: char| c.is_ascii_alphabetic())
        && developer_name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !developer_name.contains("__")
        && !developer_name.ends_with('_')
        && developer_name.len() <= MAX_NAME;
    match fits {
        true => Ok(developer_name),
        false => Err(Problem::bad(
            "INVALID_FULL_NAME",
            format!("The name {name} is no custom name, or longer than {MAX_NAME} characters"),
        )
        .on(["FullName"])),
    }
}

fn not_supported(object: &str) -> Problem {
    Problem::bad(
        "INVALID_TYPE",
        format!("sObject type '{object}' is not supported."),
    )
}
