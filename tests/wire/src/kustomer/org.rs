//! The Kustomer organisation of these tests.

use casewire_core::{CustomerId, QueueId, Record, RecordId, RecordState, Trace, UserId};
use casewire_kustomer::{Kustomer, KustomerConfig};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::golden::Golden;
use crate::script::{Exchange, Script, answered, one_try};

pub(super) static GOLDEN: Golden = Golden {
    vendor: "kustomer",
    headers: &["accept", "authorization", "content-type"],
    secrets: &[("api-key-1", "[API key]")],
    tidy: |_| {},
    tests: &[
        include_str!("appending.rs"),
        include_str!("creating.rs"),
        include_str!("looking_up.rs"),
        include_str!("messages.rs"),
        include_str!("org.rs"),
        include_str!("refusals.rs"),
        include_str!("setting_up.rs"),
    ],
};

pub(super) const KIM: &str = "65a1b2c3d4e5f60718293a01";
pub(super) const CALL: &str = "65a1b2c3d4e5f60718293b01";
pub(super) const ANA: &str = "65a1b2c3d4e5f60718293c01";
pub(super) const VIP: &str = "65a1b2c3d4e5f60718293e01";
pub(super) const CASEWIRE: &str = "65a1b2c3d4e5f60718293e02";
pub(super) const VOICE: &str = "65a1b2c3d4e5f60718293e03";

pub(super) fn kim() -> CustomerId {
    CustomerId(KIM.to_owned())
}

pub(super) fn ana() -> UserId {
    UserId(ANA.to_owned())
}

pub(super) fn id(text: &str) -> RecordId {
    RecordId(text.to_owned())
}

/// The request and the answer of one name.
pub(super) fn exchange(operation: &'static str) -> Exchange {
    answered(operation, GOLDEN.answer(operation))
}

/// The request of a name with the answer of another.
pub(super) fn like(request: &'static str, answer: &str) -> Exchange {
    answered(request, GOLDEN.answer(answer))
}

pub(super) async fn play(exchanges: impl IntoIterator<Item = Exchange>) -> Script {
    Script::of(&GOLDEN, |_| exchanges.into_iter().collect()).await
}

pub(super) fn connector(script: &Script) -> Kustomer {
    connector_with(script, json!({}))
}

/// A connector to the server, with `changes` to its config.
pub(super) fn connector_with(script: &Script, changes: Value) -> Kustomer {
    script.secret("api-key-1");
    let file = script.secret_file();
    let mut config =
        json!({ "org": "acme", "api_key": { "file": file }, "base_url": script.uri() });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    let mut config: KustomerConfig = serde_json::from_value(config).unwrap();
    config.retry = one_try();
    Kustomer::new(config).unwrap()
}

/// The documented answer of one name with `changes` to its attributes.
pub(super) fn changed(operation: &str, status: u16, changes: Value) -> ResponseTemplate {
    let mut body = GOLDEN.answer_body(operation);
    for (key, value) in changes.as_object().unwrap() {
        body["data"]["attributes"][key] = value.clone();
    }
    crate::script::json(status, body)
}

/// The conversation as it was read.
pub(super) fn conversation(state: RecordState) -> Record {
    Record {
        id: id(CALL),
        customer: Some(kim()),
        queue: Some(QueueId("13".into())),
        state,
        created_at: "2026-01-24T01:14:06.250Z".parse().unwrap(),
        closed_at: None,
        tags: vec![VIP.to_owned()],
        trace: Trace::parse("call/986@aaaaaa"),
        version: Some("7".to_owned()),
        url: None,
    }
}

#[test]
fn every_file_is_used_by_a_test() {
    GOLDEN.assert_every_file_is_used();
}
