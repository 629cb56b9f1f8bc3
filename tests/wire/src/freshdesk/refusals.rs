//! Refusals in their documented shapes, and answers that say nothing of use.

use std::time::Duration;

use casewire_core::{
    Append, CrmConnector as _, Error, ErrorKind, Found, NewRecord, RecordCustomer,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::account::{KIM, connector, exchange, id, kim, nothing, play, ticket};
use crate::script::{answered, json};
use crate::story::{append, by_email, by_phone, linked, new_record, records_of, who};

/// What a refusal may quote of a customer or of a request.
const PRIVATE: [&str; 5] = [
    "kim@example.com",
    "5550100100",
    "Queue: Billing",
    "api-key-1",
    "YXBpLWtleS0xOlg=",
];

fn assert_tells_nothing_private(error: &Error) {
    let told = format!("{error} {error:?}");
    for private in PRIVATE {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}

fn html(status: u16) -> ResponseTemplate {
    let page = "<html><head><title>We are down for kim@example.com</title></head></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

fn coded(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({ "code": code, "message": "kim@example.com may not" });
    json(status, body)
}

/// A refusal because of fields, whose messages quote.
fn because_of(status: u16, fields: &[(&str, &str)]) -> ResponseTemplate {
    let errors: Value = fields
        .iter()
        .map(|(field, code)| json!({ "field": field, "message": "kim@example.com is not it", "code": code }))
        .collect();
    let body = json!({ "description": "Validation failed", "errors": errors });
    json(status, body)
}

async fn refused_read(answer: ResponseTemplate) -> Error {
    let script = play([answered("ticket_show", answer)]).await;
    let read = connector(&script).read_record(&id("41")).await;
    script.assert_played().await;
    let error = read.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

/// The error of a new ticket that is answered so.
async fn refused_create(answer: ResponseTemplate) -> Error {
    let script = play([
        nothing("tickets_of_requester"),
        answered("ticket_create_plain", answer),
    ])
    .await;
    let new = NewRecord {
        notes: vec![linked()],
        ..new_record(RecordCustomer::Known(kim()))
    };
    let error = connector(&script).create_record(&new).await.unwrap_err();
    script.assert_played().await;
    assert_tells_nothing_private(&error);
    error
}

/// The error of an update that is answered so, and then shown the ticket unchanged when it looks.
async fn refused_update(answer: ResponseTemplate) -> Error {
    let script = play([
        exchange("ticket_show"),
        answered("ticket_update_join", answer),
        exchange("ticket_show"),
    ])
    .await;
    let what = Append {
        tags: Vec::new(),
        ..append()
    };
    let appended = connector(&script).append(&ticket(2).await, &what).await;
    let error = appended.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

#[tokio::test]
async fn a_refused_read_says_what_to_do_next() {
    for (answer, kind, told) in [
        (
            coded(401, "invalid_credentials"),
            ErrorKind::Auth,
            "invalid_credentials",
        ),
        (
            coded(403, "access_denied"),
            ErrorKind::Auth,
            "access_denied",
        ),
        (
            coded(403, "account_suspended"),
            ErrorKind::Auth,
            "account_suspended",
        ),
        (html(500), ErrorKind::Unavailable, "500"),
        (html(503), ErrorKind::Unavailable, "503"),
        (html(200), ErrorKind::Protocol, ""),
        (json(200, json!([])), ErrorKind::Protocol, ""),
    ] {
        let error = refused_read(answer).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_none() {
    // Its body is empty.
    let script = play([answered("ticket_show", ResponseTemplate::new(404))]).await;
    let read = connector(&script).read_record(&id("41")).await;
    script.assert_played().await;
    assert_eq!(read.unwrap(), None);
}

#[tokio::test]
async fn an_account_that_is_not_there_is_a_matter_of_configuration() {
    let missing = ResponseTemplate::new(404);
    let script = play([answered("contacts_by_phone", missing)]).await;
    let found = connector(&script).look_up(&who(by_phone())).await;
    script.assert_played().await;
    let error = found.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`domain`"), "{error}");
}

#[tokio::test]
async fn refused_fields_are_named_with_their_codes() {
    let brand = ("custom_fields.cf_brand_297457", "missing_field");
    for (fields, kind, told) in [
        (
            vec![brand, ("type", "missing_field")],
            ErrorKind::Config,
            "custom_fields.cf_brand_297457 (missing_field), type (missing_field)",
        ),
        (
            vec![("custom_fields.cf_sessions", "invalid_field")],
            ErrorKind::Config,
            "`casewire check`",
        ),
        (
            vec![("tags", "invalid_value")],
            ErrorKind::Rejected,
            "tags (invalid_value)",
        ),
        (
            vec![("subject", "datatype_mismatch")],
            ErrorKind::Rejected,
            "subject (datatype_mismatch)",
        ),
        // He is gone, so what to do is decided anew.
        (
            vec![("requester_id", "invalid_value")],
            ErrorKind::Conflict,
            "requester_id",
        ),
    ] {
        let error = refused_create(because_of(400, &fields)).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_value_that_another_has_is_a_conflict() {
    let taken = because_of(409, &[("unique_external_id", "duplicate_value")]);
    let error = refused_create(taken).await;
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn a_ticket_in_the_trash_takes_nothing() {
    let trash = ResponseTemplate::new(405).append_header("allow", "GET");
    for answer in [trash, ResponseTemplate::new(404)] {
        let error = refused_update(answer).await;
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[tokio::test]
async fn a_limit_ends_when_its_header_says() {
    let told = json(429, json!({ "message": "kim@example.com was too fast" }));
    for answer in [told, html(429), ResponseTemplate::new(429)] {
        let answer = answer.append_header("retry-after", "34");
        let error = refused_read(answer).await;
        let ErrorKind::RateLimited { retry_after } = error.kind() else {
            panic!("{error:?}");
        };
        // A little is added, so that not all come back at once.
        let expected = Duration::from_secs(30)..=Duration::from_secs(60);
        assert!(expected.contains(&retry_after), "{retry_after:?}");
    }
}

#[tokio::test]
async fn a_write_whose_end_is_not_told_is_uncertain() {
    for status in [500, 502, 503, 504] {
        let error = refused_create(html(status)).await;
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
        let error = refused_update(html(status)).await;
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_finds_nobody() {
    for answer in [
        because_of(400, &[("email", "invalid_value")]),
        json(200, json!([])),
    ] {
        let script = play([answered("tickets_by_email", answer)]).await;
        let found = connector(&script).look_up(&records_of(by_email())).await;
        script.assert_played().await;
        assert_eq!(found.unwrap(), Found::default());
    }
    let other = because_of(400, &[("order_by", "invalid_value")]);
    let script = play([answered("tickets_by_email", other)]).await;
    let found = connector(&script).look_up(&records_of(by_email())).await;
    assert_eq!(found.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn debug_tells_no_secret_and_no_customer() {
    let script = play(["contacts_by_phone", "tickets_of_requester"].map(exchange)).await;
    let connector = connector(&script);
    connector.look_up(&records_of(by_phone())).await.unwrap();
    let told = format!("{connector:?}");
    let customer = KIM.to_string();
    for private in PRIVATE.into_iter().chain([customer.as_str()]) {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}
