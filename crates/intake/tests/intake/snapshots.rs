use casewire_core::{EventKind, SessionOutcome};
use serde_json::{Value, json};

use crate::{at, fold, only_session, read, refusal};

/// A metadata file of a call that a person took.
fn metadata() -> Value {
    json!({
        "id": 7, "call_uuid": "u-7", "call_type": "Voice Inbound (IVR)", "lang": "en", "status": "finished",
        "created_at": "2026-03-01T03:00:00.000+02:00", "queued_at": "2026-03-01T01:00:10.000Z",
        "assigned_at": "2026-03-01T01:00:20.000Z", "connected_at": "2026-03-01T01:00:26.500Z",
        "ends_at": "2026-03-01T01:01:00.000Z", "updated_at": "2026-03-01T01:01:02.000Z", "scheduled_at": null,
        "rating": null, "fail_reason": "nothing", "wait_duration": 10, "call_duration": 34,
        "support_number": "+12015550199",
        "participants": [
            {"id": 1, "type": "end_user", "end_user_id": 42, "phone_number": "+12015550123", "connected_at": "2026-03-01T01:00:01Z"},
            {"id": 2, "type": "agent", "user_id": 5, "email": "ana@example.com", "first_name": "Ana", "last_name": "Ash",
             "connected_at": "2026-03-01T01:00:25.000Z", "call_duration": 35}
        ],
        "queue_durations": [{"id": 3, "menu_path_id": 13, "menu_path": "Support/Billing", "started_at": "2026-03-01T01:00:10Z"}],
        "handle_durations": [{"id": 4, "agent_id": 5, "menu_path_id": 13, "menu_path": "Support/Billing", "started_at": "2026-03-01T01:00:25Z"}],
        "recordings": [{"id": 9, "recording_url": "https://media.example.com/9.mp3"}],
        "transfers": [], "consumer_in_menu_durations": [{"id": 1, "menu_path_id": null, "menu_path": "/"}]
    })
}

/// A call of the Apps API.
fn call_object() -> Value {
    json!({
        "id": "398", "lang": "en", "call_type": "Voice Inbound (IVR)", "status": "connected",
        "created_at": "2026-03-01T01:00:00Z", "queued_at": null, "assigned_at": "2026-03-01T01:00:20Z",
        "connected_at": "2026-03-01T01:00:26Z", "ends_at": null, "call_duration": 0, "rating": null,
        "voicemail_reason": "not_voicemail", "deflection": "no_deflection", "fail_reason": "nothing",
        "support_number": "+12015550199", "out_ticket_id": "T-1", "recording_url": null,
        "menu_path": {"items_count": 2, "name": "Support/Billing", "materialized_path": "4/13"},
        "agent_info": {"id": 5, "agent_number": null, "name": "Ana Ash", "email": "ana@example.com"},
        "end_user": {"id": 67, "identifier": "c-1", "out_contact_id": "38"},
        "a_field_of_tomorrow": {"x": [1]}
    })
}

