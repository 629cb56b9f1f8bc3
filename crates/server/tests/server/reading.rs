//! Receipts, and who may read them.

use std::sync::Arc;

use casewire_server::Keys;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::json;

use crate::running::{Running, SOURCE, Setup, assigned, body, created, next};

fn with_token() -> Setup {
    let keys = Keys {
        token: Some(SecretString::from("let-me-in")),
        ..Keys::default()
    };
    Setup {
        keys,
        ..Setup::default()
    }
}

#[tokio::test]
async fn a_receipt_tells_what_became_of_a_session() {
    let running = Running::start(Setup::default()).await;
    let mut linked = running.engine.listen();
    running.send(&assigned("1", "call/987")).await;
    next(&mut linked).await;
    let answer = running.get("/v1/sessions/call/987").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let receipt = body(answer).await;
    assert_eq!(receipt["session"], "call/987");
    assert_eq!(receipt["source"], SOURCE);
    assert_eq!(receipt["outcome"], "created");
    assert_eq!(receipt["rule"], "R3");
    let text = receipt.to_string();
    assert!(
        !text.contains("15550100100") && !text.contains("ana@"),
        "{text}"
    );
}

#[tokio::test]
async fn an_unknown_session_is_not_found() {
    let running = Running::start(Setup::default()).await;
    for path in [
        "/v1/sessions/call/987",
        "/v1/sessions/mail/1",
        "/v1/sessions/call/%2F",
    ] {
        let answer = running.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            body(answer).await["type"],
            "urn:casewire:problem:not-found",
            "{path}"
        );
    }
    let answer = running.get("/v1/sessions/call/%ff").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_session_of_several_sources_asks_which_is_meant() {
    let running = Running::start(Setup::default()).await;
    let mut other = created("1", "call/987");
    other["source"] = "//contact-center/other".into();
    running
        .send(&json!([created("1", "call/987"), other]))
        .await;
    let answer = running.get("/v1/sessions/call/987").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let sources = json!([SOURCE, "//contact-center/other"]);
    assert_eq!(body(answer).await["sources"], sources);
    let answer = running
        .get("/v1/sessions/call/987?source=//contact-center/other")
        .await;
    assert_eq!(body(answer).await["source"], "//contact-center/other");
}

#[tokio::test]
async fn a_token_is_asked_for_where_one_is_configured() {
    let running = Running::start(with_token()).await;
    running.send(&created("1", "call/987")).await;
    for path in ["/v1/sessions/call/987", "/v1/stream"] {
        for given in [
            None,
            Some("wrong"),
            Some("let-me-i"),
            Some("let-me-in2"),
            Some(""),
        ] {
            let request = running.client.get(running.url(path));
            let request = match given {
                Some(given) => request.bearer_auth(given),
                None => request,
            };
            let answer = request.send().await.unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::UNAUTHORIZED,
                "{path} {given:?}"
            );
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            let problem = body(answer).await.to_string();
            assert!(!problem.contains("let-me-in"), "{problem}");
        }
        let request = running
            .client
            .get(running.url(path))
            .bearer_auth("let-me-in");
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let none = Arc::new(Keys::default());
    running.keys.send_replace(none);
    assert_eq!(
        running.get("/v1/sessions/call/987").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn without_a_token_only_this_machine_under_its_own_name_may_read() {
    let running = Running::start(Setup::default()).await;
    running.send(&created("1", "call/987")).await;
    for (name, value) in [
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("host", "rebound.example.com"),
    ] {
        for path in ["/v1/sessions/call/987", "/v1/stream"] {
            let request = running.client.get(running.url(path)).header(name, value);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {name}");
            let remedy = body(answer).await["remedy"].to_string();
            assert!(remedy.contains("`token`"), "{remedy}");
        }
    }
}
