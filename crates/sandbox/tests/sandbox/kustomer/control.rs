use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, text};

#[test]
fn state_shows_what_was_written() {
    let client = Client::new();
    client.define(&[
        "casewireLeafQueueStr",
        "casewireSessionsTxt",
        "casewireFollowsUpStr",
    ]);
    let customer = client.created(
        "/v1/customers",
        &json!({
            "phones": [{ "phone": "+15550100100" }], "emails": [{ "email": "c@example.com" }],
        }),
    );
    let agent = client.control(
        Method::POST,
        "customers",
        &json!({ "email": "ana@example.com", "role": "agent" }),
    );
    let agent = text(&agent.body_json()["id"]);
    let id = client.created("/v1/conversations", &json!({
        "customer": customer, "name": "Call", "externalId": "casewire:call:987:3f2a9c", "assignedUsers": [agent],
        "custom": {
            "casewireLeafQueueStr": "13", "casewireFollowsUpStr": "58228e05d4e96711004eccb7",
            "casewireSessionsTxt": "… call/987@3f2a9c call/987@3f2a9c#ended:1b2c3d ?chat/5@3f2a9c",
        },
    }));
    let path = format!("/v1/conversations/{id}");
    client.post(&format!("{path}/tags"), &json!(["UJET"]));
    for (external_id, body) in [
        ("casewire:call:987:3f2a9c", "Call began"),
        ("casewire:call:987:3f2a9c#ended:1b2c3d~1", "It "),
        ("casewire:call:987:3f2a9c#ended:1b2c3d~2", "has "),
        ("casewire:call:987:3f2a9c#ended:1b2c3d", "ended"),
        ("by-a-person", "Something else"),
    ] {
        let note = json!({ "body": body, "externalId": external_id });
        client.created(&format!("{path}/notes"), &note);
    }
    let state = client.sandbox.state();
    assert_eq!(
        state["records"],
        json!([{
            "id": id, "title": "Call", "state": "open", "status": "open", "queue": "13", "customer": "+15550100100",
            "tags": ["UJET"], "sessions": ["call/987", "chat/5"],
            "notes": [
                { "session": "call/987", "kind": "linked", "text": "Call began" },
                { "session": "call/987", "kind": "ended", "text": "It has ended" },
            ],
            "created_at": "2026-01-24T01:14:06.250Z", "closed_at": null, "follow_up_of": "58228e05d4e96711004eccb7",
            "owner": agent, "public_notes": 0,
        }])
    );
    assert_eq!(
        state["customers"],
        json!([{ "id": customer, "phone": "+15550100100", "email": "c@example.com", "external_id": null }])
    );
}