fn with(mut object: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

#[test]
fn a_metadata_file_folds_to_its_session() {
    let session = only_session(&metadata());
    assert_eq!(session.key().to_string(), "call/7");
    assert_eq!(&**session.key().source(), "//contact-center/acme");
    assert_eq!(session.started_at(), at("2026-03-01T01:00:00Z"));
    assert_eq!(session.assigned_at(), at("2026-03-01T01:00:20Z"));
    assert_eq!(session.connected_at(), at("2026-03-01T01:00:25Z"));
    assert_eq!(session.ended_at(), at("2026-03-01T01:01:00Z"));
    assert_eq!(session.outcome(), Some(SessionOutcome::Finished));
    assert_eq!(
        (session.duration_seconds(), session.wait_seconds()),
        (Some(34), Some(10))
    );
    assert_eq!(session.dialed_number(), Some("+12015550199"));
    assert_eq!(session.customer().phone.unwrap().as_str(), "+12015550123");
    assert_eq!(session.customer().external_id, None);
    let agent = session.agent().unwrap();
    assert_eq!(agent.id.as_deref(), Some("5"));
    assert_eq!(agent.name.as_ref().unwrap().as_str(), "Ana Ash");
    assert_eq!(agent.email.as_ref().unwrap().as_str(), "ana@example.com");
    assert_eq!(&*session.queue().unwrap().leaf().0, "13");
    assert_eq!(session.links().len(), 1);
}

#[test]
fn an_apps_api_call_folds_to_its_session() {
    let session = only_session(&call_object());
    assert_eq!(session.key().to_string(), "call/398");
    assert_eq!(session.assigned_at(), at("2026-03-01T01:00:20Z"));
    assert_eq!(session.connected_at(), at("2026-03-01T01:00:26Z"));
    assert_eq!((session.ended_at(), session.outcome()), (None, None));
    assert_eq!(
        session.duration_seconds(),
        None,
        "not ended: a duration of 0 says nothing"
    );
    assert_eq!(session.customer().external_id.unwrap().as_str(), "c-1");
    assert_eq!(
        session.agent().unwrap().email.as_ref().unwrap().as_str(),
        "ana@example.com"
    );
    let path: Vec<_> = session
        .queue()
        .unwrap()
        .path()
        .map(|step| (&*step.id.0, &*step.name))
        .collect();
    assert_eq!(path, [("4", "Support"), ("13", "Billing")]);
}

#[test]
fn an_apps_api_chat_folds_to_its_session() {
    let session = only_session(&json!({
        "id": 9, "chat_type": "Messaging Inbound (Web Chat)", "status": "finished", "message_count": 4,
        "created_at": "2026-03-01T01:00:00Z", "assigned_at": "2026-03-01T01:00:05Z", "ends_at": "2026-03-01T01:02:00Z",
        "agent_info": "Ana Ash", "chat_duration": 115, "rating": "5", "selected_menu": {"id": 13, "name": "Billing"},
        "end_user": {"id": 1, "identifier": null, "email": "kim@example.com"},
        "participants": [{"id": 1, "type": "agent", "user_id": "5", "connected_at": null, "chat_duration": 60,
            "finished_at": "2026-03-01T01:01:30Z"}]
    }));
    assert_eq!(session.key().to_string(), "chat/9");
    assert_eq!(session.consumer_messages(), 4);
    assert_eq!(
        session.connected_at(),
        at("2026-03-01T01:01:30Z"),
        "an agent who wrote was connected"
    );
    assert_eq!(
        (session.rating(), session.duration_seconds()),
        (Some(5), Some(115))
    );
    assert_eq!(&*session.queue().unwrap().leaf().0, "13");
    assert_eq!(
        session.customer().email.unwrap().as_str(),
        "kim@example.com"
    );
}

#[test]
fn a_virtual_agent_s_connection_is_not_a_person_s() {
    let alone = |changes: Value| {
        let base = json!({"participants": [], "handle_durations": [], "queue_durations": []});
        only_session(&with(with(metadata(), base), changes)).connected_at()
    };
    let connected = at("2026-03-01T01:00:26.5Z");
    assert_eq!(
        alone(json!({})),
        connected,
        "assigned before, and no virtual agent"
    );
    assert_eq!(
        alone(json!({"assigned_at": "2026-03-01T01:00:40Z"})),
        None,
        "assigned after"
    );
    assert_eq!(alone(json!({"assigned_at": null})), None);
    for evidence in [
        json!({"participants": [{"id": 1, "type": "virtual_agent", "virtual_agent_id": 6, "connected_at": "2026-03-01T01:00:01Z"}]}),
        json!({"virtual_agent_handle_durations": [{"id": 1}]}),
        json!({"virtual_agent_deflected_escalations": [{"id": 1}]}),
        json!({"has_virtual_agent_handle": true}),
        json!({"agent_info": {"id": 6, "name": "Bot", "va_alias": null}}),
    ] {
        assert_eq!(alone(evidence.clone()), None, "{evidence}");
    }
    let bot = json!({"participants": [], "handle_durations": [], "agent_info": {"id": 6, "va_alias": "b"}});
    let session = only_session(&with(metadata(), bot));
    assert_eq!((session.assigned_at(), session.agent()), (None, None));
}

#[test]
fn a_second_export_adds_only_late_data() {
    let again = with(
        metadata(),
        json!({"updated_at": "2026-03-01T01:16:00Z", "rating": 4, "disposition": "Solved"}),
    );
    let (first, second) = (read(metadata().to_string()), read(again.to_string()));
    let new: Vec<_> = second
        .iter()
        .filter(|event| first.iter().all(|seen| seen.id != event.id))
        .collect();
    assert_eq!(new.len(), 1);
    assert_eq!(new[0].kind, EventKind::Updated);
    // A store that drops what it has seen, and one that does not, come to the same session.
    let dropped = fold(first.iter().chain(new));
    assert_eq!(dropped, fold(first.iter().chain(&second)));
    let session = dropped.into_values().next().unwrap();
    assert_eq!(
        (session.rating(), session.disposition()),
        (Some(4), Some("Solved"))
    );
    assert_eq!(
        session.connected_at(),
        only_session(&metadata()).connected_at()
    );
}

#[test]
fn without_an_update_time_late_data_is_a_new_event() {
    let one = with(metadata(), json!({"updated_at": null}));
    let two = with(one.clone(), json!({"rating": 2}));
    let session = fold(read(one.to_string()).iter().chain(&read(two.to_string())));
    assert_eq!(session.into_values().next().unwrap().rating(), Some(2));
    assert_eq!(read(one.to_string()), read(one.to_string()));
}

#[test]
fn nested_roots_and_arrays_of_objects_are_read() {
    let nested = json!({"call": metadata()});
    assert_eq!(
        fold(&read(nested.to_string())),
        fold(&read(metadata().to_string()))
    );
    let events = read(json!([metadata(), call_object()]).to_string());
    assert_eq!(fold(&events).len(), 2);
}

#[test]
fn voicemails_and_outcomes_are_read() {
    let ended = |changes: Value| {
        let base = json!({"ends_at": "2026-03-01T01:02:00Z", "assigned_at": null, "connected_at": null, "agent_info": null});
        only_session(&with(with(call_object(), base), changes))
    };
    let voicemail = ended(json!({"status": "voicemail_received"}));
    assert_eq!(voicemail.voicemail_at(), at("2026-03-01T01:02:00Z"));
    assert_eq!(
        &*voicemail.queue().unwrap().leaf().0,
        "13",
        "the queue it was left in"
    );
    assert!(
        ended(json!({"voicemail_reason": "after_hours"}))
            .voicemail_at()
            .is_some()
    );
    let abandoned = ended(json!({"status": "failed", "fail_reason": "eu_in_menu_abandoned"}));
    assert_eq!(abandoned.outcome(), Some(SessionOutcome::Abandoned));
    assert!(abandoned.queue().is_none(), "a menu position is no queue");
    assert_eq!(
        ended(json!({"status": "deflected", "deflection": "phone"})).outcome(),
        Some(SessionOutcome::Deflected)
    );
}

#[test]
fn transfers_move_on_when_they_connect() {
    let transfers = json!([
        {"id": 1, "created_at": "2026-03-01T01:00:30Z", "connected_at": null, "status": "failed", "to_agent": {"id": 8}},
        {"id": 2, "created_at": "2026-03-01T01:00:31Z", "connected_at": "2026-03-01T01:00:40Z",
         "to_agent": {"id": 6, "name": "Bo"}, "to_menu": {"materialized_path": "7/26"}}
    ]);
    let session = only_session(&with(metadata(), json!({ "transfers": transfers })));
    assert_eq!(session.transfers().len(), 1);
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("6"));
    assert_eq!(&*session.queue().unwrap().leaf().0, "26");
}

