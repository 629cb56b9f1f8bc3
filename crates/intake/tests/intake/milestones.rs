use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{AbandonPhase, EventKind, SessionOutcome};
use serde_json::{Value, json};

use crate::{at, entry, only_session, read, refusal, source};

fn human_participant() -> Value {
    json!({"participant": {"id": 2, "type": "agent", "user_id": 5, "virtual_agent_id": null,
        "email": "<REDACTED>", "first_name": "<REDACTED>"}})
}

fn virtual_participant() -> Value {
    json!({"participant": {"id": 3, "type": "virtual_agent", "user_id": null, "virtual_agent_id": 6,
        "virtual_agent_params": {"ani": "+12015550123", "dnis": "+12015550199"}}})
}

#[test]
fn a_call_with_an_agent_folds_to_its_session() {
    let session = only_session(&json!([
        entry("call_created", "00:00", json!({})),
        entry("call_queued", "00:10", json!({})),
        entry("call_assigned", "00:20", json!({})),
        entry("call_connected", "00:26", json!({})),
        entry(
            "call_ended",
            "01:00",
            json!({
                "call": {"id": 7, "type": "Voice Inbound (IVR)", "lang": "en", "status": "finished"},
                "details": {"rating": 5, "fail_reason": "nothing", "wait_duration": 10, "call_duration": 34,
                    "disposition_codes": [{"name": "Solved"}, "Billing"]}
            })
        ),
        entry(
            "queue_entry_started",
            "00:10",
            json!({
                "queue_entry": {"id": 1, "menu_path_id": 13, "menu_path": "Support/Billing"}
            })
        ),
        entry("participant_connected", "00:25", human_participant()),
        entry(
            "recording_completed",
            "01:00",
            json!({
                "recording": {"id": 9, "url": "https://media.example.com/9.mp3"}
            })
        ),
    ]));
    assert_eq!(session.key().to_string(), "call/7");
    assert_eq!(
        &**session.key().source(),
        "//contactcenteraiplatform.googleapis.com/projects/acme/locations/europe-west1/contactCenters/main"
    );
    assert_eq!(session.session_type(), Some("Voice Inbound (IVR)"));
    assert_eq!(session.started_at(), at("2026-03-01T01:00:00Z"));
    assert_eq!(session.assigned_at(), at("2026-03-01T01:00:20Z"));
    assert_eq!(session.connected_at(), at("2026-03-01T01:00:25Z"));
    assert_eq!(session.ended_at(), at("2026-03-01T01:01:00Z"));
    assert_eq!(session.outcome(), Some(SessionOutcome::Finished));
    assert_eq!(
        (session.duration_seconds(), session.wait_seconds()),
        (Some(34), Some(10))
    );
    assert_eq!(
        (session.rating(), session.disposition()),
        (Some(5), Some("Solved, Billing"))
    );
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("5"));
    assert_eq!(session.agent().unwrap().name, None, "redacted");
    let queue: Vec<_> = session
        .queue()
        .unwrap()
        .path()
        .map(|step| (&*step.id.0, &*step.name))
        .collect();
    assert_eq!(queue, [("Support", "Support"), ("13", "Billing")]);
    assert_eq!(session.links().len(), 1);
}

#[test]
fn a_virtual_agent_connects_nothing() {
    let log = |more: &[Value]| {
        let mut log = vec![
            entry("call_created", "00:00", json!({})),
            entry("call_connected", "00:05", json!({})),
            entry("participant_connected", "00:05", virtual_participant()),
            entry(
                "virtual_agent_session_started",
                "00:05",
                json!({"virtual_agent_session": {"id": 1}}),
            ),
        ];
        log.extend(more.iter().cloned());
        json!(log)
    };
    let session = only_session(&log(&[entry(
        "call_ended",
        "00:50",
        json!({
            "call": {"id": 7, "status": "finished"},
            "details": {"has_virtual_agent_handle": true, "has_human_agent_handle": false}
        }),
    )]));
    assert_eq!(
        (session.assigned_at(), session.connected_at()),
        (None, None)
    );
    assert!(session.agent().is_none());
    assert_eq!(session.customer().phone.unwrap().as_str(), "+12015550123");
    assert_eq!(session.dialed_number(), Some("+12015550199"));

    // Escalated: the person counts from when the person comes, not from when the virtual agent did.
    let session = only_session(&log(&[
        entry("call_queued", "01:00", json!({})),
        entry("call_assigned", "01:10", json!({})),
        entry("participant_connected", "01:12", human_participant()),
    ]));
    assert_eq!(session.assigned_at(), at("2026-03-01T01:01:10Z"));
    assert_eq!(session.connected_at(), at("2026-03-01T01:01:12Z"));
}

