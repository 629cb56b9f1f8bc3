//! Recorded traffic, where it is at hand: `CASEWIRE_RECORDINGS` names the folder.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use casewire_core::{Session, SessionOutcome};

use crate::{at, fold, read};

fn recorded(file: &str) -> Option<Session> {
    let Some(folder) = std::env::var_os("CASEWIRE_RECORDINGS") else {
        // Straight to standard error: the test harness would keep a printed line to itself.
        let mut shown = io::stderr();
        writeln!(shown, "skipped {file}: CASEWIRE_RECORDINGS is not set").unwrap();
        return None;
    };
    let path = PathBuf::from(folder).join("ccaip").join(file);
    let sessions = fold(&read(fs::read(path).unwrap()));
    assert_eq!(sessions.len(), 1);
    sessions.into_values().next()
}

#[test]
fn the_recorded_call_is_read() {
    let Some(session) = recorded("expected_logs_call-987.json") else {
        return;
    };
    assert_eq!(session.key().to_string(), "call/987");
    assert_eq!(session.session_type(), Some("Voice Scheduled (API)"));
    let queue: Vec<_> = session.queue().unwrap().path().collect();
    assert_eq!(
        (&*queue[0].id.0, &*queue[0].name, queue.len()),
        ("83", "schedule_call", 1)
    );
    assert_eq!(session.started_at(), at("2026-01-24T01:13:49Z"));
    assert_eq!(session.assigned_at(), at("2026-01-24T01:14:06Z"));
    assert_eq!(session.connected_at(), at("2026-01-24T01:14:13Z"));
    assert_eq!(session.ended_at(), at("2026-01-24T01:14:25Z"));
    assert_eq!(session.outcome(), Some(SessionOutcome::Finished));
    assert_eq!(
        (session.duration_seconds(), session.wait_seconds()),
        (Some(12), Some(6))
    );
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("5"));
    assert!(session.is_anonymous(), "redacted");
}

#[test]
fn the_recorded_chat_is_read() {
    let Some(session) = recorded("expected_logs_chat-135.json") else {
        return;
    };
    assert_eq!(session.key().to_string(), "chat/135");
    assert_eq!(session.session_type(), Some("Messaging Inbound (Web Chat)"));
    let queue: Vec<_> = session.queue().unwrap().path().collect();
    assert_eq!((&*queue[0].id.0, &*queue[0].name), ("13", "web_3"));
    assert_eq!(session.assigned_at(), at("2025-09-09T20:50:10Z"));
    assert_eq!(session.connected_at(), at("2025-09-09T20:50:12Z"));
    assert_eq!(session.ended_at(), at("2025-09-09T20:51:11Z"));
    assert_eq!(session.consumer_messages(), 0);
    assert_eq!(session.wait_seconds(), Some(5));
}

#[test]
fn the_recorded_metadata_file_is_read() {
    let Some(session) = recorded("raw_metadata_call-12345_va_escalation_deflected.json") else {
        return;
    };
    assert_eq!(session.key().to_string(), "call/12345");
    assert_eq!(session.started_at(), at("2026-09-17T00:22:48Z"));
    assert_eq!(session.ended_at(), at("2026-09-17T00:27:50Z"));
    assert_eq!(
        (session.assigned_at(), session.connected_at()),
        (None, None)
    );
    assert_eq!(session.outcome(), Some(SessionOutcome::Failed));
    assert!(session.queue().is_none());
}

#[test]
fn the_documented_call_object_is_read() {
    let Some(session) = recorded("docs_manager_api_call_model_partial.json") else {
        return;
    };
    assert_eq!(session.key().to_string(), "call/0");
    assert_eq!(session.session_type(), Some("Voice Inbound (App)"));
    assert_eq!(session.assigned_at(), at("2018-06-07T19:49:52.896Z"));
    assert!(session.voicemail_at().is_none());
}
