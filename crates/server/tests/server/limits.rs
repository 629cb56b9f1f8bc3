//! What a server takes at once.

use std::time::Duration;

use casewire_server::Limits;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::running::{LONG, Running, Setup, body, created, hold_store};

/// A connection on which bytes are written by hand.
async fn raw(running: &Running, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// What comes until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset at the end is a close, too.
    let _ = timeout(LONG, stream.read_to_end(&mut text))
        .await
        .expect("an end in time");
    String::from_utf8(text).unwrap()
}

const HEAD: &str =
    "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_is_sent() {
    let running = Running::start(Setup::default()).await;
    let stream = raw(&running, &format!("{HEAD}content-length: 1048577\r\n\r\n")).await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("urn:casewire:problem:too-large"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_refused_where_it_does() {
    let limits = Limits {
        body_bytes: 100,
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let chunk = format!("64\r\n{}\r\n1\r\n \r\n", " ".repeat(100));
    let stream = raw(
        &running,
        &format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunk}"),
    )
    .await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(running.is_empty().await);
}

#[tokio::test]
async fn heads_that_are_too_large_or_too_slow_are_cut_off() {
    let limits = Limits {
        head_time: Duration::from_millis(30),
        connections: 1,
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let slow = raw(&running, "POST /v1/events HTTP/1.1\r\nhost: local").await;
    // The only place is free again once the time of the slow head is over.
    let answer = running.send(&created("1", "call/987")).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert!(!rest(slow).await.contains("HTTP/1.1 2"));

    let many: String = (0..100)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect();
    let answer = rest(raw(&running, &format!("{HEAD}{many}\r\n")).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let long = "x".repeat(100_000);
    let answer = rest(raw(&running, &format!("{HEAD}x: {long}\r\n\r\n")).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn slow_bodies_keep_nobody_out_and_end_in_their_time() {
    let limits = Limits {
        body_time: Duration::from_millis(100),
        requests: 1,
        received_bytes: 2_000,
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..8 {
        slow.push(raw(&running, &format!("{HEAD}content-length: 1000\r\n\r\n[")).await);
    }
    let answer = running.send(&created("1", "call/987")).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    for slow in slow {
        let answer = rest(slow).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn bodies_that_do_not_fit_into_memory_together_are_sent_away() {
    let limits = Limits {
        received_bytes: 1_000,
        patience: Duration::from_millis(20),
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let blank = " ".repeat(900);
    let _waiting = raw(
        &running,
        &format!("{HEAD}content-length: 1000\r\n\r\n{blank}"),
    )
    .await;
    // The room is taken once those bytes have arrived.
    let answer = loop {
        let answer = running.send(&created("1", "call/987")).await;
        if answer.status() != StatusCode::ACCEPTED {
            break answer;
        }
    };
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_intake_says_when_to_come_back() {
    let running = Running::start(Setup {
        intake_limit: 1,
        ..Setup::default()
    })
    .await;
    let held = hold_store(&running);
    let (first, second) = (created("1", "call/987"), created("2", "call/988"));
    let first = running.post("/v1/events").json(&first).send();
    let first = tokio::spawn(first);
    // While the first waits for its commit there is no place for another.
    let refused = loop {
        let request = running
            .post("/v1/events")
            .json(&second)
            .timeout(Duration::from_millis(200));
        match request.send().await {
            Ok(refused) => break refused,
            // It came before the first, and waits for its commit in turn.
            Err(error) => assert!(error.is_timeout(), "{error}"),
        }
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(body(refused).await["type"], "urn:casewire:problem:busy");
    held.execute_batch("ROLLBACK").unwrap();
    let first = first.await.unwrap().unwrap();
    assert!(
        first.status() == StatusCode::ACCEPTED || first.status() == StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_commit_makes_the_server_unready() {
    let limits = Limits {
        patience: Duration::from_millis(30),
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    assert_eq!(running.get("/readyz").await.status(), StatusCode::OK);
    let held = hold_store(&running);
    let answer = running.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body(answer).await["type"], "urn:casewire:problem:store");
    assert_eq!(running.get("/livez").await.status(), StatusCode::OK);
    held.execute_batch("ROLLBACK").unwrap();
    while running.get("/readyz").await.status() != StatusCode::OK {}
}