#[test]
fn logs_without_participants_connect_only_when_no_virtual_agent_is_about() {
    let own = |assigned: &str, connected: &str| {
        vec![
            entry("call_connected", connected, json!({})),
            entry("call_created", "00:00", json!({})),
            entry("call_assigned", assigned, json!({})),
            entry("call_ended", "01:00", json!({"details": {}})),
        ]
    };
    let connected = |log: &[Value]| only_session(&json!(log)).connected_at();
    assert_eq!(
        connected(&own("00:10", "00:12")),
        at("2026-03-01T01:00:12Z")
    );
    assert_eq!(
        connected(&own("00:12", "00:10")),
        None,
        "before an agent had it"
    );
    let mut log = own("00:10", "00:12");
    log.push(entry("virtual_agent_session_ended", "00:30", json!({})));
    assert_eq!(connected(&log), None, "a virtual agent is about");
    let mut log = own("00:10", "00:12");
    log[3] = entry(
        "call_ended",
        "01:00",
        json!({"details": {"has_human_agent_handle": true}}),
    );
    assert_eq!(
        connected(&log),
        at("2026-03-01T01:01:00Z"),
        "late, but certain"
    );
}

#[test]
fn an_agent_who_talked_was_connected() {
    for (name, payload, connected) in [
        (
            "agent_handle_started",
            json!({"agent_handle": {"id": 1, "agent_id": 5}}),
            true,
        ),
        (
            "agent_handle_started",
            json!({"agent_handle": {"id": 1, "agent_id": null}}),
            false,
        ),
        (
            "agent_handle_completed",
            json!({"agent_handle": {"id": 1, "agent_id": 5, "call_duration": 3}}),
            true,
        ),
        (
            "agent_handle_completed",
            json!({"agent_handle": {"id": 1, "agent_id": 5, "call_duration": 0}}),
            false,
        ),
        (
            "participant_left",
            json!({"participant": {"type": "agent", "user_id": 5, "call_duration": 3}}),
            true,
        ),
        (
            "participant_left",
            json!({"participant": {"type": "agent", "user_id": 5, "call_duration": null}}),
            false,
        ),
        (
            "participant_connected",
            json!({"participant": {"type": "agent", "user_id": null}}),
            false,
        ),
        (
            "participant_connected",
            json!({"participant": {"type": "agent", "user_id": 5, "virtual_agent_id": 6}}),
            false,
        ),
        (
            "participant_connected",
            json!({"participant": {"type": "end_user", "end_user_id": 9}}),
            false,
        ),
    ] {
        let session = only_session(&json!([entry(name, "00:10", payload.clone())]));
        assert_eq!(
            session.connected_at().is_some(),
            connected,
            "{name} {payload}"
        );
    }
}

#[test]
fn abandoned_calls_show_how_far_they_came() {
    let ended = |reason: &str| {
        entry(
            "call_ended",
            "01:00",
            json!({"details": {"fail_reason": reason}}),
        )
    };
    for (log, phase) in [
        (
            vec![ended("eu_in_menu_abandoned")],
            Some(AbandonPhase::Menu),
        ),
        (
            vec![
                entry("call_queued", "00:05", json!({})),
                ended("eu_abandoned"),
            ],
            Some(AbandonPhase::Queue),
        ),
        (
            vec![
                entry("call_assigned", "00:05", json!({})),
                ended("eu_canceled"),
            ],
            Some(AbandonPhase::Connecting),
        ),
        (
            vec![
                entry("call_queued", "00:05", json!({})),
                ended("voip_conn_timeout"),
            ],
            None,
        ),
    ] {
        assert_eq!(only_session(&json!(log)).abandoned(), phase, "{log:?}");
    }
}

