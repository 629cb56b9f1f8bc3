//! Adding to conversations.

use casewire_core::{Append, CrmConnector, ErrorKind, RecordState, StatusChange, UserId};
use serde_json::{Value, json};

use crate::org::{
    CALL, IVR, OTHER, Org, VIP, append, conversation, created, ended, external_id, linked, list,
    note_there, one, read, refused, session, tag, tokens, with_sessions,
};

fn note() -> (u16, Value) {
    created(note_there("any"))
}

fn put() -> String {
    format!("PUT /v1/conversations/{CALL}")
}

#[tokio::test]
async fn status_owner_tags_and_trace_come_in_one_update_before_the_note() {
    let done = json!({ "status": "done", "lastDone": { "createdAt": "2026-01-24T20:00:00Z" } });
    let mut after = with_sessions("?{987}", 8);
    after["tags"] = json!([VIP, IVR]);
    let (org, connector) = Org::answering([
        one(conversation(CALL, done)),
        list([tag(IVR, "Voice Inbound - IVR")]),
        one(conversation(CALL, after)),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    assert_eq!(record.state, RecordState::Resolved);
    let what = Append {
        tags: vec!["Voice Inbound - IVR".to_owned()],
        owner: Some(UserId(OTHER.to_owned())),
        status: StatusChange::DefaultOpen,
        ..append("call/987", &[linked("Call 987")])
    };
    let opened = connector.append(&record, &what).await.unwrap();
    assert_eq!((opened.state, opened.closed_at), (RecordState::Open, None));
    assert_eq!(opened.version.as_deref(), Some("8+"));
    assert!(what.is_repeat(&opened.trace));
    let expected = json!({
        "status": "open", "tags": [VIP, IVR], "assignedUsers": [OTHER], "rev": 7,
        "custom": { "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("?{987}") },
    });
    assert_eq!(org.lines()[2], put());
    assert_eq!(org.body(2), expected);
    assert_eq!(
        org.body(3),
        json!({ "body": "Call 987", "externalId": external_id("call/987") })
    );

    // Given again as it is now, nothing is sent.
    connector.append(&opened, &what).await.unwrap();
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn a_later_note_takes_two_calls_and_makes_sure_of_the_first() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions("?{987}", 8))),
        note(),
        one(conversation(
            CALL,
            with_sessions("{987} ?{987}#ended:1b2c3d", 9),
        )),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let record = connector.append(&record, &what).await.unwrap();
    let what = append("call/987", &[linked("Call 987"), ended("Ended")]);
    let record = connector.append(&record, &what).await.unwrap();
    assert!(what.is_repeat(&record.trace));
    let words = tokens("{987} ?{987}#ended:1b2c3d");
    let custom = json!({ "casewireLeafQueueStr": "13", "casewireSessionsTxt": words });
    let expected = json!({ "custom": custom, "rev": 8 });
    assert_eq!(org.body(3), expected);
    assert_eq!(org.lines().len(), 5);
}

#[tokio::test]
async fn a_long_note_comes_in_parts_and_the_last_has_its_id() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions("?{987}", 8))),
        note(),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let text = "long ñ ".repeat(2_000);
    let what = append("call/987", &[linked(&text)]);
    connector.append(&record, &what).await.unwrap();
    let (first, last) = (org.body(2), org.body(3));
    assert_eq!(
        first["externalId"],
        format!("{}~1", external_id("call/987"))
    );
    assert_eq!(last["externalId"], external_id("call/987"));
    let part = |body: &Value| body["body"].as_str().unwrap().to_owned();
    assert_eq!(part(&first) + &part(&last), text);
}

#[tokio::test]
async fn a_revision_that_moved_alone_is_followed() {
    let moved = json!({ "rev": 9, "updatedAt": "2026-01-24T05:00:00Z", "messageCount": 4 });
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        refused(409, "rev", "conflict"),
        one(conversation(CALL, moved)),
        one(conversation(CALL, with_sessions("?{987}", 10))),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let record = connector.append(&record, &what).await.unwrap();
    assert_eq!(record.version.as_deref(), Some("10+"));
    assert_eq!(
        (&org.body(1)["rev"], &org.body(3)["rev"]),
        (&json!(7), &json!(9))
    );
}

