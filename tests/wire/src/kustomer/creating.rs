//! Requests that make customers, conversations and their notes.

use casewire_core::{
    CrmConnector as _, CustomerIdentity, ExternalId, NewRecord, Note, PersonName, RecordCustomer,
    RecordState, SessionFacts,
};
use serde_json::json;

use super::org::{
    CALL, CASEWIRE, ana, changed, connector, connector_with, exchange, id, kim, like, play,
};
use crate::script::{answered, json};
use crate::story::{by_email, by_phone, linked, new_record, session};

/// A record of Kim's with no tags and only the first note.
fn plain() -> NewRecord {
    NewRecord {
        tags: Vec::new(),
        notes: vec![linked()],
        ..new_record(RecordCustomer::Known(kim()))
    }
}

#[tokio::test]
async fn creates_a_conversation_and_its_notes_for_a_known_customer() {
    let script = play([
        exchange("tags"),
        exchange("conversation_create"),
        like("note_create_linked", "note_create"),
        like("note_create_ended", "note_create"),
    ])
    .await;
    let new = NewRecord {
        owner: Some(ana()),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.id, id(CALL));
    assert_eq!(created.customer, Some(kim()));
    assert_eq!(created.state, RecordState::Open);
    assert_eq!(created.tags, [CASEWIRE]);
    assert!(created.trace.begins_with(&session()));
    assert!(created.trace.has_end(&session()));
}

#[tokio::test]
async fn adds_a_tag_that_is_new_by_its_name() {
    let none =
        json!({ "meta": { "page": 1, "pageSize": 100 }, "data": [], "links": { "next": null } });
    let words = "?call/987@e0e480 ?call/987@e0e480#ended:1b2c3d tag:casewire";
    let custom = json!({ "casewireLeafQueueStr": "13", "casewireSessionsTxt": words });
    let untagged = json!({ "tags": [], "custom": custom });
    let untagged = changed("conversation_create", 201, untagged);
    let script = play([
        answered("tags", json(200, none)),
        answered("conversation_create_untagged", untagged),
        exchange("conversation_tags_append"),
        like("note_create_linked", "note_create"),
        like("note_create_ended", "note_create"),
    ])
    .await;
    let new = new_record(RecordCustomer::Known(kim()));
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.tags, [CASEWIRE]);
    assert_eq!(created.version.as_deref(), Some("2+"));
}

#[tokio::test]
async fn creates_a_customer_of_all_that_is_known() {
    let whole = CustomerIdentity {
        email: by_email().email,
        external_id: ExternalId::parse("c-7"),
        name: PersonName::parse("Kim Example"),
        ..by_phone()
    };
    for (request, customer) in [
        ("customer_create", RecordCustomer::New(whole)),
        ("customer_create_by_phone", RecordCustomer::New(by_phone())),
        ("customer_create_anonymous", RecordCustomer::Anonymous),
        (
            "customer_create_shared_anonymous",
            RecordCustomer::SharedAnonymous,
        ),
    ] {
        let script = play([
            like(request, "customer_create"),
            like("conversation_create_plain", "conversation_create"),
            like("note_create_linked", "note_create"),
        ])
        .await;
        let new = NewRecord {
            customer,
            ..plain()
        };
        let created = connector(&script).create_record(&new).await.unwrap();
        script.assert_played().await;
        assert_eq!(created.customer, Some(kim()));
    }
}

#[tokio::test]
async fn finds_a_shared_customer_that_was_there_by_its_external_id() {
    let there = json!({ "errors": [{ "status": 409, "source": { "parameter": "externalId" }, "code": "conflict" }] });
    let script = play([
        answered("customer_create_shared_anonymous", json(409, there)),
        like("customer_shared_anonymous", "customer_by_phone"),
        like("conversation_create_plain", "conversation_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let new = NewRecord {
        customer: RecordCustomer::SharedAnonymous,
        ..plain()
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn finds_a_conversation_that_was_there_and_adds_what_it_lacks() {
    let there =
        json!({ "errors": [{ "code": "conflict", "message": "externalId is taken", "meta": {} }] });
    let script = play([
        answered("conversation_create_without_tags", json(409, there)),
        exchange("conversation_by_external_id"),
        exchange("conversation_notes"),
        like(
            "conversation_update_complete",
            "conversation_by_external_id",
        ),
        exchange("conversation_notes"),
        like("note_create_ended", "note_create"),
    ])
    .await;
    let new = NewRecord {
        tags: Vec::new(),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert!(created.trace.has_end(&session()));
}

#[tokio::test]
async fn an_outbound_call_is_one() {
    let script = play([
        like("conversation_create_outbound", "conversation_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let note = Note {
        facts: SessionFacts {
            is_outbound: true,
            ..SessionFacts::default()
        },
        ..linked()
    };
    let new = NewRecord {
        notes: vec![note],
        ..plain()
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_follow_up_names_the_conversation_that_it_follows() {
    let script = play([
        like("conversation", "conversation_locked"),
        like("conversation_create_follow_up", "conversation_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let new = NewRecord {
        follow_up_of: Some(id(CALL)),
        queue: None,
        ..plain()
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn other_names_of_attributes_and_ids_are_used() {
    let script = play([
        like("conversation_create_renamed", "conversation_create"),
        like("note_create_renamed", "note_create"),
    ])
    .await;
    let connector = connector_with(
        &script,
        json!({
            "external_id_prefix": "other",
            "default_user": ana().0,
            "fields": { "leaf_queue": "queueStr", "sessions": "contactsTxt", "follows_up": "followsStr" },
        }),
    );
    connector.create_record(&plain()).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_long_note_comes_in_parts() {
    let script = play([
        like("conversation_create_plain", "conversation_create"),
        like("note_create_part_1", "note_create"),
        like("note_create_last_part", "note_create"),
    ])
    .await;
    let long = Note {
        text: "Zoë & co. ".repeat(1_100),
        ..linked()
    };
    let new = NewRecord {
        notes: vec![long],
        ..plain()
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}
