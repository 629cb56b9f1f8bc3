use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::access::Actor;
use super::database::Database;
use super::id::Id;
use super::problem::Problem;
use super::schema::{Field, Kind, Object};
use super::value::stored;

/// Whether a body makes a row or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Insert,
    Update,
}

/// A body's values by field, read and checked one by one.
pub(super) type Accepted = BTreeMap<String, Value>;

impl Database {
    /// Reads a body's keys: each must be a field that the actor sees and may write.
    pub(super) fn accept(
        &self,
        actor: Actor,
        object: &Object,
        body: &Map<String, Value>,
        change: Change,
    ) -> Result<Accepted, Problem> {
        let mut accepted = Accepted::new();
        for (key, sent) in body {
            if key == "attributes" {
                check_type(object, sent)?;
                continue;
            }
            let Some(field) = self.named(actor, object, key) else {
                let (name, value) = self.by_related_row(actor, object, key, sent)?;
                accepted.insert(name, value);
                continue;
            };
            check_writeable(self, actor, object, field, change)?;
            let value = stored(field, sent)?;
            let value = match field.kind {
                Kind::Reference(_) => self.reference(field, &value)?,
                _ => value,
            };
            accepted.insert(field.name.clone(), value);
        }
        Ok(accepted)
    }

    fn named<'a>(&self, actor: Actor, object: &'a Object, name: &str) -> Option<&'a Field> {
        let field = object.field(name)?;
        self.sees(actor, object, field).then_some(field)
    }

    /// The value of a reference in its long form.
    fn reference(&self, field: &Field, value: &Value) -> Result<Value, Problem> {
        let Some(text) = value.as_str() else {
            return Ok(Value::Null);
        };
        let message = || format!("{}: id value of incorrect type: {text}", field.label);
        let Some(id) = Id::parse(text) else {
            return Err(Problem::bad("MALFORMED_ID", message()).on([&field.name]));
        };
        let target = self.schema.with_prefix(id.prefix());
        if !target.is_some_and(|target| field.refers_to(&target.name)) {
            return Err(Problem::bad("FIELD_INTEGRITY_EXCEPTION", message()).on([&field.name]));
        }
        match self.row(id) {
            Some(_) => Ok(Value::from(id.as_str())),
            None => Err(Problem::cross_reference()),
        }
    }

    /// `"Account": {"Ext__c": "x"}`: a parent named by its external id.
    fn by_related_row(
        &self,
        actor: Actor,
        object: &Object,
        key: &str,
        sent: &Value,
    ) -> Result<(String, Value), Problem> {
        let unknown = || Problem::no_such_column(key, &object.name);
        let field = object
            .fields
            .iter()
            .find(|field| field.relationship.as_deref() == Some(key))
            .filter(|field| self.sees(actor, object, field))
            .ok_or_else(unknown)?;
        let keys = sent.as_object().ok_or_else(unknown)?;
        let Kind::Reference(targets) = &field.kind else {
            return Err(unknown());
        };
        let mut named = keys.iter().filter(|(name, _)| *name != "attributes");
        let (Some((name, value)), None, [target]) =
            (named.next(), named.next(), targets.as_slice())
        else {
            return Err(unknown());
        };
        let parent = self.schema.object(target).ok_or_else(unknown)?;
        let lookup = self.named(actor, parent, name);
        let lookup = lookup.filter(|lookup| lookup.is_lookup());
        let lookup = lookup.ok_or_else(|| Problem::no_such_column(name, target))?;
        let value = value.as_str().unwrap_or_default();
        let mut found = self.matching(parent, lookup, value).into_iter();
        match (found.next(), found.next()) {
            (Some(id), None) => Ok((field.name.clone(), Value::from(id.as_str()))),
            _ => Err(Problem::bad(
                "INVALID_FIELD",
                format!(
                    "Foreign key external ID: {value} not found for field {name} in entity {target}"
                ),
            )),
        }
    }

    /// The rows with a value in a field by which rows are looked up.
    pub(super) fn matching(&self, object: &Object, field: &Field, value: &str) -> Vec<Id> {
        let rows = self.store.with(object, &field.name, value);
        rows.filter(|row| !field.case_sensitive || row.text(&field.name) == Some(value))
            .map(|row| row.id)
            .collect()
    }
}

fn check_type(object: &Object, sent: &Value) -> Result<(), Problem> {
    match sent["type"].as_str() {
        Some(name) if name != object.name => Err(Problem::bad(
            "INVALID_TYPE",
            format!("attributes: type {name} does not match {}", object.name),
        )),
        _ => Ok(()),
    }
}

fn check_writeable(
    database: &Database,
    actor: Actor,
    object: &Object,
    field: &Field,
    change: Change,
) -> Result<(), Problem> {
    let writeable = match change {
        Change::Insert => field.createable,
        Change::Update => field.updateable,
    };
    if writeable && database.edits(actor, object, field) {
        return Ok(());
    }
    Err(Problem::bad(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
            field.name
        ),
    )
    .on([&field.name]))
}
