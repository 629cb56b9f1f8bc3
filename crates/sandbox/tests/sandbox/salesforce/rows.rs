use http::Method;
use serde_json::{Value, json};

use super::client::{Client, DATA, code};
use crate::client::header;

#[test]
fn created_rows_are_shown_with_what_the_vendor_fills() {
    let client = Client::new();
    let account = client.create("Account", &json!({ "Name": "Acme" }));
    let contact = client.create(
        "Contact",
        &json!({ "LastName": "Roe", "FirstName": "Ana", "Email": "ana@example.com", "AccountId": account }),
    );
    let answer = client.post(
        "/sobjects/Case",
        &json!({ "Subject": "Call", "ContactId": contact, "Description": "" }),
    );
    let id = answer.body_json()["id"].as_str().unwrap().to_owned();
    let location = format!("{DATA}/sobjects/Case/{id}");
    assert_eq!(header(&answer, "location"), Some(location.as_str()));
    assert_eq!(
        answer.body_json(),
        json!({ "id": id, "success": true, "errors": [] })
    );
    assert_eq!(
        header(&answer, "sforce-limit-info"),
        Some("api-usage=3/4294967295")
    );
    let case = client.shown("Case", &id);
    for (field, expected) in [
        ("attributes", json!({ "type": "Case", "url": location })),
        ("CaseNumber", json!("00001001")),
        ("AccountId", json!(account)),
        ("ContactEmail", json!("ana@example.com")),
        ("Status", json!("New")),
        ("Description", Value::Null),
        ("IsClosed", json!(false)),
        ("ClosedDate", Value::Null),
        ("CreatedDate", json!("2026-05-01T07:25:37.000+0000")),
        ("SystemModstamp", json!("2026-05-01T07:25:37.000+0000")),
    ] {
        assert_eq!(case[field], expected, "{field}");
    }
    let some = client
        .get(&format!("/sobjects/Case/{id}?fields=Id,Status"))
        .body_json();
    assert_eq!(some.as_object().unwrap().len(), 3, "{some}");
    // Fifteen characters name the same row.
    assert_eq!(client.shown("Case", &id[..15])["Id"], id);
    assert_eq!(client.shown("Contact", &contact)["Name"], "Ana Roe");
}

#[test]
fn closing_and_reopening_follow_the_status() {
    let client = Client::new();
    let id = client.create("Case", &json!({}));
    client.pass(60);
    let path = format!("/sobjects/Case/{id}");
    assert_eq!(
        client.patch(&path, &json!({ "Status": "Closed" })).status,
        204
    );
    let closed = client.shown("Case", &id);
    assert_eq!(closed["IsClosed"], true);
    assert_eq!(closed["ClosedDate"], "2026-05-01T07:26:37.000+0000");
    assert_eq!(closed["LastModifiedDate"], closed["ClosedDate"]);
    client.pass(60);
    client.patch(&path, &json!({ "Status": "Working" }));
    let open = client.shown("Case", &id);
    assert_eq!(
        (&open["IsClosed"], &open["ClosedDate"]),
        (&json!(false), &Value::Null)
    );
    // A value that the org does not know is taken, and open.
    assert_eq!(
        client.patch(&path, &json!({ "Status": "Wroking" })).status,
        204
    );
    assert_eq!(client.shown("Case", &id)["IsClosed"], false);
}

#[test]
fn writes_within_a_second_leave_the_same_stamp() {
    let client = Client::new();
    let id = client.create("Case", &json!({}));
    let before = client.shown("Case", &id)["SystemModstamp"].clone();
    client.patch(
        &format!("/sobjects/Case/{id}"),
        &json!({ "Priority": "High" }),
    );
    assert_eq!(client.shown("Case", &id)["SystemModstamp"], before);
}

