//! Answers that are lost, and writes that are done in part.

use casewire_core::{
    CrmConnector as _, CustomerId, ErrorKind, Record, RecordCustomer, RecordId, TraceSearch,
};
use casewire_freshdesk::Freshdesk;
use serde_json::{Value, json};

use crate::account::{
    Account, KIM, append, by_email, fields, look_up, new_record, note, notes, session, ticket,
};

/// An answer that does not say whether the write was done.
const LOST: (u16, Value) = (502, Value::Null);

fn noted() -> (u16, Value) {
    (201, json!({ "id": 5 }))
}

/// Ticket 41 as it is when these sessions are in its field and those in its notes.
fn whole(claimed: &[&str], on: &[&str]) -> (u16, Value) {
    let changes = json!({ "custom_fields": fields(claimed), "conversations": notes(on),
        "updated_at": "2026-01-24T02:00:00Z" });
    (200, ticket(changes))
}

async fn found(account: &Account, connector: &Freshdesk) -> Record {
    account.answers([(200, json!([ticket(json!({}))]))]);
    let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
    let found = connector.look_up(&query).await.unwrap();
    account.asked();
    found.records.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_ticket_whose_note_is_refused_is_half_done() {
    for (status, body) in [
        (400, json!({ "description": "Validation failed" })),
        (401, json!({ "code": "invalid_credentials" })),
        (403, json!({ "code": "access_denied" })),
        (503, json!({})),
    ] {
        let account = Account::new().await;
        let connector = account.connector(json!({}));
        let record = found(&account, &connector).await;
        let fields = whole(&["call/1"], &[]);
        account.answers([fields, (status, body)]);
        let what = append("call/1", note("Call 987"));
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{status}");
    }
}

#[tokio::test]
async fn a_lost_new_ticket_is_found_by_the_next_look_and_gets_its_note() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let known = RecordCustomer::Known(CustomerId(KIM.to_string()));
    let new = new_record("call/1", known);
    account.answers([(200, json!([])), LOST]);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(
        account.calls(),
        ["GET /tickets", "POST /tickets"],
        "it is not sent again"
    );
    account.answers([
        (200, json!([whole(&["call/1"], &[]).1])),
        whole(&["call/1"], &[]),
    ]);
    let query = look_up("call/1", by_email(), TraceSearch::Thorough);
    let own = connector.look_up(&query).await.unwrap().own.unwrap();
    account.asked();
    account.answers([noted()]);
    let what = append("call/1", note("Call 987"));
    let completed = connector.append(&own, &what).await.unwrap();
    assert!(completed.trace.has_session(&session("call/1")));
    assert_eq!(account.calls(), ["POST /tickets/41/notes"]);
}

#[tokio::test]
async fn a_lost_new_ticket_that_never_came_is_made_after_a_look() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    account.answers([(200, json!([])), LOST]);
    connector.create_record(&new).await.unwrap_err();
    account.asked();
    account.answers([(200, json!([])), (201, whole(&["call/1"], &[]).1), noted()]);
    connector.create_record(&new).await.unwrap();
    assert_eq!(
        account.calls(),
        ["GET /tickets", "POST /tickets", "POST /tickets/41/notes"]
    );
}

#[tokio::test]
async fn a_ticket_without_its_note_is_uncertain_and_shows_no_session() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    let (_, made) = whole(&["call/1"], &[]);
    // Refused four times for a reason that passes.
    let slow_down = (0..4).map(|_| (429, Value::Null));
    account.answers([(200, json!([])), (201, made)]);
    account.answers(slow_down);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    account.asked();
    account.answers([whole(&["call/1"], &[])]);
    let again = connector.create_record(&new).await.unwrap();
    assert_eq!(again.id, RecordId("41".to_owned()));
    assert!(!again.trace.has_session(&session("call/1")));
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_lost_note_is_looked_for_and_not_sent_again() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    let (_, made) = whole(&["call/1"], &[]);
    account.answers([
        (200, json!([])),
        (201, made.clone()),
        LOST,
        (200, notes(&["call/1"])),
    ]);
    let record = connector.create_record(&new).await.unwrap();
    assert!(record.trace.begins_with(&session("call/1")));
    let calls = account.calls();
    assert_eq!(calls[3], "GET /tickets/41/conversations");
    // It is not there.
    let connector = account.connector(json!({}));
    account.answers([
        (200, json!([])),
        (201, made),
        LOST,
        (200, notes(&["call/9"])),
    ]);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(account.calls().len(), 4);
}

