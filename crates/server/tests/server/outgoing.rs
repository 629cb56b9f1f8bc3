//! Webhooks out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use casewire_intake::WebhookHeaders;
use casewire_server::{Endpoint, Keys};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::running::{LONG, Running, Setup, assigned, endpoint, signing};

fn sending_to(endpoints: &[Endpoint], retry_after: &[u64]) -> Setup {
    let signed = |endpoint: &Endpoint| (endpoint.clone(), Arc::new(signing(&['A'])));
    let keys = Keys {
        endpoints: endpoints.iter().map(signed).collect::<BTreeMap<_, _>>(),
        ..Keys::default()
    };
    Setup {
        keys,
        retry_after: retry_after
            .iter()
            .copied()
            .map(Duration::from_millis)
            .collect(),
        ..Setup::default()
    }
}

/// A receiver that answers with each of `statuses` once, then with the last for ever.
async fn receiver(statuses: &[u16]) -> MockServer {
    let server = MockServer::start().await;
    let (last, first) = statuses.split_last().unwrap();
    for (priority, status) in (1..).zip(first) {
        Mock::given(method("POST"))
            .and(path("/hook"))
            .respond_with(ResponseTemplate::new(*status))
            .up_to_n_times(1)
            .with_priority(priority)
            .mount(&server)
            .await;
    }
    Mock::given(method("POST"))
        .and(path("/hook"))
        .respond_with(ResponseTemplate::new(*last).insert_header("location", "/elsewhere"))
        .mount(&server)
        .await;
    server
}

fn hook(server: &MockServer) -> Endpoint {
    endpoint(&format!("{}/hook?key=s3cret", server.uri()))
}

/// How many messages wait and how many were given up, once that is `wanted`.
async fn until(running: &Running, wanted: (u64, u64)) {
    let waiting = async {
        loop {
            let depth = running.engine.depth().await.unwrap();
            if (depth.deliveries_waiting, depth.deliveries_given_up) == wanted {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, waiting).await.expect("in time");
}

async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// Waits until so many requests have arrived.
async fn arrived(server: &MockServer, count: usize) {
    let waiting = async {
        while received(server).await.len() < count {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(LONG, waiting).await.expect("in time");
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn a_message_is_sent_until_it_is_taken_with_the_same_id_and_a_right_signature() {
    let server = receiver(&[500, 302, 204]).await;
    let running = Running::start(sending_to(&[hook(&server)], &[1, 1, 1])).await;
    running.send(&assigned("1", "call/987")).await;
    arrived(&server, 3).await;
    until(&running, (0, 0)).await;
    let requests = received(&server).await;
    assert_eq!(requests.len(), 3, "and no redirect is followed");
    for request in &requests {
        assert_eq!(
            header(request, "webhook-id"),
            header(&requests[0], "webhook-id")
        );
        assert_eq!(header(request, "content-type"), "application/json");
        let headers = WebhookHeaders {
            id: Some(header(request, WebhookHeaders::ID)),
            timestamp: Some(header(request, WebhookHeaders::TIMESTAMP)),
            signature: Some(header(request, WebhookHeaders::SIGNATURE)),
        };
        signing(&['A'])
            .verify(headers, &request.body, Timestamp::now())
            .unwrap();
        let message: Value = request.body_json().unwrap();
        assert_eq!(message["type"], "record.linked");
        assert_eq!(message["data"]["session"], "call/987");
        let text = message.to_string();
        assert!(
            !text.contains("15550100100") && !text.contains("ana@"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_message_that_nobody_takes_is_given_up() {
    let server = receiver(&[503]).await;
    let running = Running::start(sending_to(&[hook(&server)], &[1, 1])).await;
    running.send(&assigned("1", "call/987")).await;
    until(&running, (0, 1)).await;
    assert_eq!(received(&server).await.len(), 3);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_gets_no_second_try() {
    let server = receiver(&[410]).await;
    let running = Running::start(sending_to(&[hook(&server)], &[1, 1])).await;
    running.send(&assigned("1", "call/987")).await;
    until(&running, (0, 1)).await;
    assert_eq!(received(&server).await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_down_holds_no_other() {
    let server = receiver(&[200]).await;
    // Nobody listens on port 9 of this machine.
    let down = endpoint("http://127.0.0.1:9/hook");
    let running = Running::start(sending_to(&[down, hook(&server)], &[3_600_000])).await;
    for (id, subject) in [("1", "call/1"), ("2", "call/2"), ("3", "call/3")] {
        running.send(&assigned(id, subject)).await;
    }
    arrived(&server, 3).await;
    until(&running, (3, 0)).await;
}