#[tokio::test]
async fn once_notes_were_seen_to_move_the_revision_it_is_read_before_it_is_used() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions("?{987}", 8))),
        note(),
        refused(409, "rev", "conflict"),
        one(conversation(CALL, with_sessions("?{987}", 9))),
        one(conversation(CALL, with_sessions("{987} ?{988}", 10))),
        note(),
        one(conversation(CALL, with_sessions("{987} ?{988}", 11))),
        one(conversation(CALL, with_sessions("{987} {988} ?{989}", 12))),
        note(),
    ])
    .await;
    let mut record = read(&connector).await;
    for subject in ["call/987", "call/988", "call/989"] {
        let what = append(subject, &[linked("Call")]);
        record = connector.append(&record, &what).await.unwrap();
    }
    assert_eq!(record.version.as_deref(), Some("12+"));
    let revisions = [1, 3, 5, 8].map(|call| org.body(call)["rev"].as_u64().unwrap());
    assert_eq!(revisions, [7, 8, 9, 11]);
    assert_eq!(org.lines().len(), 10);
}

#[tokio::test]
async fn a_conversation_that_changed_gets_nothing() {
    for changes in [
        json!({ "status": "done", "rev": 9 }),
        json!({ "status": "open", "locked": true, "rev": 9 }),
        json!({ "tags": [], "rev": 9 }),
        json!({ "custom": { "casewireLeafQueueStr": "14" }, "rev": 9 }),
        with_sessions("{988}", 9),
    ] {
        let (org, connector) = Org::answering([
            one(conversation(CALL, json!({}))),
            refused(409, "rev", "conflict"),
            one(conversation(CALL, changes.clone())),
        ])
        .await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{changes}");
        assert_eq!(org.lines().len(), 3);
    }
}

#[tokio::test]
async fn a_conflict_without_a_reason_ends() {
    let same = || one(conversation(CALL, json!({})));
    let conflict = || refused(409, "rev", "conflict");
    let (org, connector) = Org::answering([same(), conflict(), same()]).await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(org.lines().len(), 3);
}

#[tokio::test]
async fn what_is_closed_for_good_is_not_written_to() {
    let (org, connector) =
        Org::answering([one(conversation(CALL, json!({ "locked": true })))]).await;
    let record = read(&connector).await;
    for status in [StatusChange::Keep, StatusChange::DefaultOpen] {
        let what = Append {
            status,
            ..append("call/987", &[linked("Call 987")])
        };
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    assert_eq!(org.lines().len(), 1);
}

#[tokio::test]
async fn a_refusal_of_what_was_locked_since_is_a_conflict() {
    for (now, kind) in [
        (json!({ "locked": true, "rev": 9 }), ErrorKind::Conflict),
        (json!({}), ErrorKind::Rejected),
    ] {
        let (_org, connector) = Org::answering([
            one(conversation(CALL, json!({}))),
            refused(400, "status", "badparam"),
            one(conversation(CALL, now)),
        ])
        .await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_session_may_join_without_a_note() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, json!({}))),
        one(conversation(CALL, with_sessions("{987}", 8))),
    ])
    .await;
    let record = read(&connector).await;
    let record = connector
        .append(&record, &append("call/987", &[]))
        .await
        .unwrap();
    assert!(record.trace.has_session(&session("call/987")));
    let words = json!({ "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("{987}") });
    assert_eq!(org.body(1)["custom"], words);
    assert_eq!(org.lines().len(), 2);
}

#[tokio::test]
async fn what_others_only_began_stays_in_doubt() {
    let (org, connector) = Org::answering([
        one(conversation(CALL, with_sessions("?{988}", 7))),
        list([]),
        one(conversation(CALL, with_sessions("?{988} ?{987}", 8))),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    assert!(!record.trace.has_session(&session("call/988")));
    let what = append("call/987", &[linked("Call 987")]);
    connector.append(&record, &what).await.unwrap();
    let words =
        json!({ "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("?{988} ?{987}") });
    assert_eq!(org.body(2)["custom"], words);
}
