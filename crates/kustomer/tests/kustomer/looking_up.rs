//! Finding customers and conversations.

use casewire_core::{CrmConnector, CustomerId, ErrorKind, RecordId, RecordState, TraceSearch};
use serde_json::json;

use crate::org::{
    CALL, KIM, OTHER, Org, by_email, by_phone, conversation, customer, external_id, list,
    not_found, note_there, one, page, query, session, tokens, with_sessions,
};

const CONVERSATIONS: &str =
    "GET /v1/customers/58210c3db0f09110006b7953/conversations?page=1&pageSize=100";

#[tokio::test]
async fn each_key_is_asked_for_in_a_path_of_its_own() {
    let (org, connector) = Org::answering([not_found(), not_found()]).await;
    let mut identity = by_phone();
    identity.email = by_email().email;
    let chat = query("chat/5", identity, TraceSearch::OnTheWay);
    let found = connector.look_up(&chat).await.unwrap();
    assert_eq!(found.customer, None);
    let email = "GET /v1/customers/email=kim%40example.com";
    assert_eq!(
        org.lines(),
        [email, "GET /v1/customers/phone=%2B15550100100"]
    );
}

#[tokio::test]
async fn a_customer_without_conversations_takes_one_call() {
    let (org, connector) = Org::answering([one(customer(KIM, 0))]).await;
    let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&call).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(KIM.to_owned())));
    assert_eq!(org.lines().len(), 1);
}

#[tokio::test]
async fn all_pages_are_read_and_the_newest_comes_first() {
    let next = json!(format!(
        "/v1/customers/{KIM}/conversations?page=2&pageSize=100"
    ));
    let older = conversation(CALL, json!({}));
    let newer = json!({ "createdAt": "2026-01-25T01:14:06.250Z", "status": "done" });
    let deleted = conversation("58228e05d4e96711004ec001", json!({ "deleted": true }));
    let (org, connector) = Org::answering([
        one(customer(KIM, 3)),
        page(&[older, deleted], next),
        list([conversation(OTHER, newer)]),
    ])
    .await;
    let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&call).await.unwrap();
    let records = found.records.iter();
    let shown: Vec<_> = records
        .map(|record| (&*record.id.0, record.state))
        .collect();
    assert_eq!(
        shown,
        [(OTHER, RecordState::Resolved), (CALL, RecordState::Open)]
    );
    let second = format!("GET /v1/customers/{KIM}/conversations?page=2&pageSize=100");
    assert_eq!(org.lines()[1..], [CONVERSATIONS.to_owned(), second]);
}

#[tokio::test]
async fn a_customer_is_remembered_until_it_is_gone() {
    let (org, connector) = Org::answering([
        one(customer(KIM, 1)),
        list([]),
        list([]),
        not_found(),
        one(customer(OTHER, 1)),
        list([]),
    ])
    .await;
    let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
    connector.look_up(&call).await.unwrap();
    connector.look_up(&call).await.unwrap();
    assert_eq!(org.lines().len(), 3);
    let found = connector.look_up(&call).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(OTHER.to_owned())));
    assert_eq!(org.lines().len(), 6);
}

#[tokio::test]
async fn a_page_that_is_not_kustomers_is_no_answer() {
    let (_org, connector) = Org::answering([(404, json!("<html>no such host</html>"))]).await;
    let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
    let error = connector.look_up(&call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.message().contains("5550100100"), "{error}");
}

#[tokio::test]
async fn a_thorough_look_asks_for_the_sessions_external_id_last() {
    let made = json!({
        "externalId": external_id("call/987"), "custom": { "casewireSessionsTxt": tokens("{987}") },
    });
    let (org, connector) = Org::answering([
        one(customer(KIM, 0)),
        list([]),
        one(conversation(CALL, made)),
    ])
    .await;
    let call = query("call/987", by_phone(), TraceSearch::Thorough);
    let own = connector.look_up(&call).await.unwrap().own.unwrap();
    assert_eq!(own.id.0, CALL);
    assert!(own.trace.begins_with(&session("call/987")));
    let path = external_id("call/987").replace(':', "%3A");
    assert_eq!(
        org.lines()[2],
        format!("GET /v1/conversations/externalId={path}")
    );
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test]
async fn the_notes_tell_whether_a_write_stopped_half_way() {
    for (notes, is_there) in [
        (vec![], false),
        (vec![note_there(&external_id("call/987"))], true),
    ] {
        let begun = conversation(CALL, with_sessions("?{987}", 7));
        let (org, connector) = Org::answering([
            one(customer(KIM, 1)),
            list([begun]),
            page(&notes, json!(null)),
        ])
        .await;
        let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
        let own = connector.look_up(&call).await.unwrap().own.unwrap();
        assert_eq!(own.trace.has_session(&session("call/987")), is_there);
        let asked = format!("GET /v1/conversations/{CALL}/notes?page=1&pageSize=100");
        assert_eq!(org.lines()[2..], [asked]);
    }
}

#[tokio::test]
async fn nothing_is_asked_about_another_sessions_notes() {
    let (org, connector) = Org::answering([
        one(customer(KIM, 1)),
        list([conversation(CALL, with_sessions("?{987}", 7))]),
    ])
    .await;
    let call = query("call/988", by_phone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&call).await.unwrap();
    assert_eq!(found.own, None);
    assert!(found.records[0].trace.has_session(&session("call/987")));
    assert_eq!(org.lines().len(), 2);
}

#[tokio::test]
async fn a_cleared_attribute_is_made_up_for_by_the_notes() {
    let cleared = json!({ "externalId": external_id("call/987"), "custom": {} });
    let late = format!("{}#late:aaaaaa", external_id("call/988"));
    let (_org, connector) = Org::answering([
        one(conversation(CALL, cleared)),
        list([
            note_there(&late),
            note_there(&external_id("call/987")),
            note_there("of others"),
        ]),
    ])
    .await;
    let record = connector
        .read_record(&RecordId(CALL.to_owned()))
        .await
        .unwrap()
        .unwrap();
    assert!(record.trace.begins_with(&session("call/987")));
    assert!(record.trace.has_session(&session("call/988")));
    assert_eq!(
        record.trace.to_text(1_000),
        tokens("{987} {988}#late:aaaaaa")
    );
}

#[tokio::test]
async fn what_is_gone_is_none() {
    let merged = conversation(OTHER, json!({}));
    let deleted = conversation(CALL, json!({ "deleted": true }));
    let (org, connector) = Org::answering([not_found(), one(merged), one(deleted)]).await;
    let id = RecordId(CALL.to_owned());
    for _ in 0..3 {
        assert_eq!(connector.read_record(&id).await.unwrap(), None);
    }
    let odd = RecordId("4711".to_owned());
    assert_eq!(connector.read_record(&odd).await.unwrap(), None);
    assert_eq!(org.lines().len(), 3);
}
