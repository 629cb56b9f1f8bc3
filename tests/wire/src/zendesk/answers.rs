//! Error answers in the documented envelopes, and answers that say nothing of use.

use casewire_core::{
    CrmConnector as _, ErrorKind, RecordCustomer, RecordId, RecordState, Severity,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::account::{GOLDEN, connector, exchange, play, play_without_token, record};
use crate::script::{answered, json};
use crate::story::{append, by_phone, new_record};

fn invalid(details: Value) -> Value {
    json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": details })
}

#[tokio::test]
async fn a_read_says_what_to_do_next() {
    for (status, body, kind) in [
        (
            401,
            json!({ "error": "Couldn't authenticate you" }),
            ErrorKind::Auth,
        ),
        (
            403,
            json!({ "error": { "title": "Forbidden", "message": "No access" } }),
            ErrorKind::Auth,
        ),
        (
            404,
            json!({ "error": "InvalidEndpoint", "description": "Not found" }),
            ErrorKind::Config,
        ),
        (500, Value::Null, ErrorKind::Unavailable),
        (
            503,
            json!({ "error": "unavailable", "description": "Try again" }),
            ErrorKind::Unavailable,
        ),
        (
            200,
            json!({ "ticket": { "id": "many" } }),
            ErrorKind::Protocol,
        ),
    ] {
        let mut exchanges = vec![
            exchange("oauth_token"),
            answered("ticket_show", json(status, body)),
        ];
        if status == 401 {
            // A new token, and once more.
            exchanges.push(exchange("oauth_token"));
            let again = json(401, json!({ "error": "Couldn't authenticate you" }));
            exchanges.push(answered("ticket_show", again));
        }
        let script = play_without_token(exchanges).await;
        let read = connector(&script)
            .read_record(&RecordId("4711".to_owned()))
            .await;
        assert_eq!(read.unwrap_err().kind(), kind, "{status}");
        script.assert_played().await;
    }
}

#[tokio::test]
async fn an_unknown_ticket_is_none() {
    let missing = json!({ "error": "RecordNotFound", "description": "Not found" });
    let script = play([answered("ticket_show", json(404, missing))]).await;
    let read = connector(&script)
        .read_record(&RecordId("4711".to_owned()))
        .await;
    assert_eq!(read.unwrap(), None);
}

#[tokio::test]
async fn a_refused_update_says_what_to_do_next() {
    let closed = json!({ "status": [{ "description": "Status: closed prevents ticket update" }] });
    let blank =
        json!({ "base": [{ "description": "Reason: cannot be blank", "ticket_field_id": 1 }] });
    for (status, body, kind) in [
        (
            404,
            json!({ "error": "RecordNotFound", "description": "Not found" }),
            ErrorKind::NotFound,
        ),
        (422, invalid(blank), ErrorKind::Rejected),
        (500, Value::Null, ErrorKind::Uncertain),
        (
            503,
            json!({ "error": "unavailable", "description": "Try again" }),
            ErrorKind::Unavailable,
        ),
    ] {
        assert_eq!(
            refused_update(json(status, body), None).await,
            kind,
            "{status}"
        );
    }
    // Whether a conflict is with its own earlier try is read from the ticket.
    let closed_now = GOLDEN.answer("ticket_show_closed");
    let kind = refused_update(json(422, invalid(closed)), Some(closed_now)).await;
    assert_eq!(kind, ErrorKind::Conflict);
    let changed = json!({ "error": "UpdateConflict", "description": "Conflict" });
    let now = GOLDEN.answer("ticket_show");
    assert_eq!(
        refused_update(json(409, changed), Some(now)).await,
        ErrorKind::Conflict
    );
}

async fn refused_update(answer: ResponseTemplate, now: Option<ResponseTemplate>) -> ErrorKind {
    let mut exchanges = vec![
        exchange("oauth_token"),
        answered("ticket_update_append", answer),
    ];
    exchanges.extend(now.map(|now| answered("ticket_show", now)));
    let script = play_without_token(exchanges).await;
    let answer = connector(&script)
        .append(&record(RecordState::Open), &append())
        .await;
    answer.unwrap_err().kind()
}

#[tokio::test]
async fn a_slow_down_tells_its_delay() {
    let limited =
        json(429, json!({ "error": "APIRateLimitExceeded" })).append_header("retry-after", "93");
    let script = play([answered("ticket_update_append", limited)]).await;
    let answer = connector(&script)
        .append(&record(RecordState::Open), &append())
        .await;
    let ErrorKind::RateLimited { retry_after } = answer.unwrap_err().kind() else {
        panic!("it asks to slow down");
    };
    assert!(
        (92..=93).contains(&retry_after.as_secs()),
        "{retry_after:?}"
    );
}

#[tokio::test]
async fn a_customer_that_is_there_already_is_found() {
    let taken = json!({ "external_id": [{ "description": "External is already being used by another user", "error": "DuplicateValue" }] });
    let mut there = GOLDEN.answer_body("user_search_by_external_id");
    there["users"][0]["external_id"] = json!("casewire:tel:+15550100100");
    there["users"][0]["phone"] = json!("+15550100100");
    let script = play([
        answered("user_create", json(422, invalid(taken))),
        answered("user_search_by_external_id", json(200, there)),
        answered(
            "requested_tickets",
            json(200, json!({ "tickets": [], "count": 0 })),
        ),
        answered("ticket_create", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_phone()));
    let created = connector(&script).create_record(&new).await.unwrap();
    assert_eq!(created.customer.unwrap().0, "21000000009001");
}

#[tokio::test]
async fn a_customer_whose_address_is_taken_is_named_and_left_alone() {
    let taken = json!({ "email": [{ "description": "Email: kim@example.com is already being used by another user", "error": "DuplicateValue" }] });
    let script = play([
        answered("user_create_by_email", json(422, invalid(taken))),
        exchange("user_create_or_update"),
        answered(
            "requested_tickets",
            json(200, json!({ "tickets": [], "count": 0 })),
        ),
        answered("ticket_create_for_new_user", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let new = new_record(RecordCustomer::New(crate::story::by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_ticket_that_was_deleted_is_created_under_another_key() {
    let first = GOLDEN
        .answer("ticket_create")
        .insert_header("x-idempotency-lookup", "hit");
    let missing = json!({ "error": "RecordNotFound", "description": "Not found" });
    let script = play([
        answered("ticket_create_for_new_user", first),
        answered("ticket_show", json(404, missing)),
        answered("ticket_create_again", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let kim = casewire_core::CustomerId("21000000009001".to_owned());
    let new = new_record(RecordCustomer::Known(kim));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_requester_who_is_refused_is_asked_for_again() {
    let merged = json!({ "requester": [{ "description": "Requester: is suspended", "error": "InvalidValue" }] });
    let refused = json(422, invalid(merged));
    let script = play([answered("ticket_create_for_new_user", refused)]).await;
    let kim = casewire_core::CustomerId("21000000009001".to_owned());
    let new = new_record(RecordCustomer::Known(kim));
    let error = connector(&script).create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn wrong_credentials_that_are_answered_with_success_are_denied() {
    let nobody = json!({ "user": { "id": null, "name": "Anonymous user" } });
    let script = play([answered("users_me", json(200, nobody))]).await;
    let findings = connector(&script).check().await.unwrap();
    assert_eq!(findings[0].severity, Severity::Denied);
}

#[tokio::test]
async fn errors_and_debug_tell_no_secret_and_no_customer() {
    let details = json!({ "requester": [{ "description": "Requester: kim@example.com +15550100100 is bad" }] });
    let script = play([answered("ticket_create", json(422, invalid(details)))]).await;
    let connector = connector(&script);
    let new = new_record(RecordCustomer::New(crate::story::by_email()));
    let error = connector.create_record(&new).await.unwrap_err();
    let told = format!("{error:?} {error} {connector:?} {new:?}");
    for private in [
        "kim@",
        "5550100100",
        "access-token-1",
        "client-secret-1",
        "Queue: Billing",
    ] {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}
