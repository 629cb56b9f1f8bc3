//! Creating tickets.

use casewire_core::{
    CrmConnector as _, CustomerId, ErrorKind, NewRecord, RecordCustomer, RecordId, TraceSearch,
    UserId,
};
use serde_json::{Value, json};

use crate::account::{
    Account, KIM, by_email, by_phone, ended, fields, list_of, look_up, new_record, note, notes,
    session, ticket, token,
};

fn made(subject: &str) -> (u16, Value) {
    let ticket = ticket(
        json!({ "custom_fields": fields(&[subject]), "tags": ["Voice Inbound (IVR)", "UJET"] }),
    );
    (201, ticket)
}

fn noted() -> (u16, Value) {
    (201, json!({ "id": 5, "ticket_id": 41 }))
}

#[tokio::test]
async fn one_request_makes_ticket_and_caller_and_another_the_note() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    account.answers([(200, json!([])), (200, json!([]))]);
    let query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    connector.look_up(&query).await.unwrap();
    account.asked();
    account.answers([made("call/1"), noted()]);
    let new = NewRecord {
        notes: vec![note("Call 987\nQueue: <Billing>"), ended("Ended & done")],
        ..new_record("call/1", RecordCustomer::New(by_phone()))
    };
    let record = connector.create_record(&new).await.unwrap();
    assert_eq!(record.id, RecordId("41".to_owned()));
    assert_eq!(record.customer, Some(CustomerId(KIM.to_string())));
    assert!(record.trace.begins_with(&session("call/1")));
    assert!(record.trace.has_end(&session("call/1")));
    let [ticket, note] = &account.asked()[..] else {
        panic!("two requests expected");
    };
    assert_eq!(ticket.line, "POST /tickets");
    let expected = json!({
        "phone": "+15550100100", "name": "+15550100100", "unique_external_id": "casewire:tel:+15550100100",
        "subject": "Billing & <more>", "description": "<div>Billing &amp; &lt;more&gt;</div>",
        "status": 2, "priority": 1, "source": 3, "tags": ["Voice Inbound (IVR)", "UJET"],
        "custom_fields": fields(&["call/1"]),
    });
    assert_eq!(ticket.body, expected);
    assert_eq!(note.line, "POST /tickets/41/notes");
    let token = token("call/1");
    let html = format!(
        "Call 987<br>Queue: &lt;Billing&gt;<br>[casewire {token} linked]\
         <br><br>Ended &amp; done<br>[casewire {token} ended:1b2c3d]"
    );
    assert_eq!(note.body, json!({ "body": html, "private": true }));
}

#[tokio::test]
async fn a_known_customers_ticket_is_made_when_the_list_has_shown_none_of_the_session() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    account.answers([
        (200, json!([ticket(json!({ "id": 9 }))])),
        made("chat/1"),
        noted(),
    ]);
    let known = RecordCustomer::Known(CustomerId(KIM.to_string()));
    let new = NewRecord {
        owner: Some(UserId("501001202520".to_owned())),
        ..new_record("chat/1", known)
    };
    connector.create_record(&new).await.unwrap();
    let asked = account.asked();
    assert_eq!(asked[0].line, list_of(&format!("requester_id={KIM}")));
    assert_eq!(asked[1].body["requester_id"], json!(KIM));
    assert_eq!(asked[1].body["responder_id"], json!(501_001_202_520_u64));
    assert_eq!(asked[1].body["source"], json!(7));
}

#[tokio::test]
async fn the_same_new_record_makes_one_ticket() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    account.answers([(200, json!([])), made("call/1"), noted()]);
    let first = connector.create_record(&new).await.unwrap();
    account.asked();
    let whole = ticket(
        json!({ "custom_fields": fields(&["call/1"]), "conversations": notes(&["call/1"]) }),
    );
    account.answers([(200, whole.clone())]);
    let second = connector.create_record(&new).await.unwrap();
    assert_eq!(second.id, first.id);
    assert_eq!(account.calls(), ["GET /tickets/41"]);
    // Another process knows neither the customer nor the ticket.
    account.answers([(200, json!([whole])), (200, whole)]);
    let third = account.connector(json!({})).create_record(&new).await;
    assert_eq!(third.unwrap().id, first.id);
    assert_eq!(account.calls(), ["GET /tickets", "GET /tickets/41"]);
}

