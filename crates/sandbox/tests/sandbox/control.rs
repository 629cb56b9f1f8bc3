use std::time::Duration;

use casewire_sandbox::{Fault, Request};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use crate::client::{Client, header};

#[test]
fn state_shows_what_was_written() {
    let client = Client::new();
    let queue = client.field("Casewire leaf queue", "text");
    let sessions = client.field("Casewire sessions", "textarea");
    let requester = client
        .user(&json!({ "name": "Customer", "phone": "+15550100100", "email": "c@example.com" }));
    let id = client.ticket(&json!({
        "requester_id": requester, "tags": ["ujet"],
        "custom_fields": [{ "id": queue, "value": "13" }, { "id": sessions, "value": "call/987@3f2a9c call/987@3f2a9c#ended" }],
        "comment": { "body": "Call began\nQueue: Billing\n[casewire call/987@3f2a9c linked]\n\nIt ended\n[casewire call/987@3f2a9c ended]", "public": false },
    }));
    client.update(
        id,
        &json!({ "comment": { "body": "For the customer", "public": true } }),
    );
    let state = client.sandbox.state();
    assert_eq!(
        state["records"],
        json!([{
            "id": "1", "title": "Call", "state": "open", "status": "new", "queue": "13", "customer": "+15550100100",
            "tags": ["ujet"], "sessions": ["call/987"],
            "notes": [
                { "session": "call/987", "kind": "linked", "text": "Call began\nQueue: Billing" },
                { "session": "call/987", "kind": "ended", "text": "It ended" },
            ],
            "created_at": "2026-01-24T01:14:06Z", "closed_at": null, "follow_up_of": null,
            "owner": null, "public_notes": 1,
        }])
    );
    assert_eq!(
        state["customers"],
        json!([
            { "id": requester.to_string(), "phone": "+15550100100", "email": "c@example.com", "external_id": null },
        ])
    );
    let served = client
        .sandbox
        .handle(&Request::new(Method::GET, "/_sandbox/state"));
    assert_eq!(served.body_json(), state);
}

