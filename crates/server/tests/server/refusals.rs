//! What is refused, how that is told, and that nothing of it is stored.

use casewire_server::{Keys, Limits};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::running::{Running, Setup, body, created, signing};

/// A request that should be refused, and how.
struct Bad {
    what: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    status: u16,
    kind: &'static str,
    /// What the problem says beside its kind.
    told: Value,
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn bad(
    what: &'static str,
    body: impl Into<Vec<u8>>,
    status: u16,
    kind: &'static str,
    told: Value,
) -> Bad {
    Bad {
        what,
        headers: vec![(JSON.0, JSON.1.to_owned())],
        body: body.into(),
        status,
        kind,
        told,
    }
}

/// One good event, then `change` made to another.
fn batch(change: impl FnOnce(&mut Value)) -> String {
    let mut event = created("2", "call/988");
    change(&mut event);
    json!([created("1", "call/987"), event]).to_string()
}

fn bad_bodies() -> Vec<Bad> {
    let good = created("1", "call/987").to_string();
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let nested = good.replacen("\"data\":", &format!("\"extension\":{nested},\"data\":"), 1);
    let repeated = good.replacen('{', r#"{"subject":"call/988","#, 1);
    let mut latin = good.clone().into_bytes();
    latin.splice(9..9, *b"\xe9");
    vec![
        bad("empty", "", 400, "not-json", json!({})),
        bad("blank", " \n", 400, "not-json", json!({})),
        bad(
            "text",
            "hello",
            400,
            "not-json",
            json!({ "line": 1, "column": 1 }),
        ),
        bad(
            "truncated",
            &good.as_bytes()[..good.len() - 9],
            400,
            "not-json",
            json!({ "index": 0 }),
        ),
        bad("not UTF-8", latin, 400, "not-json", json!({ "index": 0 })),
        bad(
            "nested too deep",
            nested,
            400,
            "not-json",
            json!({ "index": 0 }),
        ),
        bad("trailing", format!("{good} x"), 400, "not-json", json!({})),
        bad(
            "repeated member",
            repeated,
            422,
            "bad-event",
            json!({ "index": 0, "field": "subject" }),
        ),
        bad("a number", "5", 422, "bad-event", json!({})),
        bad(
            "no event",
            r#"{"a":1}"#,
            422,
            "bad-event",
            json!({ "index": 0 }),
        ),
        bad(
            "unknown field",
            batch(|event| event["data"]["colour"] = 1.into()),
            422,
            "bad-event",
            json!({ "index": 1 }),
        ),
        bad(
            "wrong subject",
            batch(|event| event["subject"] = "mail/1".into()),
            422,
            "bad-event",
            json!({ "index": 1, "field": "subject" }),
        ),
        bad(
            "wrong time",
            batch(|event| event["time"] = "yesterday".into()),
            422,
            "bad-event",
            json!({ "index": 1, "field": "time" }),
        ),
        bad(
            "unknown source",
            batch(|event| event["source"] = "//contact-center/other".into()),
            422,
            "unknown-source",
            json!({ "index": 1, "field": "source" }),
        ),
        bad(
            "too many events",
            json!([
                created("1", "call/987"),
                created("2", "call/988"),
                created("3", "call/988"),
                created("4", "call/988")
            ])
            .to_string(),
            413,
            "too-many-events",
            json!({ "index": 3 }),
        ),
        bad(
            "too many bytes",
            " ".repeat(10_001),
            413,
            "too-large",
            json!({}),
        ),
    ]
}

fn bad_headers() -> Vec<Bad> {
    let good = || created("1", "call/987").to_string();
    let with = |headers: Vec<(&'static str, &str)>, bad: Bad| Bad {
        headers: headers
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
        ..bad
    };
    let wrong_type = |what| {
        bad(
            what,
            good(),
            415,
            "content-type",
            json!({ "field": "content-type" }),
        )
    };
    vec![
        with(vec![], wrong_type("no type")),
        with(vec![("content-type", "text/plain")], wrong_type("text")),
        with(
            vec![("content-type", "application/json; charset=latin1")],
            wrong_type("charset"),
        ),
        with(
            vec![JSON, ("content-encoding", "gzip")],
            bad(
                "packed",
                good(),
                415,
                "content-encoding",
                json!({ "field": "content-encoding" }),
            ),
        ),
        with(
            vec![JSON, ("ce-specversion", "1.0"), ("ce-id", "1")],
            bad(
                "binary without source",
                "",
                422,
                "bad-event",
                json!({ "field": "ce-source" }),
            ),
        ),
    ]
}

async fn assert_refused(running: &Running, bad: Bad, signed: bool) {
    let mut request = running.post("/v1/events");
    if signed {
        let now = Timestamp::now();
        request = request
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", now.as_second())
            .header(
                "webhook-signature",
                signing(&['A']).sign("msg_1", now, &bad.body),
            );
    }
    for (name, value) in bad.headers {
        request = request.header(name, value);
    }
    let answer = request.body(bad.body).send().await.unwrap();
    assert_problem(answer, bad.what, bad.status, bad.kind, &bad.told).await;
    assert!(running.is_empty().await, "{}", bad.what);
}

async fn assert_problem(answer: Response, what: &str, status: u16, kind: &str, told: &Value) {
    assert_eq!(
        answer.headers()["content-type"],
        "application/problem+json",
        "{what}"
    );
    assert_eq!(answer.status().as_u16(), status, "{what}");
    let problem = body(answer).await;
    assert_eq!(
        problem["type"],
        format!("urn:casewire:problem:{kind}"),
        "{what}: {problem}"
    );
    assert_eq!(problem["status"], status, "{what}: {problem}");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| !detail.is_empty()),
        "{what}: {problem}"
    );
    for (key, value) in told.as_object().unwrap() {
        assert_eq!(&problem[key], value, "{what}: {problem}");
    }
    let text = problem.to_string();
    assert!(
        !text.contains("15550100100") && !text.contains("ana@"),
        "{what}: {problem}"
    );
}

