use serde_json::{Value, json};

use super::database::Database;
use super::id::Id;
use super::org::{DuplicateAction, DuplicateRule, Refuses, ValidationRule};
use super::problem::Problem;
use super::schema::{Field, Kind, Object};
use super::store::Row;
use super::write::Duplicates;

impl Database {
    /// A new owner must be active.
    pub(super) fn check_owner(
        &self,
        object: &Object,
        row: &Row,
        sent: &[String],
    ) -> Result<(), Problem> {
        if !sent.iter().any(|field| field == "OwnerId") {
            return Ok(());
        }
        let owner = row.reference("OwnerId").and_then(|id| self.row(id));
        match owner {
            Some(owner) if owner.object == "User" && !owner.is("IsActive") => Err(Problem::bad(
                "INACTIVE_OWNER_OR_USER",
                format!(
                    "operation performed with inactive user [{}] as owner of {}",
                    owner.id,
                    object.label.to_lowercase()
                ),
            )
            .on([])),
            _ => Ok(()),
        }
    }

    pub(super) fn check_validation_rules(
        &self,
        object: &Object,
        row: &Row,
        before: Option<&Row>,
    ) -> Result<(), Problem> {
        let mut rules = self.org.validation_rules.iter();
        match rules.find(|rule| rule.object == object.name && refuses(rule, row, before)) {
            None => Ok(()),
            Some(rule) => {
                let problem = Problem::bad("FIELD_CUSTOM_VALIDATION_EXCEPTION", &*rule.message);
                Err(match &rule.field {
                    Some(field) => problem.on([field]),
                    None => problem.on([]),
                })
            }
        }
    }

    pub(super) fn check_unique(&self, object: &Object, row: &Row) -> Result<(), Problem> {
        for field in object.fields.iter().filter(|field| field.unique) {
            let Some(text) = row.text(&field.name) else {
                continue;
            };
            let mut others = self.matching(object, field, text).into_iter();
            if let Some(other) = others.find(|id| *id != row.id) {
                return Err(Problem::bad(
                    "DUPLICATE_VALUE",
                    format!(
                        "duplicate value found: {} duplicates value on record with id: {other}",
                        field.name
                    ),
                )
                .on([]));
            }
        }
        Ok(())
    }

    pub(super) fn check_duplicates(
        &self,
        object: &Object,
        row: &Row,
        wanted: Duplicates,
    ) -> Result<(), Problem> {
        for rule in &self.org.duplicate_rules {
            if rule.object != object.name {
                continue;
            }
            let found = self.duplicates(object, rule, row);
            let passes = rule.action == DuplicateAction::Alert && wanted == Duplicates::Save;
            if !found.is_empty() && !passes {
                return Err(detected(rule, &found));
            }
        }
        Ok(())
    }

    fn duplicates(&self, object: &Object, rule: &DuplicateRule, row: &Row) -> Vec<Id> {
        let fields = rule.fields.iter();
        let fields: Vec<_> = fields.filter_map(|name| object.field(name)).collect();
        let alike = |other: &&Row| fields.iter().any(|field| are_alike(field, row, other));
        let rows = self.store.rows(object);
        rows.filter(alike).map(|row| row.id).collect()
    }
}

fn refuses(rule: &ValidationRule, row: &Row, before: Option<&Row>) -> bool {
    match &rule.refuses {
        Refuses::Having(field, value) => row.text(field) == Some(value),
        Refuses::Lacking(field) => row.value(field).is_null(),
        Refuses::Reopening => {
            before.is_some_and(|before| before.is("IsClosed")) && !row.is("IsClosed")
        }
    }
}

/// Phones are compared by their digits, other texts without case.
fn are_alike(field: &Field, one: &Row, other: &Row) -> bool {
    let value = |row: &Row| {
        let text = row.text(&field.name)?;
        Some(match field.kind {
            Kind::Phone => text.chars().filter(char::is_ascii_digit).collect(),
            _ => text.to_lowercase(),
        })
    };
    value(one).is_some() && value(one) == value(other)
}

const DUPLICATE: &str =
    "You're creating a duplicate record. We recommend you use an existing record instead.";

fn detected(rule: &DuplicateRule, found: &[Id]) -> Problem {
    let records: Vec<_> = found.iter().map(|id| matched(rule, *id)).collect();
    let result = json!({
        "allowSave": rule.action == DuplicateAction::Alert,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": DUPLICATE,
        "matchResults": [{
            "entityType": rule.object,
            "errors": [],
            "matchEngine": "FuzzyMatchEngine",
            "matchRecords": records,
            "rule": format!("Standard_{}_Match_Rule_v1_1", rule.object),
            "size": records.len(),
            "success": true,
        }],
    });
    Problem::bad("DUPLICATES_DETECTED", DUPLICATE).with_duplicates(result)
}

fn matched(rule: &DuplicateRule, id: Id) -> Value {
    let object = &rule.object;
    json!({
        "additionalInformation": [],
        "fieldDiffs": [],
        "matchConfidence": 100.0,
        "record": {
            "attributes": {
                "type": object,
                "url": format!("/services/data/v66.0/sobjects/{object}/{id}"),
            },
            "Id": id.as_str(),
        },
    })
}
