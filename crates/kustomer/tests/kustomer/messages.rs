//! Calls that are shown as voice messages, with `call_messages` on.

use casewire_core::{CrmConnector, ErrorKind, Note, NoteId, SessionFacts, Severity};
use casewire_kustomer::Kustomer;
use serde_json::{Value, json};

use crate::org::{
    CALL, OTHER, Org, append, conversation, created, ended, external_id, known, linked, list,
    new_record, note_there, one, read, refused, tag, with_sessions,
};

const MESSAGES: &str = "POST /v1/conversations/58228e05d4e96711004eccb7/messages";
const NOTES: &str = "POST /v1/conversations/58228e05d4e96711004eccb7/notes";
const LISTED: &str = "GET /v1/conversations/58228e05d4e96711004eccb7/messages?page=1&pageSize=100";

async fn org<const N: usize>(answers: [(u16, Value); N]) -> (Org, Kustomer) {
    let (org, _) = Org::answering(answers).await;
    let connector = org.connector(json!({ "call_messages": true }));
    (org, connector)
}

fn note() -> (u16, Value) {
    created(note_there("any"))
}

fn message() -> (u16, Value) {
    created(message_there("any"))
}

fn message_there(external_id: &str) -> Value {
    json!({ "type": "message", "id": OTHER, "attributes": { "channel": "voice", "externalId": external_id } })
}

fn before() -> (u16, Value) {
    one(conversation(CALL, json!({})))
}

fn begun() -> (u16, Value) {
    one(conversation(CALL, with_sessions("?{987}", 8)))
}

fn begun_and(status: &str) -> (u16, Value) {
    let mut attributes = with_sessions("?{987}", 8);
    attributes["status"] = json!(status);
    one(conversation(CALL, attributes))
}

/// Whether messages were written, read, or neither.
fn count(org: &Org, line: &str) -> usize {
    org.lines().iter().filter(|told| *told == line).count()
}

fn linked_with(facts: SessionFacts) -> Note {
    Note {
        facts,
        ..linked("Voice Inbound (IVR) 987\nQueue: Billing\nAgent: Ana")
    }
}

