//! What the client logs.

use std::cell::RefCell;
use std::io;
use std::sync::Once;
use std::time::Duration;

use casewire_http::{Bucket, Client, Reading, Request};
use serde_json::json;
use tracing::Level;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::oauth::{client_credentials, oauth_at};
use crate::server::{client, config};

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread, and so of the test: each runs on its own.
struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins the log of this test.
fn begin_log() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(Level::DEBUG)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Log)
            .init();
        // Another test's thread may have asked while nobody listened yet.
        tracing::callsite::rebuild_interest_cache();
    });
    LOGGED.take();
}

/// The client's own lines of that level.
fn logged(level: Level) -> Vec<String> {
    LOGGED.with_borrow(|logged| {
        String::from_utf8_lossy(logged)
            .lines()
            .filter(|line| line.contains("casewire_http") && line.contains(level.as_str()))
            .map(str::to_owned)
            .collect()
    })
}

async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/v1/tickets"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_pause_is_warned_of_once() {
    begin_log();
    let server = always(ResponseTemplate::new(429).insert_header("retry-after", "30")).await;
    let client = client(&server);
    for _ in 0..3 {
        client.send(Request::get("/v1/tickets")).await.unwrap_err();
    }
    let lines = logged(Level::WARN);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let told = lines[0].split("the CRM asks to wait ").nth(1).unwrap();
    let seconds: u32 = told
        .strip_suffix(" s (bucket account)")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=30).contains(&seconds), "{lines:?}");
}

#[tokio::test]
async fn an_empty_bucket_is_told_when_a_request_waits_for_it() {
    begin_log();
    let server = always(ResponseTemplate::new(200)).await;
    let mut config = config(&server.uri());
    config.readings = |_| {
        vec![Reading {
            bucket: Bucket::Named("update".to_owned()),
            remaining: 0,
            resets_in: Duration::from_secs(40),
        }]
    };
    let client = Client::new(config).unwrap();
    let request = || Request::get("/v1/tickets").bucket("update");
    client.send(request()).await.unwrap();
    assert_eq!(logged(Level::WARN), [""; 0], "nobody waits");
    client.send(request()).await.unwrap_err();
    client.send(request()).await.unwrap_err();
    let lines = logged(Level::WARN);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("(bucket update)"), "{lines:?}");
}

#[tokio::test]
async fn calls_and_token_requests_are_seen_in_detail() {
    begin_log();
    let server = always(ResponseTemplate::new(200)).await;
    let token = json!({"access_token": "hidden-token", "token_type": "bearer"});
    Mock::given(path("/oauth/tokens"))
        .respond_with(ResponseTemplate::new(201).set_body_json(token))
        .mount(&server)
        .await;
    let client = Client::new(oauth_at(&server.uri(), client_credentials())).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    let lines = logged(Level::DEBUG);
    let [asked, called] = &lines[..] else {
        panic!("{lines:?}");
    };
    for part in ["POST", "/oauth/tokens", "status=201"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    for part in ["GET", "/v1/tickets", "status=200"] {
        assert!(called.contains(part), "{part}: {called}");
    }
    assert!(!lines.concat().contains("hidden"), "{lines:?}");
}
