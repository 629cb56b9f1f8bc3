//! Refusals in both of their documented shapes, and answers that say nothing of use.

use std::time::Duration;

use casewire_core::{
    Append, CrmConnector as _, Error, ErrorKind, NewRecord, RecordCustomer, RecordState,
};
use jiff::Timestamp;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::org::{CALL, KIM, connector, conversation, exchange, id, kim, like, play};
use crate::script::{answered, json};
use crate::story::{append, by_phone, joining, linked, new_record, records_of, session, who};

/// What a refusal may quote of a customer or of a request.
const PRIVATE: [&str; 4] = [
    "kim@example.com",
    "5550100100",
    "Queue: Billing",
    "api-key-1",
];

fn assert_tells_nothing_private(error: &Error) {
    let told = format!("{error} {error:?}");
    for private in PRIVATE {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}

fn html(status: u16) -> ResponseTemplate {
    let page = "<html><head><title>The request could not be satisfied</title></head></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

/// Both shapes of one error. What they quote is not to be told.
fn both(status: u16, code: &str, title: &str) -> [ResponseTemplate; 2] {
    let quoting = format!("{title}: kim@example.com");
    let source = json!({ "parameter": "externalId" });
    [
        json!({ "code": code, "message": quoting, "meta": {} }),
        json!({ "status": status, "source": source, "code": code, "title": quoting }),
    ]
    .map(|error| json(status, json!({ "errors": [error] })))
}

async fn refused_read(answer: ResponseTemplate) -> Error {
    let script = play([answered("conversation", answer)]).await;
    let read = connector(&script).read_record(&id(CALL)).await;
    script.assert_played().await;
    let error = read.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

/// The error of an update that is answered so, and then shown the conversation unchanged when it looks.
async fn refused_update(answer: ResponseTemplate) -> Error {
    let script = play([
        answered("conversation_update_join", answer),
        exchange("conversation"),
    ])
    .await;
    let what = Append {
        tags: Vec::new(),
        ..append()
    };
    let appended = connector(&script)
        .append(&conversation(RecordState::Open), &what)
        .await;
    let error = appended.unwrap_err();
    assert_tells_nothing_private(&error);
    error
}

fn plain() -> NewRecord {
    NewRecord {
        tags: Vec::new(),
        notes: joining(&[linked()]).notes,
        ..new_record(RecordCustomer::Known(kim()))
    }
}

#[tokio::test]
async fn a_refused_read_says_what_to_do_next() {
    for (status, code, kind) in [
        (400, "badparam", ErrorKind::Rejected),
        (401, "unauthorized", ErrorKind::Auth),
        (402, "billing", ErrorKind::Auth),
        (403, "forbidden", ErrorKind::Auth),
        (500, "internal", ErrorKind::Unavailable),
        (502, "internal", ErrorKind::Unavailable),
        (503, "internal", ErrorKind::Unavailable),
    ] {
        for answer in both(status, code, "no") {
            let error = refused_read(answer).await;
            assert_eq!(error.kind(), kind, "{status}: {error}");
            assert!(error.message().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn a_conversation_that_is_not_there_is_none_but_a_place_is_not() {
    for answer in both(404, "notfound", "Not Found") {
        let script = play([answered("conversation", answer)]).await;
        let read = connector(&script).read_record(&id(CALL)).await;
        assert_eq!(read.unwrap(), None);
    }
    for answer in [html(404), ResponseTemplate::new(404)] {
        let error = refused_read(answer).await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`org`"), "{error}");
    }
}

#[tokio::test]
async fn pages_that_are_no_answer_are_told_as_such() {
    for (answer, kind) in [
        (html(200), ErrorKind::Protocol),
        (json(200, json!({ "data": [] })), ErrorKind::Protocol),
        (html(502), ErrorKind::Unavailable),
        (html(401), ErrorKind::Auth),
    ] {
        let error = refused_read(answer).await;
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_key_of_another_pod_is_a_matter_of_configuration() {
    let words = "Auth token associated with pod prod2 but request is being handled by prod1";
    for answer in both(401, "unauthorized", words) {
        let error = refused_read(answer).await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("check `org`"), "{error}");
    }
}

#[tokio::test]
async fn an_undefined_attribute_is_a_matter_of_setup() {
    let error = json!({ "status": 400, "source": { "parameter": "casewireSessionsTxt" }, "code": "badparam",
        "title": "Additional properties not allowed", "detail": "/properties/custom/additionalProperties" });
    let script = play([answered(
        "conversation_create_plain",
        json(400, json!({ "errors": [error] })),
    )])
    .await;
    let error = connector(&script).create_record(&plain()).await;
    script.assert_played().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("casewireSessionsTxt"), "{error}");
    assert!(error.message().contains("`casewire setup`"), "{error}");
}

#[tokio::test]
async fn a_limit_ends_when_its_header_says() {
    let reset = Timestamp::now().as_second() + 40;
    let [first, second] = both(429, "toomanyrequests", "Too Many Requests");
    for answer in [first, second, html(429)] {
        let answer = answer
            .append_header("x-ratelimit-limit", "1000")
            .append_header("x-ratelimit-remaining", "0")
            .append_header("x-ratelimit-reset", reset.to_string());
        let error = refused_read(answer).await;
        let ErrorKind::RateLimited { retry_after } = error.kind() else {
            panic!("{error:?}");
        };
        // A little is added, so that not all come back at once.
        let told = Duration::from_secs(20)..=Duration::from_secs(60);
        assert!(told.contains(&retry_after), "{retry_after:?}");
    }
}

#[tokio::test]
async fn a_limit_without_a_header_is_one() {
    let error = refused_read(ResponseTemplate::new(429)).await;
    let kind = error.kind();
    assert!(matches!(kind, ErrorKind::RateLimited { .. }), "{error:?}");
}

#[tokio::test]
async fn a_write_whose_end_is_not_told_is_uncertain() {
    for answer in [html(500), html(502), html(504)] {
        let error = refused_update(answer).await;
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    }
    let error = refused_update(html(503)).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_refused_update_is_told_apart_from_a_conflict() {
    for (status, kind) in [(400, ErrorKind::Rejected), (409, ErrorKind::Conflict)] {
        for answer in both(status, "badparam", "no") {
            let error = refused_update(answer).await;
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}

#[tokio::test]
async fn a_note_with_a_known_id_is_looked_for() {
    for answer in both(409, "conflict", "duplicate") {
        let script = play([
            like("conversation_create_plain", "conversation_create"),
            answered("note_create_linked", answer),
            exchange("conversation_notes"),
        ])
        .await;
        let created = connector(&script).create_record(&plain()).await.unwrap();
        script.assert_played().await;
        assert!(created.trace.begins_with(&session()));
    }
}

#[tokio::test]
async fn a_customer_that_is_not_there_is_none() {
    for answer in both(404, "notfound", "Not Found") {
        let script = play([answered("customer_by_phone", answer)]).await;
        let found = connector(&script).look_up(&who(by_phone())).await.unwrap();
        script.assert_played().await;
        assert_eq!(found.customer, None);
    }
}

#[tokio::test]
async fn debug_tells_no_secret_and_no_customer() {
    let script = play(
        [
            "customer_by_phone",
            "customer_conversations",
            "customer_conversations_next_page",
        ]
        .map(exchange),
    )
    .await;
    let connector = connector(&script);
    connector.look_up(&records_of(by_phone())).await.unwrap();
    let told = format!("{connector:?}");
    for private in PRIVATE.into_iter().chain([KIM]) {
        assert!(!told.contains(private), "`{private}` in {told}");
    }
}
