//! Requests that make records.

use casewire_core::{
    CrmConnector as _, CustomerIdentity, NewRecord, Note, PersonName, RecordCustomer, RecordState,
    SessionKey, Trace, UserId,
};
use serde_json::{Value, json};

use super::org::{
    CASE, GOLDEN, KIM, connector, connector_with, ended, exchange, id, kim, linked, parts, play,
};
use crate::script::answered;
use crate::story::{self, by_email, by_phone};

pub(super) fn new_record(customer: RecordCustomer) -> NewRecord {
    NewRecord {
        tags: Vec::new(),
        notes: vec![linked(), ended()],
        ..story::new_record(customer)
    }
}

pub(super) fn ana() -> UserId {
    UserId("005000000000777AAA".to_owned())
}

/// The one request of a new record, with the request for the statuses before it.
async fn creates(request: &'static str, answer: &str, new: &NewRecord, changes: Value) {
    let script = play([
        exchange("statuses"),
        answered(request, GOLDEN.answer(answer)),
    ])
    .await;
    let created = connector_with(&script, changes).create_record(new).await;
    script.assert_played().await;
    assert_eq!(created.unwrap().id, id(CASE));
}

#[tokio::test]
async fn creates_a_case_for_a_known_customer() {
    let script = play(["statuses", "case_create"].map(exchange)).await;
    let new = NewRecord {
        owner: Some(ana()),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await;
    script.assert_played().await;
    let created = created.unwrap();
    assert_eq!(created.id, id(CASE));
    assert_eq!(created.customer, Some(kim()));
    assert_eq!(created.state, RecordState::Open);
    let whole = "call/987@e0e480 call/987@e0e480#ended:1b2c3d";
    assert_eq!(created.trace, Trace::parse(whole));
    assert_eq!(created.version.as_deref(), Some("2026-01-24T02:00:00.000Z"));
}

#[tokio::test]
async fn creates_a_phone_customer_in_the_same_call() {
    let customer = CustomerIdentity {
        name: PersonName::parse("Kim Example"),
        ..by_phone()
    };
    let new = new_record(RecordCustomer::New(customer));
    let answer = "case_create_with_customer";
    creates("case_create_for_phone_customer", answer, &new, json!({})).await;
}

#[tokio::test]
async fn creates_an_email_customer_in_the_same_call() {
    let new = new_record(RecordCustomer::New(by_email()));
    let answer = "case_create_with_customer";
    creates("case_create_for_email_customer", answer, &new, json!({})).await;
}

#[tokio::test]
async fn creates_an_anonymous_caller() {
    let new = new_record(RecordCustomer::Anonymous);
    let answer = "case_create_with_customer";
    creates("case_create_for_anonymous", answer, &new, json!({})).await;
}

#[tokio::test]
async fn creates_the_caller_whom_all_anonymous_ones_share() {
    let new = new_record(RecordCustomer::SharedAnonymous);
    let answer = "case_create_with_customer";
    creates("case_create_for_shared_anonymous", answer, &new, json!({})).await;
}

#[tokio::test]
async fn creates_a_case_without_a_customer() {
    let new = new_record(RecordCustomer::None);
    creates(
        "case_create_without_customer",
        "case_create",
        &new,
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn follows_a_case_up() {
    let new = NewRecord {
        follow_up_of: Some(id("500000000000009AAA")),
        ..new_record(RecordCustomer::Known(kim()))
    };
    creates("case_follow_up", "case_create", &new, json!({})).await;
}

#[tokio::test]
async fn writes_fixed_values_and_lets_the_org_assign() {
    let changes = json!({
        "auto_assign": true,
        "customer": { "record_type_id": "012000000000001AAA" },
        "record_values": { "Origin": "Phone", "Is_Urgent__c": false },
        "customer_values": { "LeadSource": "Phone", "Level__c": 2 },
    });
    let new = new_record(RecordCustomer::New(by_email()));
    let answer = "case_create_with_customer";
    creates("case_create_with_fixed_values", answer, &new, changes).await;
}

#[tokio::test]
async fn hangs_entries_on_the_account() {
    let changes = json!({ "session_data": { "attach_to": "account" } });
    let new = new_record(RecordCustomer::Known(kim()));
    creates("case_create_on_account", "case_create", &new, changes).await;
}

#[tokio::test]
async fn gives_a_case_to_the_default_queue() {
    let changes = json!({ "default_user": "00G000000000001AAA" });
    let new = new_record(RecordCustomer::Known(kim()));
    creates("case_create_for_queue", "case_create", &new, changes).await;
}

#[tokio::test]
async fn gives_a_case_to_the_default_user() {
    let script = play([
        exchange("user_by_email"),
        exchange("statuses"),
        answered("case_create", GOLDEN.answer("case_create")),
    ])
    .await;
    let connector = connector_with(&script, json!({ "default_user": "ana@example.com" }));
    let new = new_record(RecordCustomer::Known(kim()));
    connector.create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn text_that_looks_like_a_reference_is_none() {
    let customer = CustomerIdentity {
        name: PersonName::parse("@{read.Id} Example"),
        ..by_phone()
    };
    let note = Note {
        text: "Queue: @{customer.id}\nLanguage: @{nobody.Id}".to_owned(),
        ..linked()
    };
    let new = NewRecord {
        title: "@{record.id}".to_owned(),
        notes: vec![note, ended()],
        ..new_record(RecordCustomer::New(customer))
    };
    let answer = "case_create_with_customer";
    creates("case_create_with_braces", answer, &new, json!({})).await;
}

#[tokio::test]
async fn writes_session_entries_without_asking_for_statuses() {
    let answer = GOLDEN.answer("case_create_with_customer");
    let script = play([answered("case_create_with_session_entries", answer)]).await;
    let changes = json!({ "session_data": { "object": "session_entry" } });
    let connector = connector_with(&script, changes);
    let new = new_record(RecordCustomer::New(by_phone()));
    connector.create_record(&new).await.unwrap();
    script.assert_played().await;
}

/// The answer to a new account.
fn customer() -> Value {
    json!({ "id": "001000000000001AAA", "success": true, "errors": [] })
}

#[tokio::test]
async fn creates_an_opportunity_of_a_new_account() {
    let read = json!({
        "Id": "006000000000001AAA", "StageName": "Prospecting", "IsClosed": false,
        "CreatedDate": "2026-01-24T02:00:00.000+0000", "LastStageChangeDate": null,
        "SystemModstamp": "2026-01-24T02:00:00.000+0000", "ContactId": null, "AccountId": "001000000000001AAA",
        "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "call/987@e0e480",
    });
    let answer = parts([("customer", 201, customer()), ("read", 200, read)]);
    let script = play([
        exchange("statuses_of_opportunities"),
        answered("opportunity_create", answer),
    ])
    .await;
    let connector = connector_with(&script, json!({ "record_object": "opportunity" }));
    let new = new_record(RecordCustomer::New(by_phone()));
    let created = connector.create_record(&new).await;
    script.assert_played().await;
    let created = created.unwrap();
    assert_eq!(created.id, id("006000000000001AAA"));
    assert_eq!(created.customer.unwrap().0, "001000000000001AAA");
}

#[tokio::test]
async fn creates_a_task_on_an_account() {
    let read = json!({
        "Id": "00T000000000001AAA", "Status": "Not Started", "IsClosed": false,
        "CreatedDate": "2026-01-24T02:00:00.000+0000", "CompletedDateTime": null,
        "SystemModstamp": "2026-01-24T02:00:00.000+0000", "WhoId": null, "WhatId": "001000000000001AAA",
        "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "call/987@e0e480",
    });
    let script = play([
        exchange("statuses_of_tasks"),
        answered(
            "task_create_on_account",
            parts([("customer", 201, customer()), ("read", 200, read)]),
        ),
    ])
    .await;
    let connector = connector_with(&script, json!({ "record_object": "account" }));
    let new = NewRecord {
        owner: Some(ana()),
        ..new_record(RecordCustomer::New(by_phone()))
    };
    let created = connector.create_record(&new).await;
    script.assert_played().await;
    assert_eq!(created.unwrap().id, id("00T000000000001AAA"));
}

#[tokio::test]
async fn creates_a_task_on_a_contact() {
    let read = json!({
        "Id": "00T000000000001AAA", "Status": "Not Started", "IsClosed": false,
        "CreatedDate": "2026-01-24T02:00:00.000+0000", "CompletedDateTime": null,
        "SystemModstamp": "2026-01-24T02:00:00.000+0000", "WhoId": KIM, "WhatId": null,
        "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "chat/5@e0e480",
    });
    let script = play([
        exchange("statuses_of_tasks"),
        answered("task_create_on_contact", parts([("read", 200, read)])),
    ])
    .await;
    let connector = connector_with(&script, json!({ "record_object": "contact" }));
    let source = "//contact-center/acme".into();
    let new = NewRecord {
        session: SessionKey::parse(&source, "chat/5").unwrap(),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector.create_record(&new).await;
    script.assert_played().await;
    assert_eq!(created.unwrap().customer, Some(kim()));
}
