use std::time::Duration;

use casewire_sandbox::{Delivery, Fault};
use serde_json::json;

use super::client::{Client, error};
use crate::client::header;

#[test]
fn throttled_requests_are_told_the_moment() {
    let client = Client::new();
    client
        .sandbox
        .set_faults("throttle=1,retry-after=30s".parse().unwrap());
    let refused = client.get("/v1/tags");
    assert_eq!(refused.status, 429);
    assert_eq!(error(&refused)["title"], "Too Many Requests");
    // The clock stands at 01:14:06.25, and the wait is counted from what `date` tells of it.
    assert_eq!(header(&refused, "x-ratelimit-reset"), Some("1769217276"));
    assert_eq!(header(&refused, "x-ratelimit-remaining"), Some("0"));
    assert_eq!(
        header(&refused, "date"),
        Some("Sat, 24 Jan 2026 01:14:06 GMT")
    );
    assert_eq!(header(&refused, "retry-after"), None);
    client.pass(10);
    let later = client.get("/v1/tags");
    assert_eq!(header(&later, "x-ratelimit-reset"), Some("1769217286"));
}

#[test]
fn unavailable_and_slow_answers() {
    let client = Client::new();
    client
        .sandbox
        .set_faults("unavailable=1,slow=200ms".parse().unwrap());
    let refused = client.get("/v1/tags");
    assert_eq!(
        (refused.status.as_u16(), refused.delay),
        (503, Duration::from_millis(200))
    );
    assert_eq!(error(&refused)["status"], 503);
}

#[test]
fn lost_answers_wait_for_a_write_and_resets_do_nothing() {
    let client = Client::new();
    let customer = client.customer();
    client.sandbox.inject(Fault::LostAnswer);
    assert_eq!(client.get("/v1/tags").delivery, Delivery::Sent);
    let search = client.post(
        "/v1/customers/search",
        &json!({ "queryContext": "customer" }),
    );
    assert_eq!(search.delivery, Delivery::Sent, "a search is no write");
    let body = json!({ "customer": customer, "externalId": "casewire:call:1:ab" });
    assert_eq!(
        client.post("/v1/conversations", &body).delivery,
        Delivery::Dropped
    );
    assert_eq!(client.listed("/v1/conversations").len(), 1);
    assert_eq!(client.post("/v1/conversations", &body).status, 409);
    client.sandbox.inject(Fault::Reset);
    let other = json!({ "customer": customer });
    assert_eq!(
        client.post("/v1/conversations", &other).delivery,
        Delivery::Dropped
    );
    assert_eq!(client.listed("/v1/conversations").len(), 1);
}

#[test]
fn key_is_good_again_after_a_reset_connection() {
    let client = Client::new();
    client
        .sandbox
        .set_faults("expire-token=1,reset=1".parse().unwrap());
    assert_eq!(client.get("/v1/tags").delivery, Delivery::Dropped);
    client.sandbox.set_faults("".parse().unwrap());
    assert_eq!(client.get("/v1/tags").status, 200);
}

#[test]
fn requests_are_counted_by_route() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    client.put(&path, &json!({ "status": "opened" }));
    client.get("/v1/customers/phone=%2B15550100100");
    client.post(
        "/v1/customers/search",
        &json!({ "queryContext": "customer" }),
    );
    client.get("/v1/nothing");
    assert_eq!(
        client.sandbox.state()["requests"],
        json!({
            "total": 6, "writes": 3,
            "by_operation": {
                "GET /v1/customers/phone={phone}": 1, "GET unknown route": 1, "POST /v1/conversations": 1,
                "POST /v1/customers": 1, "POST /v1/customers/search": 1, "PUT /v1/conversations/{id}": 1,
            },
            "by_status": { "200": 1, "201": 2, "400": 1, "404": 2 },
        })
    );
}
