//! Writes that stopped half-way, and answers that got lost.

use casewire_core::{CrmConnector, ErrorKind, Record};
use serde_json::{Value, json};

use crate::org::{
    CALL, Org, append, conversation, created, ended, external_id, linked, list, note_there, one,
    read, refused, session, tokens, with_sessions,
};

fn note() -> (u16, Value) {
    created(note_there("any"))
}

fn first_note_is_there() -> (u16, Value) {
    list([note_there(&external_id("call/987"))])
}

fn before() -> (u16, Value) {
    one(conversation(CALL, json!({})))
}

fn begun(words: &str) -> (u16, Value) {
    one(conversation(CALL, with_sessions(words, 8)))
}

fn assert_whole(record: &Record) {
    assert_eq!(
        record.trace.to_text(1_000),
        tokens("{987} {987}#ended:1b2c3d")
    );
}

#[tokio::test]
async fn a_repeat_adds_the_note_that_is_missing() {
    let words = "?{987} ?{987}#ended:1b2c3d";
    let (org, connector) = Org::answering([
        before(),
        refused(409, "rev", "conflict"),
        begun(words),
        first_note_is_there(),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987"), ended("Ended")]);
    assert_whole(&connector.append(&record, &what).await.unwrap());
    assert_eq!(org.body(4)["body"], "Ended");
    assert_eq!(org.lines().len(), 5);
}

#[tokio::test]
async fn a_repeat_of_a_whole_write_adds_nothing() {
    let words = "?{987} ?{987}#ended:1b2c3d";
    let ended_is_there = format!("{}#ended:1b2c3d", external_id("call/987"));
    let (org, connector) = Org::answering([
        before(),
        refused(409, "rev", "conflict"),
        begun(words),
        list([
            note_there(&external_id("call/987")),
            note_there(&ended_is_there),
        ]),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987"), ended("Ended")]);
    assert_whole(&connector.append(&record, &what).await.unwrap());
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_is_read_again() {
    let (org, connector) = Org::answering([
        before(),
        (500, json!({})),
        (500, json!({})),
        begun("?{987}"),
        list([]),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let record = connector.append(&record, &what).await.unwrap();
    assert!(record.trace.has_session(&session("call/987")));
    assert_eq!(org.lines().len(), 6);
}

#[tokio::test]
async fn an_update_that_is_not_seen_stays_uncertain() {
    for seen in [before(), (500, json!({}))] {
        let failed = || (500, json!({}));
        let (_org, connector) =
            Org::answering([before(), failed(), failed(), seen, failed()]).await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Uncertain);
    }
}

#[tokio::test]
async fn a_note_is_looked_for_before_it_is_called_lost() {
    for lost in [
        (500, json!({})),
        refused(409, "externalId", "conflict"),
        refused(400, "externalId", "badparam"),
    ] {
        let (org, connector) =
            Org::answering([before(), begun("?{987}"), lost, first_note_is_there()]).await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let record = connector.append(&record, &what).await.unwrap();
        assert!(what.is_repeat(&record.trace));
        assert_eq!(org.lines().len(), 4);
    }
}

#[tokio::test]
async fn a_note_that_is_not_there_is_uncertain_or_refused() {
    for (answer, kind) in [
        ((500, json!({})), ErrorKind::Uncertain),
        (refused(409, "id", "conflict"), ErrorKind::Uncertain),
        (refused(400, "body", "badparam"), ErrorKind::Rejected),
        (refused(404, "id", "notfound"), ErrorKind::NotFound),
    ] {
        let (_org, connector) = Org::answering([before(), begun("?{987}"), answer, list([])]).await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn after_a_restart_only_what_lacks_is_written() {
    // The write was begun, and its process ended after the first note.
    let words = "?{987} ?{987}#ended:1b2c3d";
    let (org, connector) = Org::answering([
        begun(words),
        first_note_is_there(),
        one(conversation(
            CALL,
            with_sessions("{987} ?{987}#ended:1b2c3d", 9),
        )),
        first_note_is_there(),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    assert!(record.trace.has_session(&session("call/987")));
    let what = append("call/987", &[linked("Call 987"), ended("Ended")]);
    assert_whole(&connector.append(&record, &what).await.unwrap());
    assert_eq!(
        org.body(2)["custom"]["casewireSessionsTxt"],
        tokens("{987} ?{987}#ended:1b2c3d")
    );
    assert_eq!(org.body(4)["body"], "Ended");
    assert_eq!(org.lines().len(), 5);
}

#[tokio::test]
async fn a_tag_that_was_to_be_added_is_added_with_the_note() {
    let words = "?{987} tag:Voice%20Inbound%20-%20IVR";
    let (org, connector) = Org::answering([
        begun(words),
        list([]),
        begun(words),
        list([]),
        begun(words),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(org.body(2)["custom"]["casewireSessionsTxt"], tokens(words));
    assert_eq!(
        org.lines()[4],
        format!("POST /v1/conversations/{CALL}/tags")
    );
    assert_eq!(org.body(4), json!(["Voice Inbound - IVR"]));
    assert_eq!(org.body(5)["body"], "Call 987");
}