#[test]
fn wrong_rows_are_refused_in_the_vendors_words() {
    let client = Client::new();
    let contact = client.create("Contact", &json!({ "LastName": "Roe" }));
    let gone = client.create("Contact", &json!({ "LastName": "Gone" }));
    client.delete(&format!("/sobjects/Contact/{gone}"));
    let long = "x".repeat(256);
    for (object, body, expected, fields) in [
        (
            "Case",
            json!({ "Colour": "x" }),
            "INVALID_FIELD: No such column 'Colour' on sobject of type Case",
            Value::Null,
        ),
        (
            "Contact",
            json!({}),
            "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]",
            json!(["LastName"]),
        ),
        (
            "Opportunity",
            json!({ "Name": "x" }),
            "REQUIRED_FIELD_MISSING: Required fields are missing: [StageName, CloseDate]",
            json!(["StageName", "CloseDate"]),
        ),
        (
            "Case",
            json!({ "Subject": long }),
            "STRING_TOO_LONG: Subject: data value too large: x",
            json!(["Subject"]),
        ),
        (
            "Case",
            json!({ "IsClosed": true }),
            "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: IsClosed.",
            json!(["IsClosed"]),
        ),
        (
            "Case",
            json!({ "ContactId": "003" }),
            "MALFORMED_ID: Contact ID: id value of incorrect type: 003",
            json!(["ContactId"]),
        ),
        (
            "Contact",
            json!({ "LastName": "x", "AccountId": contact }),
            "FIELD_INTEGRITY_EXCEPTION: Account ID: id value of incorrect type",
            json!(["AccountId"]),
        ),
        (
            "Case",
            json!({ "ContactId": gone }),
            "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id",
            json!([]),
        ),
        (
            "Case",
            json!({ "ContactId": "003Sb00000000zz" }),
            "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id",
            json!([]),
        ),
        (
            "Contact",
            json!({ "LastName": "x", "Email": "nobody" }),
            "INVALID_EMAIL_ADDRESS: Email: invalid email address: nobody",
            json!(["Email"]),
        ),
        (
            "Task",
            json!({ "TaskSubtype": "Chat" }),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Task Subtype: bad value for restricted picklist field: Chat",
            json!(["TaskSubtype"]),
        ),
        (
            "Task",
            json!({ "CallDurationInSeconds": "12" }),
            "JSON_PARSER_ERROR: Cannot deserialize instance of int from VALUE_STRING value 12",
            Value::Null,
        ),
        (
            "Task",
            json!({ "ActivityDate": "tomorrow" }),
            "JSON_PARSER_ERROR: Cannot deserialize instance of date",
            Value::Null,
        ),
        (
            "Task",
            json!({ "CallDurationInSeconds": 3_000_000_000_u64 }),
            "NUMBER_OUTSIDE_VALID_RANGE: Call Duration",
            json!(["CallDurationInSeconds"]),
        ),
        (
            "Case",
            json!({ "Subject": { "x": 1 } }),
            "JSON_PARSER_ERROR: Cannot deserialize instance of string from START_OBJECT value {",
            Value::Null,
        ),
        (
            "User",
            json!({ "LastName": "x" }),
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: User",
            json!([]),
        ),
        (
            "Opportunity",
            json!({ "Name": "x", "StageName": "Prospecting", "CloseDate": "2026-05-01", "OwnerId": "00GSb0000000001" }),
            "FIELD_INTEGRITY_EXCEPTION: Owner ID: id value of incorrect type",
            json!(["OwnerId"]),
        ),
    ] {
        let answer = client.post(&format!("/sobjects/{object}"), &body);
        let error = answer.body_json()[0].clone();
        let text = format!(
            "{}: {}",
            error["errorCode"].as_str().unwrap(),
            error["message"].as_str().unwrap()
        );
        assert_eq!(answer.status, 400, "{text}");
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(error["fields"], fields, "{text}");
    }
    assert_eq!(client.found("SELECT Id FROM Case").len(), 0);
}

