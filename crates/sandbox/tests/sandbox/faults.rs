use std::time::Duration;

use casewire_sandbox::{Delivery, Fault};
use serde_json::json;

use crate::client::{Client, header};

#[test]
fn injected_faults_happen_once_and_in_order() {
    let client = Client::new();
    client.sandbox.set_faults("retry-after=0s".parse().unwrap());
    client.sandbox.inject(Fault::Throttle);
    client.sandbox.inject(Fault::Unavailable);
    let throttled = client.get("/api/v2/tickets/count");
    assert_eq!(throttled.status, 429);
    assert_eq!(header(&throttled, "retry-after"), Some("0"));
    assert_eq!(client.get("/api/v2/tickets/count").status, 503);
    assert_eq!(client.get("/api/v2/tickets/count").status, 200);
}

#[test]
fn lost_answer_commits_and_reset_does_not() {
    let client = Client::new();
    let body = json!({ "ticket": { "comment": { "body": "x" } } });
    client.sandbox.inject(Fault::Reset);
    assert_eq!(
        client.post("/api/v2/tickets", &body).delivery,
        Delivery::Dropped
    );
    let state = client.sandbox.state();
    assert_eq!(state["records"], json!([]));
    assert_eq!(state["requests"]["writes"], 1, "it arrived");
    assert_eq!(
        state["requests"]["by_status"],
        json!({ "201": 1 }),
        "the token's only"
    );
    client.sandbox.inject(Fault::LostAnswer);
    assert_eq!(client.get("/api/v2/tickets/count").delivery, Delivery::Sent);
    assert_eq!(
        client.post("/api/v2/tickets", &body).delivery,
        Delivery::Dropped
    );
    assert_eq!(
        client.sandbox.state()["records"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn expired_tokens_stay_expired() {
    let client = Client::new();
    client.sandbox.inject(Fault::ExpireToken);
    assert_eq!(client.get("/api/v2/tickets/count").status, 401);
    assert_eq!(client.get("/api/v2/tickets/count").status, 401);
}

#[test]
fn slowness_is_told_to_the_server() {
    let client = Client::new();
    client.sandbox.set_faults("slow=200ms".parse().unwrap());
    assert_eq!(
        client.get("/api/v2/tickets/count").delay,
        Duration::from_millis(200)
    );
}

#[test]
fn same_seed_repeats_a_run() {
    let run = || {
        let client = Client::new();
        client
            .sandbox
            .set_faults("throttle=0.3,unavailable=0.2".parse().unwrap());
        (0..40)
            .map(|_| client.get("/api/v2/tickets/count").status.as_u16())
            .collect::<Vec<_>>()
    };
    let statuses = run();
    assert_eq!(statuses, run());
    assert!(
        [200, 429, 503]
            .iter()
            .all(|status| statuses.contains(status))
    );
}
