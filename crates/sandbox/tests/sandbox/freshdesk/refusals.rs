//! What the fake refuses, and in which words.

use casewire_sandbox::freshdesk::{CustomField, CustomStatus, FieldKind, Options};
use serde_json::{Value, json};

use super::client::{Client, complaints};

fn client() -> Client {
    let custom = |label: &str, kind: FieldKind| CustomField {
        label: label.to_owned(),
        kind,
    };
    Client::with(Options {
        custom_fields: vec![
            custom("Text", FieldKind::Text),
            custom("Long", FieldKind::Paragraph),
            custom("Flag", FieldKind::Checkbox),
            custom("Whole", FieldKind::Number),
            custom("Part", FieldKind::Decimal),
            custom("Day", FieldKind::Date),
            custom(
                "Choice",
                FieldKind::Dropdown(vec!["one".to_owned(), "two".to_owned()]),
            ),
        ],
        custom_statuses: vec![CustomStatus {
            number: 8,
            label: "With the lab".to_owned(),
        }],
        ..Options::default()
    })
}

/// A new ticket that is right, but for some keys; null removes one.
fn ticket(changes: &Value) -> Value {
    let mut ticket =
        json!({ "email": "kim@example.com", "subject": "Call", "description": "A call" });
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => {
                ticket.as_object_mut().unwrap().remove(key);
            }
            value => ticket[key] = value.clone(),
        }
    }
    ticket
}

#[test]
fn wrong_tickets_name_the_field() {
    let client = client();
    for (changes, field, code) in [
        (json!({ "email": null }), "requester_id", "missing_field"),
        (json!({ "subject": null }), "subject", "missing_field"),
        (
            json!({ "description": null }),
            "description",
            "missing_field",
        ),
        (json!({ "subject": " " }), "subject", "missing_field"),
        (
            json!({ "email": null, "phone": "+15550100100" }),
            "name",
            "missing_field",
        ),
        (
            json!({ "email": null, "requester_id": 7 }),
            "requester_id",
            "invalid_value",
        ),
        (json!({ "email": "kim" }), "email", "invalid_value"),
        (
            json!({ "responder_id": 7 }),
            "responder_id",
            "invalid_value",
        ),
        (json!({ "group_id": 7 }), "group_id", "invalid_value"),
        (json!({ "status": 9 }), "status", "invalid_value"),
        (json!({ "status": "2" }), "status", "invalid_value"),
        (json!({ "priority": 5 }), "priority", "invalid_value"),
        (json!({ "source": 8 }), "source", "invalid_value"),
        (json!({ "type": "Song" }), "type", "invalid_value"),
        (
            json!({ "subject": "x".repeat(256) }),
            "subject",
            "invalid_value",
        ),
        (json!({ "tags": ["x".repeat(33)] }), "tags", "invalid_value"),
        (json!({ "tags": ["a,b"] }), "tags", "invalid_value"),
        (json!({ "tags": [""] }), "tags", "invalid_value"),
        (json!({ "tags": "a" }), "tags", "datatype_mismatch"),
        (json!({ "subject": 7 }), "subject", "datatype_mismatch"),
        (json!({ "colour": "red" }), "colour", "invalid_field"),
        (
            json!({ "created_at": "2026-01-24T01:14:06Z" }),
            "created_at",
            "invalid_field",
        ),
        (
            json!({ "custom_fields": { "cf_none": "a" } }),
            "custom_fields.cf_none",
            "invalid_field",
        ),
        (
            json!({ "custom_fields": { "cf_text": "x".repeat(256) } }),
            "custom_fields.cf_text",
            "invalid_value",
        ),
        (
            json!({ "custom_fields": { "cf_long": "x".repeat(65_536) } }),
            "custom_fields.cf_long",
            "invalid_value",
        ),
        (
            json!({ "custom_fields": { "cf_text": 7 } }),
            "custom_fields.cf_text",
            "datatype_mismatch",
        ),
        (
            json!({ "custom_fields": { "cf_flag": "yes" } }),
            "custom_fields.cf_flag",
            "datatype_mismatch",
        ),
        (
            json!({ "custom_fields": { "cf_whole": 1.5 } }),
            "custom_fields.cf_whole",
            "datatype_mismatch",
        ),
        (
            json!({ "custom_fields": { "cf_part": "1.5" } }),
            "custom_fields.cf_part",
            "datatype_mismatch",
        ),
        (
            json!({ "custom_fields": { "cf_day": "24.01.2026" } }),
            "custom_fields.cf_day",
            "invalid_value",
        ),
        (
            json!({ "custom_fields": { "cf_choice": "three" } }),
            "custom_fields.cf_choice",
            "invalid_value",
        ),
        (
            json!({ "custom_fields": ["cf_text"] }),
            "custom_fields",
            "datatype_mismatch",
        ),
    ] {
        let answer = client.post("/tickets", &ticket(&changes));
        assert_eq!(answer.status, 400, "{changes}: {}", answer.body_json());
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), code.to_owned())],
            "{changes}"
        );
        assert_eq!(answer.body_json()["description"], "Validation failed");
    }
    assert_eq!(client.records(), json!([]));
    assert_eq!(
        client.sandbox.state()["customers"],
        json!([]),
        "no contact either"
    );
}

