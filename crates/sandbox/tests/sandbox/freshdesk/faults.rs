use std::time::Duration;

use casewire_sandbox::{Delivery, Fault};
use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use crate::client::header;

#[test]
fn throttling_says_how_long() {
    let client = Client::new();
    client
        .sandbox
        .set_faults("retry-after=34s".parse().unwrap());
    client.sandbox.inject(Fault::Throttle);
    let answer = client.get("/tickets");
    assert_eq!(answer.status, 429);
    assert_eq!(header(&answer, "retry-after"), Some("34"));
    assert!(header(&answer, "x-ratelimit-remaining").is_some());
    assert_eq!(client.get("/tickets").status, 200);
}

#[test]
fn the_key_is_refused_as_long_as_the_fault_lasts() {
    let client = Client::new();
    let status = || client.get("/agents/me").status.as_u16();
    client.sandbox.inject(Fault::ExpireToken);
    assert_eq!([status(), status()], [401, 200]);
    for faults in ["expire-token", "expire-token=1"] {
        client.sandbox.set_faults(faults.parse().unwrap());
        assert_eq!([status(), status()], [401, 401], "{faults}");
        client.sandbox.set_faults("".parse().unwrap());
        assert_eq!(status(), 200, "{faults}");
    }
}

#[test]
fn lost_answers_are_of_writes_that_are_done() {
    let client = Client::new();
    client.sandbox.inject(Fault::LostAnswer);
    assert_eq!(client.get("/tickets").delivery, Delivery::Sent);
    let body = json!({ "email": "kim@example.com", "subject": "Call", "description": "A call" });
    assert_eq!(client.post("/tickets", &body).delivery, Delivery::Dropped);
    client.sandbox.inject(Fault::Reset);
    assert_eq!(client.post("/tickets", &body).delivery, Delivery::Dropped);
    assert_eq!(client.records().as_array().unwrap().len(), 1);
}

#[test]
fn unavailable_and_slow() {
    let client = Client::new();
    client
        .sandbox
        .set_faults("unavailable=1,slow=200ms".parse().unwrap());
    let answer = client.get("/tickets");
    assert_eq!(
        (answer.status.as_u16(), answer.delay),
        (503, Duration::from_millis(200))
    );
}

#[test]
fn reset_empties_the_account() {
    let client = Client::new();
    client.casewire_fields();
    client.ticket(&json!({}));
    client.sandbox.set_faults("expire-token".parse().unwrap());
    assert_eq!(
        client.control(Method::POST, "reset", &Value::Null).status,
        204
    );
    assert_eq!(client.sandbox.state()["records"], json!([]));
    assert_eq!(client.sandbox.state()["customers"], json!([]));
    assert_eq!(client.shown("/admin/ticket_fields"), json!([]));
    assert_eq!(client.ticket(&json!({})), 1);
}
