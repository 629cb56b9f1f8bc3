//! Making customers.

use casewire_core::{CrmConnector, ErrorKind, ExternalId, PersonName, RecordCustomer};
use serde_json::{Value, json};

use crate::org::{
    CALL, KIM, Org, by_email, by_phone, conversation, created, customer, external_id, list,
    new_record, not_found, note_there, one, refused, session, with_sessions,
};

fn made() -> [(u16, Value); 2] {
    [
        created(conversation(CALL, json!({}))),
        created(note_there("any")),
    ]
}

#[tokio::test]
async fn a_new_customer_has_what_is_known_and_nothing_invented() {
    let mut full = by_phone();
    full.email = by_email().email;
    full.external_id = ExternalId::parse("c-7");
    full.name = PersonName::parse("Kim Example");
    for (identity, body) in [
        (
            by_phone(),
            json!({ "name": "+15550100100", "phones": [{ "type": "other", "phone": "+15550100100" }] }),
        ),
        (
            full,
            json!({
                "name": "Kim Example", "externalId": "c-7",
                "phones": [{ "type": "other", "phone": "+15550100100" }],
                "emails": [{ "type": "other", "email": "kim@example.com" }],
            }),
        ),
    ] {
        let [conversation, note] = made();
        let (org, connector) =
            Org::answering([created(customer(KIM, 0)), conversation, note]).await;
        let new = new_record("call/987", RecordCustomer::New(identity));
        connector.create_record(&new).await.unwrap();
        assert_eq!(org.lines()[0], "POST /v1/customers");
        assert_eq!(org.body(0), body);
        assert_eq!(org.body(1)["customer"], KIM);
    }
}

#[tokio::test]
async fn withheld_callers_are_apart_or_one() {
    for (kind, body) in [
        (
            RecordCustomer::Anonymous,
            json!({ "name": "Anonymous caller", "externalId": external_id("call/987") }),
        ),
        (
            RecordCustomer::SharedAnonymous,
            json!({ "name": "Anonymous callers", "externalId": "casewire:anonymous" }),
        ),
    ] {
        let [conversation, note] = made();
        let mut answers = vec![
            refused(409, "externalId", "conflict"),
            one(customer(KIM, 3)),
            conversation,
            note,
        ];
        let mut lines = 4;
        // This session's own caller is there: it may have been here before.
        if kind == RecordCustomer::Anonymous {
            answers.insert(2, list([]));
            lines = 5;
        }
        let (org, connector) = Org::answering(answers).await;
        connector
            .create_record(&new_record("call/987", kind))
            .await
            .unwrap();
        assert_eq!(org.lines().len(), lines);
        assert_eq!(org.body(0), body);
        let path = body["externalId"].as_str().unwrap().replace(':', "%3A");
        assert_eq!(
            org.lines()[1],
            format!("GET /v1/customers/externalId={path}")
        );
        assert_eq!(org.body(lines - 2)["customer"], KIM);
    }
}

#[tokio::test]
async fn a_customer_who_was_there_after_all_is_used() {
    for refusal in [
        refused(409, "phone", "conflict"),
        refused(400, "phones", "duplicate"),
    ] {
        let [conversation, note] = made();
        let (org, connector) =
            Org::answering([refusal, one(customer(KIM, 0)), list([]), conversation, note]).await;
        let new = new_record("call/987", RecordCustomer::New(by_phone()));
        connector.create_record(&new).await.unwrap();
        assert_eq!(org.lines()[1], "GET /v1/customers/phone=%2B15550100100");
        assert_eq!(org.body(3)["customer"], KIM);
    }
}

#[tokio::test]
async fn conversations_of_a_customer_who_was_there_are_decided_about_anew() {
    let (org, connector) = Org::answering([
        refused(409, "phone", "conflict"),
        one(customer(KIM, 1)),
        list([conversation(CALL, json!({}))]),
    ])
    .await;
    let new = new_record("call/987", RecordCustomer::New(by_phone()));
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test]
async fn the_sessions_own_conversation_of_a_customer_who_was_there_is_it() {
    let (org, connector) = Org::answering([
        refused(409, "phone", "conflict"),
        one(customer(KIM, 1)),
        list([conversation(CALL, with_sessions("{987}", 7))]),
    ])
    .await;
    let new = new_record("call/987", RecordCustomer::New(by_phone()));
    let record = connector.create_record(&new).await.unwrap();
    assert!(record.trace.begins_with(&session("call/987")));
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test]
async fn a_lost_answer_leaves_no_doubt_about_a_customer() {
    let [conversation, note] = made();
    let (org, connector) = Org::answering([
        (500, json!({})),
        (500, json!({})),
        refused(409, "phone", "conflict"),
        one(customer(KIM, 0)),
        list([]),
        conversation,
        note,
    ])
    .await;
    let new = new_record("call/987", RecordCustomer::New(by_phone()));
    connector.create_record(&new).await.unwrap();
    assert_eq!(org.lines().len(), 7);
}

#[tokio::test]
async fn a_refusal_tells_no_customer_data() {
    let words = json!({ "errors": [{ "code": "badparam", "message": "+15550100100 of Kim Example is not valid",
        "source": { "parameter": "phones" } }] });
    let (_org, connector) = Org::answering([(400, words), not_found()]).await;
    let mut identity = by_phone();
    identity.name = PersonName::parse("Kim Example");
    let new = new_record("call/987", RecordCustomer::New(identity));
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let told = format!("{error:?} {connector:?}");
    for private in ["5550100100", "Kim", "sandbox"] {
        assert!(!told.contains(private), "{told}");
    }
}

#[tokio::test]
async fn there_is_no_conversation_without_a_customer() {
    let (org, connector) = Org::answering([]).await;
    let new = new_record("call/987", RecordCustomer::None);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(org.lines().len(), 0);
}