#[test]
fn missing_rows_and_routes_are_refused() {
    let client = Client::new();
    let account = client.create("Account", &json!({ "Name": "Acme" }));
    assert_eq!(
        client
            .delete(&format!("/sobjects/Account/{account}"))
            .status,
        204
    );
    let deleted = format!("/sobjects/Account/{account}");
    for (method, path, status, expected) in [
        (Method::GET, deleted.as_str(), 404, "ENTITY_IS_DELETED"),
        (Method::PATCH, deleted.as_str(), 404, "ENTITY_IS_DELETED"),
        (Method::DELETE, deleted.as_str(), 404, "ENTITY_IS_DELETED"),
        (
            Method::GET,
            "/sobjects/Account/001Sb00000000zz",
            404,
            "NOT_FOUND",
        ),
        (
            Method::PATCH,
            "/sobjects/Account/001Sb00000000zz",
            404,
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        (Method::PATCH, "/sobjects/Account/xyz", 400, "MALFORMED_ID"),
        (Method::GET, "/sobjects/Nothing", 404, "NOT_FOUND"),
        (Method::GET, "/sobjects/Nothing/describe", 404, "NOT_FOUND"),
        (Method::GET, "/nothing", 404, "NOT_FOUND"),
        (Method::PUT, "/sobjects/Account", 405, "METHOD_NOT_ALLOWED"),
        (Method::GET, "/composite", 405, "METHOD_NOT_ALLOWED"),
        (
            Method::GET,
            "/query?q=SELECT+Id+FROM+Case&limit=1",
            400,
            "INVALID_QUERY_PARAMETER",
        ),
    ] {
        let answer = client.send(method.clone(), path, &json!({}));
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(code(&answer.body_json()), expected, "{method} {path}");
    }
}

#[test]
fn bodies_must_be_json_and_say_so() {
    let client = Client::new();
    let mut request = client.request(Method::POST, "/sobjects/Case");
    request.body = b"{".to_vec();
    assert_eq!(client.sandbox.handle(&request).status, 415);
    let request = request.header(http::header::CONTENT_TYPE, "application/json");
    let answer = client.sandbox.handle(&request);
    assert_eq!(
        (answer.status.as_u16(), code(&answer.body_json())),
        (400, "JSON_PARSER_ERROR")
    );
    let empty = client
        .sandbox
        .handle(&client.request(Method::POST, "/sobjects/Case"));
    assert_eq!(code(&empty.body_json()), "JSON_PARSER_ERROR");
}

#[test]
fn versions_are_listed_without_credentials() {
    let client = Client::new();
    let anonymous = casewire_sandbox::Request::new(Method::GET, "/services/data");
    let answer = client.sandbox.handle(&anonymous);
    let versions = answer.body_json();
    assert_eq!(versions.as_array().unwrap().len(), 36);
    assert_eq!(
        versions[0],
        json!({ "label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0" })
    );
    assert_eq!(
        versions[35],
        json!({ "label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0" })
    );
    assert_eq!(header(&answer, "sforce-limit-info"), None);
    for (version, status, expected) in [
        ("v30.0", 410, "UNSUPPORTED_API_VERSION"),
        ("v67.0", 404, "NOT_FOUND"),
        ("66.0", 404, "NOT_FOUND"),
    ] {
        let request = casewire_sandbox::Request::new(
            Method::GET,
            &format!("/services/data/{version}/limits"),
        );
        let answer = client.sandbox.handle(&request.bearer(&client.token));
        assert_eq!(
            (answer.status.as_u16(), code(&answer.body_json())),
            (status, expected)
        );
    }
}

#[test]
fn tasks_keep_the_rules_of_their_references() {
    let client = Client::new();
    let lead = client.create("Lead", &json!({ "LastName": "Roe", "Company": "Acme" }));
    let account = client.create("Account", &json!({ "Name": "Acme" }));
    let case = client.create("Case", &json!({ "AccountId": account }));
    let refused = client.post("/sobjects/Task", &json!({ "WhoId": lead, "WhatId": case }));
    assert_eq!(code(&refused.body_json()), "FIELD_INTEGRITY_EXCEPTION");
    let task = client.create("Task", &json!({ "WhatId": case, "Status": "Completed" }));
    let task = client.shown("Task", &task);
    assert_eq!(task["AccountId"], account);
    assert_eq!(task["IsClosed"], true);
    assert_eq!(task["CompletedDateTime"], "2026-05-01T07:25:37.000+0000");
    assert_eq!(
        (&task["Priority"], &task["TaskSubtype"]),
        (&json!("Normal"), &json!("Task"))
    );
    client.create("Task", &json!({ "WhoId": lead }));
}

#[test]
fn customers_with_cases_cannot_be_deleted() {
    let client = Client::new();
    let contact = client.create("Contact", &json!({ "LastName": "Roe" }));
    let case = client.create("Case", &json!({ "ContactId": contact }));
    let path = format!("/sobjects/Contact/{contact}");
    assert_eq!(code(&client.delete(&path).body_json()), "DELETE_FAILED");
    assert_eq!(client.delete(&format!("/sobjects/Case/{case}")).status, 204);
    assert_eq!(client.delete(&path).status, 204);
}

#[test]
fn person_accounts_are_contacts_too() {
    let client = Client::of(casewire_sandbox::salesforce::Org {
        person_accounts: true,
        ..casewire_sandbox::salesforce::Org::stock()
    });
    let account = client.create(
        "Account",
        &json!({ "FirstName": "Ana", "LastName": "Roe", "PersonEmail": "ana@example.com" }),
    );
    let shown = client.shown("Account", &account);
    assert_eq!(
        (&shown["Name"], &shown["IsPersonAccount"]),
        (&json!("Ana Roe"), &json!(true))
    );
    let contact = client.shown("Contact", shown["PersonContactId"].as_str().unwrap());
    assert_eq!(
        (&contact["Email"], &contact["AccountId"]),
        (&json!("ana@example.com"), &json!(account))
    );
    client.patch(
        &format!("/sobjects/Account/{account}"),
        &json!({ "PersonMobilePhone": "+15550100100" }),
    );
    let found = client.found("SELECT Id FROM Contact WHERE MobilePhone = '+15550100100'");
    assert_eq!(found[0]["Id"], shown["PersonContactId"]);
}
