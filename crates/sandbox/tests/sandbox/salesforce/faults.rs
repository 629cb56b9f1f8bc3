use std::time::Duration;

use casewire_sandbox::salesforce::{Limits, Options};
use casewire_sandbox::{Delivery, Fault};
use serde_json::{Value, json};

use super::client::{Client, code, encoded, sub};
use crate::client::header;

#[test]
fn throttles_speak_of_the_limit_that_was_hit() {
    let client = Client::new();
    let throttled = |faults: &str| {
        client.sandbox.set_faults(faults.parse().unwrap());
        client.sandbox.inject(Fault::Throttle);
        client.get("/limits")
    };
    let concurrent = throttled("retry-after=0s");
    assert_eq!(concurrent.status, 403);
    assert_eq!(
        concurrent.body_json(),
        json!([{
            "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED",
        }])
    );
    assert_eq!(header(&concurrent, "retry-after"), None);
    let daily = throttled("retry-after=1m").body_json();
    assert_eq!(daily[0]["message"], "TotalRequests Limit exceeded.");
    client.sandbox.inject(Fault::Unavailable);
    let unavailable = client.get("/limits");
    assert_eq!(
        (unavailable.status.as_u16(), code(&unavailable.body_json())),
        (503, "SERVER_UNAVAILABLE")
    );
}

#[test]
fn daily_limit_ends_and_begins_again() {
    let client = Client::with(Options {
        limits: Limits { daily_requests: 2 },
        ..Options::default()
    });
    assert_eq!(
        header(&client.get("/limits"), "sforce-limit-info"),
        Some("api-usage=1/2")
    );
    let limits = client.get("/limits").body_json();
    assert_eq!(
        limits["DailyApiRequests"],
        json!({ "Max": 2, "Remaining": 0 })
    );
    let refused = client.get("/limits");
    assert_eq!(
        refused.body_json()[0]["message"],
        "TotalRequests Limit exceeded."
    );
    client.sandbox.advance(Duration::from_secs(24 * 60 * 60));
    client.sandbox.inject(Fault::ExpireToken);
    assert_eq!(client.get("/limits").status, 401, "counted as nothing");
}

#[test]
fn lost_answers_wait_for_a_composite_that_writes() {
    let client = Client::new();
    client.sandbox.inject(Fault::LostAnswer);
    client.composite(
        false,
        &json!([sub(
            "q",
            "GET",
            &format!("/query?{}", encoded("SELECT Id FROM Case")),
            Value::Null
        )]),
    );
    let body = json!({ "allOrNone": true, "compositeRequest": [sub("c", "POST", "/sobjects/Case", json!({}))] });
    assert_eq!(client.post("/composite", &body).delivery, Delivery::Dropped);
    assert_eq!(client.found("SELECT Id FROM Case").len(), 1);
    client.sandbox.inject(Fault::Reset);
    assert_eq!(client.post("/composite", &body).delivery, Delivery::Dropped);
    assert_eq!(client.found("SELECT Id FROM Case").len(), 1);
}

#[test]
fn locks_can_be_drawn() {
    let client = Client::new();
    let id = client.create("Case", &json!({}));
    client.sandbox.set_faults("lock=1".parse().unwrap());
    let path = format!("/sobjects/Case/{id}");
    assert_eq!(
        code(&client.patch(&path, &json!({})).body_json()),
        "UNABLE_TO_LOCK_ROW"
    );
    client.sandbox.set_faults("".parse().unwrap());
    assert_eq!(client.patch(&path, &json!({})).status, 204);
}

#[test]
fn only_search_lags() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=30s".parse().unwrap());
    client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Phone": "(555) 010-0100" }),
    );
    let search = || {
        let find = "FIND {5550100100} IN PHONE FIELDS RETURNING Contact(Id, Phone LIMIT 20)";
        let answer = client.get(&format!("/search/?{}", encoded(find)));
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()["searchRecords"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(search(), 0);
    assert_eq!(client.found("SELECT Id FROM Contact").len(), 1);
    client.pass(30);
    assert_eq!(search(), 1);
    let parameters = json!({ "q": "5550100100", "in": "PHONE", "fields": ["Id"], "sobjects": [{ "name": "Contact", "limit": 5 }], "overallLimit": 20 });
    let found = client.post("/parameterizedSearch", &parameters).body_json();
    assert_eq!(found["searchRecords"].as_array().unwrap().len(), 1);
}
