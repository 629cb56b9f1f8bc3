//! The OpenAPI document against what is served.

use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::running::{Running, Setup, assigned, body, created, next};

async fn document(running: &Running) -> Value {
    let answer = running.get("/v1/openapi.json").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    body(answer).await
}

/// A validator of what the document says of `status` of an operation.
fn validator(document: &Value, operation: &str, status: &str) -> Validator {
    let pointer = format!("{operation}/responses/{status}/content");
    let content = document
        .pointer(&pointer)
        .unwrap_or_else(|| panic!("no {pointer}"));
    let mut media_types = content.as_object().unwrap().values();
    let mut schema = media_types.next().unwrap()["schema"].clone();
    assert!(schema["$ref"].is_string(), "{schema}");
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

#[tokio::test]
async fn every_route_is_documented_and_every_documented_route_is_there() {
    let running = Running::start(Setup::default()).await;
    let document = document(&running).await;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let known: Vec<_> = paths.keys().map(String::as_str).collect();
    let mut expected = [
        "/livez",
        "/metrics",
        "/readyz",
        "/v1/events",
        "/v1/events/pubsub",
        "/v1/openapi.json",
        "/v1/sessions/{kind}/{id}",
        "/v1/stream",
    ];
    expected.sort_unstable();
    assert_eq!(known, expected);
    for (path, operations) in paths {
        let path = path.replace("{kind}", "call").replace("{id}", "1");
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = running.client.request(method, running.url(&path));
            let status = request.send().await.unwrap().status();
            let documented = &operation["responses"][status.as_str()];
            assert!(documented.is_object(), "{path} answers {status}");
        }
    }
}

#[tokio::test]
async fn every_reference_leads_to_a_schema() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let running = Running::start(Setup::default()).await;
    let document = document(&running).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_is_sent_is_as_documented() {
    let running = Running::start(Setup::default()).await;
    let document = document(&running).await;
    let check = |operation: &str, status: &str, sent: &Value| {
        let validator = validator(&document, operation, status);
        let errors: Vec<_> = validator
            .iter_errors(sent)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{operation} {status}: {sent}");
        assert!(
            !validator.is_valid(&json!({})),
            "{operation} {status} says nothing"
        );
    };
    let events = "/paths/~1v1~1events/post";
    let receipt = "/paths/~1v1~1sessions~1{kind}~1{id}/get";
    let mut linked = running.engine.listen();
    let mut odd = assigned("1", "call/987");
    odd["data"]["customer"]["phone"] = "odd".into();
    check(events, "202", &body(running.send(&odd).await).await);
    let news = serde_json::to_value(&*next(&mut linked).await).unwrap();
    check("/paths/~1v1~1stream/get", "200", &news);
    check(
        receipt,
        "200",
        &body(running.get("/v1/sessions/call/987").await).await,
    );
    check(
        receipt,
        "404",
        &body(running.get("/v1/sessions/call/1").await).await,
    );
    let mut other = created("1", "call/987");
    other["source"] = "//contact-center/other".into();
    running.send(&other).await;
    check(
        receipt,
        "409",
        &body(running.get("/v1/sessions/call/987").await).await,
    );
    check(
        "/paths/~1livez/get",
        "200",
        &body(running.get("/livez").await).await,
    );
    check(
        "/paths/~1readyz/get",
        "200",
        &body(running.get("/readyz").await).await,
    );
    odd["time"] = "never".into();
    let answer = running.send(&odd).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    check(events, "422", &body(answer).await);
}