#[test]
fn menus_and_deflections_are_no_queues() {
    let session = only_session(&json!([
        entry(
            "consumer_in_menu_ended",
            "00:05",
            json!({
                "consumer_in_menu": {"id": 1, "menu_path_id": 4, "menu_path": "Support"}
            })
        ),
        entry(
            "virtual_agent_escalation_deflected",
            "00:06",
            json!({
                "virtual_agent_deflected_escalation": {"id": 1, "menu_path_id": 50, "menu_path": "Main/Reroute"}
            })
        ),
        entry(
            "queue_entry_started",
            "00:07",
            json!({"queue_entry": {"id": 1, "menu_path_id": null, "menu_path": "/"}})
        ),
    ]));
    assert!(session.queue().is_none());
}

#[test]
fn messages_voicemail_rating_and_transfers_arrive() {
    let chat = || json!({"id": 8, "type": "Messaging Inbound (Web Chat)", "lang": "de"});
    let session = only_session(&json!([
        entry(
            "consumer_handle_ended",
            "00:30",
            json!({"chat": chat(), "consumer_handle": {"id": 1, "message_count": 4}})
        ),
        entry(
            "csat_session_completed",
            "02:00",
            json!({"chat": chat(), "csat_session": {"id": 1, "rating": "3"}})
        ),
        entry(
            "session_transfer_started",
            "00:20",
            json!({"chat": chat(), "transfer": {"id": 1}})
        ),
        entry(
            "session_transfer_connected",
            "00:22",
            json!({"chat": chat(), "transfer": {
                "id": 1, "to_agent": {"id": 6, "name": "Bo"},
                "to_menu_path": {"materialized_path": "7/26", "name": "Test/Calls"}
            }})
        ),
    ]));
    assert_eq!(session.key().to_string(), "chat/8");
    assert_eq!(session.consumer_messages(), 4);
    assert_eq!(session.rating(), Some(3));
    assert_eq!(session.transfers().len(), 1);
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("6"));
    assert_eq!(&*session.queue().unwrap().leaf().0, "26");

    let session = only_session(&json!([entry(
        "call_ended",
        "00:10",
        json!({
            "call": {"id": 7, "status": "voicemail_received"}, "details": {}
        })
    )]));
    assert_eq!(session.voicemail_at(), at("2026-03-01T01:00:10Z"));
}

#[test]
fn equal_entries_at_two_moments_are_two_events() {
    let events = read(
        json!([
            entry("call_updated", "00:10", json!({})),
            entry("call_updated", "00:11", json!({}))
        ])
        .to_string(),
    );
    assert_ne!(events[0].id, events[1].id);
}

#[test]
fn steps_of_one_second_are_ranked() {
    let rank = |name: &str, payload: Value| {
        read(entry(name, "00:10", payload).to_string())
            .pop()
            .unwrap()
            .rank
    };
    let ranks = [
        rank("call_connected", json!({})),
        rank("call_created", json!({})),
        rank(
            "queue_entry_started",
            json!({"queue_entry": {"id": 1, "menu_path_id": 13, "menu_path": "x"}}),
        ),
        rank("call_assigned", json!({})),
        rank("participant_connected", human_participant()),
        rank("session_transfer_connected", json!({"transfer": {"id": 1}})),
        rank(
            "consumer_handle_ended",
            json!({"consumer_handle": {"id": 1, "message_count": 1}}),
        ),
        rank("call_ended", json!({"details": {}})),
        rank("call_updated", json!({})),
    ];
    assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:?}");
}

