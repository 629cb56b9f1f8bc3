//! Whether the user may use the objects, and the fields are there as they have to be.

use casewire_core::{Finding, Severity};

use crate::describe::DescribedField;
use crate::inventory::Inventory;
use crate::schema::{FieldKind, Index, Maker, Schema, WantedField};

/// What the user lacks to work with customers, records and entries.
pub(super) fn objects(schema: &Schema, inventory: &Inventory) -> Vec<Finding> {
    let of_objects = schema.access.iter().filter_map(|access| {
        let object = access.object;
        let Some(seen) = inventory.object(object) else {
            return Some(format!(
                "does not see {object}; let it read{}",
                rest(access.writes)
            ));
        };
        let lacking: Vec<_> = [
            ("read", seen.queryable),
            ("create", seen.createable || !access.writes),
            ("edit", seen.updateable || !access.writes),
        ]
        .into_iter()
        .filter_map(|(verb, may)| (!may).then_some(verb))
        .collect();
        (!lacking.is_empty())
            .then(|| format!("may not {} {object}; let it do so", lacking.join(" and ")))
    });
    let task = inventory.object("Task");
    let writes_tasks = task.is_some_and(|task| task.is_writable());
    let of_tasks = (schema.writes_tasks && !writes_tasks)
        .then(|| "may not write tasks; give it the permission Edit Tasks".to_owned());
    let lacking: Vec<_> = of_objects.chain(of_tasks).collect();
    if lacking.is_empty() {
        return vec![Finding::new(
            Severity::Fine,
            "the user may read and write all objects that it has to",
        )];
    }
    let lacking = lacking.into_iter().map(|what| {
        Finding::new(
            Severity::Denied,
            format!("the user of the credentials {what} (the permission set `Casewire` of `casewire setup` does)"),
        )
    });
    lacking.collect()
}

fn rest(writes: bool) -> &'static str {
    if writes {
        ", create and edit its rows"
    } else {
        " its rows"
    }
}

/// What is wrong with the fields.
pub(super) fn fields(schema: &Schema, inventory: &Inventory) -> Vec<Finding> {
    let wrong = schema.fields.iter().filter_map(|wanted| {
        let name = named(wanted);
        match inventory.field(wanted) {
            Some(field) => wrong(wanted, field, &name),
            None => Some(absent(wanted, inventory.hides(wanted), &name)),
        }
    });
    let wrong: Vec<_> = wrong.collect();
    match wrong.is_empty() {
        true => vec![Finding::new(
            Severity::Fine,
            "the custom fields are there, and the user may read and edit them",
        )],
        false => wrong,
    }
}

/// How a finding calls the field.
fn named(wanted: &WantedField) -> String {
    let name = wanted.full_name();
    match wanted.maker {
        Maker::Casewire => format!("the custom field `{name}`"),
        Maker::Org { key } => format!("`{key}`: the field `{name}`"),
    }
}

fn absent(wanted: &WantedField, is_hidden: bool, name: &str) -> Finding {
    match (wanted.maker, is_hidden) {
        (_, true) => Finding::new(
            Severity::Denied,
            format!(
                "{name} is hidden from the user of the credentials; run `casewire setup`, or give the user the permission set `Casewire`"
            ),
        ),
        (Maker::Casewire, false) => Finding::new(
            Severity::Missing,
            format!("{name} is not there, or hidden from the user; run `casewire setup`"),
        ),
        (Maker::Org { key }, false) => Finding::new(
            Severity::Missing,
            format!(
                "{name} is not there, or hidden from the user; let the user read and edit it, or name another in `{key}`"
            ),
        ),
    }
}

fn wrong(wanted: &WantedField, field: &DescribedField, name: &str) -> Option<Finding> {
    if !is_of_kind(wanted, field) {
        let kind = &field.kind;
        return Some(Finding::new(
            Severity::Missing,
            format!(
                "{name} is of type {kind}, where a {} is needed; {}",
                told(wanted.kind),
                mend(wanted)
            ),
        ));
    }
    if !field.is_writable() {
        return Some(Finding::new(
            Severity::Denied,
            format!("{name} can be read only; let the user of the credentials edit it"),
        ));
    }
    if wanted.index != Index::None && !field.filterable {
        return Some(Finding::new(
            Severity::Missing,
            format!("{name} can not be searched by; {}", mend(wanted)),
        ));
    }
    if wanted.index == Index::Unique && !(field.unique && field.case_sensitive) {
        return Some(Finding::new(
            Severity::Missing,
            format!(
                "{name} has to be unique and case sensitive, which keeps Casewire from writing twice; set both in Setup"
            ),
        ));
    }
    let is_text = field.kind != "picklist";
    let shortest = match wanted.kind {
        FieldKind::Text { length } | FieldKind::LongText { length } => length,
        FieldKind::DateTime | FieldKind::Number | FieldKind::Lookup { .. } => 0,
    };
    if is_text && field.length < shortest {
        let length = field.length;
        let severity = match wanted.maker {
            Maker::Casewire => Severity::Missing,
            Maker::Org { .. } => Severity::Warning,
        };
        return Some(Finding::new(
            severity,
            format!(
                "{name} holds {length} characters, where up to {shortest} may be written; make it longer"
            ),
        ));
    }
    if wanted.index != Index::None && !field.external_id {
        return Some(Finding::new(
            Severity::Warning,
            format!(
                "{name} is no external id and so has no index: look-ups are slow in a large org; mark it one in Setup"
            ),
        ));
    }
    None
}

