//! The Freshdesk account of these tests.

use std::time::Duration;

use casewire_core::{CrmConnector as _, CustomerId, Record, RecordId, UserId};
use casewire_freshdesk::{Freshdesk, FreshdeskConfig};
use serde_json::{Value, json};

use crate::golden::Golden;
use crate::script::{self, Exchange, Script, answered, one_try};

pub(super) static GOLDEN: Golden = Golden {
    vendor: "freshdesk",
    headers: &["accept", "authorization", "content-type"],
    // `api-key-1:X`
    secrets: &[("YXBpLWtleS0xOlg=", "[API key and X]")],
    tidy: |_| {},
    tests: &[
        include_str!("account.rs"),
        include_str!("adding.rs"),
        include_str!("creating.rs"),
        include_str!("looking_up.rs"),
        include_str!("refusals.rs"),
        include_str!("setting_up.rs"),
    ],
};

/// Beyond 32 bits, as Freshdesk's own are.
pub(super) const KIM: u64 = 501_001_204_168;
pub(super) const ANA: u64 = 501_001_202_520;

pub(super) fn kim() -> CustomerId {
    CustomerId(KIM.to_string())
}

pub(super) fn ana() -> UserId {
    UserId(ANA.to_string())
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

/// A list that finds nothing.
pub(super) fn nothing(request: &'static str) -> Exchange {
    answered(request, script::json(200, json!([])))
}

pub(super) async fn play(exchanges: impl IntoIterator<Item = Exchange>) -> Script {
    Script::of(&GOLDEN, |_| exchanges.into_iter().collect()).await
}

pub(super) fn connector(script: &Script) -> Freshdesk {
    connector_with(script, json!({}))
}

/// A connector to the server that knows the fields' names, with `changes` to its config.
pub(super) fn connector_with(script: &Script, changes: Value) -> Freshdesk {
    script.secret("api-key-1");
    let file = script.secret_file();
    let mut config = json!({
        "domain": "acme",
        "api_key": { "file": file },
        "base_url": script.uri(),
        "fields": { "leaf_queue": "cf_casewire_leaf_queue", "sessions": "cf_casewire_sessions_297457" },
    });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    let mut config: FreshdeskConfig = serde_json::from_value(config).unwrap();
    config.settle = Duration::from_millis(1);
    config.retry = one_try();
    Freshdesk::new(config).unwrap()
}

/// The ticket as another connector read it, in `status`.
pub(super) async fn ticket(status: u32) -> Record {
    let mut shown = GOLDEN.answer_body("ticket_show");
    shown["status"] = json!(status);
    let script = play([answered("ticket_show", script::json(200, shown))]).await;
    let read = connector(&script).read_record(&id("41")).await;
    read.unwrap().unwrap()
}

#[test]
fn every_file_is_used_by_a_test() {
    GOLDEN.assert_every_file_is_used();
}
