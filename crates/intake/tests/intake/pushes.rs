//! What is pushed: entry by entry, at least once, and not only what tells of sessions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{EventKind, SessionEvent};
use casewire_intake::Received;
use serde_json::{Value, json};

use crate::cloudevents::whole;
use crate::requests::{events, received};
use crate::{entry, read};

fn pushed(entry: &Value, message: &str) -> String {
    json!({
        "message": {
            "data": STANDARD.encode(entry.to_string()), "messageId": message, "message_id": message,
            "publishTime": format!("2026-03-01T02:00:{message}Z"), "attributes": {"logging.googleapis.com/timestamp": "x"}
        },
        "deliveryAttempt": 1, "subscription": format!("projects/acme/subscriptions/s-{message}")
    })
    .to_string()
}

#[test]
fn an_entry_delivered_again_gives_the_same_events() {
    let ended = json!({
        "call": {"id": 7, "type": "Voice Inbound (IVR)", "status": "voicemail"},
        "details": {"has_human_agent_handle": true}
    });
    let mut without_id = entry(
        "queue_entry_started",
        "00:10",
        json!({"queue_entry": {"id": 71, "menu_path_id": 13}}),
    );
    without_id.as_object_mut().unwrap().remove("insertId");
    let metadata = json!({
        "id": 7, "call_type": "Voice Inbound (IVR)", "created_at": "2026-03-01T01:00:00Z",
        "ends_at": "2026-03-01T01:01:00Z", "status": "finished"
    });
    for (entry, count) in [
        (entry("call_assigned", "00:10", json!({})), 1),
        (entry("call_ended", "01:00", ended), 3),
        (without_id, 1),
        (metadata, 3),
        (whole(), 1),
    ] {
        let first = received(pushed(&entry, "01"));
        assert_eq!((first.events.len(), first.skipped), (count, 0));
        assert_eq!(received(pushed(&entry, "02")), first);
        // Nor does it matter how it came, or with what.
        assert_eq!(received(entry.to_string()), first);
        let batch: Value = serde_json::from_str(&pushed(&entry, "03")).unwrap();
        let batch = received(json!([batch, entry]).to_string());
        assert_eq!(batch.events, [first.events.clone(), first.events].concat());
    }
}

#[test]
fn what_follows_only_from_a_whole_log_does_not_follow_from_a_body() {
    let log = json!([
        entry("call_created", "00:00", json!({})),
        entry("call_assigned", "00:10", json!({})),
        entry("call_connected", "00:15", json!({})),
    ])
    .to_string();
    let connects = |events: &[SessionEvent]| {
        events
            .iter()
            .any(|event| event.kind == EventKind::Connected)
    };
    assert!(connects(&read(&log)), "a file is a whole log");
    assert!(
        !connects(&events(received(&log))),
        "the virtual agent may come with the next push"
    );
}

#[test]
fn what_tells_nothing_of_a_session_is_no_error() {
    let activity = json!({
        "insertId": "a", "timestamp": "2026-03-01T01:00:00Z", "textPayload": "[CRM-Server] up",
        "logName": "projects/acme/logs/contactcenteraiplatform.googleapis.com%2Factivity"
    });
    let stored = json!({"bucket": "b", "name": "metadata/call-1.json"});
    let attributes_only = json!({"message": {"attributes": {"bucketId": "b"}, "messageId": "1"}});
    for body in [
        activity.to_string(),
        pushed(&activity, "01"),
        pushed(&stored, "01"),
        pushed(&json!({}), "01"),
        attributes_only.to_string(),
    ] {
        let expected = Received {
            events: Vec::new(),
            skipped: 1,
        };
        assert_eq!(received(&body), expected, "{body}");
    }
    let mixed = received(json!([activity, whole(), activity]).to_string());
    assert_eq!((mixed.events.len(), mixed.skipped), (1, 2));
}