fn is_of_kind(wanted: &WantedField, field: &DescribedField) -> bool {
    let kind = field.kind.as_str();
    match wanted.kind {
        // What the org names itself may be a list of its queues.
        FieldKind::Text { .. } => {
            kind == "string" || kind == "picklist" && wanted.maker != Maker::Casewire
        }
        FieldKind::LongText { .. } => kind == "textarea",
        FieldKind::DateTime => kind == "datetime",
        FieldKind::Number => kind == "double",
        FieldKind::Lookup { .. } => kind == "reference",
    }
}

fn told(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text { .. } => "text field",
        FieldKind::LongText { .. } => "long text area",
        FieldKind::DateTime => "date and time field",
        FieldKind::Number => "number field",
        FieldKind::Lookup { .. } => "lookup field",
    }
}

fn mend(wanted: &WantedField) -> String {
    match wanted.maker {
        Maker::Casewire => {
            "delete or rename the field in Setup, then run `casewire setup`".to_owned()
        }
        Maker::Org { key } => format!("name another in `{key}`, or remove `{key}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;
    use crate::schema::schema;
    use serde_json::{Value, json};

    fn wanted(changes: Value) -> Schema {
        schema(&config(changes).unwrap())
    }

    fn field(changes: &Value) -> DescribedField {
        let mut field = json!({
            "name": "F__c", "type": "string", "length": 255, "createable": true, "updateable": true,
            "filterable": true, "nillable": true, "defaultedOnCreate": false, "unique": true,
            "externalId": true, "caseSensitive": true, "restrictedPicklist": false,
        });
        for (key, value) in changes.as_object().unwrap() {
            field[key] = value.clone();
        }
        serde_json::from_value(field).unwrap()
    }

    #[test]
    fn each_fault_of_a_field_is_told_with_its_remedy() {
        let schema = wanted(json!({}));
        let session = &schema.fields[1];
        assert_eq!(session.name, "Casewire_Session__c");
        assert_eq!(wrong(session, &field(&json!({})), "it"), None);
        for (changes, severity, remedy) in [
            (
                json!({ "type": "double" }),
                Severity::Missing,
                "where a text field is needed",
            ),
            (
                json!({ "type": "picklist" }),
                Severity::Missing,
                "where a text field is needed",
            ),
            (json!({ "updateable": false }), Severity::Denied, "edit it"),
            (
                json!({ "filterable": false }),
                Severity::Missing,
                "searched by",
            ),
            (
                json!({ "unique": false }),
                Severity::Missing,
                "unique and case sensitive",
            ),
            (
                json!({ "caseSensitive": false }),
                Severity::Missing,
                "unique and case sensitive",
            ),
            (json!({ "length": 80 }), Severity::Missing, "holds 80"),
            (
                json!({ "externalId": false }),
                Severity::Warning,
                "external id",
            ),
        ] {
            let found = wrong(session, &field(&changes), "it").unwrap();
            assert_eq!(found.severity, severity, "{changes}");
            assert!(
                found.message.contains(remedy),
                "{changes}: {}",
                found.message
            );
        }
    }

    #[test]
    fn a_field_of_the_org_may_be_a_short_list_of_queues() {
        let schema = wanted(json!({ "fields": { "leaf_queue": "Queue__c" } }));
        let list = field(&json!({ "type": "picklist", "length": 40 }));
        assert_eq!(wrong(&schema.fields[0], &list, "it"), None);
        let short = field(&json!({ "length": 40 }));
        let found = wrong(&schema.fields[0], &short, "it").unwrap();
        assert_eq!(found.severity, Severity::Warning);
    }

    #[test]
    fn an_absent_field_names_what_to_do() {
        let schema = wanted(json!({ "fields": { "leaf_queue": "Queue__c" } }));
        let [queue, session, ..] = &schema.fields[..] else {
            panic!("no fields");
        };
        for (wanted, is_hidden, severity, remedy) in [
            (session, false, Severity::Missing, "run `casewire setup`"),
            (session, true, Severity::Denied, "permission set `Casewire`"),
            (
                queue,
                false,
                Severity::Missing,
                "another in `fields.leaf_queue`",
            ),
        ] {
            let found = absent(wanted, is_hidden, &named(wanted));
            assert_eq!(found.severity, severity);
            assert!(found.message.contains(remedy), "{}", found.message);
        }
    }
}
