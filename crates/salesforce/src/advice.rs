//! How a person in the org, or whoever writes the config, mends what Salesforce refuses.

const MISSING_FIELD: &str =
    "run `casewire setup`; if the fields are there, let Casewire's user see and edit them";
const PERMISSION: &str = "give Casewire's user that permission; `casewire check` names them";
const AUTOMATION: &str =
    "a trigger or flow of the org failed: see to it there, then retry the session";

/// How to mend what has this code. `values` is the key of the config with fixed values for the fields of the row, if it
/// has one.
pub(crate) fn advice(code: &str, values: Option<&str>) -> Option<String> {
    let advice = match (code, values) {
        ("REQUIRED_FIELD_MISSING", Some(values)) => {
            return Some(format!(
                "give the field a value with `{values}`, or make it optional"
            ));
        }
        ("REQUIRED_FIELD_MISSING", None) => "make the field optional",
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Some(values)) => {
            return Some(format!(
                "give what the rule wants with `{values}`, or exempt Casewire's user from the rule"
            ));
        }
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", None) => "exempt Casewire's user from the rule",
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Some(values)) => {
            return Some(format!(
                "choose one of the field's own values in `{values}` or `statuses`"
            ));
        }
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None) => {
            "choose one of the field's own values in `statuses`"
        }
        ("DUPLICATES_DETECTED", _) => {
            "the rule blocks a customer whom Casewire does not know by number, address or id: let it alert instead, or \
             exempt Casewire's user from it"
        }
        ("INVALID_FIELD" | "INVALID_FIELD_FOR_INSERT_UPDATE" | "INVALID_TYPE", _) => MISSING_FIELD,
        ("STRING_TOO_LONG", _) => "make the field longer",
        (
            "INSUFFICIENT_ACCESS"
            | "INSUFFICIENT_ACCESS_OR_READONLY"
            | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            _,
        ) => PERMISSION,
        ("ENTITY_IS_LOCKED", _) => {
            "an approval or entitlement locks the record: unlock it, then retry the session"
        }
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "CANNOT_EXECUTE_FLOW_TRIGGER", _) => AUTOMATION,
        ("STORAGE_LIMIT_EXCEEDED", _) => "the org's data storage is full: make room there",
        ("QUERY_TIMEOUT", _) => {
            "mark the fields that customers and records are found by as external ids, so that they have an index"
        }
        ("API_DISABLED_FOR_ORG", _) => "this edition has no API, or it is switched off",
        _ => return None,
    };
    Some(advice.to_owned())
}
