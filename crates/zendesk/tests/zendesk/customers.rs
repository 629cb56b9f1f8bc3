//! The customers of new tickets.

use std::time::Duration;

use casewire_core::{
    CrmConnector, CustomerId, ErrorKind, QueueId, RecordCustomer, RecordState, TraceSearch,
};
use casewire_sandbox::Fault;
use http::Method;
use serde_json::{Value, json};

use crate::account::{
    Account, by_email, by_external_id, by_phone, look_up, new_record, session, texts,
};

#[tokio::test]
async fn a_new_phone_customer_costs_a_user_and_a_ticket() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let (record, calls) = account.calls_of(zendesk.create_record(&new)).await;
    assert_eq!(calls, ["POST /api/v2/tickets", "POST /api/v2/users"]);
    let record = record.unwrap();
    assert_eq!(record.state, RecordState::Open);
    assert!(record.trace.has_session(&session("call/1")));
    let [customer] = &account.customers()[..] else {
        panic!("one customer expected");
    };
    assert_eq!(customer["phone"], "+15550100100");
    assert_eq!(customer["email"], Value::Null);
    let [stored] = &account.records()[..] else {
        panic!("one record expected");
    };
    assert_eq!(stored["queue"], "13");
    assert_eq!(stored["customer"], "+15550100100");
    assert_eq!(stored["tags"], json!(["voice_inbound"]));
    assert_eq!(stored["sessions"], json!(["call/1"]));
    assert_eq!(texts(stored), ["Voice Inbound\nQueue: Billing"]);
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn a_new_email_customer_costs_a_user_and_a_ticket() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("chat/1", RecordCustomer::New(by_email()));
    let (record, calls) = account.calls_of(zendesk.create_record(&new)).await;
    record.unwrap();
    assert_eq!(calls, ["POST /api/v2/tickets", "POST /api/v2/users"]);
    assert_eq!(account.customers()[0]["email"], "kim@example.com");
}

#[tokio::test]
async fn a_customer_whose_creation_was_lost_is_found_again() {
    let (account, zendesk) = Account::ready().await;
    account.sandbox.inject(Fault::LostAnswer);
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    zendesk.create_record(&new).await.unwrap();
    assert_eq!(account.customers().len(), 1);
    assert_eq!(account.records().len(), 1);
}

#[tokio::test]
async fn a_customer_that_a_lagging_search_missed_is_not_created_twice() {
    for identity in [by_phone(), by_email()] {
        let (account, zendesk) = Account::ready().await;
        account.lag(Duration::from_secs(600));
        let first = new_record("call/1", RecordCustomer::New(identity.clone()));
        let first = zendesk.create_record(&first).await.unwrap();
        let other_process = account.connector();
        let mut second = new_record("call/2", RecordCustomer::New(identity.clone()));
        second.queue = Some(QueueId("14".into()));
        let second = other_process.create_record(&second).await.unwrap();
        assert_eq!(second.customer, first.customer);
        assert_eq!(account.customers().len(), 1);
    }
}

#[tokio::test]
async fn a_missed_customer_with_a_ticket_in_the_queue_is_decided_on_again_once() {
    for state in ["open", "resolved", "closed"] {
        let (account, zendesk) = Account::ready().await;
        account.lag(Duration::from_secs(600));
        let first = new_record("call/1", RecordCustomer::New(by_email()));
        let first = zendesk.create_record(&first).await.unwrap();
        let path = format!("records/{}", first.id);
        account.control(Method::PATCH, &path, json!({ "state": state }));
        let other_process = account.connector();
        let second = new_record("call/2", RecordCustomer::New(by_email()));
        let error = other_process.create_record(&second).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        let query = look_up("call/2", by_email(), TraceSearch::OnTheWay);
        let found = other_process.look_up(&query).await.unwrap();
        assert_eq!(found.records[0].id, first.id);
        // Whoever decides for a ticket of its own all the same gets it.
        other_process.create_record(&second).await.unwrap();
        assert_eq!(account.records().len(), 2);
    }
}

#[tokio::test]
async fn a_customer_whom_zendesk_refuses_is_decided_on_again_once() {
    let (account, zendesk) = Account::ready().await;
    let nobody = RecordCustomer::Known(CustomerId("424242".to_owned()));
    let new = new_record("call/1", nobody);
    for kind in [ErrorKind::Conflict, ErrorKind::Rejected] {
        let error = zendesk.create_record(&new).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(account.records().len(), 0);
}

#[tokio::test]
async fn an_email_address_that_another_user_has_finds_that_user_unchanged() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "email": "kim@example.com", "name": "Kim" }));
    let path = format!("users/{}", account.customers()[0]["id"].as_str().unwrap());
    let name = |account: &Account| account.shown(&path)["user"]["name"].clone();
    let mut identity = by_external_id();
    identity.email = by_email().email;
    let new = new_record("call/1", RecordCustomer::New(identity));
    zendesk.create_record(&new).await.unwrap();
    assert_eq!(account.customers().len(), 1);
    assert_eq!(account.records()[0]["customer"], "kim@example.com");
    assert_eq!(name(&account), "Kim");
}

#[tokio::test]
async fn withheld_callers_are_each_their_own_customer_or_share_one() {
    let (account, zendesk) = Account::ready().await;
    for (subject, customer) in [
        ("call/1", RecordCustomer::Anonymous),
        ("call/2", RecordCustomer::Anonymous),
        ("call/3", RecordCustomer::SharedAnonymous),
        ("call/4", RecordCustomer::SharedAnonymous),
        ("call/5", RecordCustomer::None),
    ] {
        let new = new_record(subject, customer);
        zendesk.create_record(&new).await.unwrap();
    }
    // A new process finds the shared one too.
    let new = new_record("call/6", RecordCustomer::SharedAnonymous);
    account.connector().create_record(&new).await.unwrap();
    assert_eq!(account.records().len(), 6);
    assert_eq!(account.customers().len(), 3);
}
