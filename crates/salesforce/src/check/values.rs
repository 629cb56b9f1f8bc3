//! Whether rows that Casewire makes have all values that the org wants, and values that it takes.

use std::collections::BTreeMap;

use casewire_core::{Finding, Severity};

use crate::config::{FieldName, Literal, SalesforceConfig};
use crate::describe::{Described, DescribedField};
use crate::entry;
use crate::inventory::Inventory;

/// Fields that are required by themselves and written in any case.
const WRITTEN: [&str; 8] = [
    "CloseDate",
    "Company",
    "LastName",
    "Name",
    "OwnerId",
    "StageName",
    "Status",
    "Subject",
];

/// Fields that the org requires of new rows and that nobody gives a value.
pub(super) fn required(config: &SalesforceConfig, inventory: &Inventory) -> Vec<Finding> {
    let none = BTreeMap::new();
    let record = config.record_object.sobject();
    let customer = config.customer_object().sobject();
    let entry = entry::sobject(config);
    let mut findings = Vec::new();
    let mut look = |object: &str, values: &BTreeMap<FieldName, Literal>, key: Option<&str>| {
        let Some(described) = inventory.object(object) else {
            return;
        };
        let links = link_fields(config);
        let lacking = described.fields.iter().filter(|field| {
            let is_given = given_by(values, field) || links.contains(&field.name.as_str());
            field.is_required() && !is_given && !WRITTEN.contains(&field.name.as_str())
        });
        findings.extend(lacking.map(|field| unwritten(object, &field.name, key)));
    };
    look(record, &config.record_values, Some("record_values"));
    look(customer, &config.customer_values, Some("customer_values"));
    if entry != record {
        look(entry, &none, None);
    }
    findings
}

/// The fields that hold link data and customers' keys.
fn link_fields(config: &SalesforceConfig) -> [&str; 3] {
    [
        config.fields.leaf_queue.as_str(),
        config.fields.session.as_str(),
        config.customer.external_id_field.as_str(),
    ]
}

fn given_by(values: &BTreeMap<FieldName, Literal>, field: &DescribedField) -> bool {
    let mut names = values.keys();
    names.any(|name| name.as_str().eq_ignore_ascii_case(&field.name))
}

fn unwritten(object: &str, field: &str, key: Option<&str>) -> Finding {
    let remedy = match key {
        Some(key) => format!("give it one with `{key}.{field}`, or make it optional in Setup"),
        None => "make it optional in Setup".to_owned(),
    };
    Finding::new(
        Severity::Missing,
        format!("{object} requires a value for `{field}`, which Casewire does not write; {remedy}"),
    )
}

/// Fixed values for fields that are not there, or that the field does not take.
pub(super) fn given(config: &SalesforceConfig, inventory: &Inventory) -> Vec<Finding> {
    let record = (
        config.record_object.sobject(),
        &config.record_values,
        "record_values",
    );
    let customer = config.customer_object().sobject();
    let customer = (customer, &config.customer_values, "customer_values");
    let mut findings = Vec::new();
    for (object, values, key) in [record, customer] {
        let Some(described) = inventory.object(object) else {
            continue;
        };
        let faults = values
            .iter()
            .filter_map(|(name, value)| fault(described, name.as_str(), value, key));
        findings.extend(faults);
    }
    findings
}

fn fault(object: &Described, name: &str, value: &Literal, key: &str) -> Option<Finding> {
    let of = &object.name;
    let Some(field) = object.field(name) else {
        return Some(Finding::new(
            Severity::Missing,
            format!(
                "`{key}.{name}`: {of} has no such field that the user sees; remove it, or let the user edit the field"
            ),
        ));
    };
    if !field.createable {
        return Some(Finding::new(
            Severity::Denied,
            format!(
                "`{key}.{name}`: the user may not write this field of new rows; allow it, or remove the value"
            ),
        ));
    }
    let Literal::Text(value) = value else {
        return None;
    };
    if field.takes(value) {
        return None;
    }
    let severity = match field.restricted_picklist {
        true => Severity::Missing,
        false => Severity::Warning,
    };
    Some(Finding::new(
        severity,
        format!(
            "`{key}.{name}` = \"{value}\" is none of the field's values; set it to one of them, or add it in Setup"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object() -> Described {
        let field = |name: &str, restricted: bool| {
            json!({
                "name": name, "type": "picklist", "length": 40, "createable": name != "Fixed__c",
                "updateable": true, "filterable": true, "nillable": true, "defaultedOnCreate": false,
                "unique": false, "externalId": false, "caseSensitive": false,
                "restrictedPicklist": restricted,
                "picklistValues": [
                    { "value": "Phone", "active": true },
                    { "value": "Fax", "active": false },
                ],
            })
        };
        let fields = [
            field("Origin", false),
            field("Channel__c", true),
            field("Fixed__c", false),
        ];
        let object = json!({
            "name": "Case", "createable": true, "updateable": true, "queryable": true, "fields": fields,
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_value_that_the_field_does_not_have_is_told() {
        let fault = |name: &str, value: &str| {
            fault(
                &object(),
                name,
                &Literal::Text(value.to_owned()),
                "record_values",
            )
        };
        assert_eq!(fault("Origin", "Phone"), None);
        assert_eq!(fault("origin", "Phone"), None);
        for (name, value, severity) in [
            ("Origin", "Pigeon", Severity::Warning),
            ("Origin", "Fax", Severity::Warning),
            ("Channel__c", "Pigeon", Severity::Missing),
            ("Fixed__c", "Phone", Severity::Denied),
            ("Other__c", "Phone", Severity::Missing),
        ] {
            let found = fault(name, value).unwrap();
            assert_eq!(found.severity, severity, "{name} {value}");
            assert!(
                found.message.contains(&format!("`record_values.{name}`")),
                "{}",
                found.message
            );
        }
    }
}
