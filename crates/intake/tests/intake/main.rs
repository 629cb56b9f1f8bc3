//! The formats as a whole: what is read from them, what is refused, and what the sessions come to.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share fails the test it is used in"
)]

mod bodies;
mod chat_webhooks;
mod cloudevents;
mod inputs;
mod links;
mod members;
mod milestones;
mod pushes;
mod recordings;
mod refusals;
mod replays;
mod requests;
mod signatures;
mod snapshots;

use std::collections::BTreeMap;
use std::sync::Arc;

use casewire_core::{Session, SessionEvent, SessionKey};
use casewire_intake::{Incoming, InputError};
use serde_json::{Value, json};

fn source() -> Arc<str> {
    Arc::from("//contact-center/acme")
}

fn try_read(input: impl AsRef<[u8]>) -> Vec<Result<Incoming, InputError>> {
    casewire_intake::read(input.as_ref(), &source()).collect()
}

fn read(input: impl AsRef<[u8]>) -> Vec<SessionEvent> {
    try_read(input)
        .into_iter()
        .map(|incoming| incoming.unwrap().event)
        .collect()
}

fn refusal(input: impl AsRef<[u8]>) -> InputError {
    try_read(input).into_iter().find_map(Result::err).unwrap()
}

/// The sessions of the events, as the engine would fold them.
fn fold<'e>(events: impl IntoIterator<Item = &'e SessionEvent>) -> BTreeMap<SessionKey, Session> {
    let mut sessions = BTreeMap::new();
    for event in events {
        sessions
            .entry(event.session.clone())
            .or_insert_with(|| Session::new(event.session.clone()))
            .observe(event);
    }
    sessions
}

fn only_session(input: &Value) -> Session {
    let sessions = fold(&read(input.to_string()));
    assert_eq!(sessions.len(), 1);
    sessions.into_values().next().unwrap()
}

fn at(time: &str) -> Option<jiff::Timestamp> {
    Some(time.parse().unwrap())
}

/// A milestone log entry of call 7 at `01:<time>`.
fn entry(name: &str, time: &str, mut payload: Value) -> Value {
    if payload.get("chat").is_none() && payload.get("call").is_none() {
        payload["call"] = json!({"id": 7, "type": "Voice Inbound (IVR)", "lang": "en"});
    }
    json!({
        "insertId": format!("{name}-{}", payload.to_string().len()),
        "timestamp": format!("2026-03-01T01:{time}Z"),
        "jsonPayload": {"event": {"name": name, "payload": payload}},
        "resource": {"labels": {
            "resource_container": "acme", "location": "europe-west1", "resource_id": "main"
        }},
        "logName": "projects/acme/logs/contactcenteraiplatform.googleapis.com%2Fmetadata"
    })
}
