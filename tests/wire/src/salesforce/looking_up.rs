//! Requests that look for customers, records and users.

use casewire_core::{
    CrmConnector as _, CustomerId, CustomerIdentity, Email, ExternalId, LookUp, QueueId,
    RecordState, Trace, TraceSearch, UserId, WantedRecords,
};
use serde_json::json;

use super::org::{
    CASE, GOLDEN, KIM, connector, connector_with, exchange, id, kim, made_by_the_session, parts,
    play, rows,
};
use crate::script::{answered, json};
use crate::story::{by_email, by_phone, records_of, session, who};

/// A customer with an external id that has to be quoted, who writes.
fn neil() -> CustomerIdentity {
    CustomerIdentity {
        external_id: ExternalId::parse(r"O'Neil\7"),
        ..CustomerIdentity::default()
    }
}

fn thorough() -> LookUp {
    LookUp {
        session: session(),
        customer: None,
        records: None,
        trace: TraceSearch::Thorough,
    }
}

#[tokio::test]
async fn reads_a_case_with_its_entries() {
    let script = play([exchange("case_read")]).await;
    let read = connector(&script).read_record(&id(CASE)).await;
    script.assert_played().await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.id, id(CASE));
    assert_eq!(read.customer, Some(kim()));
    assert_eq!(read.queue, Some(QueueId("13".into())));
    assert_eq!(read.state, RecordState::Open);
    assert_eq!(read.created_at, "2026-01-24T01:14:06Z".parse().unwrap());
    assert_eq!(read.closed_at, None);
    assert_eq!(read.trace, Trace::parse("call/986@aaaaaa"));
    assert_eq!(read.version.as_deref(), Some("2026-01-24T01:20:00.000Z"));
    assert!(read.url.unwrap().ends_with(&format!("/{CASE}")));
}

#[tokio::test]
async fn reads_a_task_and_its_siblings() {
    let task = json!({
        "Id": "00T000000000001AAA", "Status": "Completed", "IsClosed": true,
        "CreatedDate": "2026-01-24T01:14:06.000+0000", "CompletedDateTime": "2026-01-24T02:00:00.000+0000",
        "SystemModstamp": "2026-01-24T02:00:00.000+0000", "WhoId": KIM, "WhatId": null,
        "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "call/986@aaaaaa",
    });
    let entry = json!({ "Casewire_Key__c": "call/986@aaaaaa#ended:1b2c3d" });
    let answer = parts([
        ("record", 200, rows([task])),
        ("entries", 200, rows([entry])),
    ]);
    let script = play([answered("task_read", answer)]).await;
    let connector = connector_with(&script, json!({ "record_object": "contact" }));
    let read = connector.read_record(&id("00T000000000001AAA")).await;
    script.assert_played().await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.customer, Some(kim()));
    assert_eq!(read.state, RecordState::Resolved);
    assert_eq!(read.closed_at, "2026-01-24T02:00:00Z".parse().ok());
    let whole = "call/986@aaaaaa call/986@aaaaaa#ended:1b2c3d";
    assert_eq!(read.trace, Trace::parse(whole));
}

#[tokio::test]
async fn finds_the_customer_created_last_by_email() {
    let script = play([exchange("customer_by_email")]).await;
    let found = connector(&script).look_up(&who(by_email())).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().customer, Some(kim()));
}

#[tokio::test]
async fn finds_a_customer_by_external_id() {
    let row = json!({ "Id": KIM, "CreatedDate": "2026-01-20T09:00:00.000+0000", "Casewire_External_Id__c": r"o'neil\7" });
    let answer = parts([("customers0", 200, rows([row]))]);
    let script = play([answered("customer_by_external_id", answer)]).await;
    let found = connector(&script).look_up(&who(neil())).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().customer, Some(kim()));
}

#[tokio::test]
async fn finds_the_records_of_an_email_customer_in_the_same_call() {
    let script = play([exchange("records_by_email")]).await;
    let found = connector(&script).look_up(&records_of(by_email())).await;
    script.assert_played().await;
    let found = found.unwrap();
    let ids: Vec<_> = found.records.iter().map(|record| &*record.id.0).collect();
    assert_eq!(
        ids,
        ["500000000000002AAA", "500000000000004AAA"],
        "the third is another customer's"
    );
    let trace = Trace::parse("call/986@aaaaaa call/985@aaaaaa");
    assert_eq!(found.records[0].trace, trace);
    assert_eq!(found.records[1].state, RecordState::Resolved);
    assert_eq!(found.own, None);
}

