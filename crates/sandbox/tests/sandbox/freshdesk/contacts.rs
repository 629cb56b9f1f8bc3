use serde_json::{Value, json};

use super::client::{Client, complaints};

fn ids(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap().iter();
    list.map(|contact| contact["id"].as_u64().unwrap())
        .collect()
}

#[test]
fn contacts_are_found_by_what_is_stored() {
    let client = Client::new();
    let contact = |keys: Value| client.create("/contacts", &keys)["id"].as_u64().unwrap();
    let kim = contact(
        json!({ "name": "Kim", "phone": "+15550100100", "email": "Kim@example.com", "other_emails": ["k@example.com"] }),
    );
    let lee =
        contact(json!({ "name": "Lee", "mobile": "+15550100100", "unique_external_id": "c-7" }));
    let typed = contact(json!({ "name": "Typed", "phone": "(555) 010-0100" }));
    for (query, expected) in [
        ("phone=%2B15550100100", vec![kim]),
        ("phone=+15550100100", vec![]),
        ("mobile=%2B15550100100", vec![lee]),
        ("phone=%28555%29%20010-0100", vec![typed]),
        ("phone=5550100100", vec![]),
        ("email=kim%40example.com", vec![kim]),
        ("email=k%40example.com", vec![kim]),
        ("email=kim%40example.com&phone=1", vec![]),
        ("unique_external_id=c-7", vec![lee]),
        ("unique_external_id=C-7", vec![]),
        ("_updated_since=2026-01-24T01:14:07Z", vec![]),
        ("page=2&per_page=2", vec![typed]),
    ] {
        assert_eq!(
            ids(&client.shown(&format!("/contacts?{query}"))),
            expected,
            "{query}"
        );
    }
}

#[test]
fn what_is_unique_is_refused_twice() {
    let client = Client::new();
    let first = client.create("/contacts", &json!({ "name": "A", "email": "a@example.com", "unique_external_id": "c-7", "phone": "1" }));
    for (keys, field) in [
        (json!({ "name": "B", "email": "A@example.com" }), "email"),
        (
            json!({ "name": "B", "unique_external_id": "c-7" }),
            "unique_external_id",
        ),
    ] {
        let answer = client.post("/contacts", &keys);
        assert_eq!(answer.status, 409);
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), "duplicate_value".to_owned())]
        );
        assert_eq!(
            answer.body_json()["errors"][0]["additional_info"]["user_id"],
            first["id"]
        );
    }
    let agent = client.post(
        "/contacts",
        &json!({ "name": "B", "email": "integration@example.com" }),
    );
    assert_eq!(agent.status, 409);
    client.create("/contacts", &json!({ "name": "B", "phone": "1" }));
    let same = client.put(
        &format!("/contacts/{}", first["id"]),
        &json!({ "email": "a@example.com", "unique_external_id": null }),
    );
    assert_eq!(same.status, 200, "its own");
    client.create(
        "/contacts",
        &json!({ "name": "C", "unique_external_id": "c-7" }),
    );
}

#[test]
fn malformed_contacts_are_refused() {
    let client = Client::new();
    for (body, field, code) in [
        (json!({ "phone": "1" }), "name", "missing_field"),
        (json!({ "name": "A" }), "email", "missing_field"),
        (
            json!({ "name": "A", "email": "a" }),
            "email",
            "invalid_value",
        ),
        (
            json!({ "name": "A", "phone": 1 }),
            "phone",
            "datatype_mismatch",
        ),
        (
            json!({ "name": "A", "phone": "1".repeat(256) }),
            "phone",
            "invalid_value",
        ),
        (
            json!({ "name": "A", "phone": "1", "custom_fields": {} }),
            "custom_fields",
            "invalid_field",
        ),
    ] {
        let answer = client.post("/contacts", &body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(
            complaints(&answer).contains(&(field.to_owned(), code.to_owned())),
            "{body}"
        );
    }
}

#[test]
fn deleted_contacts_are_left_out_and_can_be_restored() {
    let client = Client::new();
    let id = client.create(
        "/contacts",
        &json!({ "name": "A", "email": "a@example.com" }),
    )["id"]
        .clone();
    let path = format!("/contacts/{id}");
    assert_eq!(client.delete(&path).status, 204);
    assert_eq!(client.shown("/contacts"), json!([]));
    assert_eq!(client.shown("/contacts?state=deleted")[0]["id"], id);
    assert_eq!(client.shown(&path)["deleted"], true);
    assert_eq!(client.put(&path, &json!({ "name": "B" })).status, 405);
    assert_eq!(client.delete(&path).status, 405);
    let ticket = json!({ "requester_id": id, "subject": "Call", "description": "A call" });
    assert_eq!(client.post("/tickets", &ticket).status, 400);
    assert_eq!(
        client.put(&format!("{path}/restore"), &Value::Null).status,
        204
    );
    assert_eq!(
        client.put(&path, &json!({ "name": "B" })).body_json()["name"],
        "B"
    );
}
