//! Refusals in their documented shapes, and answers that say nothing of use.

use std::time::Duration;

use casewire_core::{Append, CrmConnector as _, Error, ErrorKind, RecordState, StatusChange};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::org::{CASE, GOLDEN, case, connector, exchange, id, linked, parts, play, rows, token};
use crate::script::{Exchange, Script, answered, json};
use crate::story;

/// What a refusal may quote of a customer or of a request.
const PRIVATE: [&str; 4] = ["kim@example.com", "5550100100", "SELECT", "Queue: Billing"];

pub(super) const DAILY: &str = "TotalRequests Limit exceeded.";

pub(super) const CONCURRENT: &str = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";

const EXPIRED: &str = "Session expired or invalid";

fn html(status: u16) -> ResponseTemplate {
    let page = "<html><head><title>Down for maintenance</title></head></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

fn told(status: u16, code: &str, message: &str) -> ResponseTemplate {
    json(status, json!([{ "message": message, "errorCode": code }]))
}

fn assert_tells_nothing_private(error: &Error) {
    let told = format!("{error} {error:?}");
    for private in PRIVATE {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}

/// The error of a look at the case that is answered so.
pub(super) async fn refused_read(answer: ResponseTemplate, again: Vec<Exchange>) -> Error {
    let script = Script::of(&GOLDEN, |uri| {
        let mut all = vec![answered("oauth_token", token("oauth_token", uri))];
        all.push(answered("case_read", answer));
        if !again.is_empty() {
            all.push(answered("oauth_token", token("oauth_token", uri)));
        }
        all.extend(again);
        all
    })
    .await;
    let read = connector(&script).read_record(&id(CASE)).await;
    script.assert_played().await;
    let error = read.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

/// The error of an append that is answered so.
pub(super) async fn refused_append(answer: ResponseTemplate, what: &Append) -> Error {
    let request = match what.status {
        StatusChange::Keep => "case_append",
        StatusChange::DefaultOpen => "case_reopen",
    };
    let script = play([exchange("statuses"), answered(request, answer)]).await;
    let appended = connector(&script)
        .append(&case(RecordState::Resolved), what)
        .await;
    script.assert_played().await;
    let error = appended.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

pub(super) fn plain() -> Append {
    Append {
        sessions: vec![story::joining(&[linked()])],
        tags: Vec::new(),
        ..story::append()
    }
}

#[tokio::test]
async fn an_answer_to_the_whole_call_says_what_to_do_next() {
    for (answer, kind) in [
        (
            told(403, "REQUEST_LIMIT_EXCEEDED", CONCURRENT),
            ErrorKind::Unavailable,
        ),
        (
            told(404, "NOT_FOUND", "The requested resource does not exist"),
            ErrorKind::Config,
        ),
        (
            told(
                403,
                "API_DISABLED_FOR_ORG",
                "API is not enabled for this Organization or Partner",
            ),
            ErrorKind::Config,
        ),
        (
            told(403, "INSUFFICIENT_ACCESS", "no access"),
            ErrorKind::Auth,
        ),
        (
            told(
                401,
                "INVALID_SESSION_ID",
                "This session is not valid for use with the REST API",
            ),
            ErrorKind::Config,
        ),
        (
            told(500, "UNKNOWN_EXCEPTION", "kim@example.com"),
            ErrorKind::Unavailable,
        ),
        (
            told(503, "SERVER_UNAVAILABLE", "busy"),
            ErrorKind::Unavailable,
        ),
        (
            told(
                400,
                "JSON_PARSER_ERROR",
                "Unexpected character at kim@example.com",
            ),
            ErrorKind::Rejected,
        ),
        // Several rows have one external id: a list of links.
        (
            json(
                300,
                json!(["/services/data/v66.0/sobjects/Contact/003000000000001AAA"]),
            ),
            ErrorKind::Config,
        ),
        (html(410), ErrorKind::Config),
        (html(420), ErrorKind::Unavailable),
        (html(502), ErrorKind::Unavailable),
        (html(503), ErrorKind::Unavailable),
        (html(200), ErrorKind::Protocol),
        (
            json(200, json!({ "hasErrors": false, "results": [] })),
            ErrorKind::Protocol,
        ),
        (ResponseTemplate::new(406), ErrorKind::Unavailable),
    ] {
        let said = format!("{answer:?}");
        let error = refused_read(answer, Vec::new()).await;
        assert_eq!(error.kind(), kind, "{said}: {error}");
    }
}

#[tokio::test]
async fn the_daily_limit_is_waited_for() {
    let error = refused_read(told(403, "REQUEST_LIMIT_EXCEEDED", DAILY), Vec::new()).await;
    let ErrorKind::RateLimited { retry_after } = error.kind() else {
        panic!("{error}");
    };
    let quarter = Duration::from_secs(15 * 60);
    assert!(
        retry_after <= quarter && retry_after > quarter / 2,
        "{retry_after:?}"
    );
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() {
    let expired =
        || told(401, "INVALID_SESSION_ID", EXPIRED).append_header("WWW-Authenticate", "Token");
    let again = vec![answered("case_read", expired())];
    let error = refused_read(expired(), again).await;
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
}

#[tokio::test]
async fn a_write_whose_end_is_not_told_is_uncertain() {
    for answer in [html(500), html(502), html(504)] {
        let error = refused_append(answer, &plain()).await;
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    }
}

#[tokio::test]
async fn a_case_that_is_gone_is_none() {
    let gone = parts([("record", 200, rows([]))]);
    let script = play([answered("case_read", gone)]).await;
    let read = connector(&script).read_record(&id(CASE)).await;
    assert_eq!(read.unwrap(), None);
}

#[tokio::test]
async fn login_is_refused_in_another_shape() {
    for (error, description, kind) in [
        (
            "invalid_client",
            "invalid client credentials",
            ErrorKind::Auth,
        ),
        (
            "invalid_grant",
            "request not supported on this domain",
            ErrorKind::Config,
        ),
        (
            "invalid_grant",
            "no client credentials user enabled",
            ErrorKind::Config,
        ),
        (
            "invalid_grant",
            "token request is already being processed",
            ErrorKind::Unavailable,
        ),
        (
            "invalid_grant",
            "user hasn't approved this consumer",
            ErrorKind::Auth,
        ),
        (
            "invalid_grant",
            "expired access/refresh token",
            ErrorKind::Auth,
        ),
    ] {
        let answer = json(
            400,
            json!({ "error": error, "error_description": description }),
        );
        let script = Script::of(&GOLDEN, |_| vec![answered("oauth_token", answer)]).await;
        let read = connector(&script).read_record(&id(CASE)).await;
        script.assert_played().await;
        let refusal = read.unwrap_err();
        assert_eq!(refusal.kind(), kind, "{description}: {refusal}");
        assert!(!refusal.message().contains("client-secret-1"), "{refusal}");
    }
}

#[tokio::test]
async fn debug_tells_no_secret_and_no_customer() {
    let script = play([exchange("phone_search"), exchange("records_by_phone")]).await;
    let connector = connector(&script);
    let _ = connector
        .look_up(&story::records_of(story::by_phone()))
        .await;
    let told = format!("{connector:?}");
    for private in ["5550100100", "access-token-1", "client-secret-1", "003000"] {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}
