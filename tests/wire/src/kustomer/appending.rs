//! Requests that change conversations and add to them.

use std::sync::Arc;

use casewire_core::{
    Append, CrmConnector as _, Note, Record, RecordState, SessionKey, SessionNotes, StatusChange,
    Trace,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{
    CASEWIRE, VIP, VOICE, ana, changed, connector, conversation, exchange, like, play,
};
use crate::script::{answered, json};
use crate::story::{append, ended, joining, linked, session};

fn untagged() -> Append {
    Append {
        tags: Vec::new(),
        ..append()
    }
}

/// The answer to an update that left these words and tags.
fn with_sessions(words: &str, tags: Value) -> ResponseTemplate {
    let custom = json!({ "casewireLeafQueueStr": "13", "casewireSessionsTxt": words });
    let changes = json!({ "custom": custom, "tags": tags });
    changed("conversation_update_append", 200, changes)
}

#[tokio::test]
async fn appends_tags_and_sessions_in_one_update_and_then_the_note() {
    let script = play([
        exchange("tags"),
        exchange("conversation_update_append"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let appended = connector(&script)
        .append(&conversation(RecordState::Open), &append())
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(appended.tags, [VIP, CASEWIRE, VOICE]);
    assert_eq!(appended.version.as_deref(), Some("8+"));
    assert!(appended.trace.has_session(&session()));
}

#[tokio::test]
async fn reopens_a_conversation_that_is_done() {
    let script = play([
        like("conversation_update_reopen", "conversation_update_append"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let what = Append {
        owner: Some(ana()),
        status: StatusChange::DefaultOpen,
        ..untagged()
    };
    let opened = connector(&script)
        .append(&conversation(RecordState::Resolved), &what)
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(opened.state, RecordState::Open);
    assert_eq!(opened.closed_at, None);
}

#[tokio::test]
async fn several_sessions_join_in_one_update() {
    let chat = SessionNotes {
        session: SessionKey::parse(&Arc::from("//contact-center/acme"), "chat/5").unwrap(),
        notes: vec![Note {
            text: "Chat 5\nQueue: Billing".to_owned(),
            ..linked()
        }],
    };
    let what = Append {
        sessions: vec![joining(&[linked(), ended()]), chat],
        ..untagged()
    };
    let words = "call/986@aaaaaa ?call/987@e0e480 ?call/987@e0e480#ended:1b2c3d ?chat/5@e0e480";
    let script = play([
        answered(
            "conversation_update_two_sessions",
            with_sessions(words, json!([])),
        ),
        like("note_create_linked", "note_create"),
        like("note_create_ended", "note_create"),
        like("note_create_of_chat", "note_create"),
    ])
    .await;
    let appended = connector(&script)
        .append(&conversation(RecordState::Open), &what)
        .await
        .unwrap();
    script.assert_played().await;
    assert!(what.is_repeat(&appended.trace));
}

#[tokio::test]
async fn a_later_note_is_named_before_it_is_added() {
    let to = Record {
        trace: Trace::parse("call/986@aaaaaa call/987@e0e480"),
        ..conversation(RecordState::Open)
    };
    let what = Append {
        sessions: vec![joining(&[linked(), ended()])],
        ..untagged()
    };
    let words = "call/986@aaaaaa call/987@e0e480 ?call/987@e0e480#ended:1b2c3d";
    let script = play([
        answered(
            "conversation_update_later_note",
            with_sessions(words, json!([VIP])),
        ),
        like("note_create_ended", "note_create"),
    ])
    .await;
    let appended = connector(&script).append(&to, &what).await.unwrap();
    script.assert_played().await;
    assert!(appended.trace.has_end(&session()));
}

#[tokio::test]
async fn follows_a_revision_that_moved_alone() {
    let moved =
        json!({ "errors": [{ "status": 409, "code": "conflict", "title": "optimistic locking" }] });
    let script = play([
        exchange("conversation"),
        answered("conversation_update_join", json(409, moved)),
        like("conversation", "conversation_moved"),
        like(
            "conversation_update_join_again",
            "conversation_update_append",
        ),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let connector = connector(&script);
    let to = connector
        .read_record(&conversation(RecordState::Open).id)
        .await
        .unwrap()
        .unwrap();
    connector.append(&to, &untagged()).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_tag_without_an_id_is_appended_by_name() {
    let none =
        json!({ "meta": { "page": 1, "pageSize": 100 }, "data": [], "links": { "next": null } });
    let words = "call/986@aaaaaa ?call/987@e0e480 tag:casewire tag:voice_inbound";
    let claimed = with_sessions(words, json!([VIP]));
    let script = play([
        answered("tags", json(200, none)),
        answered("conversation_update_untagged", claimed),
        like("conversation_tags_append_two", "conversation_update_append"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let appended = connector(&script)
        .append(&conversation(RecordState::Open), &append())
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(appended.tags, [VIP, CASEWIRE, VOICE]);
}
