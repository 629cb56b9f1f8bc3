use http::Method;
use serde_json::{Value, json};

use super::client::{Client, DATA, code};
use crate::client::header;

#[test]
fn upserts_insert_then_update() {
    let client = Client::set_up();
    let path = "/sobjects/Case/Casewire_Session__c/call%2F987%403f2a9c";
    let first = client.patch(path, &json!({ "Subject": "Call" }));
    let id = first.body_json()["id"].clone();
    assert_eq!(first.status, 201);
    assert_eq!(
        first.body_json(),
        json!({ "id": id, "success": true, "errors": [], "created": true })
    );
    let second = client.patch(path, &json!({ "Subject": "Again" }));
    assert_eq!(second.status, 200);
    assert_eq!(
        second.body_json(),
        json!({ "id": id, "success": true, "errors": [], "created": false })
    );
    let location = format!("{DATA}/sobjects/Case/{}", id.as_str().unwrap());
    assert_eq!(header(&second, "location"), Some(location.as_str()));
    let shown = client.get(path).body_json();
    assert_eq!(shown["Subject"], "Again");
    assert_eq!(shown["Casewire_Session__c"], "call/987@3f2a9c");
    // The key's case counts.
    let other = client.patch(&path.replace("call", "CALL"), &json!({}));
    assert_eq!(other.status, 201);
}

#[test]
fn old_versions_answer_updates_without_a_body() {
    let client = Client::set_up();
    let upsert = || {
        let request = casewire_sandbox::Request::new(
            Method::PATCH,
            "/services/data/v45.0/sobjects/Case/Casewire_Session__c/1",
        );
        client
            .sandbox
            .handle(&request.bearer(&client.token).json(&json!({})))
    };
    assert_eq!(upsert().body_json()["created"], Value::Null);
    let updated = upsert();
    assert_eq!((updated.status.as_u16(), updated.body.len()), (204, 0));
}

#[test]
fn refused_upserts_write_nothing() {
    let client = Client::set_up();
    for email in ["a@example.com", "b@example.com"] {
        client.create(
            "Contact",
            &json!({ "LastName": "Roe", "Email": email, "Casewire_External_Id__c": "77" }),
        );
    }
    let path = "/sobjects/Contact/Casewire_External_Id__c/77";
    let several = client.patch(path, &json!({ "LastName": "X" }));
    assert_eq!(several.status, 300);
    assert_eq!(several.body_json().as_array().unwrap().len(), 2);
    for (path, body, status, expected) in [
        (
            "/sobjects/Contact/LastName/Roe",
            json!({}),
            404,
            "NOT_FOUND",
        ),
        (
            "/sobjects/Contact/Casewire_External_Id__c/78?updateOnly=true",
            json!({}),
            404,
            "NOT_FOUND",
        ),
        (
            "/sobjects/Contact/Casewire_External_Id__c/78",
            json!({ "Casewire_External_Id__c": "78" }),
            400,
            "INVALID_FIELD",
        ),
        (
            "/sobjects/Contact/Casewire_External_Id__c/78",
            json!({}),
            400,
            "REQUIRED_FIELD_MISSING",
        ),
    ] {
        let answer = client.patch(path, &body);
        assert_eq!(
            (answer.status.as_u16(), code(&answer.body_json())),
            (status, expected),
            "{path}"
        );
    }
    assert_eq!(
        client
            .found("SELECT Id FROM Contact WHERE LastName = 'Roe'")
            .len(),
        2
    );
}

#[test]
fn parents_can_be_named_by_their_external_id() {
    let client = Client::set_up();
    let contact = client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Casewire_External_Id__c": "77" }),
    );
    let case = client.create(
        "Case",
        &json!({ "Contact": { "Casewire_External_Id__c": "77" } }),
    );
    assert_eq!(client.shown("Case", &case)["ContactId"], contact);
    let unknown = client.post(
        "/sobjects/Case",
        &json!({ "Contact": { "Casewire_External_Id__c": "78" } }),
    );
    assert_eq!(code(&unknown.body_json()), "INVALID_FIELD");
}

#[test]
fn collections_answer_row_by_row() {
    let client = Client::new();
    let rows = |all_or_none: bool| {
        json!({ "allOrNone": all_or_none, "records": [
            { "attributes": { "type": "Contact" }, "LastName": "Roe" },
            { "attributes": { "type": "Contact" }, "FirstName": "Ana" },
        ] })
    };
    let some = client.post("/composite/sobjects", &rows(false));
    assert_eq!(some.status, 200);
    let body = some.body_json();
    assert_eq!(body[0]["success"], true);
    assert_eq!(
        body[1],
        json!({ "success": false, "errors": [{
        "statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [LastName]", "fields": ["LastName"],
    }] })
    );
    let none = client.post("/composite/sobjects", &rows(true)).body_json();
    assert_eq!(
        none[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
    assert_eq!(client.found("SELECT Id FROM Contact").len(), 1);
    let id = body[0]["id"].clone();
    let changed = client.patch("/composite/sobjects", &json!({ "records": [{ "attributes": { "type": "Contact" }, "id": id, "LastName": "Doe" }] }));
    assert_eq!(changed.body_json()[0]["success"], true);
    let upserted = client.patch(
        "/composite/sobjects/Contact/Email",
        &json!({ "records": [
        { "attributes": { "type": "Contact" }, "Email": "a@example.com", "LastName": "New" },
    ] }),
    );
    assert_eq!(upserted.body_json()[0]["created"], true);
}
