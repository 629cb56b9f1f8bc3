use serde_json::{Map, Value, json};

use super::Salesforce;
use super::access::{Actor, Use};
use super::call::{Call, Reply, Version};
use super::id::Id;
use super::problem::Problem;
use super::schema::{Field, Kind, Object, Offers};
use super::value::type_name;

/// Keys of a describe that are the same for every object here.
const ON: &[&str] = &[
    "compactLayoutable",
    "feedEnabled",
    "layoutable",
    "mruEnabled",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchLayoutable",
    "searchable",
    "triggerable",
    "undeletable",
];
const OFF: &[&str] = &[
    "activateable",
    "customSetting",
    "deepCloneable",
    "deprecatedAndHidden",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
    "mergeable",
];
const EMPTY: &[&str] = &[
    "defaultImplementation",
    "extendedBy",
    "extendsInterfaces",
    "implementedBy",
    "implementsInterfaces",
    "listviewable",
    "lookupLayoutable",
    "networkScopeFieldName",
];

impl Salesforce {
    /// `GET sobjects`.
    pub(super) fn list_objects(&self, call: &Call) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let objects = self.database.schema.objects();
        let objects: Vec<_> = objects
            .filter(|object| object.is_in_data())
            .filter(|object| self.database.may(Actor::Integration, Use::Read, object))
            .map(|object| self.about(object, call.version))
            .collect();
        Ok(Reply::ok(
            json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects }),
        ))
    }

    /// `GET sobjects/X`.
    pub(super) fn show_object(&self, call: &Call, object: &str) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let object = self.object(object)?;
        let about = self.about(&object, call.version);
        Ok(Reply::ok(
            json!({ "objectDescribe": about, "recentItems": [] }),
        ))
    }

    /// `GET sobjects/X/describe`: what the integration user sees of an object.
    pub(super) fn describe(&self, call: &Call, object: &str) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let object = self.object(object)?;
        let fields: Vec<_> = object
            .fields
            .iter()
            .filter(|field| self.database.sees(Actor::Integration, &object, field))
            .map(|field| self.field(&object, field))
            .collect();
        let mut described = self.about(&object, call.version);
        described["fields"] = Value::Array(fields);
        described["childRelationships"] = Value::Array(self.children(&object));
        described["recordTypeInfos"] = Value::Array(self.record_types(&object));
        Ok(Reply::ok(described))
    }

    fn about(&self, object: &Object, version: Version) -> Value {
        let may = |wanted| {
            object.offers == Offers::Everything
                && self.database.may(Actor::Integration, wanted, object)
        };
        let url = format!("{}/sobjects/{}", version.path(), object.name);
        let mut about = constants(&[(ON, json!(true)), (OFF, json!(false)), (EMPTY, Value::Null)]);
        for (name, value) in [
            ("createable", json!(may(Use::Create))),
            ("custom", json!(object.is_custom())),
            ("deletable", json!(may(Use::Delete))),
            ("keyPrefix", json!(object.prefix)),
            ("label", json!(object.label)),
            ("labelPlural", json!(object.plural)),
            ("name", json!(object.name)),
            ("updateable", json!(may(Use::Edit))),
            (
                "urls",
                json!({
                    "sobject": url,
                    "describe": format!("{url}/describe"),
                    "rowTemplate": format!("{url}/{{ID}}"),
                }),
            ),
        ] {
            about.insert(name.to_owned(), value);
        }
        Value::Object(about)
    }

    fn field(&self, object: &Object, field: &Field) -> Value {
        let editable = self.database.edits(Actor::Integration, object, field);
        let (precision, scale) = match field.kind {
            Kind::Double(digits, decimals) => (digits + decimals, decimals),
            _ => (0, 0),
        };
        let digits = if field.kind == Kind::Int { 9 } else { 0 };
        let length = field.length();
        let (values, restricted) = match &field.kind {
            Kind::Picklist(picklist) => {
                let default = field.default.as_ref().and_then(Value::as_str);
                let values = picklist.values.iter().map(|value| {
                    json!({
                        "active": true, "defaultValue": default == Some(value.as_str()), "label": value,
                        "validFor": null, "value": value,
                    })
                });
                (values.collect(), picklist.restricted)
            }
            _ => (Vec::new(), false),
        };
        let targets = match &field.kind {
            Kind::Reference(targets) => targets.clone(),
            _ => Vec::new(),
        };
        json!({
            "aggregatable": true, "autoNumber": is_auto_number(object, field), "byteLength": length * 3,
            "calculated": field.formula.is_some(), "caseSensitive": field.case_sensitive,
            "createable": field.createable && editable, "custom": field.is_custom(),
            "defaultValue": field.default, "defaultedOnCreate": is_defaulted(field),
            "deprecatedAndHidden": false, "digits": digits, "externalId": field.external_id,
            "filterable": field.filterable(), "groupable": field.filterable(), "htmlFormatted": false,
            "idLookup": field.id_lookup || field.external_id, "inlineHelpText": null,
            "label": field.label, "length": length, "name": field.name,
            "nameField": field.name == "Name" || field.name == "CaseNumber", "nillable": field.nillable,
            "permissionable": !field.always_visible, "picklistValues": values,
            "polymorphicForeignKey": targets.len() > 1, "precision": precision, "referenceTo": targets,
            "relationshipName": field.relationship, "restrictedPicklist": restricted, "scale": scale,
            "sortable": field.filterable() || length == 4000, "type": type_name(&field.kind),
            "unique": field.unique, "updateable": field.updateable && editable,
        })
    }

    /// The record types of an object; all have the master.
    fn record_types(&self, object: &Object) -> Vec<Value> {
        let own = self.database.rows_of("RecordType");
        let own: Vec<_> = own
            .filter(|row| row.text("SobjectType") == Some(&object.name))
            .map(|row| (row.id, row.value("Name"), row.value("DeveloperName")))
            .collect();
        let master = (Id::numbered("012", 0), &json!("Master"), &json!("Master"));
        let types = own.into_iter().chain([master]).map(|(id, name, developer_name)| {
            json!({
                "active": true, "available": true, "defaultRecordTypeMapping": id == master.0,
                "developerName": developer_name, "master": id == master.0, "name": name, "recordTypeId": id.as_str(),
            })
        });
        types.collect()
    }

    fn children(&self, parent: &Object) -> Vec<Value> {
        let mut children = Vec::new();
        for object in self.database.schema.objects() {
            for field in object
                .fields
                .iter()
                .filter(|field| field.refers_to(&parent.name))
            {
                if self.database.sees(Actor::Integration, object, field) {
                    children.push(json!({
                        "childSObject": object.name, "field": field.name, "relationshipName": field.children,
                        "cascadeDelete": false, "deprecatedAndHidden": false, "restrictedDelete": false,
                    }));
                }
            }
        }
        children
    }
}

fn constants(groups: &[(&[&str], Value)]) -> Map<String, Value> {
    let pairs = groups.iter().flat_map(|(names, value)| {
        let names = names.iter();
        names.map(|name| ((*name).to_owned(), value.clone()))
    });
    pairs.collect()
}

/// Whether the vendor fills the field when nothing is sent.
fn is_defaulted(field: &Field) -> bool {
    field.default.is_some() || (!field.nillable && (!field.createable || field.name == "OwnerId"))
}

fn is_auto_number(object: &Object, field: &Field) -> bool {
    let name = match object.is_custom() {
        true => "Name",
        false => "CaseNumber",
    };
    field.name == name && !field.createable
}
