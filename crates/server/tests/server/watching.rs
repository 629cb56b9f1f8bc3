//! Health and metrics, and the end.

use std::time::Duration;

use casewire_engine::NotAccepted;
use casewire_server::recorder;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use crate::running::{LONG, Running, Setup, assigned, body, created, hold_store, next};

#[tokio::test]
async fn a_running_server_is_live_and_ready() {
    let running = Running::start(Setup::default()).await;
    assert_eq!(
        body(running.get("/livez").await).await,
        json!({ "status": "live" })
    );
    let ready = json!({
        "status": "ready",
        "connectors": [{ "connector": "memory", "paused": false, "since": null }],
    });
    assert_eq!(body(running.get("/readyz").await).await, ready);
}

#[tokio::test]
async fn an_engine_that_drains_makes_the_server_unready_and_takes_nothing() {
    let running = Running::start(Setup::default()).await;
    assert!(running.engine.stop(LONG).await);
    let answer = running.get("/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body(answer).await["type"], "urn:casewire:problem:stopping");
    let answer = running.send(&created("1", "call/987")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(running.get("/livez").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_way_is_answered_when_the_server_ends() {
    let running = Running::start(Setup {
        intake_limit: 0,
        ..Setup::default()
    })
    .await;
    let held = hold_store(&running);
    let request = running.post("/v1/events").json(&created("1", "call/987"));
    let under_way = tokio::spawn(request.send());
    // While it waits for its commit there is no place, not even for nothing.
    let is_full = async || {
        let accepted = timeout(Duration::from_millis(5), running.engine.accept(Vec::new())).await;
        matches!(accepted, Ok(Err(NotAccepted::Full)))
    };
    while !is_full().await {}
    let ending = tokio::spawn(running.stop());
    held.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        under_way.await.unwrap().unwrap().status(),
        StatusCode::ACCEPTED
    );
    ending.await.unwrap();
}

// One thread, so that what is counted meets the recorder of this test.
#[tokio::test(flavor = "current_thread")]
async fn metrics_count_by_route_and_tell_no_ids() {
    let recorder = recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let running = Running::start(Setup {
        metrics: recorder.handle(),
        ..Setup::default()
    })
    .await;
    let mut linked = running.engine.listen();
    running.send(&assigned("1", "call/987")).await;
    running.send(&assigned("1", "call/987")).await;
    next(&mut linked).await;
    running.get("/v1/sessions/call/987").await;
    running.get("/v1/sessions/call/986").await;
    running.get("/nowhere/987").await;
    let answer = running.get("/metrics").await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = answer.text().await.unwrap();
    for line in [
        "casewire_events_total 1",
        "casewire_events_repeated_total 1",
        "casewire_requests_total{route=\"/v1/events\",status=\"202\"} 2",
        "casewire_requests_total{route=\"/v1/sessions/{kind}/{id}\",status=\"200\"} 1",
        "casewire_requests_total{route=\"/v1/sessions/{kind}/{id}\",status=\"404\"} 1",
        "casewire_requests_total{route=\"other\",status=\"404\"} 1",
        "casewire_sessions_total{connector=\"memory\",outcome=\"created\"} 1",
        "casewire_connector_paused{connector=\"memory\"} 0",
        "casewire_parked_sessions 0",
        "casewire_deliveries_waiting 0",
        "casewire_lanes_ready{connector=\"memory\"} 0",
        "casewire_oldest_ready_seconds{connector=\"memory\"} 0",
        "# TYPE casewire_sessions_total counter",
        "# TYPE casewire_store_bytes gauge",
    ] {
        assert!(
            text.lines().any(|known| known == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(
        !text.contains("987") && !text.contains("contact-center"),
        "{text}"
    );
    for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).unwrap();
        let help = format!("# HELP {name} ");
        assert!(text.contains(&help), "{name} is not described");
        assert!(name.starts_with("casewire_"), "{name}");
    }
}