#[test]
fn the_longest_values_are_taken() {
    let client = client();
    let me = client.shown("/agents/me")["id"].clone();
    let longest = json!({
        "subject": "ü".repeat(255), "tags": ["ü".repeat(32)], "status": 8, "priority": 4, "source": 7, "type": "Question",
        "responder_id": me, "group_id": null,
        "custom_fields": { "cf_text": "ü".repeat(255), "cf_long": "x".repeat(65_535), "cf_flag": true, "cf_whole": 7,
            "cf_part": 1.5, "cf_day": "2026-01-24", "cf_choice": "one" },
    });
    let mut sent = ticket(&longest);
    sent["group_id"] = Value::Null;
    let shown = client.create("/tickets", &sent);
    assert_eq!(shown["custom_fields"], longest["custom_fields"]);
    let emptied = json!({ "custom_fields": { "cf_text": null, "cf_flag": null }, "type": null, "responder_id": null });
    let shown = client.put("/tickets/1", &emptied).body_json();
    assert_eq!(shown["custom_fields"]["cf_text"], Value::Null);
    assert_eq!(
        (&shown["type"], &shown["responder_id"]),
        (&Value::Null, &Value::Null)
    );
    let fields = client.shown("/ticket_fields?type=default_status");
    assert_eq!(
        fields[0]["choices"]["8"],
        json!(["With the lab", "With the lab"])
    );
    assert_eq!(client.records()[0]["state"], "open");
}

#[test]
fn wrong_updates_name_the_field_and_change_nothing() {
    let client = client();
    client.ticket(&json!({}));
    for (body, field, code) in [
        (json!({ "status": 9 }), "status", "invalid_value"),
        (json!({ "tags": ["x".repeat(33)] }), "tags", "invalid_value"),
        (
            json!({ "responder_id": 7 }),
            "responder_id",
            "invalid_value",
        ),
        (
            json!({ "requester_id": 7 }),
            "requester_id",
            "invalid_value",
        ),
        (
            json!({ "custom_fields": { "cf_none": "a" } }),
            "custom_fields.cf_none",
            "invalid_field",
        ),
        (json!({ "comment": "a" }), "comment", "invalid_field"),
        (
            json!({ "status": 3, "stats": {} }),
            "stats",
            "invalid_field",
        ),
    ] {
        let answer = client.put("/tickets/1", &body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_eq!(client.shown("/tickets/1")["status"], 2);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let client = client();
    let answer = client.post("/tickets", &json!({ "status": 9, "colour": "red" }));
    let complaints = complaints(&answer);
    let fields: Vec<_> = complaints.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        ["requester_id", "status", "subject", "description", "colour"]
    );
}

#[test]
fn child_tickets_are_a_feature_that_the_plan_lacks() {
    let answer = client().post("/tickets", &ticket(&json!({ "parent_id": 1 })));
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body_json()["code"], "require_feature");
}

#[test]
fn wrong_parameters_name_themselves() {
    let client = client();
    client.ticket(&json!({}));
    for (below, field, code) in [
        ("/tickets?status=2", "status", "invalid_field"),
        ("/tickets?phone=%2B15550100100", "phone", "invalid_field"),
        ("/tickets?filter=mine", "filter", "invalid_value"),
        ("/tickets?per_page=101", "per_page", "invalid_value"),
        ("/tickets?per_page=0", "per_page", "invalid_value"),
        ("/tickets?page=x", "page", "invalid_value"),
        ("/tickets?page=301", "page", "invalid_value"),
        ("/tickets?order_by=subject", "order_by", "invalid_value"),
        ("/tickets?order_type=down", "order_type", "invalid_value"),
        (
            "/tickets?updated_since=yesterday",
            "updated_since",
            "invalid_value",
        ),
        ("/tickets?include=stats,tags", "include", "invalid_value"),
        ("/tickets?requester_id=7", "requester_id", "invalid_value"),
        ("/tickets?company_id=7", "company_id", "invalid_value"),
        ("/tickets/1?include=description", "include", "invalid_value"),
        (
            "/tickets/1/conversations?per_page=101",
            "per_page",
            "invalid_value",
        ),
        (
            "/tickets/1/conversations?order=desc",
            "order",
            "invalid_field",
        ),
        ("/contacts?email=kim", "email", "invalid_value"),
        ("/contacts?name=Kim", "name", "invalid_field"),
        ("/contacts?state=gone", "state", "invalid_value"),
        (
            "/agents?email=a%40example.com&colour=red",
            "colour",
            "invalid_field",
        ),
        ("/agents/me?include=roles", "include", "invalid_field"),
        ("/ticket_fields?page=1", "page", "invalid_field"),
    ] {
        let answer = client.get(below);
        assert_eq!(answer.status, 400, "{below}");
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), code.to_owned())],
            "{below}"
        );
    }
}
