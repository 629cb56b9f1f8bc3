//! What is taken.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_intake::ChatWebhookKeys;
use casewire_server::Keys;
use jiff::Timestamp;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::running::{Running, SOURCE, Setup, assigned, body, created, next, signing};

fn signed(request: RequestBuilder, letter: char, event: &Value) -> RequestBuilder {
    let (text, now) = (event.to_string(), Timestamp::now());
    request
        .header("content-type", "application/cloudevents+json")
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", now.as_second())
        .header(
            "webhook-signature",
            signing(&[letter]).sign("msg_1", now, text.as_bytes()),
        )
        .body(text)
}

#[tokio::test]
async fn an_event_is_taken_once_and_makes_a_record() {
    let running = Running::start(Setup::default()).await;
    let mut linked = running.engine.listen();
    let answer = running.send(&assigned("1", "call/987")).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let taken = json!({ "accepted": 1, "repeated": 0, "skipped": 0, "warnings": [] });
    assert_eq!(body(answer).await, taken);
    assert_eq!(next(&mut linked).await.session, "call/987");
    assert_eq!(running.crm.records().len(), 1);

    let again = body(running.send(&assigned("1", "call/987")).await).await;
    assert_eq!(
        (&again["accepted"], &again["repeated"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn each_content_type_of_cloud_events_is_taken() {
    let running = Running::start(Setup::default()).await;
    let one = created("1", "call/987");
    let batch = json!([created("2", "call/987"), created("3", "call/988")]);
    for (content_type, events, count) in [
        ("application/cloudevents+json", &one, 1),
        (
            "application/cloudevents-batch+json; charset=utf-8",
            &batch,
            2,
        ),
        ("application/json", &json!([]), 0),
    ] {
        let request = running
            .post("/v1/events")
            .header("content-type", content_type);
        let answer = request.body(events.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{content_type}");
        assert_eq!(body(answer).await["accepted"], count, "{content_type}");
    }
}

#[tokio::test]
async fn an_event_in_binary_mode_is_taken() {
    let running = Running::start(Setup::default()).await;
    let request = running
        .post("/v1/events")
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", SOURCE)
        .header("ce-type", "session.created")
        .header("ce-subject", "call/987")
        .header("ce-time", "2026-01-24T01:14:06Z")
        .json(&json!({ "language": "en" }));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert!(!running.is_empty().await);
}

#[tokio::test]
async fn what_could_not_be_used_is_told() {
    let running = Running::start(Setup::default()).await;
    let mut odd = created("2", "call/988");
    odd["data"]["customer"]["phone"] = "odd".into();
    let told = body(running.send(&json!([created("1", "call/987"), odd])).await).await;
    assert_eq!(told["accepted"], 2);
    assert_eq!(told["warnings"][0]["index"], 1);
    let warning = told["warnings"][0]["warning"].as_str().unwrap();
    assert!(
        warning.contains("phone") && !warning.contains("odd"),
        "{warning}"
    );
}

#[tokio::test]
async fn old_and_new_secret_sign_while_they_are_rotated() {
    let keys = |letters: &[char]| Keys {
        signing: Some(signing(letters)),
        ..Keys::default()
    };
    let running = Running::start(Setup {
        keys: keys(&['A']),
        ..Setup::default()
    })
    .await;
    let status = async |letter, id: &str| {
        let event = created(id, "call/987");
        let request = signed(running.post("/v1/events"), letter, &event);
        request.send().await.unwrap().status()
    };
    assert_eq!(status('A', "1").await, StatusCode::ACCEPTED);
    assert_eq!(status('B', "2").await, StatusCode::UNAUTHORIZED);
    running.keys.send_replace(Arc::new(keys(&['B', 'A'])));
    assert_eq!(status('A', "3").await, StatusCode::ACCEPTED);
    assert_eq!(status('B', "4").await, StatusCode::ACCEPTED);
    running.keys.send_replace(Arc::new(keys(&['B'])));
    assert_eq!(status('A', "5").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_platforms_own_signature_is_taken_where_its_secret_is_configured() {
    let secret = SecretString::from("platform secret");
    let keys = Keys {
        signing: Some(signing(&['A'])),
        chat_webhooks: Some(ChatWebhookKeys::parse(&[secret]).unwrap()),
        ..Keys::default()
    };
    let running = Running::start(Setup {
        keys,
        ..Setup::default()
    })
    .await;
    let event = created("1", "chat/1").to_string();
    let now = Timestamp::now().as_second().to_string();
    let mac = hmac_sha256(b"platform secret", format!("{now}{event}").as_bytes());
    let send = async |signature: String| {
        let request = running
            .post("/v1/events")
            .header("content-type", "application/json")
            .header("x-signature-timestamp", &now)
            .header("x-signature", signature)
            .body(event.clone());
        request.send().await.unwrap().status()
    };
    let forged = format!("primary={}", STANDARD.encode([0; 32]));
    assert_eq!(send(forged).await, StatusCode::UNAUTHORIZED);
    assert!(running.is_empty().await);
    let right = format!("primary={}", STANDARD.encode(mac));
    assert_eq!(send(right).await, StatusCode::ACCEPTED);
    // Standard Webhooks hold as before.
    let other = created("2", "chat/1");
    let request = signed(running.post("/v1/events"), 'A', &other);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
}

/// By the definition in RFC 2104, so that it is no proof of itself.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = block.map(|byte| byte ^ 0x36);
    let outer = block.map(|byte| byte ^ 0x5c);
    let digest = Sha256::new()
        .chain_update(inner)
        .chain_update(text)
        .finalize();
    Sha256::new()
        .chain_update(outer)
        .chain_update(digest)
        .finalize()
        .to_vec()
}

fn push(inner: &Value) -> Value {
    let data = STANDARD.encode(inner.to_string());
    json!({ "message": { "data": data, "messageId": "1" }, "subscription": "projects/p/subscriptions/s" })
}

#[tokio::test]
async fn a_push_brings_its_token_in_the_query_or_as_a_bearer() {
    let keys = Keys {
        pubsub_token: Some(SecretString::from("a b&c")),
        ..Keys::default()
    };
    let running = Running::start(Setup {
        keys,
        ..Setup::default()
    })
    .await;
    let event = push(&created("1", "call/987"));
    for path in ["/v1/events/pubsub", "/v1/events/pubsub?token=wrong"] {
        let answer = running.post(path).json(&event).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert!(running.is_empty().await);
    }
    let request = running
        .post("/v1/events/pubsub?token=a%20b%26c")
        .json(&event);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert!(!running.is_empty().await);
    let request = running
        .post("/v1/events/pubsub")
        .json(&event)
        .bearer_auth("a b&c");
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_push_that_tells_nothing_is_acknowledged_and_one_that_can_not_be_read_is_not() {
    let running = Running::start(Setup::default()).await;
    let idle =
        push(&json!({ "logName": "projects/p/logs/other", "jsonPayload": { "message": "hello" } }));
    let answer = running
        .post("/v1/events/pubsub")
        .json(&idle)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let mut broken = created("1", "call/987");
    broken["subject"] = "call".into();
    let answer = running
        .post("/v1/events/pubsub")
        .json(&push(&broken))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(running.is_empty().await);
}
