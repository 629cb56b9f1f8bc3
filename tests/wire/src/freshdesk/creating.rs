//! Requests that make tickets, their requesters and their notes.

use std::sync::Arc;

use casewire_core::{
    CrmConnector as _, CustomerIdentity, ExternalId, NewRecord, Note, PersonName, QueueId,
    RecordCustomer, RecordState, SessionKey,
};
use casewire_freshdesk::Freshdesk;
use serde_json::json;

use super::account::{
    GOLDEN, ana, connector, connector_with, exchange, id, kim, like, nothing, play,
};
use crate::script::{answered, json};
use crate::story::{by_email, by_phone, linked, new_record, session, who};

/// A record with only the first note.
fn plain(customer: RecordCustomer) -> NewRecord {
    NewRecord {
        notes: vec![linked()],
        ..new_record(customer)
    }
}

/// Looks for a caller, whom nobody has, so that a new one is certain.
async fn see_nobody(connector: &Freshdesk) {
    let found = connector.look_up(&who(by_phone())).await.unwrap();
    assert_eq!(found.customer, None);
}

#[tokio::test]
async fn creates_a_ticket_for_a_known_customer_and_then_its_notes() {
    let script = play([
        nothing("tickets_of_requester"),
        exchange("ticket_create"),
        exchange("note_create"),
    ])
    .await;
    let new = NewRecord {
        owner: Some(ana()),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.id, id("41"));
    assert_eq!(created.customer, Some(kim()));
    assert_eq!(created.queue, Some(QueueId("13".into())));
    assert_eq!(created.state, RecordState::Open);
    assert!(created.trace.begins_with(&session()));
    assert!(created.trace.has_end(&session()));
}

#[tokio::test]
async fn a_ticket_brings_the_caller_who_was_looked_for_in_vain() {
    let whole = CustomerIdentity {
        email: by_email().email,
        external_id: ExternalId::parse("c-7"),
        name: PersonName::parse("Kim Example"),
        ..by_phone()
    };
    for (request, customer) in [
        ("ticket_create_for_caller", by_phone()),
        ("ticket_create_for_named_customer", whole),
    ] {
        let script = play([
            nothing("contacts_by_phone"),
            nothing("contacts_by_mobile"),
            like(request, "ticket_create"),
            like("note_create_linked", "note_create"),
        ])
        .await;
        let connector = connector(&script);
        see_nobody(&connector).await;
        let new = plain(RecordCustomer::New(customer));
        let created = connector.create_record(&new).await.unwrap();
        script.assert_played().await;
        assert_eq!(created.customer, Some(kim()));
    }
}

#[tokio::test]
async fn a_customer_known_by_address_needs_no_external_id() {
    let script = play([
        nothing("tickets_by_email"),
        like("ticket_create_by_email", "ticket_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let new = plain(RecordCustomer::New(by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn withheld_callers_are_apart_or_one() {
    for (list, create, customer) in [
        (
            "tickets_of_anonymous",
            "ticket_create_anonymous",
            RecordCustomer::Anonymous,
        ),
        (
            "tickets_of_shared_anonymous",
            "ticket_create_shared_anonymous",
            RecordCustomer::SharedAnonymous,
        ),
    ] {
        let script = play([
            nothing(list),
            like(create, "ticket_create"),
            like("note_create_linked", "note_create"),
        ])
        .await;
        connector(&script)
            .create_record(&plain(customer))
            .await
            .unwrap();
        script.assert_played().await;
    }
}

#[tokio::test]
async fn a_chat_is_one() {
    let script = play([
        nothing("tickets_of_requester"),
        like("ticket_create_of_chat", "ticket_create"),
        like("note_create_of_chat", "note_create"),
    ])
    .await;
    let new = NewRecord {
        session: SessionKey::parse(&Arc::from("//contact-center/acme"), "chat/5").unwrap(),
        ..plain(RecordCustomer::Known(kim()))
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_follow_up_names_its_ticket_and_has_its_tags_and_queue() {
    let script = play([
        nothing("tickets_of_requester"),
        like("ticket_show_parent", "ticket_show_closed"),
        like("ticket_create_follow_up", "ticket_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let new = NewRecord {
        follow_up_of: Some(id("14")),
        queue: None,
        ..plain(RecordCustomer::Known(kim()))
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn what_looks_like_html_is_text() {
    let script = play([
        nothing("tickets_of_requester"),
        like("ticket_create_html", "ticket_create"),
        like("note_create_html", "note_create"),
    ])
    .await;
    let new = NewRecord {
        title: "<New> & \"old\" - 987".to_owned(),
        notes: vec![Note {
            text: "Queue: <New> & \"old\"\nLanguage: en".to_owned(),
            ..linked()
        }],
        ..plain(RecordCustomer::Known(kim()))
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn what_the_account_requires_is_sent() {
    let script = play([
        nothing("tickets_of_requester"),
        like("ticket_create_with_values", "ticket_create"),
        like("note_create_linked", "note_create"),
    ])
    .await;
    let values = json!({ "type": "Question", "priority": 2, "group_id": 501_000_000_017_u64, "cf_brand": "acme", "cf_vip": true });
    let changes = json!({ "ticket_values": values, "default_user": 501_001_202_520_u64 });
    let connector = connector_with(&script, changes);
    let new = plain(RecordCustomer::Known(kim()));
    connector.create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn the_sessions_own_ticket_gets_no_twin() {
    let mut list = GOLDEN.answer_body("tickets_of_requester");
    list[1]["custom_fields"]["cf_casewire_sessions_297457"] = json!("call/987@e0e480");
    // It was made just now.
    list[1]["created_at"] = json!(jiff::Timestamp::now().to_string());
    let script = play([
        answered("tickets_of_requester", json(200, list)),
        like("ticket_show", "ticket_show_claimed"),
    ])
    .await;
    let new = plain(RecordCustomer::Known(kim()));
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.id, id("41"));
    assert!(
        !created.trace.has_session(&session()),
        "its note is lacking"
    );
}