#[tokio::test]
async fn searches_for_a_phone_number_first() {
    let script = play(["phone_search", "records_by_phone"].map(exchange)).await;
    let found = connector(&script).look_up(&records_of(by_phone())).await;
    script.assert_played().await;
    let found = found.unwrap();
    assert_eq!(found.customer, Some(kim()));
    assert_eq!(found.records[0].id, id(CASE));
}

#[tokio::test]
async fn an_unknown_phone_number_is_asked_for_in_the_guards() {
    let none = json(200, json!({ "searchRecords": [] }));
    let nobody = parts([("customers0", 200, rows([]))]);
    let script = play([
        answered("phone_search", none),
        answered("customer_by_phone", nobody),
    ])
    .await;
    let found = connector(&script).look_up(&who(by_phone())).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().customer, None);
}

#[tokio::test]
async fn a_remembered_customer_is_not_searched_for() {
    let again = GOLDEN.answer("records_by_phone");
    let script = play([
        exchange("phone_search"),
        exchange("records_by_phone"),
        answered("records_by_phone", again),
    ])
    .await;
    let connector = connector(&script);
    for _ in 0..2 {
        let found = connector.look_up(&records_of(by_phone())).await.unwrap();
        assert_eq!(found.customer, Some(kim()));
    }
    script.assert_played().await;
}

#[tokio::test]
async fn asks_for_records_that_were_closed_lately() {
    let answer = GOLDEN.answer("records_by_email");
    let script = play([answered("records_closed_since", answer)]).await;
    let query = LookUp {
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: "2026-01-17T01:14:06.5Z".parse().ok(),
        }),
        ..records_of(by_email())
    };
    let found = connector(&script).look_up(&query).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().records.len(), 2);
}

#[tokio::test]
async fn looks_for_customers_of_two_kinds() {
    let person = json!({ "Id": "001000000000002AAA", "CreatedDate": "2026-01-20T09:00:00.000+0000", "PersonEmail": "kim@example.com" });
    let answer = parts([
        ("customers0", 200, rows([])),
        ("records0", 200, rows([])),
        ("customers1", 200, rows([person])),
        ("records1", 200, rows([])),
    ]);
    let script = play([answered("records_of_two_kinds", answer)]).await;
    let changes = json!({ "customer": { "second": "person_account" } });
    let connector = connector_with(&script, changes);
    let found = connector.look_up(&records_of(by_email())).await;
    script.assert_played().await;
    let person = CustomerId("001000000000002AAA".to_owned());
    assert_eq!(found.unwrap().customer, Some(person));
}

#[tokio::test]
async fn asks_for_tasks_by_the_id_of_the_lead() {
    let lead = json!({ "Id": "00Q000000000001AAA", "CreatedDate": "2026-01-20T09:00:00.000+0000", "Email": "kim@example.com" });
    let script = play([
        answered("lead_by_email", parts([("customers0", 200, rows([lead]))])),
        answered("tasks_of_lead", parts([("records", 200, rows([]))])),
    ])
    .await;
    let connector = connector_with(&script, json!({ "record_object": "lead" }));
    let found = connector.look_up(&records_of(by_email())).await;
    script.assert_played().await;
    let lead = CustomerId("00Q000000000001AAA".to_owned());
    assert_eq!(found.unwrap().customer, Some(lead));
}

#[tokio::test]
async fn finds_its_own_case_by_an_entry() {
    let script = play([exchange("own_entries"), exchange("case_read")]).await;
    let found = connector(&script).look_up(&thorough()).await;
    script.assert_played().await;
    let own = found.unwrap().own.unwrap();
    assert_eq!(own.id, id(CASE), "where its entry was moved to");
}

#[tokio::test]
async fn finds_the_case_that_it_made_itself() {
    let answer = parts([
        ("made", 200, made_by_the_session()),
        ("entries", 200, rows([])),
    ]);
    let script = play([answered("own_entries", answer)]).await;
    let found = connector(&script).look_up(&thorough()).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().own.unwrap().id, id(CASE));
}

#[tokio::test]
async fn finds_its_own_session_entries() {
    let answer = parts([("made", 200, rows([])), ("entries", 200, rows([]))]);
    let script = play([answered("own_session_entries", answer)]).await;
    let changes = json!({
        "record_object": "opportunity", "session_data": { "object": "session_entry" },
    });
    let connector = connector_with(&script, changes);
    let found = connector.look_up(&thorough()).await;
    script.assert_played().await;
    assert_eq!(found.unwrap().own, None);
}

#[tokio::test]
async fn finds_an_agent() {
    let script = play([exchange("user_by_email")]).await;
    let email = Email::parse("ana@example.com").unwrap();
    let user = connector(&script).find_user(&email).await;
    script.assert_played().await;
    let ana = UserId("005000000000777AAA".to_owned());
    assert_eq!(user.unwrap(), Some(ana));
}
