use casewire_sandbox::Request;
use http::Method;
use serde_json::{Value, json};

use super::client::Client;

#[test]
fn state_shows_what_was_written() {
    let client = Client::new();
    let [queue, sessions] = client.casewire_fields();
    let me = client.shown("/agents/me")["id"].clone();
    let id = client.ticket(&json!({
        "phone": "+15550100100", "name": "Kim", "source": 3, "tags": ["UJET"], "responder_id": me,
        "description": "<div>Call</div><div>Follow-up of ticket #14</div>",
        "custom_fields": { queue: "13", sessions: "call/987@3f2a9c call/988@3f2a9c#joined" },
    }));
    client.note(id, "Call &lt;began&gt; &amp; went<br>Queue: Billing<br>[casewire call/987@3f2a9c linked]<br><br> It ended<br><br>[casewire call/987@3f2a9c ended:1b2c3d]");
    client.note(id, "What a person wrote");
    client.create(
        &format!("/tickets/{id}/notes"),
        &json!({ "body": "x<br>[casewire call/1@3f linked]", "private": false }),
    );
    let state = client.sandbox.state();
    assert_eq!(
        state["records"],
        json!([{
            "id": "1", "title": "Call", "state": "open", "status": "Open", "queue": "13", "customer": "+15550100100",
            "tags": ["UJET"], "sessions": ["call/987", "call/988"],
            "notes": [
                { "session": "call/987", "kind": "linked", "text": "Call <began> & went\nQueue: Billing" },
                { "session": "call/987", "kind": "ended", "text": " It ended\n" },
            ],
            "created_at": "2026-01-24T01:14:06Z", "closed_at": null, "follow_up_of": "14",
            "owner": me.to_string(), "public_notes": 1,
        }])
    );
    let customer = json!({ "id": state["customers"][0]["id"], "phone": "+15550100100", "email": null, "external_id": null });
    assert_eq!(state["customers"], json!([customer]));
    let served = client
        .sandbox
        .handle(&Request::new(Method::GET, "/_sandbox/state"));
    assert_eq!(served.body_json(), state);
}

#[test]
fn requests_are_counted_without_control_routes() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    client.put(&format!("/tickets/{id}"), &json!({ "status": 9 }));
    client.get("/tickets/7");
    client.get("/nothing");
    client.control(
        Method::POST,
        "customers",
        &json!({ "phone": "+15550100100" }),
    );
    assert_eq!(
        client.sandbox.requests(),
        json!({
            "total": 4, "writes": 2,
            "by_operation": { "GET /api/v2/tickets/{id}": 1, "GET unknown route": 1, "POST /api/v2/tickets": 1, "PUT /api/v2/tickets/{id}": 1 },
            "by_status": { "201": 1, "400": 1, "404": 2 },
        })
    );
}

