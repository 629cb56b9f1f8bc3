//! What other processes and people do to a conversation between two requests.

use std::time::Duration;

use casewire_core::{Append, CrmConnector, ErrorKind, RecordId, TraceSearch, UserId};
use serde_json::{Value, json};

use crate::org::{
    CALL, IVR, KIM, OTHER, Org, VIP, append, busy, by_phone, conversation, created, customer,
    external_id, known, linked, list, new_record, not_found, note_there, one, query, read, refused,
    session, tag, tokens, with_sessions,
};

fn note() -> (u16, Value) {
    created(note_there("any"))
}

fn words_of(body: &Value) -> String {
    let words = body["custom"]["casewireSessionsTxt"].as_str();
    words.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_session_that_joined_while_a_tag_was_added_stays() {
    let begun = "?{987} tag:vip";
    let joined = with_sessions("?{987} tag:vip ?{988}", 10);
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({ "tags": [] }))),
        list([]),
        one(conversation(CALL, with_sessions(begun, 8))),
        one(conversation(CALL, joined)),
        note(),
        one(conversation(CALL, with_sessions("{987} ?{988} ?{989}", 11))),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = Append {
        tags: vec!["vip".to_owned()],
        ..append("call/987", &[linked("Call 987")])
    };
    let record = connector.append(&record, &what).await.unwrap();
    let what = append("call/989", &[linked("Call 989")]);
    connector.append(&record, &what).await.unwrap();
    let words = words_of(&org.body(5));
    assert!(words.contains(&tokens("?{988}")), "{words}");
}

#[tokio::test]
async fn what_another_process_only_began_stays_in_doubt_after_a_restart() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, with_sessions("?{988}", 7))),
        list([]),
        one(conversation(CALL, with_sessions("?{988} ?{987}", 8))),
        note(),
        one(conversation(CALL, with_sessions("?{988} {987} ?{989}", 9))),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let record = connector.append(&record, &what).await.unwrap();
    let restarted = org.connector(json!({}));
    let what = append("call/989", &[linked("Call 989")]);
    restarted.append(&record, &what).await.unwrap();
    assert_eq!(words_of(&org.body(4)), tokens("?{988} {987} ?{989}"));
}

