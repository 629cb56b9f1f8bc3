//! The golden requests beside Kustomer's own schemas.

use std::collections::BTreeMap;

use jsonschema::Draft;
use serde_json::{Value, json};

use super::org::GOLDEN;
use crate::recorded::recording;

/// The bodies of all golden requests with this method and this end of a path, by operation.
fn bodies(method: &str, ending: &str) -> BTreeMap<String, Value> {
    let requests = GOLDEN.requests().into_iter();
    let fitting = requests.filter(|(_, request)| {
        let path = request["path"].as_str().unwrap();
        request["method"] == method && path.ends_with(ending)
    });
    fitting
        .map(|(operation, mut request)| (operation, request["body"].take()))
        .collect()
}

/// Says what `format: object-id` means, which a validator does not know.
fn with_object_ids(schema: &mut Value) {
    if schema["format"] == "object-id" {
        schema["pattern"] = json!("^[0-9a-f]{24}$");
    }
    match schema {
        Value::Object(keys) => keys.values_mut().for_each(with_object_ids),
        Value::Array(items) => items.iter_mut().for_each(with_object_ids),
        _ => {}
    }
}

fn assert_all_fit(mut schema: Value, bodies: &BTreeMap<String, Value>) {
    with_object_ids(&mut schema);
    let validator = jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(&schema)
        .unwrap();
    for (operation, body) in bodies {
        let errors: Vec<_> = validator
            .iter_errors(body)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{operation}: {errors:#?}");
    }
    let mut wrong = bodies.values().next().unwrap().clone();
    wrong["unheardOf"] = json!(1);
    assert!(!validator.is_valid(&wrong), "the schema refuses nothing");
}

#[test]
fn conversations_are_made_as_the_schema_has_them() {
    let Some(mut schema) = recording("kustomer", "schema_create_conversation.json") else {
        return;
    };
    // Which attributes there are is each organisation's own; texts are up to 1,024 long.
    let text = json!({ "type": "string", "maxLength": 1024 });
    schema["properties"]["custom"]["additionalProperties"] = json!(false);
    schema["properties"]["custom"]["patternProperties"] = json!({ "(Str|Txt)$": text });
    let bodies = bodies("POST", "/v1/conversations");
    assert!(bodies.len() >= 6, "{bodies:#?}");
    assert_all_fit(schema, &bodies);
}

#[test]
fn notes_are_made_as_the_schema_has_them() {
    let Some(mut schema) = recording("kustomer", "schema_create_note.json") else {
        return;
    };
    schema["additionalProperties"] = json!(false);
    let bodies = bodies("POST", "/notes");
    assert!(bodies.len() >= 5, "{bodies:#?}");
    assert_all_fit(schema, &bodies);
}

#[test]
fn messages_are_made_as_the_schema_has_them() {
    let Some(mut schema) = recording("kustomer", "schema_create_message_subset.json") else {
        return;
    };
    schema["additionalProperties"] = json!(false);
    let bodies = bodies("POST", "/messages");
    assert!(bodies.len() >= 2, "{bodies:#?}");
    assert_all_fit(schema, &bodies);
}

#[test]
fn attributes_are_made_as_the_example_shows() {
    let Some(example) = recording(
        "kustomer",
        "doc_metadata_put_request_and_response_shape.json",
    ) else {
        return;
    };
    let documented = &example["request"];
    let bodies = bodies("PUT", documented["path"].as_str().unwrap());
    let keys = |property: &Value| -> Vec<String> {
        property.as_object().unwrap().keys().cloned().collect()
    };
    let expected = keys(&documented["body"]["properties"]["leafQueueStr"]);
    assert_eq!(bodies.len(), 1);
    for body in bodies.values() {
        assert_eq!(keys(body), ["properties"]);
        for property in body["properties"].as_object().unwrap().values() {
            assert_eq!(keys(property), expected);
        }
    }
}

/// Source: Kustomer's OpenAPI document, `UpdateConversation` and `CreateCustomer`: other keys are refused.
#[test]
fn bodies_have_documented_keys_only() {
    let update = "assignedTeams assignedUsers custom deleted ended endedAt endedBy endedByType endedReason externalId \
        locked name priority queue replyChannel rev snooze status subStatus tags";
    let update: Vec<_> = update.split_whitespace().collect();
    let customer = ["emails", "externalId", "name", "phones"];
    let updates = GOLDEN.requests().into_iter().filter(|(_, request)| {
        let path = request["path"].as_str().unwrap();
        request["method"] == "PUT" && path.starts_with("/v1/conversations/")
    });
    let updates: BTreeMap<_, _> = updates
        .map(|(operation, mut request)| (operation, request["body"].take()))
        .collect();
    let customers = bodies("POST", "/v1/customers");
    for (bodies, keys) in [(updates, &update[..]), (customers, &customer[..])] {
        assert!(bodies.len() >= 4, "{bodies:#?}");
        for (operation, body) in bodies {
            for key in body.as_object().unwrap().keys() {
                assert!(keys.contains(&&**key), "{operation}: {key}");
            }
        }
    }
}
