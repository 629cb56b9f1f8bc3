//! Refusals inside a successful answer.

use std::time::Duration;

use casewire_core::ErrorKind;
use casewire_http::{Client, Refusal, Repeat, Request};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{client, config, scripted};

/// A batch whose answer names what became of it.
fn batch() -> Request {
    let request = Request::post("/v1/batch").json(&json!(["create", "append"]));
    request.verdict(|body| {
        let body: Value = serde_json::from_slice(body).ok()?;
        let kind = match body["code"].as_str()? {
            "locked" => Some(ErrorKind::Unavailable),
            "busy" => Some(ErrorKind::RateLimited {
                retry_after: Duration::from_secs(900),
            }),
            "guarded" => Some(ErrorKind::Conflict),
            "login" => Some(ErrorKind::Auth),
            "unsure" => Some(ErrorKind::Uncertain),
            "wrong" => None,
            _ => return None,
        };
        let text = body["code"].as_str()?.to_owned();
        Some(Refusal { kind, text })
    })
}

/// A server whose answers are all successful and say `codes`, the last one for ever.
async fn saying(codes: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    for (index, code) in codes.iter().enumerate() {
        let mock = Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "code": code })));
        if index + 1 < codes.len() {
            mock.up_to_n_times(1).mount(&server).await;
        } else {
            mock.mount(&server).await;
        }
    }
    server
}

async fn requests_of(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_lock_told_inside_is_waited_for() {
    let server = saying(&["locked", "locked", "done"]).await;
    let answer = client(&server).send(batch().repeat(Repeat::Never)).await;
    assert_eq!(answer.unwrap().json::<Value>().unwrap()["code"], "done");
    assert_eq!(requests_of(&server).await, 3);
}

#[tokio::test]
async fn an_endless_lock_is_unavailable() {
    let server = saying(&["locked"]).await;
    let error = client(&server).send(batch()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.message(),
        "POST /v1/batch: the CRM answered 200 OK: locked"
    );
    assert_eq!(requests_of(&server).await, 3);
}

#[tokio::test]
async fn a_limit_told_inside_holds_the_clones() {
    let server = saying(&["busy"]).await;
    let client = client(&server);
    let error = client.send(batch()).await.unwrap_err();
    let retry_after = Duration::from_secs(900);
    assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after });
    let error = client
        .clone()
        .send(Request::get("/v1/me"))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error:?}"
    );
    assert_eq!(requests_of(&server).await, 1);
}

#[tokio::test]
async fn other_refusals_inside_are_final() {
    for (code, kind) in [
        ("guarded", ErrorKind::Conflict),
        ("login", ErrorKind::Auth),
        ("wrong", ErrorKind::Rejected),
    ] {
        let server = saying(&[code]).await;
        let error = client(&server)
            .send(batch().repeat(Repeat::Keyed))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(requests_of(&server).await, 1, "{code}");
    }
}

#[tokio::test]
async fn an_uncertain_batch_is_repeated_as_the_request_says() {
    for (repeat, tries) in [(Repeat::Never, 1), (Repeat::Keyed, 3)] {
        let server = saying(&["unsure"]).await;
        let error = client(&server)
            .send(batch().repeat(repeat))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Uncertain);
        assert_eq!(requests_of(&server).await, tries);
    }
}

const GUARDED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"code\":\"guarded\"}";
const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"code\":\"done\"}";

#[tokio::test]
async fn a_refusal_inside_after_a_cut_try_is_uncertain() {
    let (uri, _) = scripted(&[None, Some(GUARDED)]).await;
    let client = Client::new(config(&uri)).unwrap();
    let error = client
        .send(batch().repeat(Repeat::Guarded))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
}

#[tokio::test]
async fn what_is_not_refused_is_the_callers_after_a_cut_try_too() {
    let (uri, seen) = scripted(&[None, Some(DONE)]).await;
    let client = Client::new(config(&uri)).unwrap();
    let answer = client.send(batch().repeat(Repeat::Guarded)).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap()["code"], "done");
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn without_a_verdict_a_success_is_a_success() {
    let server = saying(&["guarded"]).await;
    let request = Request::post("/v1/batch");
    client(&server).send(request).await.unwrap();
}

#[tokio::test]
async fn a_refusal_by_status_is_the_clients_to_read() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_json(json!({"code": "guarded"})))
        .mount(&server)
        .await;
    let error = client(&server).send(batch()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