#[test]
fn person_adds_records_to_a_new_account() {
    let client = Client::new();
    let added = client.control(Method::POST, "records", &json!({
        "title": "Old", "customer": "+15550100100", "queue": "13", "state": "resolved", "tags": ["a"],
        "created_at": "2025-12-01T00:00:00Z", "closed_at": "2026-01-02T00:00:00Z",
    }));
    assert_eq!(added.status, 201);
    let record = added.body_json();
    assert_eq!(
        (&record["state"], &record["status"]),
        (&json!("resolved"), &json!("Resolved"))
    );
    assert_eq!(record["closed_at"], "2026-01-02T00:00:00Z");
    assert_eq!(record["customer"], "+15550100100");
    let contact = client.sandbox.state()["customers"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = client.shown(&format!(
        "/tickets?requester_id={contact}&updated_since=2000-01-01&include=stats"
    ));
    assert_eq!(
        shown[0]["custom_fields"],
        json!({ "cf_casewire_leaf_queue": "13", "cf_casewire_sessions": null })
    );
    assert_eq!(shown[0]["stats"]["resolved_at"], "2026-01-02T00:00:00Z");
    assert_eq!(shown[0]["updated_at"], "2026-01-02T00:00:00Z");
    let labels: Vec<_> = client
        .shown("/admin/ticket_fields")
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["label"].clone())
        .collect();
    assert_eq!(labels, ["Casewire leaf queue", "Casewire sessions"]);
    let same = client
        .control(Method::POST, "records", &json!({ "customer": contact }))
        .body_json();
    assert_eq!(
        (&same["id"], &same["state"], &same["queue"]),
        (&json!("2"), &json!("open"), &Value::Null)
    );
    assert_eq!(
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let nobodys = client
        .control(Method::POST, "records", &json!({}))
        .body_json();
    assert_eq!(nobodys["customer"], Value::Null);
}

#[test]
fn person_changes_and_deletes_records() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let change = |body: Value| {
        client.pass(5);
        let answer = client.control(Method::PATCH, &format!("records/{id}"), &body);
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()
    };
    let closed = change(json!({ "state": "closed", "tags": ["b"] }));
    assert_eq!(
        (&closed["status"], &closed["closed_at"]),
        (&json!("Closed"), &json!("2026-01-24T01:14:11Z"))
    );
    assert_eq!(closed["tags"], json!(["b"]));
    assert_eq!(client.shown(&format!("/tickets/{id}"))["status"], 5);
    assert_eq!(
        change(json!({ "status": "6" }))["status"],
        "Waiting on Customer"
    );
    assert_eq!(
        change(json!({ "state": "open" }))["status"],
        "Waiting on Customer",
        "it is open"
    );
    assert_eq!(
        change(json!({ "state": "resolved", "closed_at": "2026-01-20T00:00:00Z" }))["closed_at"],
        "2026-01-20T00:00:00Z"
    );
    assert_eq!(
        change(json!({ "status": "pending" }))["closed_at"],
        Value::Null
    );
    assert_eq!(
        client.shown(&format!("/tickets/{id}"))["updated_at"],
        "2026-01-24T01:14:31Z"
    );
    let route = format!("records/{id}");
    assert_eq!(
        client.control(Method::DELETE, &route, &Value::Null).status,
        204
    );
    assert_eq!(client.records(), json!([]));
    assert_eq!(
        client.control(Method::DELETE, &route, &Value::Null).status,
        404
    );
    assert_eq!(client.shown(&format!("/tickets/{id}"))["deleted"], true);
}

#[test]
fn person_adds_customers_and_agents() {
    let client = Client::new();
    let add = |body: Value| client.control(Method::POST, "customers", &body);
    let kim = json!({ "name": "Kim", "phone": "201 555 0123", "email": "kim@example.com", "external_id": "c-7" });
    let added = add(kim).body_json();
    assert_eq!(
        client.shown(&format!("/contacts/{}", added["id"].as_str().unwrap()))["phone"],
        "201 555 0123"
    );
    assert_eq!(
        add(json!({ "phone": "201 555 0123" })).status,
        201,
        "numbers are not unique"
    );
    let agent = add(json!({ "email": "ana@example.com", "role": "agent" })).body_json();
    assert_eq!(
        client.shown("/agents?email=ana%40example.com")[0]["id"].to_string(),
        agent["id"].as_str().unwrap()
    );
    assert_eq!(
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "an agent is none"
    );
}

#[test]
fn control_errors_name_the_field() {
    let client = Client::new();
    let kim = json!({ "email": "kim@example.com", "external_id": "c-7" });
    client.control(Method::POST, "customers", &kim);
    client.ticket(&json!({}));
    for (method, route, body, expected) in [
        (
            Method::POST,
            "records",
            json!({ "status": "Done" }),
            "status: expected Open, Pending, Resolved",
        ),
        (
            Method::PATCH,
            "records/1",
            json!({ "state": "open", "status": "5" }),
            "status: contradicts state",
        ),
        (
            Method::PATCH,
            "records/1",
            json!({ "closed_at": "2026-01-02T00:00:00Z" }),
            "closed_at: the record is open",
        ),
        (
            Method::PATCH,
            "records/9",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::DELETE,
            "records/x",
            json!({}),
            "id: no record has this id",
        ),
        (
            Method::POST,
            "customers",
            json!({ "name": "A" }),
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
            json!({ "email": "KIM@example.com" }),
            "email: another customer",
        ),
        (
            Method::POST,
            "customers",
            json!({ "external_id": "c-7" }),
            "external_id: another customer",
        ),
        (
            Method::POST,
            "customers",
            json!({ "role": "agent" }),
            "email: an agent needs one",
        ),
    ] {
        let answer = client.control(method, route, &body);
        let error = answer.body_json()["error"].as_str().unwrap().to_owned();
        assert!(answer.status.is_client_error());
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(client.records().as_array().unwrap().len(), 1);
}
