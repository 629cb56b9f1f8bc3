//! How many requests the Zendesk connector spends. Those for an access token are not counted, and the fields' ids are
//! in its config, as `casewire setup` prints them.

use casewire_core::{CrmConnector, RecordState};

use crate::story::{
    by_email, given, kim, looks_up_and_appends, looks_up_and_creates, of_several, once, query,
};
use crate::vendor::{Vendor as _, zendesk, zendesk_with_field_ids};

#[tokio::test]
async fn email_customer_with_open_ticket_takes_two() {
    let v = zendesk(0).await;
    let identity = by_email("kim@example.com");
    let customer = v.given_customer(&identity);
    given(&v, &customer, RecordState::Open);
    let connector = zendesk_with_field_ids(&v);
    let calls = v
        .calls_of(async || looks_up_and_appends(&connector, &identity).await)
        .await;
    assert_eq!(
        calls,
        once(["GET /api/v2/search", "PUT /api/v2/tickets/{id}"])
    );
    assert_eq!(connector.api_warnings(), 0);
}

#[tokio::test]
async fn remembered_customer_with_open_ticket_takes_two() {
    let v = zendesk(0).await;
    let customer = v.given_customer(&kim());
    given(&v, &customer, RecordState::Open);
    let connector = zendesk_with_field_ids(&v);
    connector.look_up(&query(&kim())).await.unwrap();
    let calls = v
        .calls_of(async || looks_up_and_appends(&connector, &kim()).await)
        .await;
    let list = "GET /api/v2/users/{id}/tickets/requested";
    assert_eq!(calls, once([list, "PUT /api/v2/tickets/{id}"]));
}

#[tokio::test]
async fn new_phone_customer_takes_three() {
    let v = zendesk(0).await;
    let connector = zendesk_with_field_ids(&v);
    let calls = v.calls_of(async || {
        looks_up_and_creates(&connector, &kim()).await;
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
    let v = zendesk(0).await;
    let connector = zendesk_with_field_ids(&v);
    let identity = by_email("kim@example.com");
    let calls = v.calls_of(async || {
        looks_up_and_creates(&connector, &identity).await;
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
    let v = zendesk(0).await;
    let customer = v.given_customer(&kim());
    let id = given(&v, &customer, RecordState::Resolved);
    let connector = zendesk_with_field_ids(&v);
    let record = connector.read_record(&id).await.unwrap().unwrap();
    let what = of_several();
    let calls = v.calls_of(async || {
        connector.append(&record, &what).await.unwrap();
    });
    assert_eq!(calls.await, once(["PUT /api/v2/tickets/{id}"]));
    assert_eq!(connector.api_warnings(), 0);
}
