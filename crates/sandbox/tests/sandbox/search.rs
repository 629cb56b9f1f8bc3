use serde_json::{Value, json};

use crate::client::{Client, encoded, ids};

#[test]
fn finds_by_the_documented_properties() {
    let client = Client::new();
    let queue = client.field("Queue", "text");
    let requester = client.user(&json!({ "name": "Customer", "email": "c@example.com" }));
    let one = client.ticket(&json!({ "requester_id": requester, "tags": ["ujet", "a"], "custom_fields": [{ "id": queue, "value": "13" }] }));
    client.pass(3600);
    let two = client.ticket(&json!({ "requester_id": requester, "tags": ["b"], "status": "closed", "custom_fields": [{ "id": queue, "value": "130" }] }));
    let three = client.ticket(&json!({ "status": "pending" }));
    let none: [u64; 0] = [];
    assert_eq!(
        client.found(&format!("type:ticket requester:{requester}")),
        [one, two]
    );
    assert_eq!(
        client.found("type:ticket requester:\"c@example.com\" status<solved"),
        [one]
    );
    assert_eq!(client.found("type:ticket requester:x@example.com"), none);
    assert_eq!(client.found("type:ticket status>=solved"), [two]);
    assert_eq!(
        client.found("type:ticket status:new status:pending"),
        [one, three]
    );
    assert_eq!(client.found("type:ticket tags:a tags:b"), [one, two]);
    assert_eq!(client.found("type:ticket tags:\"a ujet\""), [one]);
    assert_eq!(client.found("type:ticket -tags:a"), [two, three]);
    assert_eq!(
        client.found(&format!("type:ticket custom_field_{queue}:13")),
        [one, two],
        "words match from their beginning"
    );
    assert_eq!(
        client.found("type:ticket created>=2026-01-24T02:00:00Z order_by:created sort:desc"),
        [three, two]
    );
    assert_eq!(client.found("type:ticket solved>=2026-01-24"), [two]);
    assert_eq!(client.found("type:ticket created<2026-01-24"), none);
    assert_eq!(client.found("type:user email:c@example.com"), [requester]);
}

#[test]
fn answers_in_the_recorded_shape() {
    let client = Client::new();
    client.ticket(&json!({}));
    let query = encoded("query", "type:ticket");
    let body = client.get(&format!("/api/v2/search?{query}&sort_by=created_at&sort_order=desc&per_page=5&include=tickets(users)")).body_json();
    assert_eq!(body["results"][0]["result_type"], "ticket");
    assert_eq!(body["facets"], Value::Null);
    assert_eq!(body["count"], 1);
    assert_eq!(body["users"].as_array().unwrap().len(), 1);
}

#[test]
fn new_and_changed_tickets_appear_after_the_lag() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=30s".parse().unwrap());
    let id = client.ticket(&json!({}));
    assert!(client.found("type:ticket").is_empty());
    client.pass(30);
    assert_eq!(client.found("type:ticket status:new"), [id]);
    client.update(id, &json!({ "status": "pending" }));
    assert_eq!(
        client.found("type:ticket status:new"),
        [id],
        "the index still has the old status"
    );
    let stale = client.search("type:ticket").body_json();
    assert_eq!(stale["results"][0]["status"], "new");
    client.pass(30);
    assert_eq!(client.found("type:ticket status:pending"), [id]);
}

#[test]
fn unreadable_queries_are_invalid() {
    let client = Client::new();
    for query in [
        "",
        "type:ticket external_id:1",
        "type:ticket status:opened",
        "type:ticket updated>4hours",
    ] {
        let answer = client.search(query);
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.body_json()["error"], "invalid");
    }
    let cursor = client.get("/api/v2/search?query=type:ticket&page[size]=5");
    assert_eq!(cursor.status, 400);
}

#[test]
fn shows_a_thousand_results_at_most() {
    let client = Client::new();
    for _ in 0..1005 {
        client.ticket(&json!({}));
    }
    let page = |number: u32| {
        client.get(&format!(
            "/api/v2/search?query=type:ticket&per_page=100&page={number}"
        ))
    };
    let last = page(10).body_json();
    assert_eq!(last["count"], 1005);
    assert_eq!(ids(&last["results"]).len(), 100);
    let beyond = page(11);
    assert_eq!(beyond.status, 422);
    assert_eq!(beyond.body_json()["error"], "Search Response Limits");
}
