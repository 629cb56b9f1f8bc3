use casewire_sandbox::salesforce::{CustomerObject, Org, RecordObject, Status};
use http::Method;
use serde_json::{Value, json};

use super::client::Client;

#[test]
fn person_adds_and_changes_records() {
    let client = Client::new();
    let added = client.control(
        Method::POST,
        "records",
        &json!({
            "title": "Old", "customer": "+15550100100", "queue": "13", "state": "resolved",
            "created_at": "2026-01-01T00:00:00Z", "closed_at": "2026-01-02T00:00:00Z",
        }),
    );
    assert_eq!(added.status, 201, "{}", added.body_json());
    let record = added.body_json();
    let id = record["id"].as_str().unwrap();
    assert_eq!(
        record,
        json!({
            "id": id, "title": "Old", "state": "resolved", "status": "Closed", "queue": "13", "customer": "+15550100100", "tags": [],
            "sessions": [], "notes": [], "public_notes": 0, "owner": null,
            "created_at": "2026-01-01T00:00:00Z", "closed_at": "2026-01-02T00:00:00Z", "follow_up_of": null,
        })
    );
    assert_eq!(
        client.shown("Case", id)["Casewire_Leaf_Queue__c"],
        "13",
        "the fields were made and granted"
    );
    client.control(
        Method::POST,
        "records",
        &json!({ "customer": "+15550100100" }),
    );
    assert_eq!(
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client.pass(5);
    let change = |body: &Value| {
        client
            .control(Method::PATCH, &format!("records/{id}"), body)
            .body_json()
    };
    let reopened = change(&json!({ "state": "open" }));
    assert_eq!(
        (&reopened["status"], &reopened["closed_at"]),
        (&json!("New"), &Value::Null)
    );
    let kept = change(&json!({ "status": "Escalated" }));
    assert_eq!(kept["status"], "Escalated");
    assert_eq!(
        change(&json!({ "state": "open" }))["status"],
        "Escalated",
        "already open"
    );
    let closed = change(&json!({ "state": "closed" }));
    assert_eq!(
        (&closed["state"], &closed["status"]),
        (&json!("closed"), &json!("Closed for good"))
    );
    assert_eq!(closed["closed_at"], "2026-05-01T07:25:42Z");
    let statuses = client.found("SELECT ApiName FROM CaseStatus WHERE IsClosed = true");
    assert_eq!(statuses.len(), 2);
}

#[test]
fn org_says_which_statuses_are_final() {
    let mut org = Org::stock();
    org.case_statuses.push(Status::closed_for_good("Merged"));
    let client = Client::of(org);
    let added = client.control(Method::POST, "records", &json!({ "state": "closed" }));
    assert_eq!(added.body_json()["status"], "Merged");
}

#[test]
fn records_may_be_opportunities_or_tasks() {
    for (record_object, object, open, resolved) in [
        (
            RecordObject::Opportunity,
            "Opportunity",
            "Prospecting",
            "Closed Won",
        ),
        (RecordObject::Task, "Task", "Not Started", "Completed"),
    ] {
        let client = Client::of(Org {
            record_object,
            ..Org::stock()
        });
        let added = client.control(
            Method::POST,
            "records",
            &json!({ "title": "Call", "customer": "ana@example.com", "queue": "13" }),
        );
        let record = added.body_json();
        assert_eq!(
            (&record["status"], &record["customer"], &record["title"]),
            (&json!(open), &json!("ana@example.com"), &json!("Call")),
            "{record}"
        );
        let path = format!("records/{}", record["id"].as_str().unwrap());
        let changed = client
            .control(
                Method::PATCH,
                &path,
                &json!({ "state": "resolved", "closed_at": "2026-04-01T00:00:00Z" }),
            )
            .body_json();
        assert_eq!(
            (&changed["status"], &changed["closed_at"]),
            (&json!(resolved), &json!("2026-04-01T00:00:00Z"))
        );
        assert_eq!(
            client.shown(object, record["id"].as_str().unwrap())["IsClosed"],
            true
        );
    }
}

#[test]
fn only_casewires_records_are_shown() {
    let client = Client::set_up();
    client.create("Case", &json!({ "Subject": "Another's" }));
    let contact = client.create("Contact", &json!({ "LastName": "Roe", "MobilePhone": "+15550100100", "Casewire_External_Id__c": "77" }));
    let first = client.create(
        "Case",
        &json!({ "Casewire_Session__c": "call/1@a", "ContactId": contact, "Status": "Closed" }),
    );
    let queue = client.found("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"].clone();
    let next = client.create(
        "Case",
        &json!({ "Casewire_Session__c": "call/2@a", "ParentId": first, "OwnerId": queue }),
    );
    for (key, text) in [
        ("call/2@a", "Linked"),
        ("chat/5@a", ""),
        ("call/2@a#ended:1", " It ended\n"),
    ] {
        client.create("Task", &json!({
            "WhatId": next, "Casewire_Key__c": key, "Casewire_Record__c": next, "Description": text,
            "IsVisibleInSelfService": key.contains('#'),
        }));
    }
    client.create(
        "CaseComment",
        &json!({ "ParentId": next, "CommentBody": "Hello", "IsPublished": true }),
    );
    client.patch(
        &format!("/sobjects/Case/{next}"),
        &json!({ "Comments": "Internal" }),
    );
    assert_eq!(client.found("SELECT Id FROM CaseComment").len(), 2);
    let state = client.sandbox.state();
    assert_eq!(state["records"].as_array().unwrap().len(), 2);
    assert_eq!(
        state["records"][1],
        json!({
            "id": next, "title": null, "state": "open", "status": "New", "queue": null, "customer": null, "tags": [],
            "sessions": ["call/2", "chat/5"],
            "notes": [
                { "session": "call/2", "kind": "linked", "text": "Linked" },
                { "session": "call/2", "kind": "ended", "text": " It ended\n" },
            ],
            "public_notes": 2, "owner": queue,
            "created_at": "2026-05-01T07:25:37Z", "closed_at": null, "follow_up_of": first,
        })
    );
    assert_eq!(state["records"][0]["state"], "resolved");
    assert_eq!(
        state["customers"],
        json!([{ "id": contact, "phone": "+15550100100", "email": null, "external_id": "77" }])
    );
}

#[test]
fn operations_are_counted_below_the_version() {
    let client = Client::new();
    let id = client.create("Case", &json!({}));
    client.patch(&format!("/sobjects/Case/{id}"), &json!({}));
    client.patch(
        "/sobjects/Contact/Email/ana%40example.com",
        &json!({ "LastName": "Roe" }),
    );
    client.query("SELECT Id FROM Case");
    client.composite(
        false,
        &json!([super::client::sub(
            "c",
            "GET",
            "/sobjects/Case",
            Value::Null
        )]),
    );
    client.composite(
        false,
        &json!([super::client::sub("c", "POST", "/sobjects/Case", json!({}))]),
    );
    client.get("/nothing");
    client.control(
        Method::POST,
        "customers",
        &json!({ "phone": "+15550100100" }),
    );
    assert_eq!(
        client.sandbox.requests(),
        json!({
            "total": 8, "writes": 4,
            "by_operation": {
                "POST /services/oauth2/token": 1, "POST /sobjects/Case": 1, "PATCH /sobjects/Case/{id}": 1,
                "PATCH /sobjects/Contact/Email/{value}": 1, "GET /query": 1, "POST /composite": 2, "GET unknown route": 1,
            },
            "by_status": { "200": 4, "201": 2, "204": 1, "404": 1 },
        })
    );
}

#[test]
fn control_errors_name_the_field() {
    let client = Client::new();
    for (method, route, body, expected) in [
        (
            Method::POST,
            "records",
            json!({ "closed_at": "2026-01-02T00:00:00Z", "customer": "77" }),
            "closed_at: the record is open",
        ),
        (
            Method::POST,
            "records",
            json!({ "tags": ["a"] }),
            "tags: Salesforce records have no tags",
        ),
        (
            Method::POST,
            "records",
            json!({ "status": "Solved" }),
            "status: expected New, Working, Escalated, Closed",
        ),
        (
            Method::POST,
            "records",
            json!({ "status": "New", "state": "resolved" }),
            "status: contradicts state",
        ),
        (
            Method::PATCH,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::DELETE,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::POST,
            "customers",
            json!({}),
            "phone: give at least one",
        ),
        (
            Method::POST,
            "customers",
            json!({ "email": "x" }),
            "email: is no e-mail address",
        ),
    ] {
        let answer = client.control(method, route, &body);
        let error = answer.body_json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(client.sandbox.state()["records"], json!([]));
    assert_eq!(client.sandbox.state()["customers"], json!([]));
}

#[test]
fn reset_leaves_the_org_as_it_was_at_first() {
    let client = Client::new();
    client.control(
        Method::POST,
        "records",
        &json!({ "state": "closed", "customer": "77" }),
    );
    client.control(Method::POST, "reset", &Value::Null);
    assert_eq!(client.sandbox.state()["records"], json!([]));
    assert_eq!(client.sandbox.state()["customers"], json!([]));
    assert_eq!(
        client.found("SELECT Id FROM CaseStatus").len(),
        4,
        "and the token stays"
    );
    assert_eq!(
        client.query("SELECT Casewire_Session__c FROM Case").status,
        400
    );
}

#[test]
fn customers_may_be_of_other_objects() {
    for (customer_object, record_object, object) in [
        (CustomerObject::Account, RecordObject::Task, "Account"),
        (CustomerObject::Lead, RecordObject::Task, "Lead"),
        (CustomerObject::PersonAccount, RecordObject::Case, "Account"),
        (
            CustomerObject::Account,
            RecordObject::Opportunity,
            "Account",
        ),
    ] {
        let client = Client::of(Org {
            customer_object,
            record_object,
            person_accounts: customer_object == CustomerObject::PersonAccount,
            ..Org::stock()
        });
        let body = json!({ "phone": "+15550100100", "external_id": "77" });
        let added = client.control(Method::POST, "customers", &body).body_json();
        client.shown(object, added["id"].as_str().unwrap());
        let record = client.control(Method::POST, "records", &json!({ "customer": "77" }));
        assert_eq!(
            record.body_json()["customer"],
            "+15550100100",
            "{customer_object:?}"
        );
        assert_eq!(client.sandbox.state()["customers"], json!([added]));
    }
}

#[test]
fn person_deletes_records() {
    let client = Client::new();
    let added = client
        .control(Method::POST, "records", &json!({}))
        .body_json();
    let id = added["id"].as_str().unwrap();
    let deleted = client.control(Method::DELETE, &format!("records/{id}"), &Value::Null);
    assert_eq!(deleted.status, 204);
    assert_eq!(client.sandbox.state()["records"], json!([]));
    let shown = client.get(&format!("/sobjects/Case/{id}")).body_json();
    assert_eq!(shown[0]["errorCode"], "ENTITY_IS_DELETED");
}
