//! Requests that show calls as voice messages.

use casewire_core::{Append, CrmConnector as _, Note, RecordState, SessionFacts};
use serde_json::json;

use super::org::{connector_with, conversation, exchange, like, play};
use crate::story::{append, joining, linked};

fn of_call(facts: SessionFacts) -> Append {
    let linked = Note { facts, ..linked() };
    Append {
        sessions: vec![joining(&[linked])],
        tags: Vec::new(),
        ..append()
    }
}

#[tokio::test]
async fn shows_a_call_before_its_note() {
    let started_at = "2026-01-24T01:13:49Z".parse().ok();
    let inbound = SessionFacts {
        started_at,
        ..SessionFacts::default()
    };
    let outbound = SessionFacts {
        is_outbound: true,
        ..SessionFacts::default()
    };
    for (request, facts) in [
        ("message_create", inbound),
        ("message_create_outbound", outbound),
    ] {
        let script = play([
            like("conversation_update_join", "conversation_update_append"),
            like(request, "message_create"),
            like("note_create_linked", "note_create"),
        ])
        .await;
        connector_with(&script, json!({ "call_messages": true }))
            .append(&conversation(RecordState::Open), &of_call(facts))
            .await
            .unwrap();
        script.assert_played().await;
    }
}

#[tokio::test]
async fn reads_the_messages_when_the_first_answer_was_lost() {
    let lost = crate::script::answered("message_create", crate::script::json(500, json!({})));
    let script = play([
        like("conversation_update_join", "conversation_update_append"),
        lost,
        exchange("conversation_messages"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let facts = SessionFacts {
        started_at: "2026-01-24T01:13:49Z".parse().ok(),
        ..SessionFacts::default()
    };
    connector_with(&script, json!({ "call_messages": true }))
        .append(&conversation(RecordState::Open), &of_call(facts))
        .await
        .unwrap();
    script.assert_played().await;
}
