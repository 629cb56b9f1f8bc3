//! `GET /metrics`: what the process counts, for Prometheus.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use casewire_engine::{ConnectorState, Depth};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use tokio::sync::Mutex;

use crate::app::App;
use crate::problem::Problem;

/// A recorder that knows all metrics of Casewire by name. Install it once in a process, before the engine starts, and
/// give its handle to the server.
pub fn recorder() -> PrometheusRecorder {
    let builder = PrometheusBuilder::new();
    // Fails for an empty list only; histograms would become summaries then.
    let builder = builder
        .set_buckets(&SECONDS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    metrics::with_local_recorder(&recorder, describe);
    recorder
}

/// The buckets of all histograms, in seconds: from a commit to a CRM that is away for hours.
const SECONDS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0,
    3600.0,
];

fn describe() {
    for (name, what) in [
        ("casewire_events_total", "Events that were new"),
        (
            "casewire_events_repeated_total",
            "Events that were known already",
        ),
        (
            "casewire_event_warnings_total",
            "Values of events that could not be used",
        ),
        (
            "casewire_entries_skipped_total",
            "Log entries that tell nothing of a session",
        ),
        ("casewire_requests_total", "Requests by route and status"),
        (
            "casewire_sessions_total",
            "Sessions by connector and outcome",
        ),
        (
            "casewire_crm_calls_total",
            "Calls to a CRM by connector and status",
        ),
        (
            "casewire_lane_failures_total",
            "Lanes that could not be served, by connector and kind of error",
        ),
        (
            "casewire_webhooks_total",
            "Messages sent to endpoints, by what came of it",
        ),
    ] {
        describe_counter!(name, what);
    }
    for (name, what) in [
        (
            "casewire_due_to_outcome_seconds",
            "From when a session could be written to its outcome, by connector",
        ),
        ("casewire_commit_seconds", "Commits of the store"),
    ] {
        describe_histogram!(name, metrics::Unit::Seconds, what);
    }
    for (name, what) in [
        (
            "casewire_lanes_ready",
            "Lanes with work that could be done now, by connector",
        ),
        (
            "casewire_lanes_waiting",
            "Lanes whose work waits for its time, by connector",
        ),
        (
            "casewire_lanes_live",
            "Lanes in which an agent waits for a record, by connector",
        ),
        (
            "casewire_oldest_ready_seconds",
            "For how long the longest ready lane has been ready, by connector",
        ),
        (
            "casewire_connector_paused",
            "1 while a connector's CRM is left alone",
        ),
        (
            "casewire_parked_sessions",
            "Sessions that wait for a person",
        ),
        (
            "casewire_deliveries_waiting",
            "Messages that are to be sent to endpoints",
        ),
        (
            "casewire_deliveries_given_up",
            "Messages that no endpoint took in time",
        ),
        ("casewire_store_bytes", "Size of the store's file"),
        (
            "casewire_store_free_bytes",
            "Bytes of the store's file that are free to be used again",
        ),
        (
            "casewire_store_log_bytes",
            "Size of the store's write-ahead log",
        ),
        ("casewire_stream_listeners", "Listeners of the stream"),
    ] {
        describe_gauge!(name, what);
    }
}

/// How long what was counted in the store is good for: however often the metrics are asked for, it is not asked more.
const FRESH: Duration = Duration::from_secs(1);

/// What is counted when somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    counted_at: Mutex<Option<Instant>>,
}

impl Gauges {
    async fn refresh(&self, app: &App) -> Result<(), Problem> {
        let mut counted_at = self.counted_at.lock().await;
        if counted_at.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        let depth = app.engine.depth().await;
        show(&depth.map_err(|error| Problem::store(&error))?);
        for state in app.engine.connectors() {
            show_connector(&state);
        }
        let listeners = app.limits.listeners - app.listeners.available_permits();
        gauge!("casewire_stream_listeners").set(listeners as f64);
        *counted_at = Some(Instant::now());
        Ok(())
    }
}

fn show(depth: &Depth) {
    for one in &depth.connectors {
        let gauge = |name| gauge!(name, "connector" => one.connector.clone());
        gauge("casewire_lanes_ready").set(one.ready_lanes as f64);
        gauge("casewire_lanes_waiting").set(one.waiting_lanes as f64);
        gauge("casewire_lanes_live").set(one.live_lanes as f64);
        gauge("casewire_oldest_ready_seconds").set(one.oldest_ready_ms as f64 / 1000.0);
    }
    gauge!("casewire_parked_sessions").set(depth.parked_sessions as f64);
    gauge!("casewire_deliveries_waiting").set(depth.deliveries_waiting as f64);
    gauge!("casewire_deliveries_given_up").set(depth.deliveries_given_up as f64);
    gauge!("casewire_store_bytes").set(depth.store_bytes as f64);
    gauge!("casewire_store_free_bytes").set(depth.free_bytes as f64);
    gauge!("casewire_store_log_bytes").set(depth.log_bytes as f64);
}

fn show_connector(state: &ConnectorState) {
    let paused = gauge!("casewire_connector_paused", "connector" => state.connector.clone());
    paused.set(f64::from(u8::from(state.paused)));
}

/// What the process counts, in the text format of Prometheus
///
/// Names begin with `casewire_`; times are in seconds, sizes in bytes. No label carries an id.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "readMetrics",
    responses(
        (status = 200, description = "All metrics", body = String, content_type = "text/plain"),
        (status = 503, description = "The store failed", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn render(State(app): State<App>) -> Result<Response, Problem> {
    app.gauges.refresh(&app).await?;
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(CONTENT_TYPE, media_type)], app.metrics.render()).into_response())
}

/// Counts and logs each request by its route, which carries no id.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("other", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = began.elapsed();
    tracing::debug!(route, status, ?elapsed, "answered {status} on {route}");
    counter!("casewire_requests_total", "route" => route, "status" => status.to_string())
        .increment(1);
    response
}