#[test]
fn broken_states_are_named() {
    for (changes, field) in [
        (json!({"assigned_at": "noon"}), "assigned_at"),
        (json!({"id": null}), "id"),
        (json!({"id": "7@8"}), "id"),
        (
            json!({"queue_durations": [{}, {"started_at": "x"}]}),
            "queue_durations[1].started_at",
        ),
        (
            json!({"participants": [{"type": "agent", "user_id": 1, "connected_at": "x"}]}),
            "participants[0].connected_at",
        ),
        (
            json!({"created_at": null, "assigned_at": null, "ends_at": null, "updated_at": null}),
            "created_at",
        ),
    ] {
        let broken = with(metadata(), changes);
        assert_eq!(refusal(broken.to_string()).field.as_deref(), Some(field));
        if field != "created_at" && field != "id" {
            let error = refusal(json!({ "call": broken }).to_string());
            assert_eq!(error.field, Some(format!("call.{field}")));
        }
    }
}

#[test]
fn an_unreadable_number_is_warned_of_without_showing_it() {
    let mut call = metadata();
    call["participants"][0]["phone_number"] = json!("5550123");
    let incoming = crate::try_read(call.to_string());
    let warnings: Vec<String> = incoming
        .into_iter()
        .filter_map(|read| read.unwrap().warning)
        .collect();
    assert_eq!(warnings.len(), 1);
    assert!(!warnings[0].contains("5550123"));
}

#[test]
fn a_plain_chat_object_is_assigned_to_the_agent_it_shows() {
    let chat = json!({
        "id": 135, "status": "finished", "status_text": "Finished", "features": ["text"],
        "created_at": "2026-03-01T01:00:00Z", "ends_at": "2026-03-01T01:05:00Z", "timeout_at": null,
        "agent": {"id": 5, "name": "Ana Ash", "first_name": "Ana", "status": "left"},
        "virtual_agent": null, "all_agents": [{"id": 5, "name": "Ana Ash"}]
    });
    let session = only_session(&chat);
    assert_eq!(session.key().to_string(), "chat/135");
    assert_eq!(session.assigned_at(), at("2026-03-01T01:05:00Z"));
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("5"));
    let alone = with(
        chat,
        json!({ "agent": null, "virtual_agent": {"id": 6, "name": "Bot"} }),
    );
    assert_eq!(only_session(&alone).assigned_at(), None);
}