fn small() -> Limits {
    Limits {
        body_bytes: 10_000,
        events: 3,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_bad_request_is_refused_whole_and_told_where() {
    let running = Running::start(Setup {
        limits: small(),
        connectors: vec!["memory", "other"],
        ..Setup::default()
    })
    .await;
    for bad in bad_bodies().into_iter().chain(bad_headers()) {
        assert_refused(&running, bad, false).await;
    }
}

#[tokio::test]
async fn a_bad_request_that_is_signed_is_refused_just_the_same() {
    let keys = Keys {
        signing: Some(signing(&['A'])),
        ..Keys::default()
    };
    let running = Running::start(Setup {
        keys,
        limits: small(),
        connectors: vec!["memory", "other"],
        ..Setup::default()
    })
    .await;
    for bad in bad_bodies().into_iter().chain(bad_headers()) {
        assert_refused(&running, bad, true).await;
    }
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_refused() {
    let keys = Keys {
        signing: Some(signing(&['A'])),
        ..Keys::default()
    };
    let running = Running::start(Setup {
        keys,
        ..Setup::default()
    })
    .await;
    let good = created("1", "call/987").to_string();
    let signed = |letter, at: Timestamp, text: &str| {
        vec![
            (JSON.0, JSON.1.to_owned()),
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", at.as_second().to_string()),
            (
                "webhook-signature",
                signing(&[letter]).sign("msg_1", at, text.as_bytes()),
            ),
        ]
    };
    let now = Timestamp::now();
    let without = |name: &str| {
        let mut headers = signed('A', now, &good);
        headers.retain(|(header, _)| *header != name);
        headers
    };
    let field = |name: &str| json!({ "field": name });
    let early = now - SignedDuration::from_mins(6);
    let late = now + SignedDuration::from_mins(6);
    for (what, headers, told) in [
        (
            "unsigned",
            vec![(JSON.0, JSON.1.to_owned())],
            field("webhook-id"),
        ),
        ("no id", without("webhook-id"), field("webhook-id")),
        (
            "no timestamp",
            without("webhook-timestamp"),
            field("webhook-timestamp"),
        ),
        (
            "no signature",
            without("webhook-signature"),
            field("webhook-signature"),
        ),
        ("of another secret", signed('B', now, &good), json!({})),
        ("of another body", signed('A', now, "{}"), json!({})),
        ("old", signed('A', early, &good), field("webhook-timestamp")),
        (
            "of the future",
            signed('A', late, &good),
            field("webhook-timestamp"),
        ),
    ] {
        let bad = Bad {
            headers,
            ..bad(what, good.clone(), 401, "signature", told)
        };
        assert_refused(&running, bad, false).await;
    }
}

#[tokio::test]
async fn unsigned_events_are_taken_by_a_server_for_this_machine_only() {
    let running = Running::start(Setup {
        listen: "0.0.0.0:0",
        ..Setup::default()
    })
    .await;
    let answer = running.send(&created("1", "call/987")).await;
    assert_problem(answer, "unsigned", 403, "forbidden", &json!({})).await;
    let push = json!({ "message": { "data": "e30=" } });
    let answer = running
        .post("/v1/events/pubsub")
        .json(&push)
        .send()
        .await
        .unwrap();
    assert_problem(answer, "push", 403, "forbidden", &json!({})).await;
    assert!(running.is_empty().await);
}

#[tokio::test]
async fn unsigned_events_are_not_taken_from_a_proxy_on_this_machine() {
    let running = Running::start(Setup::default()).await;
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7"),
        ("host", "casewire.example.com"),
    ] {
        let answer = running
            .post("/v1/events")
            .header("content-type", "application/cloudevents+json")
            .header(name, value)
            .body(created("1", "call/987").to_string())
            .send()
            .await
            .unwrap();
        assert_problem(answer, name, 403, "forbidden", &json!({})).await;
    }
    assert!(running.is_empty().await);
}

#[tokio::test]
async fn another_route_or_method_is_a_problem_too() {
    let running = Running::start(Setup::default()).await;
    let answer = running.get("/v1/event").await;
    assert_problem(answer, "route", 404, "not-found", &json!({})).await;
    for (path, allowed) in [("/v1/events", "POST"), ("/v1/events/pubsub", "POST")] {
        let answer = running.get(path).await;
        assert_eq!(answer.headers()["allow"], allowed, "{path}");
        assert_problem(answer, path, 405, "method-not-allowed", &json!({})).await;
    }
    let answer = running.post("/livez").send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET,HEAD");
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn one_connector_takes_every_source() {
    let running = Running::start(Setup::default()).await;
    let mut event = created("1", "call/987");
    event["source"] = "//contact-center/other".into();
    assert_eq!(running.send(&event).await.status(), StatusCode::ACCEPTED);
}
