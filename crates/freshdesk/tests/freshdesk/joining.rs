//! Adding to tickets.

use casewire_core::{
    Append, CrmConnector, ErrorKind, Record, RecordId, RecordState, SessionNotes, StatusChange,
    TraceSearch, UserId,
};
use casewire_freshdesk::Freshdesk;
use serde_json::{Value, json};

use crate::account::{
    Account, append, by_email, ended, fields, look_up, note, notes, session, ticket, token,
};

/// Ticket 41 with `changes`, as a look-up found it.
async fn found(account: &Account, connector: &Freshdesk, changes: Value) -> Record {
    account.answers([(200, json!([ticket(changes)]))]);
    let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
    let found = connector.look_up(&query).await.unwrap();
    account.asked();
    found.records.into_iter().next().unwrap()
}

fn noted() -> (u16, Value) {
    (201, json!({ "id": 5 }))
}

#[tokio::test]
async fn to_join_takes_the_fields_and_then_the_note() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let before = json!({ "status": 4, "responder_id": 3, "custom_fields": fields(&["call/1"]) });
    let record = found(&account, &connector, before).await;
    assert_eq!(record.state, RecordState::Resolved);
    let after = json!({ "custom_fields": fields(&["call/1", "call/2"]), "updated_at": "2026-01-24T02:00:00Z",
        "tags": ["VIP", "UJET"], "responder_id": 7 });
    account.answers([(200, ticket(after)), noted()]);
    let what = Append {
        tags: vec!["vip".to_owned(), "UJET".to_owned()],
        owner: Some(UserId("7".to_owned())),
        status: StatusChange::DefaultOpen,
        ..append("call/2", note("two  spaces & <more>"))
    };
    let joined = connector.append(&record, &what).await.unwrap();
    assert_eq!(joined.state, RecordState::Open);
    assert_eq!(joined.closed_at, None);
    assert_ne!(joined.version, record.version);
    assert!(what.is_repeat(&joined.trace));
    let [change, note] = &account.asked()[..] else {
        panic!("two requests expected");
    };
    assert_eq!(change.line, "PUT /tickets/41");
    let sessions = fields(&["call/1", "call/2"])["cf_sessions"].clone();
    let expected = json!({ "status": 2, "tags": ["VIP", "UJET"], "responder_id": 7,
        "custom_fields": { "cf_sessions": sessions } });
    assert_eq!(change.body, expected);
    assert_eq!(note.line, "POST /tickets/41/notes");
    let html = format!(
        "two  spaces &amp; &lt;more&gt;<br>[casewire {} linked]",
        token("call/2")
    );
    assert_eq!(note.body, json!({ "body": html, "private": true }));
}

#[tokio::test]
async fn several_sessions_are_one_note() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector, json!({})).await;
    let joining = |subject, notes| SessionNotes {
        session: session(subject),
        notes,
    };
    let what = Append {
        sessions: vec![
            joining("call/2", vec![note("a"), ended("b")]),
            joining("chat/5", vec![note("c")]),
            joining("call/3", Vec::new()),
        ],
        ..append("call/2", note("a"))
    };
    let words = [
        token("call/2"),
        token("chat/5"),
        format!("{}#joined", token("call/3")),
    ];
    let field = json!({ "cf_queue_7": "13", "cf_sessions": words.join(" ") });
    let after = json!({ "custom_fields": field, "updated_at": "2026-01-24T02:00:00Z" });
    account.answers([(200, ticket(after.clone())), noted()]);
    let joined = connector.append(&record, &what).await.unwrap();
    assert_eq!(what.missing(&joined.trace), []);
    let asked = account.asked();
    assert_eq!(
        asked[0].body["custom_fields"]["cf_sessions"],
        words.join(" ")
    );
    let html = asked[1].body["body"].as_str().unwrap();
    assert_eq!(html.matches("[casewire ").count(), 3);
    // What is read afterwards says the same, and the same is not written again.
    let mut whole = ticket(after);
    whole["conversations"] = json!([{ "private": true, "body": html }]);
    account.answers([(200, whole)]);
    let again = account.connector(json!({})).append(&record, &what).await;
    let again = again.unwrap();
    assert!(again.trace.covers(&joined.trace) && joined.trace.covers(&again.trace));
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_later_note_is_the_note_alone() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let before = json!({ "custom_fields": fields(&["call/1"]) });
    let record = found(&account, &connector, before.clone()).await;
    account.answers([noted()]);
    let what = append("call/1", ended("Ended"));
    let later = connector.append(&record, &what).await.unwrap();
    assert!(later.trace.has_end(&session("call/1")));
    assert_eq!(account.calls(), ["POST /tickets/41/notes"]);
    // The same again, with the record from before: a look shows it.
    let mut whole = ticket(before);
    whole["conversations"] = notes(&["call/1"]);
    let marker = format!("[casewire {} ended:1b2c3d]", token("call/1"));
    let ended = json!({ "private": true, "body": format!("<div>Ended<br>{marker}</div>") });
    whole["conversations"].as_array_mut().unwrap().push(ended);
    account.answers([(200, whole)]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_later_note_is_added_whatever_changed() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "reread_after_seconds": 0 }));
    let before = json!({ "custom_fields": fields(&["call/1"]) });
    let record = found(&account, &connector, before).await;
    let now = json!({ "status": 4, "tags": ["other"], "updated_at": "2026-01-25T00:00:00Z",
        "custom_fields": fields(&["call/1"]), "conversations": notes(&["call/1"]) });
    account.answers([(200, ticket(now)), noted()]);
    let what = append("call/1", ended("Ended"));
    let later = connector.append(&record, &what).await.unwrap();
    assert_eq!(later.state, RecordState::Resolved);
    assert_eq!(later.tags, ["other"]);
    assert_eq!(
        account.calls(),
        ["GET /tickets/41", "POST /tickets/41/notes"]
    );
}

