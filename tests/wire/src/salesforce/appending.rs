//! Requests that add to records.

use casewire_core::{
    Append, CrmConnector as _, ErrorKind, Note, Record, RecordId, RecordState, SessionKey,
    SessionNotes, StatusChange, Trace, UserId,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{
    GOLDEN, KIM, case, connector, connector_with, ended, exchange, halted, linked, parts, play,
    refused, rows,
};
use crate::script::{self, Exchange, answered};
use crate::story::{self, joining};

const NO_REFERENCE: &str = "Invalid reference specified. No value for guard.records[0].Id found in guard. Provided referenceId ('guard.records[0].Id') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').";

fn append(notes: &[Note]) -> Append {
    Append {
        sessions: vec![joining(notes)],
        tags: Vec::new(),
        ..story::append()
    }
}

fn chat(notes: &[Note]) -> SessionNotes {
    let source = "//contact-center/acme".into();
    SessionNotes {
        session: SessionKey::parse(&source, "chat/5").unwrap(),
        notes: notes.to_vec(),
    }
}

#[tokio::test]
async fn appends_a_note() {
    let script = play(["statuses", "case_append"].map(exchange)).await;
    let what = append(&[linked()]);
    let now = connector(&script)
        .append(&case(RecordState::Open), &what)
        .await;
    script.assert_played().await;
    let now = now.unwrap();
    assert_eq!(now.version.as_deref(), Some("2026-01-24T02:00:00.000Z"));
    assert_eq!(now.trace, Trace::parse("call/986@aaaaaa call/987@e0e480"));
}

#[tokio::test]
async fn appends_what_is_known_already_without_a_request() {
    let script = play([]).await;
    let to = Record {
        trace: Trace::parse("call/986@aaaaaa call/987@e0e480"),
        ..case(RecordState::Open)
    };
    let now = connector(&script).append(&to, &append(&[linked()])).await;
    assert_eq!(now.unwrap(), to);
}

#[tokio::test]
async fn appends_two_sessions_in_one_call() {
    let script = play(["statuses", "case_append_two_sessions"].map(exchange)).await;
    let what = Append {
        sessions: vec![joining(&[ended()]), chat(&[linked()])],
        ..append(&[])
    };
    let now = connector(&script)
        .append(&case(RecordState::Open), &what)
        .await;
    script.assert_played().await;
    let whole = "call/986@aaaaaa call/987@e0e480 call/987@e0e480#ended:1b2c3d chat/5@e0e480";
    assert_eq!(now.unwrap().trace, Trace::parse(whole));
}

#[tokio::test]
async fn opens_a_case_again_and_hands_it_over() {
    let script = play(["statuses", "case_reopen"].map(exchange)).await;
    let what = Append {
        owner: Some(UserId("005000000000777AAA".to_owned())),
        status: StatusChange::DefaultOpen,
        ..append(&[linked()])
    };
    let now = connector(&script)
        .append(&case(RecordState::Resolved), &what)
        .await;
    script.assert_played().await;
    assert_eq!(now.unwrap().state, RecordState::Open);
}

#[tokio::test]
async fn appends_session_entries() {
    let entries = GOLDEN.answer("case_append_two_sessions");
    let script = play([answered("case_append_session_entries", entries)]).await;
    let changes = json!({ "session_data": { "object": "session_entry", "attach_to": "account" } });
    let what = Append {
        sessions: vec![joining(&[linked(), ended()]), chat(&[])],
        ..append(&[])
    };
    let connector = connector_with(&script, changes);
    let now = connector.append(&case(RecordState::Open), &what).await;
    script.assert_played().await;
    now.unwrap();
}

#[tokio::test]
async fn appends_to_a_task() {
    let task = RecordId("00T000000000001AAA".to_owned());
    let read = json!({
        "Id": task.0, "Status": "Not Started", "IsClosed": false,
        "CreatedDate": "2026-01-24T01:14:06.000+0000", "CompletedDateTime": null,
        "SystemModstamp": "2026-01-24T02:00:00.000+0000", "WhoId": KIM, "WhatId": null,
        "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "call/986@aaaaaa",
    });
    let script = play([
        exchange("statuses_of_tasks"),
        answered("task_append", parts([("read", 200, read)])),
    ])
    .await;
    let to = Record {
        id: task,
        ..case(RecordState::Resolved)
    };
    let what = Append {
        status: StatusChange::DefaultOpen,
        ..append(&[linked()])
    };
    let connector = connector_with(&script, json!({ "record_object": "contact" }));
    let now = connector.append(&to, &what).await;
    script.assert_played().await;
    assert_eq!(now.unwrap().state, RecordState::Open);
}

#[tokio::test]
async fn a_case_that_changed_takes_nothing() {
    let missing = || json!([{ "errorCode": "PROCESSING_HALTED", "message": NO_REFERENCE }]);
    // Whether a part that succeeded is shown as rolled back too, no document says.
    for guard in [(200, rows([])), (400, halted())] {
        let (status, body) = guard;
        let answer = parts([
            ("guard", status, body),
            ("read", 400, missing()),
            ("entry0", 400, halted()),
        ]);
        let error = refused_append(answer, Some(changed())).await;
        assert_eq!(error, ErrorKind::Conflict);
    }
}

#[tokio::test]
async fn a_case_that_was_deleted_is_not_found() {
    let answer = parts([
        ("guard", 400, halted()),
        ("read", 400, halted()),
        ("entry0", 400, halted()),
    ]);
    let gone = parts([("record", 200, rows([]))]);
    assert_eq!(
        refused_append(answer, Some(gone)).await,
        ErrorKind::NotFound
    );
}

/// The case after somebody else changed it.
fn changed() -> ResponseTemplate {
    let mut body = GOLDEN.answer_body("case_read");
    let row = &mut body["compositeResponse"][0]["body"]["records"][0];
    row["SystemModstamp"] = json!("2026-01-24T01:59:00.000+0000");
    script::json(200, body)
}

async fn refused_append(answer: ResponseTemplate, now: Option<ResponseTemplate>) -> ErrorKind {
    let mut exchanges = vec![exchange("statuses"), answered("case_append", answer)];
    exchanges.extend(now.map(|now| answered("case_read", now)));
    let script = play(exchanges).await;
    let what = append(&[linked()]);
    let refused = connector(&script)
        .append(&case(RecordState::Open), &what)
        .await;
    script.assert_played().await;
    refused.unwrap_err().kind()
}

/// The case with these entries, unchanged otherwise.
fn with_entries(keys: &[&str]) -> ResponseTemplate {
    let mut body = GOLDEN.answer_body("case_read");
    let row = &mut body["compositeResponse"][0]["body"]["records"][0];
    let entries: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "Casewire_Key__c": key }))
        .collect();
    row["Tasks"] = json!({ "totalSize": entries.len(), "done": true, "records": entries });
    script::json(200, body)
}

