//! Requests that change tickets and add notes.

use std::sync::Arc;

use casewire_core::{
    Append, CrmConnector as _, Note, RecordState, SessionKey, SessionNotes, StatusChange, Trace,
};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::account::{GOLDEN, ana, connector, connector_with, exchange, like, play, ticket};
use crate::script::{answered, json};
use crate::story::{append, ended, joining, linked, session};

fn untagged() -> Append {
    Append {
        tags: Vec::new(),
        ..append()
    }
}

#[tokio::test]
async fn appends_tags_and_session_and_then_the_note() {
    let script = play([
        exchange("ticket_show"),
        exchange("ticket_update_append"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let appended = connector(&script)
        .append(&ticket(2).await, &append())
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(appended.tags, ["VIP", "casewire", "voice_inbound"]);
    assert!(appended.trace.has_session(&session()));
}

#[tokio::test]
async fn reopens_a_resolved_ticket() {
    let mut resolved = GOLDEN.answer_body("ticket_show");
    resolved["status"] = json!(4);
    let script = play([
        answered("ticket_show", json(200, resolved)),
        exchange("ticket_update_reopen"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let what = Append {
        owner: Some(ana()),
        status: StatusChange::DefaultOpen,
        ..untagged()
    };
    let opened = connector(&script)
        .append(&ticket(4).await, &what)
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(opened.state, RecordState::Open);
    assert_eq!(opened.closed_at, None);
}

#[tokio::test]
async fn reopens_with_the_status_of_the_config() {
    let mut resolved = GOLDEN.answer_body("ticket_show");
    resolved["status"] = json!(4);
    let script = play([
        answered("ticket_show", json(200, resolved)),
        like("ticket_update_reopen_custom_status", "ticket_update_reopen"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let connector = connector_with(&script, json!({ "statuses": { "default_open": 8 } }));
    let what = Append {
        status: StatusChange::DefaultOpen,
        ..untagged()
    };
    connector.append(&ticket(4).await, &what).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn several_sessions_are_one_note() {
    let chat = |subject: &str, notes| SessionNotes {
        session: SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap(),
        notes,
    };
    let note = Note {
        text: "Chat 5\nQueue: Billing".to_owned(),
        ..linked()
    };
    let what = Append {
        sessions: vec![
            joining(&[linked(), ended()]),
            chat("chat/5", vec![note]),
            chat("chat/6", Vec::new()),
        ],
        ..untagged()
    };
    let mut updated = GOLDEN.answer_body("ticket_update_append");
    updated["custom_fields"]["cf_casewire_sessions_297457"] =
        json!("call/986@aaaaaa call/987@e0e480 chat/5@e0e480 chat/6@e0e480#joined");
    let script = play([
        exchange("ticket_show"),
        answered("ticket_update_two_sessions", json(200, updated)),
        like("note_create_of_two_sessions", "note_create"),
    ])
    .await;
    let appended = connector(&script)
        .append(&ticket(2).await, &what)
        .await
        .unwrap();
    script.assert_played().await;
    assert!(what.is_repeat(&appended.trace));
}

#[tokio::test]
async fn a_later_note_is_the_note_alone() {
    let mut whole = GOLDEN.answer_body("ticket_show");
    whole["custom_fields"] = GOLDEN.answer_body("ticket_update_append")["custom_fields"].take();
    // Here it is no reply.
    whole["conversations"][1]["private"] = json!(true);
    let script = play([
        answered("ticket_show", json(200, whole)),
        like("note_create_ended", "note_create"),
    ])
    .await;
    let mut to = ticket(2).await;
    to.trace = Trace::parse("call/986@aaaaaa call/987@e0e480");
    let what = Append {
        sessions: vec![joining(&[linked(), ended()])],
        ..untagged()
    };
    let appended = connector(&script).append(&to, &what).await.unwrap();
    script.assert_played().await;
    assert!(appended.trace.has_end(&session()));
}

#[tokio::test]
async fn a_note_whose_answer_is_lost_is_looked_for() {
    let linked = "<div>Call 987<br>[casewire call/987@e0e480 linked]</div>";
    let notes = json!([{ "id": 501_009_000_003_u64, "private": true, "body": linked }]);
    let script = play([
        exchange("ticket_show"),
        exchange("ticket_update_append"),
        answered("note_create_linked", ResponseTemplate::new(502)),
        answered("ticket_conversations", json(200, notes)),
    ])
    .await;
    let appended = connector(&script)
        .append(&ticket(2).await, &append())
        .await
        .unwrap();
    script.assert_played().await;
    assert!(appended.trace.has_session(&session()));
}
