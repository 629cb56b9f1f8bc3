//! Finding customers, tickets and agents.

use std::time::Duration;

use casewire_core::{CrmConnector, Email, RecordCustomer, RecordState, StatusChange, TraceSearch};
use http::Method;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::account::{Account, append, by_email, by_external_id, by_phone, look_up, new_record};

const SEARCH: &str = "GET /api/v2/search";
const SEARCH_USERS: &str = "GET /api/v2/users/search";
const LIST: &str = "GET /api/v2/users/{id}/tickets/requested";
const METRICS: &str = "GET /api/v2/tickets/{id}/metrics";

#[tokio::test]
async fn a_known_email_customer_with_an_open_ticket_costs_a_search_and_an_update() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "email": "kim@example.com" }));
    for queue in ["13", "130", "13"] {
        account.tick();
        account
            .add_record(json!({ "customer": "kim@example.com", "queue": queue, "state": "open" }));
    }
    let (found, calls) = account
        .calls_of(async {
            let query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
            let found = zendesk.look_up(&query).await.unwrap();
            let newest = found.records.iter().max_by_key(|record| record.created_at);
            let what = append("chat/1", StatusChange::Keep);
            zendesk.append(newest.unwrap(), &what).await.unwrap();
            found
        })
        .await;
    assert_eq!(calls, [SEARCH, "PUT /api/v2/tickets/{id}"]);
    assert_eq!(found.records.len(), 2);
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn a_remembered_customer_costs_a_list_and_an_update() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    zendesk.create_record(&new).await.unwrap();
    let query = look_up("call/2", by_phone(), TraceSearch::OnTheWay);
    let (_, calls) = account
        .calls_of(async {
            let found = zendesk.look_up(&query).await.unwrap();
            let what = append("call/2", StatusChange::Keep);
            zendesk.append(&found.records[0], &what).await.unwrap();
        })
        .await;
    assert_eq!(
        calls,
        [
            "GET /api/v2/users/{id}/tickets/requested",
            "PUT /api/v2/tickets/{id}"
        ]
    );
}

#[tokio::test]
async fn a_new_phone_customer_costs_three_calls_in_all() {
    let (account, zendesk) = Account::ready().await;
    let query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    let (_, calls) = account
        .calls_of(async {
            assert_eq!(zendesk.look_up(&query).await.unwrap().customer, None);
            let new = new_record("call/1", RecordCustomer::New(by_phone()));
            zendesk.create_record(&new).await.unwrap();
        })
        .await;
    assert_eq!(
        calls,
        [SEARCH_USERS, "POST /api/v2/tickets", "POST /api/v2/users"]
    );
}

#[tokio::test]
async fn nothing_is_asked_when_nothing_is_wanted() {
    let (account, zendesk) = Account::ready().await;
    let mut query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    query.customer = None;
    let (found, calls) = account.calls_of(zendesk.look_up(&query)).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(found.unwrap(), casewire_core::Found::default());
}

#[tokio::test]
async fn a_lagging_search_does_not_hide_what_this_process_wrote() {
    let (account, zendesk) = Account::ready().await;
    account.lag(Duration::from_secs(600));
    for (subject, identity) in [("call/1", by_phone()), ("chat/1", by_email())] {
        let new = new_record(subject, RecordCustomer::New(identity.clone()));
        let record = zendesk.create_record(&new).await.unwrap();
        let query = look_up("call/9", identity, TraceSearch::OnTheWay);
        let found = zendesk.look_up(&query).await.unwrap();
        assert_eq!(found.records, [record]);
    }
}

#[tokio::test]
async fn an_empty_search_is_not_believed() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "email": "kim@example.com" }));
    account
        .add_record(json!({ "customer": "kim@example.com", "queue": "13", "state": "resolved" }));
    let query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
    let (found, calls) = account.calls_of(zendesk.look_up(&query)).await;
    assert_eq!(calls, [SEARCH, SEARCH_USERS, LIST]);
    assert_eq!(found.unwrap().records[0].state, RecordState::Resolved);
}