#[test]
fn other_entries_are_skipped_or_only_fold() {
    let mut no_session = entry("call_created", "00:00", json!({}));
    no_session["jsonPayload"]["event"]["payload"] = json!({});
    let others = json!([
        {"logName": "projects/acme/logs/x%2Factivity", "timestamp": "2026-03-01T01:00:00Z", "textPayload": "[CRM-Server] x"},
        {"timestamp": "2026-03-01T01:00:00Z", "jsonPayload": {"message": "x"}},
        no_session,
    ])
    .to_string();
    let source = source();
    let mut events = casewire_intake::read(others.as_bytes(), &source);
    assert_eq!(events.by_ref().count(), 0);
    assert_eq!(events.skipped(), 3);

    let events = read(entry("call_reticulated", "00:00", json!({})).to_string());
    assert_eq!(events[0].kind, EventKind::Updated);
    assert_eq!(events[0].data.language.as_deref(), Some("en"));
}

#[test]
fn the_product_s_own_log_tells_of_participants() {
    let native = |name: &str, time: &str, participant: Value| {
        json!({
            "insertId": format!("{name}{time}"), "timestamp": format!("2026-03-01T01:00:{time}Z"),
            "labels": {"tracker_id": "call_7"},
            "jsonPayload": {"event": {"name": name, "payload": {"session": {"id": "session_1"}, "participant": participant}}},
            "logName": "projects/acme/logs/contactcenteraiplatform.googleapis.com%2Fevents"
        })
    };
    let session = only_session(&json!([
        native("session_started", "00.100", json!(null)),
        native(
            "session_participant_joined",
            "01.5",
            json!({"id": "virtual_agent_6", "type": "virtual_agent"})
        ),
        native(
            "session_participant_joined",
            "20.5",
            json!({"id": "user_5", "type": "agent"})
        ),
        native(
            "session_participant_left",
            "30",
            json!({"id": "user_5", "type": "agent"})
        ),
        native("session_ended", "31", json!(null)),
    ]));
    assert_eq!(session.started_at(), at("2026-03-01T01:00:00.1Z"));
    assert_eq!(session.connected_at(), at("2026-03-01T01:00:20.5Z"));
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("5"));
    assert_eq!(session.ended_at(), at("2026-03-01T01:00:31Z"));
}

#[test]
fn a_pushed_entry_is_the_entry() {
    let plain = entry("call_assigned", "00:10", json!({}));
    let push = |inner: &str| {
        json!({"message": {"data": STANDARD.encode(inner), "messageId": "1"}, "subscription": "s"})
            .to_string()
    };
    assert_eq!(read(push(&plain.to_string())), read(plain.to_string()));

    let source = source();
    for passed in [
        push("{}"),
        push(r#"{"bucket":"b","name":"metadata/call-1.json"}"#),
        json!({"message": {"attributes": {"bucketId": "b"}, "messageId": "1"}}).to_string(),
    ] {
        let mut events = casewire_intake::read(passed.as_bytes(), &source);
        assert_eq!(
            (events.by_ref().count(), events.skipped()),
            (0, 1),
            "{passed}"
        );
    }
    let mut bad = plain.clone();
    bad["timestamp"] = json!("noon");
    let error = refusal(push(&bad.to_string()));
    assert_eq!(error.field.as_deref(), Some("message.data.timestamp"));
    assert_eq!(error.column, push("").find("\"data\":").unwrap() + 8);
    let error = refusal(json!({"message": {"data": "%"}}).to_string());
    assert_eq!(error.field.as_deref(), Some("message.data"));
}

#[test]
fn broken_entries_are_named_and_placed() {
    for (pointer, value, field) in [
        ("/timestamp", json!("noon"), "timestamp"),
        ("/timestamp", json!(null), "timestamp"),
        (
            "/jsonPayload/event/payload/call/id",
            json!(null),
            "jsonPayload.event.payload.call.id",
        ),
        (
            "/jsonPayload/event/payload/call/id",
            json!("7 8"),
            "jsonPayload.event.payload.call.id",
        ),
    ] {
        let mut broken = entry("call_assigned", "00:10", json!({}));
        *broken.pointer_mut(pointer).unwrap() = value.clone();
        let error = refusal(format!("\n{broken}"));
        let name = field.rsplit('.').next().unwrap();
        let text = broken.to_string();
        let column = text.find(&format!("\"{name}\":{value}")).unwrap() + name.len() + 4;
        assert_eq!(
            (error.line, error.column, error.field.as_deref()),
            (2, column, Some(field)),
            "{error}"
        );
    }
}