#[tokio::test]
async fn a_tag_that_another_session_was_about_to_add_is_added() {
    let begun = "?{988} tag:vip";
    let (org, connector) = Org::answering([
        one(conversation(CALL, with_sessions(begun, 7))),
        list([]),
        one(conversation(
            CALL,
            with_sessions("?{988} tag:vip ?{987}", 8),
        )),
        one(conversation(
            CALL,
            with_sessions("?{988} tag:vip ?{987}", 9),
        )),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    connector.append(&record, &what).await.unwrap();
    let words = words_of(&org.body(2));
    assert!(words.contains("tag:vip"), "{words}");
    assert_eq!(org.body(3), json!(["vip"]));
}

#[tokio::test]
async fn a_session_whose_word_is_not_there_any_more_is_found_by_its_note() {
    let maker = external_id("call/989");
    for attributes in [
        with_sessions("… {989} {988}", 9),
        json!({ "externalId": maker, "custom": { "casewireLeafQueueStr": "13" } }),
    ] {
        let (org, connector) = Org::answering([
            one(customer(KIM, 1)),
            list([conversation(CALL, attributes.clone())]),
            list([note_there(&external_id("call/987"))]),
            not_found(),
        ])
        .await;
        let call = query("call/987", by_phone(), TraceSearch::Thorough);
        let found = connector.look_up(&call).await.unwrap();
        let own = found.own.unwrap_or_else(|| panic!("{attributes}"));
        assert!(own.trace.has_session(&session("call/987")));
        assert_eq!(found.records.len(), 1);
        assert_eq!(org.lines().len(), 3);
    }
}

#[tokio::test]
async fn notes_of_others_conversations_are_not_asked_for() {
    let (org, connector) = Org::answering([
        one(customer(KIM, 3)),
        list([
            conversation(CALL, json!({ "custom": {} })),
            conversation(OTHER, json!({ "externalId": "order-7" })),
        ]),
        not_found(),
    ])
    .await;
    let call = query("call/987", by_phone(), TraceSearch::Thorough);
    assert_eq!(connector.look_up(&call).await.unwrap().own, None);
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test]
async fn tags_in_another_order_are_the_same_tags() {
    let both = |order: Value, rev: u64| json!({ "tags": order, "rev": rev });
    let (_org, connector) = Org::answering([
        one(conversation(CALL, both(json!([VIP, IVR]), 7))),
        refused(409, "rev", "conflict"),
        one(conversation(CALL, both(json!([IVR, VIP]), 8))),
        one(conversation(CALL, with_sessions("?{987}", 9))),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    connector.append(&record, &what).await.unwrap();
}

#[tokio::test]
async fn a_deleted_tag_holds_up_no_session() {
    let bad_tags = || refused(400, "tags", "badparam");
    let words = "?{987} tag:Voice%20Inbound%20-%20IVR";
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        list([tag(IVR, "Voice Inbound - IVR")]),
        bad_tags(),
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions(words, 8))),
        bad_tags(),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = Append {
        tags: vec!["Voice Inbound - IVR".to_owned()],
        ..append("call/987", &[linked("Call 987")])
    };
    let record = connector.append(&record, &what).await.unwrap();
    assert!(what.is_repeat(&record.trace));
    assert_eq!(org.body(2)["tags"], json!([VIP, IVR]));
    assert_eq!(org.body(4).get("tags"), None);
    assert_eq!(words_of(&org.body(4)), tokens(words));
    assert_eq!(org.body(5), json!(["Voice Inbound - IVR"]));
    assert_eq!(org.body(6)["body"], "Call 987");
}

#[tokio::test]
async fn a_follow_up_is_made_without_a_deleted_tag() {
    let locked = json!({ "status": "done", "locked": true });
    let (org, connector) = Org::answering([
        one(conversation(CALL, locked)),
        refused(400, "tags", "badparam"),
        created(conversation(OTHER, with_sessions("?{987}", 1))),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.follow_up_of = Some(RecordId(CALL.to_owned()));
    connector.create_record(&new).await.unwrap();
    assert_eq!(org.body(1)["tags"], json!([VIP]));
    assert_eq!(org.body(2).get("tags"), None);
}

#[tokio::test]
async fn an_agent_who_was_switched_off_is_looked_for_anew_once() {
    let no_user = || refused(400, "assignedUsers", "badparam");
    let (_org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        no_user(),
        one(conversation(CALL, json!({}))),
        no_user(),
        one(conversation(CALL, json!({}))),
    ])
    .await;
    let record = read(&connector).await;
    let what = Append {
        owner: Some(UserId(OTHER.to_owned())),
        ..append("call/987", &[linked("Call 987")])
    };
    for kind in [ErrorKind::Conflict, ErrorKind::Rejected] {
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_busy_conversation_holds_up_no_other() {
    for (answers_of_busy, kind) in [
        (
            vec![busy()],
            ErrorKind::RateLimited {
                retry_after: Duration::ZERO,
            },
        ),
        (
            vec![one(conversation(CALL, with_sessions("?{987}", 8))), busy()],
            ErrorKind::Uncertain,
        ),
    ] {
        let mut answers = vec![
            one(conversation(CALL, json!({}))),
            one(conversation(OTHER, json!({}))),
        ];
        answers.extend(answers_of_busy);
        answers.extend([one(conversation(OTHER, with_sessions("?{988}", 8))), note()]);
        let (_org, connector) = Org::answering(answers).await;
        let record = read(&connector).await;
        let other = connector
            .read_record(&RecordId(OTHER.to_owned()))
            .await
            .unwrap()
            .unwrap();
        let error = connector
            .append(&record, &append("call/987", &[linked("Call")]))
            .await
            .unwrap_err();
        assert_eq!(
            std::mem::discriminant(&error.kind()),
            std::mem::discriminant(&kind)
        );
        connector
            .append(&other, &append("call/988", &[linked("Call")]))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_deleted_customer_is_none() {
    let mut gone = customer(KIM, 3);
    gone["attributes"]["deleted"] = json!(true);
    let (_org, connector) = Org::answering([one(gone), not_found()]).await;
    let call = query("call/987", by_phone(), TraceSearch::OnTheWay);
    assert_eq!(connector.look_up(&call).await.unwrap().customer, None);
}