#[tokio::test]
async fn r10_only_tickets_that_may_be_the_last_solved_are_asked_about() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "phone": "+15550100100" }));
    let now = Timestamp::now();
    for hours in [100, 50, 20, 3] {
        let closed_at = now.checked_sub(hours.hours()).unwrap();
        account.sandbox.freeze(closed_at);
        account.add_record(json!({
            "customer": "+15550100100", "queue": "13", "state": "resolved", "closed_at": closed_at,
            "created_at": now.checked_sub(200.hours()).unwrap(),
        }));
    }
    account.sandbox.freeze(now);
    let mut query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    let since = now.checked_sub(48.hours()).unwrap();
    query.records.as_mut().unwrap().closed_since = Some(since);
    let (found, calls) = account.calls_of(zendesk.look_up(&query)).await;
    let found = found.unwrap();
    let closed = found.records.iter().filter_map(|record| record.closed_at);
    let latest = closed.max();
    let expected = now.checked_sub(3.hours()).unwrap();
    assert_eq!(
        latest.unwrap().as_second(),
        expected.as_second(),
        "{calls:?}"
    );
    assert_eq!(calls, [METRICS, SEARCH_USERS, LIST]);
}

#[tokio::test]
async fn c3_records_are_found_across_pages() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "external_id": "c-7" }));
    let oldest = account.add_record(json!({
        "customer": "c-7", "queue": "13", "state": "open", "created_at": "2026-01-01T00:00:00Z",
    }));
    for _ in 0..100 {
        account.add_record(json!({ "customer": "c-7", "queue": "14", "state": "open" }));
    }
    let query = look_up("call/1", by_external_id(), TraceSearch::OnTheWay);
    let (found, calls) = account.calls_of(zendesk.look_up(&query)).await;
    assert_eq!(calls, [SEARCH_USERS, LIST, LIST]);
    let found = found.unwrap();
    assert!(found.records.iter().any(|record| record.id.0 == oldest));
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn r16_agents_are_found_and_customers_are_not() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(json!({ "email": "ana@example.com", "name": "Ana", "role": "agent" }));
    account.add_customer(json!({ "email": "kim@example.com", "name": "Kim" }));
    let email = |text| Email::parse(text).unwrap();
    let ana = zendesk.find_user(&email("Ana@example.com")).await.unwrap();
    assert!(ana.is_some());
    let (again, calls) = account
        .calls_of(zendesk.find_user(&email("ana@example.com")))
        .await;
    assert_eq!((again.unwrap(), calls.len()), (ana, 0));
    let kim = zendesk.find_user(&email("kim@example.com")).await.unwrap();
    assert_eq!(kim, None);
    let (again, calls) = account
        .calls_of(zendesk.find_user(&email("kim@example.com")))
        .await;
    assert_eq!((again.unwrap(), calls.len()), (None, 0));
}

#[tokio::test]
async fn customers_and_agents_are_found_by_their_other_addresses() {
    let (account, zendesk) = Account::ready().await;
    for (address, other, role) in [
        ("first@example.com", "kim@example.com", "end-user"),
        ("lee@example.com", "kim@example.com.au", "end-user"),
        ("second@example.com", "ana@example.com", "agent"),
    ] {
        let user = json!({ "user": { "name": "One", "email": address, "role": role } });
        let user = account.ask(Method::POST, "users", &user);
        let path = format!("users/{}", user["user"]["id"]);
        // Another address becomes a second one.
        let change = json!({ "user": { "email": other } });
        account.ask(Method::PUT, &path, &change);
        account.tick();
    }
    let mut query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
    query.records = None;
    let found = zendesk.look_up(&query).await.unwrap().customer.unwrap();
    let shown = account.shown(&format!("users/{}", found.0));
    assert_eq!(shown["user"]["email"], "first@example.com");
    let (again, calls) = account.calls_of(zendesk.look_up(&query)).await;
    assert_eq!((again.unwrap().customer, calls.len()), (Some(found), 0));
    let ana = Email::parse("ana@example.com").unwrap();
    assert!(zendesk.find_user(&ana).await.unwrap().is_some());
}

#[tokio::test]
async fn a_ticket_merged_away_is_gone() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    account.control(
        Method::PATCH,
        &format!("records/{}", record.id),
        json!({ "state": "closed", "tags": ["closed_by_merge"] }),
    );
    assert_eq!(zendesk.read_record(&record.id).await.unwrap(), None);
    let query = look_up("call/2", by_phone(), TraceSearch::OnTheWay);
    assert_eq!(zendesk.look_up(&query).await.unwrap().records, []);
}