#[tokio::test]
async fn new_conversation_has_the_message_before_the_notes() {
    let (org, connector) = org([
        created(conversation(
            CALL,
            with_sessions("?{987} ?{987}#ended:1b2c3d", 1),
        )),
        message(),
        note(),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    let started_at = "2026-01-24T01:13:49Z".parse().ok();
    let facts = SessionFacts {
        started_at,
        ..SessionFacts::default()
    };
    new.notes = vec![linked_with(facts), ended("Ended")];
    connector.create_record(&new).await.unwrap();
    assert_eq!(
        org.lines(),
        ["POST /v1/conversations", MESSAGES, NOTES, NOTES]
    );
    let expected = json!({
        "channel": "voice", "app": "casewire", "direction": "in", "status": "received",
        "externalId": external_id("call/987"), "sentAt": "2026-01-24T01:13:49.000Z",
        "preview": "Voice Inbound (IVR) 987",
    });
    assert_eq!(org.body(1), expected);
}

#[tokio::test]
async fn joining_call_has_a_message_of_its_direction() {
    let (org, connector) = org([before(), begun(), message(), note()]).await;
    let record = read(&connector).await;
    let facts = SessionFacts {
        is_outbound: true,
        ..SessionFacts::default()
    };
    let what = append("call/987", &[linked_with(facts)]);
    let record = connector.append(&record, &what).await.unwrap();
    assert!(what.is_repeat(&record.trace));
    assert_eq!(org.lines()[2..], [MESSAGES, NOTES]);
    let body = org.body(2);
    assert_eq!(
        (&body["direction"], &body["status"]),
        (&json!("out"), &json!("sent"))
    );
    assert_eq!(body.get("sentAt"), None);

    // Given again as it is now, nothing is sent.
    connector.append(&record, &what).await.unwrap();
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn nothing_but_the_link_of_a_call_has_a_message() {
    let late = Note {
        id: NoteId::Late {
            facts: "1b2c3d".to_owned(),
        },
        ..linked("Late")
    };
    for (subject, notes) in [
        ("chat/987", vec![linked("Chat 987")]),
        ("call/987", vec![ended("Ended")]),
        ("call/987", vec![late]),
    ] {
        let (org, connector) = org([before(), before(), note()]).await;
        let record = read(&connector).await;
        connector
            .append(&record, &append(subject, &notes))
            .await
            .unwrap();
        assert_eq!(org.lines()[2..], [NOTES], "{subject}");
    }
}

#[tokio::test]
async fn without_the_setting_no_call_has_one() {
    let (org, connector) = Org::answering([before(), begun(), note()]).await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(org.lines()[2..], [NOTES]);
}

#[tokio::test]
async fn incoming_call_opens_nothing_by_its_message() {
    for (status, is_outbound, messages) in [
        ("done", false, 0),
        ("snoozed", false, 0),
        ("snoozed", true, 1),
        ("open", false, 1),
    ] {
        let (org, connector) = org([before(), begun_and(status), note(), note()]).await;
        let record = read(&connector).await;
        let facts = SessionFacts {
            is_outbound,
            ..SessionFacts::default()
        };
        let what = append("call/987", &[linked_with(facts)]);
        connector.append(&record, &what).await.unwrap();
        assert_eq!(count(&org, MESSAGES), messages, "{status}");
        assert_eq!(count(&org, NOTES), 1, "{status}");
    }
}

#[tokio::test]
async fn after_a_write_that_was_begun_messages_are_read_first() {
    let own = external_id("call/987");
    for (there, messages) in [
        (vec![], 1),
        (vec![message_there("casewire:call:988:3f2a9c")], 1),
        (vec![message_there(&own)], 0),
        (vec![message_there(&format!("{own}~again"))], 0),
    ] {
        let mut answers = vec![
            before(),
            refused(409, "rev", "conflict"),
            begun(),
            list([]),
            crate::org::page(&there, Value::Null),
        ];
        answers.extend((0..messages).map(|_| message()));
        answers.push(note());
        let (org, _) = Org::answering(answers).await;
        let connector = org.connector(json!({ "call_messages": true }));
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        connector.append(&record, &what).await.unwrap();
        assert_eq!(count(&org, LISTED), 1);
        assert_eq!(count(&org, MESSAGES), messages, "{there:?}");
        assert_eq!(count(&org, NOTES), 1);
    }
}

#[tokio::test]
async fn a_call_whose_note_is_there_needs_no_look_at_the_messages() {
    let both = || with_sessions("?{987} ?{987}#ended:1b2c3d", 8);
    let (org, connector) = org([
        before(),
        refused(409, "rev", "conflict"),
        one(conversation(CALL, both())),
        list([note_there(&external_id("call/987"))]),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987"), ended("Ended")]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(org.body(4)["body"], "Ended");
    assert_eq!(org.lines().len(), 5);
}

#[tokio::test]
async fn a_message_is_looked_for_before_it_is_called_lost() {
    for lost in [
        (500, json!({})),
        refused(409, "externalId", "conflict"),
        refused(400, "externalId", "badparam"),
    ] {
        let own = message_there(&external_id("call/987"));
        let (org, connector) = org([before(), begun(), lost, list([own]), note()]).await;
        let record = read(&connector).await;
        let what = append("call/987", &[linked("Call 987")]);
        let record = connector.append(&record, &what).await.unwrap();
        assert!(what.is_repeat(&record.trace));
        assert_eq!(org.lines()[2..], [MESSAGES, LISTED, NOTES]);
    }
}

#[tokio::test]
async fn a_message_that_is_not_there_keeps_the_note_back_and_comes_with_the_next_try() {
    let (org, connector) = org([
        before(),
        begun(),
        (500, json!({})),
        list([]),
        begun(),
        list([]),
        begun(),
        list([]),
        list([]),
        message(),
        note(),
    ])
    .await;
    let record = read(&connector).await;
    let what = append("call/987", &[linked("Call 987")]);
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    assert_eq!(count(&org, NOTES), 0);
    let record = read(&connector).await;
    let record = connector.append(&record, &what).await.unwrap();
    assert!(what.is_repeat(&record.trace));
    assert_eq!(count(&org, MESSAGES), 2);
    assert_eq!(count(&org, NOTES), 1);
}

#[tokio::test]
async fn roles_for_messages_are_asked_for_when_they_are_used() {
    let roles = [
        "org.permission.conversation",
        "org.permission.customer",
        "org.permission.metadata",
        "org.permission.note",
        "org.permission.message.read",
    ];
    let token = json!({ "type": "token", "id": OTHER, "attributes": { "roles": roles } });
    for (is_on, severity) in [(false, Severity::Fine), (true, Severity::Denied)] {
        let (org, _) = Org::answering([
            one(token.clone()),
            one(json!({ "type": "metadata", "id": OTHER, "attributes": { "properties": {} } })),
            list([]),
            list([tag(OTHER, "vip")]),
        ])
        .await;
        let connector = org.connector(json!({ "call_messages": is_on }));
        let findings = connector.check().await.unwrap();
        assert_eq!(findings[0].severity, severity, "{findings:?}");
        let is_named = findings[0]
            .message
            .contains("roles org.permission.message.create;");
        assert_eq!(is_named, is_on, "{findings:?}");
    }
}
