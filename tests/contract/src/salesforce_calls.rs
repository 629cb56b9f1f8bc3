//! How many requests the Salesforce connector spends. Those for an access token are not counted. What a process asks
//! for once, the org's statuses, is counted in a test of its own.

use std::sync::Arc;

use casewire_core::{Append, CrmConnector, RecordCustomer, RecordState, StatusChange};

use crate::story::{
    agent, append, by_email, calls, ended, given, joining, kim, looks_up_and_appends,
    looks_up_and_creates, new_record, note, query,
};
use crate::vendor::{Sandboxed, Vendor as _, salesforce};

/// A connector that has written before, for nobody.
async fn warm(v: &Sandboxed) -> Arc<dyn CrmConnector> {
    let connector = v.connect();
    let new = new_record("call/1", RecordCustomer::None);
    connector.create_record(&new).await.unwrap();
    connector
}

#[tokio::test]
async fn email_customer_with_open_case_takes_two() {
    let v = salesforce(0).await;
    let identity = by_email("kim@example.com");
    given(&v, &v.given_customer(&identity), RecordState::Open);
    let connector = warm(&v).await;
    let session = v.calls_of(async || looks_up_and_appends(&*connector, &identity).await);
    assert_eq!(session.await, calls([("POST /composite", 2)]));
}

#[tokio::test]
async fn new_email_customer_takes_two() {
    let v = salesforce(0).await;
    let connector = warm(&v).await;
    let identity = by_email("kim@example.com");
    let session = v.calls_of(async || looks_up_and_creates(&*connector, &identity).await);
    assert_eq!(session.await, calls([("POST /composite", 2)]));
}

#[tokio::test]
async fn phone_customer_takes_a_search_more() {
    let expected = calls([("GET /search", 1), ("POST /composite", 2)]);
    let v = salesforce(0).await;
    let connector = warm(&v).await;
    let session = v.calls_of(async || looks_up_and_creates(&*connector, &kim()).await);
    assert_eq!(session.await, expected);

    let v = salesforce(0).await;
    given(&v, &v.given_customer(&kim()), RecordState::Open);
    let connector = warm(&v).await;
    let session = v.calls_of(async || looks_up_and_appends(&*connector, &kim()).await);
    assert_eq!(session.await, expected);
}

#[tokio::test]
async fn remembered_phone_customer_takes_two() {
    let v = salesforce(0).await;
    given(&v, &v.given_customer(&kim()), RecordState::Open);
    let connector = warm(&v).await;
    connector.look_up(&query(&kim())).await.unwrap();
    let session = v.calls_of(async || looks_up_and_appends(&*connector, &kim()).await);
    assert_eq!(session.await, calls([("POST /composite", 2)]));
}

#[tokio::test]
async fn notes_of_several_sessions_status_and_owner_are_one() {
    let v = salesforce(0).await;
    let id = given(&v, &v.given_customer(&kim()), RecordState::Resolved);
    let owner = v.given_user(&agent());
    let connector = warm(&v).await;
    let record = connector.read_record(&id).await.unwrap().unwrap();
    let what = Append {
        owner: Some(owner.clone()),
        status: StatusChange::DefaultOpen,
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("chat/5", &[note("Chat 5")]),
        ],
        ..append("call/987")
    };
    let write = v.calls_of(async || {
        connector.append(&record, &what).await.unwrap();
    });
    assert_eq!(write.await, calls([("POST /composite", 1)]));
    let records = v.records();
    let shown = records.iter().find(|shown| shown.id == id).unwrap();
    assert_eq!(shown.owner, Some(owner));
    assert_eq!(shown.state, RecordState::Open);
    assert_eq!(shown.notes.len(), 3);
}

#[tokio::test]
async fn statuses_are_asked_for_once() {
    let v = salesforce(0).await;
    let connector = v.connect();
    for (number, count) in [(1, 2), (2, 1), (3, 1)] {
        let new = new_record(&format!("call/{number}"), RecordCustomer::None);
        let write = v.calls_of(async || {
            connector.create_record(&new).await.unwrap();
        });
        assert_eq!(write.await, calls([("POST /composite", count)]));
    }
}
