//! What Kustomer's documents leave open, where it turns out in the less likely way.

use std::time::Duration;

use casewire_core::{Append, CrmConnector, ErrorKind, RecordCustomer};
use serde_json::{Value, json};

use crate::org::{
    CALL, KIM, OTHER, Org, VIP, append, by_phone, conversation, created, customer, ended,
    external_id, known, linked, list, new_record, not_found, note_there, one, read, refused,
    session, tokens, with_sessions,
};

fn note() -> (u16, Value) {
    created(note_there("any"))
}

async fn pass_a_minute() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn an_answer_without_the_attributes_is_known_by_what_was_sent() {
    let bare = json!({ "custom": null, "tags": [], "rev": 1 });
    let tagged = json!({ "custom": null, "tags": [VIP], "rev": 2 });
    let (org, connector) = Org::answering([
        list([]),
        created(conversation(CALL, bare)),
        one(conversation(CALL, tagged)),
        note(),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.tags = vec!["vip".to_owned()];
    new.notes.push(ended("Ended"));
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(
        record.trace.to_text(1_000),
        tokens("{987} {987}#ended:1b2c3d")
    );
    assert_eq!(org.lines().len(), 5);
}

#[tokio::test]
async fn tags_that_can_not_be_listed_are_added_by_name_whatever_the_refusal() {
    for refusal in [
        (404, json!("no such path")),
        not_found(),
        refused(400, "deleted", "badparam"),
        refused(403, "role", "forbidden"),
        (200, json!({ "tags": [] })),
    ] {
        let begun = with_sessions("?{987} tag:vip", 1);
        let (org, connector) = Org::answering([
            refusal,
            created(conversation(CALL, begun.clone())),
            one(conversation(CALL, begun)),
            note(),
        ])
        .await;
        let mut new = new_record("call/987", known());
        new.tags = vec!["vip".to_owned()];
        connector.create_record(&new).await.unwrap();
        assert_eq!(org.body(2), json!(["vip"]));
    }
}

#[tokio::test]
async fn a_locked_conversation_may_be_refused_by_any_code() {
    for (status, kind) in [
        (400, ErrorKind::Conflict),
        (403, ErrorKind::Conflict),
        (409, ErrorKind::Conflict),
    ] {
        let (_org, connector) = Org::answering([
            one(conversation(CALL, json!({}))),
            refused(status, "status", "no"),
            one(conversation(CALL, json!({ "locked": true }))),
        ])
        .await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_missing_role_stays_one() {
    let (_org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        refused(403, "role", "forbidden"),
        one(conversation(CALL, json!({}))),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn a_customer_who_is_there_may_be_told_in_the_other_shape() {
    for error in [
        json!({ "code": "badparam", "message": "Duplicate detected", "meta": { "parameter": "phone" } }),
        json!({ "code": "badparam", "message": "phone is taken" }),
    ] {
        let (org, connector) = Org::answering([
            (400, json!({ "errors": [error] })),
            one(customer(KIM, 0)),
            list([]),
            created(conversation(CALL, with_sessions("?{987}", 1))),
            note(),
        ])
        .await;
        let new = new_record("call/987", RecordCustomer::New(by_phone()));
        connector.create_record(&new).await.unwrap();
        assert_eq!(org.lines().len(), 5);
    }
}

/// The first answer may come from a moment at which the conversation could not be read yet.
#[tokio::test]
async fn a_deleted_conversation_that_keeps_its_external_id_is_made_anew_in_the_end() {
    let taken = || refused(409, "externalId", "conflict");
    let (org, connector) = Org::answering([
        taken(),
        not_found(),
        taken(),
        not_found(),
        created(conversation(OTHER, with_sessions("?{987}", 1))),
        note(),
    ])
    .await;
    let new = new_record("call/987", known());
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    pass_a_minute().await;
    let record = connector.create_record(&new).await.unwrap();
    assert!(record.trace.begins_with(&session("call/987")));
    let again = format!("{}~again", external_id("call/987"));
    assert_eq!(org.body(4)["externalId"], again);
}

#[tokio::test]
async fn a_conversation_that_shows_as_deleted_is_made_anew_at_once() {
    let deleted = json!({ "deleted": true, "externalId": external_id("call/987") });
    let (org, connector) = Org::answering([
        refused(409, "externalId", "conflict"),
        one(conversation(CALL, deleted)),
        created(conversation(OTHER, with_sessions("?{987}", 1))),
        note(),
    ])
    .await;
    let new = new_record("call/987", known());
    connector.create_record(&new).await.unwrap();
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn what_was_made_anew_is_made_once() {
    let taken = || refused(409, "externalId", "conflict");
    let deleted = json!({ "deleted": true, "externalId": external_id("call/987") });
    let mut anew = with_sessions("{987}", 2);
    anew["externalId"] = json!(format!("{}~again", external_id("call/987")));
    let (org, connector) = Org::answering([
        taken(),
        one(conversation(CALL, deleted)),
        taken(),
        one(conversation(OTHER, anew)),
    ])
    .await;
    let new = new_record("call/987", known());
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(record.id.0, OTHER);
    assert!(record.trace.begins_with(&session("call/987")));
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn a_note_whose_id_another_conversation_keeps_gets_another() {
    let taken = || refused(409, "externalId", "conflict");
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions("?{987}", 8))),
        taken(),
        list([]),
        one(conversation(CALL, with_sessions("?{987}", 8))),
        list([]),
        one(conversation(CALL, with_sessions("?{987}", 9))),
        list([]),
        taken(),
        list([]),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what: Append = append("call/987", &[linked("Call 987")]);
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    pass_a_minute().await;
    let record = read(&connector).await;
    connector.append(&record, &what).await.unwrap();
    let again = format!("{}~again", external_id("call/987"));
    assert_eq!(org.body(10)["externalId"], again);
}
