//! What is sent again, and what is not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use casewire_core::ErrorKind;
use casewire_http::{Bucket, Client, Reading, Refusal, Repeat, Request};
use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

use crate::server::{client, config, scripted};

const CREATED: &str = "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
const CONFLICT: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n";
const HALF: &str = "HTTP/1.1 201 Created\r\ncontent-length: 200\r\n\r\n{";

fn write(repeat: Repeat) -> Request {
    Request::post("/v1/tickets")
        .json(&json!({"b": 1, "a": "é"}))
        .repeat(repeat)
}

/// A server that answers `status` once, and 200 then.
async fn once(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(answer)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    server
}

async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn requests_of(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_cut_write_is_uncertain_and_sent_once() {
    let (uri, seen) = scripted(&[None, Some(CREATED)]).await;
    let client = Client::new(config(&uri)).unwrap();
    let error = client.send(write(Repeat::Never)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn half_an_answer_to_a_write_is_uncertain() {
    let (uri, seen) = scripted(&[Some(HALF), Some(CREATED)]).await;
    let client = Client::new(config(&uri)).unwrap();
    let error = client.send(write(Repeat::Never)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_keyed_write_is_repeated_with_the_same_bytes() {
    let (uri, seen) = scripted(&[None, None, Some(CREATED)]).await;
    let client = Client::new(config(&uri)).unwrap();
    let request = write(Repeat::Keyed).header("idempotency-key", "call/987");
    assert_eq!(
        client.send(request).await.unwrap().status(),
        StatusCode::CREATED
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    assert!(seen[0].contains("idempotency-key: call/987"), "{}", seen[0]);
    assert!(seen[0].ends_with("{\"a\":\"é\",\"b\":1}"), "{}", seen[0]);
    assert!(seen.iter().all(|request| *request == seen[0]));
}

#[tokio::test]
async fn a_conflict_after_a_cut_try_is_uncertain() {
    // The first try may be what the second conflicts with.
    for request in [
        write(Repeat::Guarded),
        write(Repeat::Guarded).allow(StatusCode::CONFLICT),
    ] {
        let (uri, seen) = scripted(&[None, Some(CONFLICT)]).await;
        let client = Client::new(config(&uri)).unwrap();
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Uncertain);
        assert_eq!(seen.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_keyed_write_that_is_always_cut_is_uncertain() {
    let (uri, seen) = scripted(&[]).await;
    let client = Client::new(config(&uri)).unwrap();
    let error = client.send(write(Repeat::Keyed)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_read_that_is_always_cut_is_unavailable() {
    let (uri, seen) = scripted(&[]).await;
    let client = Client::new(config(&uri)).unwrap();
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_write_without_connection_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(config(&uri)).unwrap();
    let error = client.send(write(Repeat::Never)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.message(),
        format!(
            "POST /v1/tickets: no connection to {uri} (connection refused); check `base_url`, and that a server runs there"
        )
    );
}

#[tokio::test]
async fn a_write_without_answer_in_time_is_uncertain() {
    let server = always(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let mut config = config(&server.uri());
    config.timeout = Duration::from_millis(200);
    let client = Client::new(config).unwrap();
    let error = client.send(write(Repeat::Never)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    assert!(
        error.message().ends_with("within 200ms; the write was sent and may have been done, so look for it before repeating it"),
        "{error}"
    );
    assert_eq!(requests_of(&server).await, 1);
}

#[tokio::test]
async fn a_server_error_repeats_all_but_never() {
    for status in [408, 500, 502, 503, 504] {
        for repeat in [Repeat::Guarded, Repeat::Keyed, Repeat::Safe] {
            let server = once(ResponseTemplate::new(status)).await;
            client(&server).send(write(repeat)).await.unwrap();
            assert_eq!(requests_of(&server).await, 2, "{status} {repeat:?}");
        }
        let server = once(ResponseTemplate::new(status)).await;
        let error = client(&server)
            .send(write(Repeat::Never))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Uncertain, "{status}");
        assert_eq!(requests_of(&server).await, 1, "{status}");
    }
}

#[tokio::test]
async fn endless_server_errors_are_unavailable_to_a_read() {
    let server = always(ResponseTemplate::new(500)).await;
    let error = client(&server)
        .send(Request::get("/v1/tickets"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(requests_of(&server).await, 3);
}

#[tokio::test]
async fn a_refusal_before_handling_repeats_any_write() {
    for status in [429, 503] {
        let server = once(ResponseTemplate::new(status).insert_header("retry-after", "0")).await;
        client(&server).send(write(Repeat::Never)).await.unwrap();
        assert_eq!(requests_of(&server).await, 2, "{status}");
    }
}

#[tokio::test]
async fn endless_throttling_or_maintenance_is_rate_limited() {
    for status in [429, 503] {
        let server = always(ResponseTemplate::new(status).insert_header("retry-after", "0")).await;
        let error = client(&server)
            .send(write(Repeat::Never))
            .await
            .unwrap_err();
        let retry_after = Duration::from_millis(5);
        assert_eq!(
            error.kind(),
            ErrorKind::RateLimited { retry_after },
            "{status}"
        );
        assert_eq!(requests_of(&server).await, 3);
    }
}

#[tokio::test]
async fn a_long_wait_is_not_begun_and_holds_the_clones() {
    let server = always(ResponseTemplate::new(429).insert_header("retry-after", "30")).await;
    let client = client(&server);
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    let retry_after = Duration::from_secs(30);
    assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after });
    let error = client.clone().send(write(Repeat::Never)).await.unwrap_err();
    let is_rest = |rest: Duration| !rest.is_zero() && rest <= retry_after;
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { retry_after } if is_rest(retry_after)),
        "{error:?}"
    );
    assert_eq!(requests_of(&server).await, 1);
}

/// A client that reads `x-empty` as the name of an empty bucket.
fn metered(server: &MockServer) -> Client {
    let mut config = config(&server.uri());
    config.readings = |headers| {
        let names = headers.get("x-empty").into_iter();
        names
            .map(|name| Reading {
                bucket: Bucket::Named(name.to_str().unwrap().to_owned()),
                remaining: 0,
                resets_in: Duration::from_secs(40),
            })
            .collect()
    };
    Client::new(config).unwrap()
}

#[tokio::test]
async fn a_limit_of_one_record_does_not_hold_the_others() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "40");
    let server = once(answer.insert_header("x-empty", "one-ticket")).await;
    let client = metered(&server);
    let error = client
        .send(write(Repeat::Never).bucket("update"))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error:?}"
    );
    client
        .send(write(Repeat::Never).bucket("update"))
        .await
        .unwrap();
    assert_eq!(requests_of(&server).await, 2);
}

#[tokio::test]
async fn an_empty_bucket_holds_its_requests_only() {
    let server = always(ResponseTemplate::new(200).insert_header("x-empty", "update")).await;
    let client = metered(&server);
    client
        .send(write(Repeat::Never).bucket("update"))
        .await
        .unwrap();
    let error = client
        .send(write(Repeat::Never).bucket("update"))
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error:?}"
    );
    client
        .send(Request::get("/v1/tickets").bucket("list"))
        .await
        .unwrap();
    assert_eq!(requests_of(&server).await, 2);
}

/// A CRM that lets so many requests through, and says how many are left for 40 s.
struct Counting(AtomicU64);

impl Respond for Counting {
    fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
        let counted = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match counted {
            Ok(before) => ResponseTemplate::new(200)
                .set_delay(Duration::from_millis(before % 4))
                .insert_header("x-left", before - 1),
            Err(_) => ResponseTemplate::new(429).insert_header("x-left", 0),
        }
    }
}

#[tokio::test]
async fn callers_side_by_side_send_what_is_left_and_no_more() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(Counting(AtomicU64::new(21)))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.readings = |headers| {
        let left = headers.get("x-left").into_iter();
        left.map(|left| Reading {
            bucket: Bucket::Account,
            remaining: left.to_str().unwrap().parse().unwrap(),
            resets_in: Duration::from_secs(40),
        })
        .collect()
    };
    let client = Client::new(config).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..30 {
        let client = client.clone();
        callers.spawn(async move { client.send(Request::get("/v1/tickets")).await });
    }
    let answers = callers.join_all().await;
    let (done, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 20);
    for error in waiting.into_iter().map(Result::unwrap_err) {
        assert!(
            matches!(error.kind(), ErrorKind::RateLimited { .. }),
            "{error:?}"
        );
    }
    assert_eq!(requests_of(&server).await, 21);
}

#[tokio::test]
async fn the_vendor_decides_what_a_status_means() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_string("locked"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_string("field missing"))
        .mount(&server)
        .await;
    let mut config = config(&server.uri());
    config.refusal = |_, _, body| Refusal {
        kind: (body == b"locked").then_some(ErrorKind::Unavailable),
        text: String::from_utf8_lossy(body).into_owned(),
    };
    let error = Client::new(config)
        .unwrap()
        .send(write(Repeat::Never))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(
        error.message(),
        "POST /v1/tickets: the CRM answered 400 Bad Request: field missing"
    );
    assert_eq!(requests_of(&server).await, 2);
}