/// The linked note is there already: `shown` is what reading the record afterwards shows.
async fn appends_what_is_left(shown: &[&str], then: Option<Exchange>) {
    let message = "duplicate value found: Casewire_Key__c duplicates value on record with id: 00T000000000101AAA";
    let known = parts([
        ("guard", 400, halted()),
        ("read", 400, halted()),
        ("entry0", 400, refused("DUPLICATE_VALUE", message)),
        ("entry1", 400, halted()),
    ]);
    let mut exchanges = vec![
        exchange("statuses"),
        answered("case_append_linked_and_ended", known),
        answered("case_read", with_entries(shown)),
    ];
    exchanges.extend(then);
    exchanges.push(answered("case_append_ended", GOLDEN.answer("case_append")));
    let script = play(exchanges).await;
    let what = append(&[linked(), ended()]);
    let now = connector(&script)
        .append(&case(RecordState::Open), &what)
        .await;
    script.assert_played().await;
    let whole = "call/986@aaaaaa call/987@e0e480 call/987@e0e480#ended:1b2c3d";
    assert_eq!(now.unwrap().trace, Trace::parse(whole));
}

#[tokio::test]
async fn entries_that_are_there_already_are_left_out() {
    appends_what_is_left(&["call/986@aaaaaa", "call/987@e0e480"], None).await;
}

#[tokio::test]
async fn entries_that_a_read_does_not_show_are_asked_for_by_their_keys() {
    let linked_row = json!({ "Casewire_Key__c": "call/987@e0e480" });
    let known = answered("entries_known", parts([("known", 200, rows([linked_row]))]));
    appends_what_is_left(&["call/986@aaaaaa"], Some(known)).await;
}
