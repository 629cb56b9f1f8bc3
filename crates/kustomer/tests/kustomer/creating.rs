//! Making conversations.

use casewire_core::{CrmConnector, ErrorKind, RecordId, RecordState, UserId};
use serde_json::{Value, json};

use crate::org::{
    CALL, IVR, KIM, OTHER, Org, VIP, conversation, created, ended, external_id, known, linked,
    list, new_record, not_found, note_there, one, refused, session, tag, tokens, with_sessions,
};

fn note() -> (u16, Value) {
    created(note_there("any"))
}

fn untagged(words: &str) -> Value {
    let mut attributes = with_sessions(words, 1);
    attributes["tags"] = json!([]);
    attributes
}

#[tokio::test]
async fn conversation_and_note_take_two_calls_and_their_tags_are_known_by_id() {
    let made = json!({
        "externalId": external_id("call/987"), "tags": [IVR], "rev": 1,
        "custom": { "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("?{987} ?{987}#ended:1b2c3d") },
    });
    let (org, connector) = Org::answering([
        list([tag(VIP, "vip"), tag(IVR, "Voice Inbound - IVR")]),
        created(conversation(CALL, made)),
        note(),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.tags = vec!["Voice Inbound - IVR".to_owned()];
    new.owner = Some(UserId(OTHER.to_owned()));
    new.notes = vec![linked("Call 987\nQueue: Billing"), ended("Ended")];
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(record.id.0, CALL);
    assert_eq!(record.version.as_deref(), Some("1+"));
    assert_eq!(
        record.trace.to_text(1_000),
        tokens("{987} {987}#ended:1b2c3d")
    );

    let notes = format!("POST /v1/conversations/{CALL}/notes");
    let lines = [
        "GET /v1/tags?deleted=false&page=1&pageSize=100",
        "POST /v1/conversations",
        &notes,
        &notes,
    ];
    assert_eq!(org.lines(), lines);
    let expected = json!({
        "customer": KIM, "externalId": external_id("call/987"), "name": new.title, "status": "open", "direction": "in",
        "tags": [IVR], "assignedUsers": [OTHER],
        "custom": { "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("?{987} ?{987}#ended:1b2c3d") },
    });
    assert_eq!(org.body(1), expected);
    let first =
        json!({ "body": "Call 987\nQueue: Billing", "externalId": external_id("call/987") });
    assert_eq!(org.body(2), first);
    let second = json!({ "body": "Ended", "externalId": format!("{}#ended:1b2c3d", external_id("call/987")) });
    assert_eq!(org.body(3), second);
}

#[tokio::test]
async fn a_tag_that_is_new_is_added_by_name_and_known_from_then_on() {
    let tagged = json!({ "tags": [IVR], "custom": { "casewireSessionsTxt": tokens("?{987} tag:Voice%20Inbound%20-%20IVR") }, "rev": 2 });
    let (org, connector) = Org::answering([
        list([]),
        created(conversation(
            CALL,
            untagged("?{987} tag:Voice%20Inbound%20-%20IVR"),
        )),
        one(conversation(CALL, tagged)),
        note(),
        created(conversation(OTHER, json!({ "tags": [IVR] }))),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.tags = vec!["Voice Inbound - IVR".to_owned()];
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(
        (record.tags, record.version.as_deref()),
        (vec![IVR.to_owned()], Some("2+"))
    );
    assert_eq!(org.body(1).get("tags"), None);
    let words = tokens("?{987} tag:Voice%20Inbound%20-%20IVR");
    assert_eq!(org.body(1)["custom"]["casewireSessionsTxt"], words);
    assert_eq!(
        org.lines()[2],
        format!("POST /v1/conversations/{CALL}/tags")
    );
    assert_eq!(org.body(2), json!(["Voice Inbound - IVR"]));
    new.session = session("call/988");
    connector.create_record(&new).await.unwrap();
    assert_eq!(org.body(4)["tags"], json!([IVR]));
    assert_eq!(org.lines().len(), 6);
}

#[tokio::test]
async fn tags_that_can_not_be_listed_are_added_by_name() {
    let (org, connector) = Org::answering([
        refused(403, "role", "forbidden"),
        created(conversation(
            CALL,
            untagged("?{987} tag:Voice%20Inbound%20-%20IVR"),
        )),
        one(conversation(CALL, json!({ "tags": [IVR] }))),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.tags = vec!["Voice Inbound - IVR".to_owned()];
    connector.create_record(&new).await.unwrap();
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn a_conversation_that_is_there_gets_the_notes_it_lacks() {
    let mut made = with_sessions("?{987} ?{987}#ended:1b2c3d", 1);
    made["externalId"] = json!(external_id("call/987"));
    let (org, connector) = Org::answering([
        refused(409, "externalId", "conflict"),
        one(conversation(CALL, made.clone())),
        list([note_there(&external_id("call/987"))]),
        one(conversation(CALL, made)),
        list([note_there(&external_id("call/987"))]),
        note(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.notes = vec![linked("Call 987"), ended("Ended")];
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(
        record.trace.to_text(1_000),
        tokens("{987} {987}#ended:1b2c3d")
    );
    let lines = org.lines();
    assert!(
        lines[1].starts_with("GET /v1/conversations/externalId=casewire%3Acall%3A987"),
        "{lines:?}"
    );
    assert_eq!(lines[3], format!("PUT /v1/conversations/{CALL}"));
    assert_eq!(lines.len(), 6);
    assert_eq!(org.body(5)["body"], "Ended");
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_and_nothing_is_sent_twice() {
    let (org, connector) = Org::answering([(500, json!({}))]).await;
    let new = new_record("call/987", known());
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(org.lines(), ["POST /v1/conversations"]);
}

#[tokio::test]
async fn a_note_that_fails_leaves_something_to_look_at() {
    let (_org, connector) = Org::answering([
        created(conversation(CALL, with_sessions("?{987}", 1))),
        (429, json!({})),
        (429, json!({})),
    ])
    .await;
    let new = new_record("call/987", known());
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert!(error.message().contains("not all of its notes"), "{error}");
}

#[tokio::test]
async fn a_customer_who_is_refused_is_looked_up_anew_once() {
    let no_customer = || refused(400, "customer", "badparam");
    let (_org, connector) = Org::answering([
        no_customer(),
        no_customer(),
        refused(400, "name", "badparam"),
    ])
    .await;
    let new = new_record("call/987", known());
    for kind in [
        ErrorKind::Conflict,
        ErrorKind::Rejected,
        ErrorKind::Rejected,
    ] {
        let error = connector.create_record(&new).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn an_undefined_attribute_names_the_setup() {
    let error = json!({ "errors": [{ "status": 400, "source": { "parameter": "casewireSessionsTxt" }, "code": "badparam",
        "title": "Additional properties not allowed", "detail": "/properties/custom/additionalProperties" }] });
    let (_org, connector) = Org::answering([(400, error)]).await;
    let error = connector
        .create_record(&new_record("call/987", known()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("casewire setup"), "{error}");
}

#[tokio::test]
async fn r11_a_follow_up_names_what_it_follows_and_has_its_tags_and_queue() {
    let locked = json!({ "status": "done", "locked": true });
    let (org, connector) = Org::answering([
        one(conversation(CALL, locked)),
        created(conversation(OTHER, json!({}))),
        note(),
        not_found(),
    ])
    .await;
    let mut new = new_record("call/987", known());
    new.queue = None;
    new.follow_up_of = Some(RecordId(CALL.to_owned()));
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(
        (record.id.0.as_str(), record.state),
        (OTHER, RecordState::Open)
    );
    assert_eq!(org.body(1)["tags"], json!([VIP]));
    let custom = json!({
        "casewireFollowsUpStr": CALL, "casewireLeafQueueStr": "13", "casewireSessionsTxt": tokens("?{987}"),
    });
    assert_eq!(org.body(1)["custom"], custom);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn r16_the_default_user_owns_what_no_agent_does() {
    let user = json!({ "type": "user", "id": OTHER, "attributes": { "email": "ana@example.com", "userType": "user" } });
    let machine = json!({ "type": "user", "id": CALL, "attributes": { "email": "bot@example.com", "userType": "machine" } });
    let (org, _) = Org::answering([
        list([machine, user]),
        created(conversation(CALL, json!({}))),
        note(),
    ])
    .await;
    let connector = org.connector(json!({ "default_user": "Ana@example.com" }));
    connector
        .create_record(&new_record("call/987", known()))
        .await
        .unwrap();
    assert_eq!(org.lines()[0], "GET /v1/users?page=1&pageSize=100");
    assert_eq!(org.body(1)["assignedUsers"], json!([OTHER]));
}
