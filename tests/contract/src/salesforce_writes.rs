//! Salesforce's writes are one atomic call each, and entries are only ever inserted: what that gives beyond the
//! contract.

use casewire_core::{
    Append, ErrorKind, NewRecord, RecordCustomer, RecordState, StatusChange, UserId,
};

use crate::story::{agent, append, given, kim, new_record, only, query, read};
use crate::vendor::{Vendor as _, salesforce};

/// The id of a user whom the org does not have.
fn nobody() -> UserId {
    UserId("005000000000000AAA".to_owned())
}

#[tokio::test]
async fn refused_record_leaves_no_customer() {
    let v = salesforce(0).await;
    let new = NewRecord {
        owner: Some(nobody()),
        ..new_record("call/987", RecordCustomer::New(kim()))
    };
    let error = v.connect().create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(v.customers(), 0);
    assert_eq!(v.records(), []);
}

#[tokio::test]
async fn refused_owner_leaves_no_note() {
    let v = salesforce(0).await;
    let (connector, record) = read(&v, RecordState::Resolved).await;
    let what = Append {
        owner: Some(nobody()),
        status: StatusChange::DefaultOpen,
        ..append("call/987")
    };
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let shown = only(&v);
    assert_eq!(shown.notes, []);
    assert_eq!(shown.state, RecordState::Resolved);
}

#[tokio::test]
async fn session_of_another_record_changes_nothing() {
    let v = salesforce(0).await;
    let owner = v.given_user(&agent());
    let (connector, record) = read(&v, RecordState::Open).await;
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    let other = given(&v, &record.customer.unwrap(), RecordState::Resolved);
    let read = connector.read_record(&other).await.unwrap().unwrap();
    let what = Append {
        owner: Some(owner),
        status: StatusChange::DefaultOpen,
        ..append("call/987")
    };
    let error = connector.append(&read, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    let records = v.records();
    let shown = records.iter().find(|shown| shown.id == other).unwrap();
    assert_eq!(shown.state, RecordState::Resolved);
    assert_eq!(shown.owner, None);
    assert_eq!(shown.notes, []);
}

#[tokio::test]
async fn two_that_read_the_same_record_both_add_to_it() {
    let v = salesforce(0).await;
    let (one, record) = read(&v, RecordState::Open).await;
    let two = v.connect();
    two.append(&record, &append("call/987")).await.unwrap();
    one.append(&record, &append("call/988")).await.unwrap();
    assert_eq!(only(&v).sessions, ["call/987", "call/988"]);
}

#[tokio::test]
async fn second_of_two_that_create_the_same_customer_decides_again() {
    let v = salesforce(0).await;
    let new = new_record("call/987", RecordCustomer::New(kim()));
    let made = v.connect().create_record(&new).await.unwrap();
    // It looked before the other wrote.
    let connector = v.connect();
    let new = new_record("call/988", RecordCustomer::New(kim()));
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(v.customers(), 1);
    assert_eq!(only(&v).sessions, ["call/987"]);
    let found = connector.look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.records, [made]);
}