#[tokio::test]
async fn withheld_callers_have_contacts_that_only_they_can_have() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    for (customer, external_id, name) in [
        (
            RecordCustomer::Anonymous,
            format!("casewire:{}", token("call/1")),
            "Anonymous caller",
        ),
        (
            RecordCustomer::SharedAnonymous,
            "casewire:anonymous".to_owned(),
            "Anonymous callers",
        ),
    ] {
        account.answers([(200, json!([])), made("call/1"), noted()]);
        let connector = account.connector(json!({}));
        connector
            .create_record(&new_record("call/1", customer))
            .await
            .unwrap();
        let asked = account.asked();
        let filter = format!("unique_external_id={external_id}");
        assert_eq!(asked[0].line, list_of(&filter));
        assert_eq!(asked[1].body["unique_external_id"], json!(external_id));
        assert_eq!(asked[1].body["name"], json!(name));
    }
    let nobody = new_record("call/2", RecordCustomer::None);
    let error = connector.create_record(&nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(account.calls(), [""; 0]);
}

#[tokio::test]
async fn r11_a_follow_up_names_its_ticket_and_has_its_tags() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "statuses": { "resolved": [4], "closed": [5] } }));
    let parent =
        ticket(json!({ "id": 14, "status": 5, "tags": ["vip", "ujet"], "conversations": [] }));
    account.answers([(200, json!([])), (200, parent), made("call/1"), noted()]);
    let new = NewRecord {
        follow_up_of: Some(RecordId("14".to_owned())),
        queue: None,
        ..new_record("call/1", RecordCustomer::Known(CustomerId("9".to_owned())))
    };
    connector.create_record(&new).await.unwrap();
    let body = account.asked()[2].body.clone();
    assert_eq!(
        body["description"],
        "<div>Billing &amp; &lt;more&gt;</div><div>Follow-up of ticket #14</div>"
    );
    assert_eq!(body["tags"], json!(["vip", "ujet", "Voice Inbound (IVR)"]));
    assert_eq!(body["custom_fields"]["cf_queue_7"], "13");
    // An archived ticket is none any more.
    account.answers([(200, json!([])), (404, Value::Null)]);
    let again = NewRecord {
        session: session("call/2"),
        ..new
    };
    let error = connector.create_record(&again).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    account.asked();
}

#[tokio::test]
async fn what_the_account_requires_is_given_by_the_config() {
    let account = Account::new().await;
    let values = json!({ "type": "Question", "priority": 2, "group_id": 7, "cf_brand": "acme", "vip": true });
    let connector = account.connector(json!({ "ticket_values": values, "default_user": 11 }));
    account.answers([(200, json!([])), made("call/1"), noted()]);
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    connector.create_record(&new).await.unwrap();
    let body = account.asked()[1].body.clone();
    assert_eq!(body["type"], "Question");
    assert_eq!(body["priority"], 2);
    assert_eq!(body["group_id"], 7);
    assert_eq!(body["source"], 3);
    assert_eq!(body["responder_id"], 11);
    assert_eq!(body["custom_fields"]["cf_brand"], "acme");
    assert_eq!(body["custom_fields"]["vip"], true);
    assert_eq!(body["custom_fields"]["cf_queue_7"], "13");
}

#[tokio::test]
async fn a_field_that_is_missing_is_named() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let refusal = json!({ "description": "Validation failed", "errors": [
        { "field": "custom_fields.cf_brand", "message": "kim@example.com", "code": "missing_field" } ] });
    account.answers([(200, json!([])), (400, refusal)]);
    let new = new_record("call/1", RecordCustomer::New(by_email()));
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .message()
            .contains("custom_fields.cf_brand (missing_field)"),
        "{error}"
    );
    assert!(!error.message().contains("kim"), "{error}");
    account.asked();
}

#[tokio::test]
async fn a_customer_who_is_gone_is_decided_about_once_more() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let refusal = || json!({ "errors": [{ "field": "requester_id", "code": "invalid_value" }] });
    let known = RecordCustomer::Known(CustomerId(KIM.to_string()));
    for kind in [ErrorKind::Conflict, ErrorKind::Rejected] {
        account.answers([(200, json!([])), (400, refusal())]);
        let new = new_record("call/1", known.clone());
        let error = connector.create_record(&new).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    account.asked();
}