#[tokio::test]
async fn a_lost_change_is_read_back_and_completed() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector).await;
    account.answers([LOST, whole(&["call/2"], &[]), noted()]);
    let what = append("call/2", note("a"));
    let joined = connector.append(&record, &what).await.unwrap();
    assert!(joined.trace.has_session(&session("call/2")));
    let calls = [
        "PUT /tickets/41",
        "GET /tickets/41",
        "POST /tickets/41/notes",
    ];
    assert_eq!(account.calls(), calls);
}

#[tokio::test]
async fn a_lost_change_that_never_came_is_uncertain() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector).await;
    for read_back in [
        (200, ticket(json!({ "conversations": [] }))),
        (403, Value::Null),
    ] {
        account.answers([(200, json!([ticket(json!({}))])), LOST, read_back]);
        let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
        connector.look_up(&query).await.unwrap();
        let error = connector
            .append(&record, &append("call/2", note("a")))
            .await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Uncertain);
        account.asked();
    }
}

#[tokio::test]
async fn a_join_that_lacks_its_note_is_completed_by_the_same_append() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector).await;
    let what = append("call/2", note("a"));
    // The process ended between the two. The ticket is another than was read, by its own write.
    account.answers([whole(&["call/2"], &[]), noted()]);
    let completed = account.connector(json!({})).append(&record, &what).await;
    assert!(completed.unwrap().trace.has_session(&session("call/2")));
    assert_eq!(
        account.calls(),
        ["GET /tickets/41", "POST /tickets/41/notes"]
    );
    // And a third time nothing is missing.
    account.answers([whole(&["call/2"], &["call/2"])]);
    let again = account.connector(json!({})).append(&record, &what).await;
    assert!(what.is_repeat(&again.unwrap().trace));
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_refused_note_keeps_its_reason_and_is_refused_when_nothing_else_is_to_do() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let mut record = found(&account, &connector).await;
    let refusal =
        json!({ "errors": [{ "field": "body", "message": "refund", "code": "invalid_value" }] });
    let what = append("call/2", note("a"));
    for (fields, kind) in [
        (Some(whole(&["call/2"], &[])), ErrorKind::Uncertain),
        (None, ErrorKind::Rejected),
    ] {
        account.answers(fields);
        account.answers([(400, refusal.clone())]);
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains("body (invalid_value)"), "{error}");
        assert!(!error.message().contains("refund"), "{error}");
        account.asked();
        account.answers([whole(&["call/2"], &[])]);
        let now = connector.read_record(&record.id).await.unwrap();
        record = now.unwrap();
        account.asked();
    }
}

#[tokio::test]
async fn a_limit_holds_the_kind_of_request_that_met_it() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let record = found(&account, &connector).await;
    account.answers((0..1).map(|_| (429, Value::Null)));
    account.answers([whole(&["call/2"], &[]), noted()]);
    connector
        .append(&record, &append("call/2", note("a")))
        .await
        .unwrap();
    let calls = [
        "PUT /tickets/41",
        "PUT /tickets/41",
        "POST /tickets/41/notes",
    ];
    assert_eq!(
        account.calls(),
        calls,
        "nothing was done, so it is repeated"
    );
}

#[tokio::test]
async fn nothing_private_is_told() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    let refusal = json!({ "description": "kim@example.com", "errors": [
        { "field": "email", "message": "kim@example.com is taken", "code": "kim@example.com" } ] });
    account.answers([(200, json!([])), (409, refusal)]);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let told = format!("{error:?} {error} {connector:?}");
    for private in ["kim@example.com", "some-key", "Billing"] {
        assert!(!told.contains(private), "{told}");
    }
    account.asked();
}