#[test]
fn requests_are_counted_without_control_routes() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    client.update(id, &json!({ "status": "opened" }));
    client.get("/api/v2/nothing");
    client.control(
        Method::POST,
        "customers",
        &json!({ "phone": "+15550100100" }),
    );
    assert_eq!(
        client.sandbox.state()["requests"],
        json!({
            "total": 4, "writes": 2,
            "by_operation": { "GET unknown route": 1, "POST /api/v2/tickets": 1, "POST /oauth/tokens": 1, "PUT /api/v2/tickets/{id}": 1 },
            "by_status": { "201": 2, "404": 1, "422": 1 },
        })
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
    assert_eq!(record["status"], "solved");
    assert_eq!(record["queue"], "13");
    assert_eq!(record["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(record["closed_at"], "2026-01-02T00:00:00Z");
    assert_eq!(record["customer"], "+15550100100");
    let same = client.control(
        Method::POST,
        "records",
        &json!({ "customer": "+15550100100" }),
    );
    assert_eq!(same.body_json()["state"], "open");
    assert_eq!(
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client.pass(5);
    let changed = client.control(
        Method::PATCH,
        "records/1",
        &json!({ "state": "closed", "tags": ["b"] }),
    );
    assert_eq!(changed.body_json()["state"], "closed");
    assert_eq!(changed.body_json()["tags"], json!(["b"]));
    assert_eq!(changed.body_json()["closed_at"], "2026-01-02T00:00:00Z");
    assert_eq!(client.shown(1)["updated_at"], "2026-01-24T01:14:11Z");
    let pending = client.control(Method::PATCH, "records/2", &json!({ "status": "pending" }));
    assert_eq!(pending.body_json()["state"], "open");
    let solved = client.found("type:ticket solved>=2026-01-02T00:00:00Z solved<2026-01-03");
    assert_eq!(solved, [1]);
}

#[test]
fn person_deletes_records() {
    let client = Client::new();
    client.control(Method::POST, "records", &json!({}));
    let deleted = client.control(Method::DELETE, "records/1", &Value::Null);
    assert_eq!(deleted.status, 204);
    assert_eq!(client.sandbox.state()["records"], json!([]));
    assert_eq!(client.get("/api/v2/tickets/1").status, 404);
}

#[test]
fn control_errors_name_the_field() {
    let client = Client::new();
    for (method, route, body, expected) in [
        (
            Method::POST,
            "records",
            json!({ "state": "solved" }),
            "state: expected open, resolved or closed",
        ),
        (
            Method::POST,
            "records",
            json!({ "created_at": "today" }),
            "created_at: expected an RFC 3339 time",
        ),
        (
            Method::POST,
            "records",
            json!({ "subject": "x" }),
            "subject: unknown field",
        ),
        (
            Method::POST,
            "records",
            json!({ "closed_at": "2026-01-02T00:00:00Z", "customer": "+15550100100" }),
            "closed_at: the record is open",
        ),
        (
            Method::POST,
            "records",
            json!({ "tags": "a" }),
            "tags: expected an array of strings",
        ),
        (
            Method::PATCH,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::PATCH,
            "records/1",
            json!({ "state": "open", "status": "solved" }),
            "status: contradicts state",
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
        (
            Method::DELETE,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::DELETE,
            "customers/1",
            json!({}),
            "no such control route",
        ),
    ] {
        let answer = client.control(method, route, &body);
        let error = answer.body_json()["error"].as_str().unwrap().to_owned();
        assert!(answer.status.is_client_error());
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(client.sandbox.state()["customers"], json!([]));
}

#[test]
fn reset_empties_everything_but_the_credentials() {
    let client = Client::new();
    let fields = || client.get("/api/v2/ticket_fields").body_json()["count"].clone();
    let of_new_account = fields();
    let created = || {
        let body = json!({ "ticket": { "subject": "Call", "comment": { "body": "First" } } });
        let request = client.request(Method::POST, "/api/v2/tickets").json(&body);
        let key = HeaderName::from_static("idempotency-key");
        client.sandbox.handle(&request.header(key, "k1"))
    };
    client.field("Queue", "text");
    client.user(&json!({ "name": "A" }));
    assert_eq!(header(&created(), "x-idempotency-lookup"), Some("miss"));
    assert_eq!(header(&created(), "x-idempotency-lookup"), Some("hit"));
    client
        .sandbox
        .set_faults("unavailable=1,slow=1s,index-lag=30s".parse().unwrap());
    client.sandbox.inject(Fault::Reset);
    assert_eq!(
        client.control(Method::POST, "reset", &Value::Null).status,
        204
    );
    assert_eq!(
        client.sandbox.state(),
        json!({
            "records": [], "customers": [], "requests": { "total": 0, "writes": 0, "by_operation": {}, "by_status": {} },
        })
    );
    assert_eq!(fields(), of_new_account);
    let again = created();
    assert_eq!((again.status.as_u16(), again.delay), (201, Duration::ZERO));
    assert_eq!(header(&again, "x-idempotency-lookup"), Some("miss"));
    assert_eq!(client.found("type:ticket"), [1], "search does not lag");
}

#[test]
fn faults_are_set_by_text() {
    let client = Client::new();
    let set = |text: &str| {
        let mut request = Request::new(Method::PUT, "/_sandbox/faults");
        request.body = text.as_bytes().to_vec();
        client.sandbox.handle(&request)
    };
    assert_eq!(set("unavailable=1").status, 204);
    assert_eq!(client.get("/api/v2/tickets/count").status, 503);
    assert_eq!(set("").status, 204);
    assert_eq!(client.get("/api/v2/tickets/count").status, 200);
    let wrong = set("unavailabel=1");
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body_json()["error"]
            .as_str()
            .unwrap()
            .contains("unknown fault `unavailabel`")
    );
    assert_eq!(set("expire-token").status, 204);
    assert_eq!(client.get("/api/v2/tickets/count").status, 401);
}
