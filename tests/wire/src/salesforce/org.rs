//! The Salesforce org of these tests.

use casewire_core::{
    CustomerId, Note, QueueId, Record, RecordId, RecordState, SessionFacts, Trace,
};
use casewire_salesforce::{Salesforce, SalesforceConfig};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::tidy::tidy;
use crate::golden::Golden;
use crate::script::{self, Exchange, Script, answered, one_try};
use crate::story;

pub(super) static GOLDEN: Golden = Golden {
    vendor: "salesforce",
    headers: &[
        "accept",
        "authorization",
        "content-type",
        "sforce-auto-assign",
        "sforce-call-options",
        "sforce-duplicate-rule-header",
        "sforce-mru",
        "sforce-query-options",
    ],
    secrets: &[
        ("00D000000000001!access-token-1", "[access token]"),
        ("client-secret-1", "[client secret]"),
        ("refresh-token-1", "[refresh token]"),
    ],
    tidy,
    tests: &[
        include_str!("appending.rs"),
        include_str!("creating.rs"),
        include_str!("creating_again.rs"),
        include_str!("login.rs"),
        include_str!("looking_up.rs"),
        include_str!("org.rs"),
        include_str!("refusals.rs"),
        include_str!("refused_parts.rs"),
        include_str!("setting_up.rs"),
    ],
};

pub(super) const KIM: &str = "003000000000001AAA";
pub(super) const CASE: &str = "500000000000001AAA";

pub(super) fn kim() -> CustomerId {
    CustomerId(KIM.to_owned())
}

pub(super) fn id(text: &str) -> RecordId {
    RecordId(text.to_owned())
}

/// The request and the answer of one name.
pub(super) fn exchange(operation: &'static str) -> Exchange {
    answered(operation, GOLDEN.answer(operation))
}

/// The documented answer of one name with an access token for the server at `uri`.
pub(super) fn token(operation: &str, uri: &str) -> ResponseTemplate {
    let mut body = GOLDEN.answer_body(operation);
    body["instance_url"] = json!(uri);
    script::json(200, body)
}

/// A server that plays `exchanges`, after the one for an access token.
pub(super) async fn play(exchanges: impl IntoIterator<Item = Exchange>) -> Script {
    Script::of(&GOLDEN, |uri| {
        let mut all = vec![answered("oauth_token", token("oauth_token", uri))];
        all.extend(exchanges);
        all
    })
    .await
}

/// A config for the server, with `changes`.
pub(super) fn config(script: &Script, changes: Value) -> SalesforceConfig {
    let file = script.secret_file();
    script.secret("client-secret-1");
    let mut config = json!({
        "my_domain": "acme",
        "auth": { "type": "oauth_client_credentials", "client_id": "casewire", "client_secret": { "file": file } },
        "base_url": script.uri(),
    });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    let mut config: SalesforceConfig = serde_json::from_value(config).unwrap();
    config.retry = one_try();
    config
}

pub(super) fn connector(script: &Script) -> Salesforce {
    connector_with(script, json!({}))
}

pub(super) fn connector_with(script: &Script, changes: Value) -> Salesforce {
    Salesforce::new(config(script, changes)).unwrap()
}

/// The answer to a composite with these parts: name, status and body of each.
pub(super) fn parts<const N: usize>(parts: [(&str, u16, Value); N]) -> ResponseTemplate {
    let parts = parts.map(|(name, status, body)| {
        json!({ "body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": name })
    });
    script::json(200, json!({ "compositeResponse": Vec::from(parts) }))
}

/// What a query finds.
pub(super) fn rows<const N: usize>(rows: [Value; N]) -> Value {
    json!({ "totalSize": N, "done": true, "records": Vec::from(rows) })
}

/// An error body.
pub(super) fn refused(code: &str, message: &str) -> Value {
    json!([{ "message": message, "errorCode": code, "fields": [] }])
}

/// The error body of a part that did nothing because of another.
pub(super) fn halted() -> Value {
    let message =
        "The transaction was rolled back since another operation in the same transaction failed.";
    json!([{ "errorCode": "PROCESSING_HALTED", "message": message }])
}

/// What a query for the case finds when the session made it.
pub(super) fn made_by_the_session() -> Value {
    let mut found = GOLDEN.answer_body("case_read")["compositeResponse"][0]["body"].take();
    found["records"][0]["Casewire_Session__c"] = json!("call/987@e0e480");
    found
}

/// The case as it was read.
pub(super) fn case(state: RecordState) -> Record {
    Record {
        id: id(CASE),
        customer: Some(kim()),
        queue: Some(QueueId("13".into())),
        state,
        created_at: "2026-01-24T01:14:06Z".parse().unwrap(),
        closed_at: None,
        tags: Vec::new(),
        trace: Trace::parse("call/986@aaaaaa"),
        version: Some("2026-01-24T01:20:00.000Z".to_owned()),
        url: None,
    }
}

/// The note that the session was linked, with what is known by then.
pub(super) fn linked() -> Note {
    Note {
        facts: SessionFacts {
            session_type: Some("Voice Inbound (IVR)".to_owned()),
            started_at: "2026-01-24T01:13:49Z".parse().ok(),
            ..SessionFacts::default()
        },
        ..story::linked()
    }
}

/// The note that the session ended, with all that is known.
pub(super) fn ended() -> Note {
    Note {
        facts: SessionFacts {
            ended_at: "2026-01-24T02:20:00Z".parse().ok(),
            duration_seconds: Some(371),
            wait_seconds: Some(17),
            rating: Some(5),
            disposition: Some("Solved".to_owned()),
            ..linked().facts
        },
        ..story::ended()
    }
}

#[test]
fn every_file_is_used_by_a_test() {
    GOLDEN.assert_every_file_is_used();
}
