//! What goes out, what comes back, and what is recorded of it.

use casewire_core::ErrorKind;
use casewire_http::{Auth, Client, Request, record_calls};
use http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{client, config};

#[tokio::test]
async fn sends_credentials_query_and_body() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/v1/tickets/7"))
        .and(query_param("include", "users"))
        .and(header("authorization", "Basic YW5hOmhpZGRlbg=="))
        .and(header("accept", "application/json"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": 7})))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.auth = Auth::Basic {
        user: SecretString::from("ana"),
        password: SecretString::from("hidden"),
    };
    let request = Request::put("/v1/tickets/{id}")
        .fill("id", 7)
        .query("include", "users")
        .json(&json!({"status": "open"}));
    let response = Client::new(config).unwrap().send(request).await.unwrap();
    assert_eq!(response.json::<Value>().unwrap(), json!({"id": 7}));
}

#[tokio::test]
async fn each_status_has_its_kind() {
    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (401, ErrorKind::Auth),
        (403, ErrorKind::Auth),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::NotFound),
        (412, ErrorKind::Conflict),
        (413, ErrorKind::Rejected),
        (422, ErrorKind::Rejected),
    ] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(&server)
            .await;
        let error = client(&server)
            .send(Request::delete("/v1/tickets/7"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn an_allowed_status_comes_to_the_caller() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(422).set_body_json(json!({"error": "RecordInvalid"})))
        .mount(&server)
        .await;
    let request = Request::put("/v1/tickets/7").allow(StatusCode::UNPROCESSABLE_ENTITY);
    let response = client(&server).send(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.json::<Value>().unwrap()["error"], "RecordInvalid");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&other)
        .await;
    let server = MockServer::start().await;
    let target = format!("{}/secret-path?token=1", other.uri());
    Mock::given(any())
        .respond_with(ResponseTemplate::new(302).insert_header("location", target.as_str()))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server)
        .send(Request::get("/v1/tickets"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .message()
            .contains(&format!("a redirect to {}", other.uri())),
        "{error}"
    );
    assert!(!error.message().contains("secret-path"), "{error}");
}

#[tokio::test]
async fn a_link_is_followed_on_the_own_origin_only() {
    let server = MockServer::start().await;
    Mock::given(path("/v1/tickets"))
        .and(query_param("page", "2"))
        .and(header("authorization", "Bearer fixed-token"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let client = client(&server);
    let own = format!("{}/v1/tickets?page=2", server.uri());
    client
        .send(Request::follow("/v1/tickets", own))
        .await
        .unwrap();
    let other = "http://127.0.0.1:9/v1/tickets?page=2";
    let error = client
        .send(Request::follow("/v1/tickets", other))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        error.message().contains("leads to another origin"),
        "{error}"
    );
}

#[tokio::test]
async fn a_long_answer_is_not_read() {
    let server = MockServer::start().await;
    Mock::given(path("/fits"))
        .respond_with(ResponseTemplate::new(200).set_body_string("x".repeat(100)))
        .mount(&server)
        .await;
    Mock::given(path("/long"))
        .respond_with(ResponseTemplate::new(200).set_body_string("x".repeat(101)))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.max_response_bytes = 100;
    let client = Client::new(config).unwrap();
    assert_eq!(
        client
            .send(Request::get("/fits"))
            .await
            .unwrap()
            .body()
            .len(),
        100
    );
    let error = client.send(Request::get("/long")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(
        error.message(),
        "GET /long: the answer is longer than 100 bytes"
    );
}

#[tokio::test]
async fn an_unreadable_answer_is_told_without_its_values() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"name": "Ana"})))
        .mount(&server)
        .await;
    let response = client(&server)
        .send(Request::get("/v1/users/me"))
        .await
        .unwrap();
    let error = response.json::<Vec<u64>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(
        error.message(),
        "GET /v1/users/me: the answer can not be read as Vec: at `.` expected a sequence; its shape is {\"name\":\"string\"}"
    );
    assert!(!format!("{error:?} {response:?}").contains("Ana"));
}

#[tokio::test]
async fn calls_are_recorded_with_every_try() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let client = client(&server);
    let (result, calls) = record_calls(async {
        let request = Request::get("/v1/users/{id}")
            .fill("id", "ana@example.com")
            .query("phone", "+15550100100");
        client.send(request).await
    })
    .await;
    result.unwrap();
    client.send(Request::get("/not-recorded")).await.unwrap();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (&call.method, call.path, call.status))
        .collect();
    assert_eq!(
        seen,
        [
            (
                &Method::GET,
                "/v1/users/{id}",
                Some(StatusCode::INTERNAL_SERVER_ERROR)
            ),
            (&Method::GET, "/v1/users/{id}", Some(StatusCode::NO_CONTENT)),
        ]
    );
    assert!(calls[0].started_at <= calls[1].started_at);
}