#[test]
fn person_adds_and_changes_records() {
    let client = Client::new();
    let added = client.control(Method::POST, "records", &json!({
        "title": "Old", "customer": "+15550100100", "queue": "13", "state": "resolved", "tags": ["a"],
        "created_at": "2026-01-01T00:00:00Z", "closed_at": "2026-01-02T00:00:00Z",
    }));
    assert_eq!(added.status, 201);
    let record = added.body_json();
    assert_eq!(record["status"], "done");
    assert_eq!(record["queue"], "13");
    assert_eq!(record["closed_at"], "2026-01-02T00:00:00.000Z");
    assert_eq!(record["customer"], "+15550100100");
    let path = format!("/v1/conversations/{}", text(&record["id"]));
    let attributes = client.attributes(&path);
    assert_eq!(attributes["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(attributes["custom"]["casewireLeafQueueStr"], "13");
    let metadata = client.attributes("/v1/metadata/conversation");
    assert_eq!(
        metadata["properties"]["casewireSessionsTxt"]["displayName"],
        "Casewire sessions"
    );
    let same = client.added(&json!({ "customer": "+15550100100" }));
    let change = |body: Value| {
        client.pass(5);
        let answer = client.control(Method::PATCH, &format!("records/{same}"), &body);
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()
    };
    let snoozed = change(json!({ "status": "snoozed" }));
    assert_eq!(
        (&snoozed["state"], &snoozed["closed_at"]),
        (&json!("open"), &json!(null))
    );
    let closed = change(json!({ "state": "closed", "tags": ["b", "b"] }));
    assert_eq!(
        (&closed["state"], &closed["status"]),
        (&json!("closed"), &json!("done"))
    );
    assert_eq!(closed["tags"], json!(["b"]));
    assert_eq!(closed["closed_at"], "2026-01-24T01:14:16.250Z");
    let path = format!("/v1/conversations/{same}");
    assert_eq!(client.attributes(&path)["locked"], true);
    assert_eq!(change(json!({ "state": "open" }))["state"], "open");
    assert_eq!(client.attributes(&path)["rev"], 4);
    assert_eq!(
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn person_deletes_records() {
    let client = Client::new();
    let id = client.added(&json!({}));
    let route = format!("records/{id}");
    let deleted = client.control(Method::DELETE, &route, &Value::Null);
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(client.sandbox.state()["records"], json!([]));
    assert_eq!(client.get(&format!("/v1/conversations/{id}")).status, 404);
    let again = client.control(Method::DELETE, &route, &Value::Null);
    assert_eq!(again.status, 404);
}

#[test]
fn phone_belongs_to_the_customer_who_was_given_it_last() {
    let client = Client::new();
    let add = |body: Value| client.control(Method::POST, "customers", &body).body_json();
    let first = add(json!({ "phone": "+15550100100", "external_id": "1" }));
    let last = add(json!({ "phone": "+15550100100" }));
    let found = client.get("/v1/customers/phone=%2B15550100100");
    assert_eq!(found.body_json()["data"]["id"], last["id"]);
    let first = client.attributes(&format!("/v1/customers/{}", text(&first["id"])));
    assert_eq!(first["phones"], json!([]));
}

#[test]
fn agents_are_users_and_no_customers() {
    let client = Client::with(|options| {
        options.inactive_users.insert("lee@example.com".to_owned());
    });
    let agent = json!({ "email": "ana@example.com", "role": "agent" });
    let added = client.control(Method::POST, "customers", &agent);
    let id = text(&added.body_json()["id"]);
    assert_eq!(client.sandbox.state()["customers"], json!([]));
    let users = client.get("/v1/users?page=1&pageSize=100").body_json();
    let users = users["data"].as_array().unwrap();
    let with = |email: &str| {
        users
            .iter()
            .find(|user| user["attributes"]["email"] == email)
            .unwrap()
    };
    assert_eq!(with("ana@example.com")["id"], json!(id));
    assert_eq!(
        with("ana@example.com")["attributes"]["deletedAt"],
        json!(null)
    );
    let inactive = text(&with("lee@example.com")["id"]);
    let path = client.conversation(&json!({}));
    assert_eq!(
        client.put(&path, &json!({ "assignedUsers": [id] })).status,
        200
    );
    assert_eq!(
        client
            .put(&path, &json!({ "assignedUsers": [inactive] }))
            .status,
        400
    );
    assert_eq!(
        client.attributes(&format!("/v1/users/{id}"))["userType"],
        "user"
    );
}

#[test]
fn control_errors_name_the_field() {
    let client = Client::new();
    client.control(
        Method::POST,
        "customers",
        &json!({ "email": "c@example.com", "external_id": "1" }),
    );
    let id = client.added(&json!({}));
    let customers = client.sandbox.state()["customers"].clone();
    for (method, route, body, expected) in [
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
        (
            Method::POST,
            "customers",
            json!({ "email": "C@example.com" }),
            "email: another customer has it",
        ),
        (
            Method::POST,
            "customers",
            json!({ "external_id": "1" }),
            "external_id: another customer has it",
        ),
        (
            Method::POST,
            "records",
            json!({ "tags": ["a,b"] }),
            "tags: expected letters",
        ),
        (
            Method::POST,
            "records",
            json!({ "tags": vec!["a"; 21] }),
            "tags: a conversation has 20",
        ),
        (
            Method::POST,
            "records",
            json!({ "closed_at": "2026-01-02T00:00:00Z", "customer": "+15550100100" }),
            "closed_at: the record is open",
        ),
        (
            Method::PATCH,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::PATCH,
            &format!("records/{id}"),
            json!({ "status": "solved" }),
            "status: expected open, snoozed or done",
        ),
        (
            Method::PATCH,
            &format!("records/{id}"),
            json!({ "state": "open", "status": "done" }),
            "status: contradicts state",
        ),
    ] {
        let answer = client.control(method, route, &body);
        let error = text(&answer.body_json()["error"]);
        assert!(answer.status.is_client_error());
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(client.sandbox.state()["customers"], customers);
}

#[test]
fn reset_empties_everything_but_the_options() {
    let client = Client::with(|options| {
        options.limits.organisation = 3;
    });
    client.added(&json!({ "tags": ["a"] }));
    client.customer();
    client.control(Method::POST, "reset", &Value::Null);
    assert_eq!(
        client.sandbox.state(),
        json!({
            "records": [], "customers": [], "requests": { "total": 0, "writes": 0, "by_operation": {}, "by_status": {} },
        })
    );
    assert_eq!(client.listed("/v1/tags"), Vec::<String>::new());
    let metadata = client.attributes("/v1/metadata/conversation");
    assert_eq!(metadata["properties"], json!({}));
    client.customer();
    assert_eq!(client.get("/v1/tags").status, 429);
}
