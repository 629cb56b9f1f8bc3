//! Requests of look-ups.

use casewire_core::{
    CrmConnector as _, CustomerIdentity, Email, ExternalId, LookUp, QueueId, RecordState, Trace,
    TraceSearch,
};
use serde_json::json;

use super::org::{CALL, GOLDEN, VIP, ana, changed, connector, exchange, id, kim, like, play};
use crate::script::{answered, json};
use crate::story::{by_email, by_phone, records_of, session, who};

#[tokio::test]
async fn finds_a_customer_by_phone_email_and_external_id() {
    let by_external_id = CustomerIdentity {
        external_id: ExternalId::parse("c 7/ü+"),
        ..CustomerIdentity::default()
    };
    for (request, customer) in [
        ("customer_by_phone", by_phone()),
        ("customer_by_email", by_email()),
        ("customer_by_external_id", by_external_id),
    ] {
        let script = play([like(request, "customer_by_phone")]).await;
        let found = connector(&script).look_up(&who(customer)).await.unwrap();
        script.assert_played().await;
        assert_eq!(found.customer, Some(kim()));
        assert_eq!(found.records, []);
    }
}

#[tokio::test]
async fn asks_for_the_next_key_of_a_customer_that_the_first_does_not_find() {
    let nobody = json!({ "errors": [{ "status": 404, "source": { "parameter": "phone" }, "code": "notfound", "title": "Not Found" }] });
    let script = play([
        answered("customer_by_phone", json(404, nobody)),
        like("customer_by_email", "customer_by_phone"),
    ])
    .await;
    let customer = CustomerIdentity {
        email: by_email().email,
        ..by_phone()
    };
    let found = connector(&script).look_up(&who(customer)).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn lists_a_customers_conversations_over_pages() {
    let script = play(
        [
            "customer_by_phone",
            "customer_conversations",
            "customer_conversations_next_page",
        ]
        .map(exchange),
    )
    .await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    let [snoozed, open, done] = &found.records[..] else {
        panic!("the deleted one is gone: {:#?}", found.records);
    };
    assert_eq!(snoozed.state, RecordState::Open);
    assert_eq!(snoozed.queue, None);
    assert_eq!(open.id, id(CALL));
    assert_eq!(done.state, RecordState::Resolved);
    assert_eq!(done.queue, Some(QueueId("13".into())));
    let closed_at = done.closed_at.unwrap();
    assert_eq!(closed_at.to_string(), "2026-01-11T09:30:00Z");
}

#[tokio::test]
async fn a_customer_without_conversations_is_not_asked_for_them() {
    let script = play([like("customer_by_phone", "customer_create")]).await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.records, []);
}

#[tokio::test]
async fn reads_a_conversation() {
    let script = play([exchange("conversation")]).await;
    let read = connector(&script).read_record(&id(CALL)).await;
    script.assert_played().await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.id, id(CALL));
    assert_eq!(read.customer, Some(kim()));
    assert_eq!(read.queue, Some(QueueId("13".into())));
    assert_eq!(read.state, RecordState::Open);
    assert_eq!(read.created_at, "2026-01-24T01:14:06.250Z".parse().unwrap());
    assert_eq!(read.closed_at, None);
    assert_eq!(read.tags, [VIP]);
    assert_eq!(read.trace, Trace::parse("call/986@aaaaaa"));
    assert_eq!(read.version.as_deref(), Some("7"));
    assert!(read.url.unwrap().ends_with(&format!("/event/{CALL}")));
}

#[tokio::test]
async fn reads_the_notes_of_a_conversation_that_was_begun() {
    let script = play([
        like("conversation", "conversation_by_external_id"),
        exchange("conversation_notes"),
    ])
    .await;
    let read = connector(&script).read_record(&id(CALL)).await;
    script.assert_played().await;
    let trace = read.unwrap().unwrap().trace;
    assert!(trace.has_session(&session()));
    assert!(!trace.has_end(&session()), "that note is not there");
}

#[tokio::test]
async fn a_conversation_that_was_merged_away_or_deleted_is_none() {
    let mut other = GOLDEN.answer_body("conversation");
    other["data"]["id"] = json!("65a1b2c3d4e5f60718293b09");
    for answer in [
        json(200, other),
        changed("conversation", 200, json!({ "deleted": true })),
    ] {
        let script = play([answered("conversation", answer)]).await;
        let read = connector(&script).read_record(&id(CALL)).await;
        script.assert_played().await;
        assert_eq!(read.unwrap(), None);
    }
}

#[tokio::test]
async fn a_thorough_look_asks_by_the_sessions_external_id() {
    let nothing =
        json!({ "meta": { "page": 1, "pageSize": 100 }, "data": [], "links": { "next": null } });
    let script = play([
        exchange("customer_by_phone"),
        answered("customer_conversations", json(200, nothing)),
        exchange("conversation_by_external_id"),
        exchange("conversation_notes"),
    ])
    .await;
    let query = LookUp {
        trace: TraceSearch::Thorough,
        ..records_of(by_phone())
    };
    let found = connector(&script).look_up(&query).await.unwrap();
    script.assert_played().await;
    let own = found.own.unwrap();
    assert!(own.trace.begins_with(&session()));
}

#[tokio::test]
async fn finds_an_agent_who_is_a_person_and_still_there() {
    let script = play(["users", "users_next_page"].map(exchange)).await;
    let email = Email::parse("ana@example.com").unwrap();
    let user = connector(&script).find_user(&email).await.unwrap();
    script.assert_played().await;
    assert_eq!(user, Some(ana()));
}