#[tokio::test]
async fn a_ticket_that_changed_since_is_a_conflict_and_takes_nothing() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "reread_after_seconds": 0 }));
    let record = found(&account, &connector, json!({})).await;
    let now = json!({ "responder_id": 9 });
    account.answers([(200, ticket(now))]);
    let what = append("call/2", note("a"));
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_ticket_seen_long_ago_or_by_another_process_is_looked_at_first() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector, json!({})).await;
    let after = json!({ "custom_fields": fields(&["call/2"]) });
    for connector in [
        account.connector(json!({})),
        account.connector(json!({ "reread_after_seconds": 0 })),
    ] {
        account.answers([
            (200, ticket(json!({}))),
            (200, ticket(after.clone())),
            noted(),
        ]);
        let what = append("call/2", note("a"));
        connector.append(&record, &what).await.unwrap();
        let calls = [
            "GET /tickets/41",
            "PUT /tickets/41",
            "POST /tickets/41/notes",
        ];
        assert_eq!(account.calls(), calls);
    }
}

#[tokio::test]
async fn a_word_that_a_person_wrote_in_the_field_stays() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "reread_after_seconds": 0 }));
    let field = |sessions: &str| json!({ "custom_fields": { "cf_sessions": sessions } });
    let record = found(&account, &connector, field("see 4711")).await;
    account.answers([
        (200, ticket(field("see 4711"))),
        (200, ticket(field("see 4711 x"))),
        noted(),
    ]);
    let what = append("call/2", note("a"));
    connector.append(&record, &what).await.unwrap();
    let expected = format!("see 4711 {}", token("call/2"));
    assert_eq!(
        account.asked()[1].body["custom_fields"]["cf_sessions"],
        expected
    );
}

#[tokio::test]
async fn r10_what_is_closed_for_good_or_gone_takes_nothing() {
    let account = Account::new().await;
    let connector = account.connector(
        json!({ "statuses": { "resolved": [4], "closed": [5] }, "reread_after_seconds": 0 }),
    );
    let closed = json!({ "status": 5 });
    let record = found(&account, &connector, closed.clone()).await;
    assert_eq!(record.state, RecordState::Closed);
    for (answer, kind) in [
        ((200, ticket(closed)), ErrorKind::Conflict),
        ((404, Value::Null), ErrorKind::NotFound),
        (
            (200, ticket(json!({ "deleted": true }))),
            ErrorKind::NotFound,
        ),
    ] {
        account.answers([answer]);
        let error = connector
            .append(&record, &append("call/2", note("a")))
            .await;
        assert_eq!(error.unwrap_err().kind(), kind);
        account.asked();
    }
}

#[tokio::test]
async fn a_ticket_that_goes_away_under_the_write_is_not_found() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    for status in [404, 405] {
        let record = found(&account, &connector, json!({})).await;
        account.answers([(status, Value::Null)]);
        let error = connector
            .append(&record, &append("call/2", note("a")))
            .await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(account.calls(), ["PUT /tickets/41"]);
    }
}

#[tokio::test]
async fn an_owner_who_is_the_owner_is_not_written() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let before = json!({ "responder_id": 7, "custom_fields": fields(&["call/1"]) });
    let record = found(&account, &connector, before).await;
    let what = Append {
        owner: Some(UserId("7".to_owned())),
        tags: vec!["vip".to_owned()],
        status: StatusChange::DefaultOpen,
        ..append("call/1", ended("Ended"))
    };
    account.answers([noted()]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(account.calls(), ["POST /tickets/41/notes"]);
    let id = RecordId("41".to_owned());
    assert_eq!(record.id, id);
}
