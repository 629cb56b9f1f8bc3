//! How many requests the Zendesk connector spends. Those for an access token are not counted, and the fields' ids are
//! in its config, as `casewire setup` prints them.

use std::collections::BTreeMap;

use casewire_core::{
    Append, CrmConnector, CustomerIdentity, RecordCustomer, RecordState, StatusChange,
};

use crate::story::{append, by_email, ended, given, joining, kim, new_record, note, query};
use crate::vendor::{Vendor as _, ZendeskVendor};

/// The requests that `work` makes.
async fn calls_of(v: &ZendeskVendor, work: impl AsyncFnOnce()) -> BTreeMap<String, u64> {
    let before = v.calls();
    work().await;
    let mut calls = v.calls();
    calls.retain(|operation, count| {
        *count -= before.get(operation).copied().unwrap_or_default();
        *count > 0
    });
    calls
}

fn once<const N: usize>(operations: [&str; N]) -> BTreeMap<String, u64> {
    operations.map(|operation| (operation.to_owned(), 1)).into()
}

async fn looks_up_and_appends(connector: &dyn CrmConnector, identity: &CustomerIdentity) {
    let found = connector.look_up(&query(identity)).await.unwrap();
    assert_eq!(found.records.len(), 1);
    connector
        .append(&found.records[0], &append("call/987"))
        .await
        .unwrap();
}

#[tokio::test]
async fn email_customer_with_open_ticket_takes_two() {
    let v = ZendeskVendor::new(0).await;
    let identity = by_email("kim@example.com");
    let customer = v.given_customer(&identity);
    given(&v, &customer, RecordState::Open);
    let connector = v.connect_with_field_ids();
    let calls = calls_of(&v, async || {
        looks_up_and_appends(&connector, &identity).await
    })
    .await;
    assert_eq!(
        calls,
        once(["GET /api/v2/search", "PUT /api/v2/tickets/{id}"])
    );
    assert_eq!(connector.api_warnings(), 0);
}

#[tokio::test]
async fn remembered_customer_with_open_ticket_takes_two() {
    let v = ZendeskVendor::new(0).await;
    let customer = v.given_customer(&kim());
    given(&v, &customer, RecordState::Open);
    let connector = v.connect_with_field_ids();
    connector.look_up(&query(&kim())).await.unwrap();
    let calls = calls_of(&v, async || looks_up_and_appends(&connector, &kim()).await).await;
    let list = "GET /api/v2/users/{id}/tickets/requested";
    assert_eq!(calls, once([list, "PUT /api/v2/tickets/{id}"]));
}

#[tokio::test]
async fn new_phone_customer_takes_three() {
    let v = ZendeskVendor::new(0).await;
    let connector = v.connect_with_field_ids();
    let calls = calls_of(&v, async || {
        let found = connector.look_up(&query(&kim())).await.unwrap();
        assert_eq!(found.customer, None);
        let new = new_record("call/987", RecordCustomer::New(kim()));
        connector.create_record(&new).await.unwrap();
    });
    let search = "GET /api/v2/users/search";
    assert_eq!(
        calls.await,
        once([search, "POST /api/v2/tickets", "POST /api/v2/users"])
    );
    assert_eq!(connector.api_warnings(), 0);
}

#[tokio::test]
async fn new_email_customer_takes_four() {
    let v = ZendeskVendor::new(0).await;
    let connector = v.connect_with_field_ids();
    let identity = by_email("kim@example.com");
    let calls = calls_of(&v, async || {
        let found = connector.look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer, None);
        let new = new_record("chat/987", RecordCustomer::New(identity.clone()));
        connector.create_record(&new).await.unwrap();
    });
    let (tickets, users) = ("GET /api/v2/search", "GET /api/v2/users/search");
    assert_eq!(
        calls.await,
        once([tickets, users, "POST /api/v2/tickets", "POST /api/v2/users"])
    );
    assert_eq!(connector.api_warnings(), 0);
}

#[tokio::test]
async fn notes_of_several_sessions_status_tags_and_trace_are_one() {
    let v = ZendeskVendor::new(0).await;
    let customer = v.given_customer(&kim());
    let id = given(&v, &customer, RecordState::Resolved);
    let connector = v.connect_with_field_ids();
    let record = connector.read_record(&id).await.unwrap().unwrap();
    let what = Append {
        tags: vec!["casewire".to_owned()],
        status: StatusChange::DefaultOpen,
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("chat/5", &[note("Chat 5")]),
        ],
        ..append("call/987")
    };
    let calls = calls_of(&v, async || {
        connector.append(&record, &what).await.unwrap();
    });
    assert_eq!(calls.await, once(["PUT /api/v2/tickets/{id}"]));
    assert_eq!(connector.api_warnings(), 0);
}
