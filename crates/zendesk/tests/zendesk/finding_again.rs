//! A session's own ticket, whatever became of it.

use std::time::Duration;

use casewire_core::{
    CrmConnector, LookUp, Record, RecordCustomer, RecordState, StatusChange, TraceSearch,
};
use casewire_zendesk::Zendesk;
use http::Method;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::account::{Account, append, by_phone, look_up, new_record, session};

/// Call 1 made the ticket and call 2 joined it.
async fn two_sessions(account: &Account, zendesk: &Zendesk) -> Record {
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let made = zendesk.create_record(&new).await.unwrap();
    account.tick();
    let what = append("call/2", StatusChange::Keep);
    let joined = zendesk.append(&made, &what).await.unwrap();
    account.tick();
    joined
}

fn thoroughly(subject: &str) -> LookUp {
    look_up(subject, by_phone(), TraceSearch::Thorough)
}

async fn own(account: &Account, query: &LookUp) -> Option<Record> {
    let found = account.connector().look_up(query).await.unwrap();
    found.own
}

#[tokio::test]
async fn it_is_found_without_its_customer() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::Anonymous);
    let record = zendesk.create_record(&new).await.unwrap();
    let mut query = thoroughly("call/1");
    query.customer = None;
    assert_eq!(own(&account, &query).await.unwrap().id, record.id);
    query.session = session("call/12");
    assert_eq!(own(&account, &query).await, None);
}

#[tokio::test]
async fn nothing_more_is_asked_once_it_is_seen() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    let path = format!("records/{}", ticket.id);
    account.control(Method::PATCH, &path, json!({ "state": "resolved" }));
    let mut query = thoroughly("call/2");
    let since = Timestamp::now().checked_sub(48.hours()).unwrap();
    query.records.as_mut().unwrap().closed_since = Some(since);
    let (found, calls) = account.calls_of(zendesk.look_up(&query)).await;
    assert_eq!(calls, ["GET /api/v2/users/{id}/tickets/requested"]);
    assert_eq!(found.unwrap().own.unwrap().id, ticket.id);
}

#[tokio::test]
async fn it_is_found_although_no_records_are_wanted() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    account.lag(Duration::from_secs(1));
    let mut query = thoroughly("call/2");
    query.records = None;
    assert_eq!(own(&account, &query).await.unwrap().id, ticket.id);
    query.session = session("call/3");
    let found = account.connector().look_up(&query).await.unwrap();
    assert!(found.customer.is_some());
    assert_eq!((found.own, found.records), (None, Vec::new()));
}

#[tokio::test]
async fn it_is_found_when_another_customer_has_it_now() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    account.give_away(&ticket.id);
    for subject in ["call/1", "call/2"] {
        let found = own(&account, &thoroughly(subject)).await.unwrap();
        assert_eq!(found.id, ticket.id);
        assert_ne!(found.customer, ticket.customer);
    }
}

#[tokio::test]
async fn a_merged_one_is_closed() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    let merged = json!({ "state": "closed", "tags": ["closed_by_merge"] });
    account.control(Method::PATCH, &format!("records/{}", ticket.id), merged);
    for subject in ["call/1", "call/2"] {
        let found = own(&account, &thoroughly(subject)).await.unwrap();
        assert_eq!(found.id, ticket.id);
        assert_eq!(found.state, RecordState::Closed);
    }
    let third = thoroughly("call/3");
    assert_eq!(
        account.connector().look_up(&third).await.unwrap().records,
        []
    );
}

#[tokio::test]
async fn a_deleted_one_is_none() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    let path = format!("tickets/{}", ticket.id);
    account.ask(Method::DELETE, &path, &serde_json::Value::Null);
    for subject in ["call/1", "call/2"] {
        assert_eq!(own(&account, &thoroughly(subject)).await, None);
    }
}

#[tokio::test]
async fn comments_tell_what_the_sessions_field_does_not() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    for text in ["", "see Ana", "call/999@aaaaaa"] {
        account.write_sessions(&ticket.id, text);
        for subject in ["call/1", "call/2"] {
            let found = own(&account, &thoroughly(subject)).await.unwrap();
            assert_eq!(found.id, ticket.id, "{text}");
            assert!(found.trace.has_session(&session("call/2")));
            assert!(found.trace.begins_with(&session("call/1")));
            assert!(found.trace.to_text(1_000).ends_with(text));
        }
        let read = account.connector().read_record(&ticket.id).await.unwrap();
        assert!(read.unwrap().trace.has_session(&session("call/2")));
    }
}

#[tokio::test]
async fn comments_are_read_to_the_last() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    let path = format!("tickets/{}", ticket.id);
    for number in 0..60 {
        // No ticket takes more than 30 updates in ten minutes.
        account.sandbox.advance(Duration::from_secs(60));
        let comment = json!({ "body": format!("number {number}"), "public": number % 2 == 0 });
        account.ask(
            Method::PUT,
            &path,
            &json!({ "ticket": { "comment": comment } }),
        );
    }
    account.sandbox.advance(Duration::from_secs(60));
    let now = zendesk.read_record(&ticket.id).await.unwrap().unwrap();
    let what = append("call/3", StatusChange::Keep);
    zendesk.append(&now, &what).await.unwrap();
    account.write_sessions(&ticket.id, "");
    let found = own(&account, &thoroughly("call/3")).await.unwrap();
    assert_eq!(found.id, ticket.id);
}

#[tokio::test]
async fn a_customers_words_are_no_note() {
    let (account, zendesk) = Account::ready().await;
    let ticket = two_sessions(&account, &zendesk).await;
    let token = session("call/3").token();
    let comment = json!({ "body": format!("[casewire {token} linked]"), "public": true });
    let path = format!("tickets/{}", ticket.id);
    account.ask(
        Method::PUT,
        &path,
        &json!({ "ticket": { "comment": comment } }),
    );
    account.write_sessions(&ticket.id, "");
    assert_eq!(own(&account, &thoroughly("call/3")).await, None);
}
