//! `POST /v1/events`: events in.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use casewire_engine::NotAccepted;
use casewire_intake::{InputError, Received, RequestError, parse_request};
use metrics::counter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::access;
use crate::app::{App, busy};
use crate::headers::refuse_foreign_body;
use crate::problem::{Kind, Problem};

/// All events of the request are durable, and will take effect.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    /// Events that were new.
    accepted: usize,
    /// Events that were known by source and id, and change nothing.
    repeated: usize,
    /// Log entries that tell nothing of a session.
    skipped: usize,
    /// What was there but could not be used; the events count without it.
    warnings: Vec<EventWarning>,
}

/// What an event had that could not be used.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventWarning {
    /// Which event of the request, counted from 0.
    index: usize,
    /// What it is, without the value itself.
    warning: String,
}

/// Take events
///
/// One event (`application/cloudevents+json`), a batch (`application/cloudevents-batch+json`), either of them as
/// `application/json`, or one event in binary mode (`ce-*` headers). Signed per Standard Webhooks with
/// `webhook-id`, `webhook-timestamp` and `webhook-signature`, or with the platform's `x-signature` and
/// `x-signature-timestamp`. All events of a request are taken, or none.
#[utoipa::path(
    post,
    path = "/v1/events",
    operation_id = "sendEvents",
    params(
        ("webhook-id" = Option<String>, Header, description = "The message's id, the same at each try"),
        ("webhook-timestamp" = Option<String>, Header, description = "The time of this try in Unix seconds"),
        ("webhook-signature" = Option<String>, Header, description = "Signatures such as `v1,BASE64`, with spaces between them"),
    ),
    request_body(content(
        (ref("#/components/schemas/Event") = "application/cloudevents+json"),
        (ref("#/components/schemas/Events") = "application/cloudevents-batch+json"),
        (ref("#/components/schemas/EventOrEvents") = "application/json"),
    )),
    responses(
        (status = 202, description = "All events are durable", body = ref("#/components/schemas/Accepted")),
        (status = 400, description = "The body is no JSON", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 401, description = "The signature is missing, stale, or of none of the secrets", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 403, description = "The server has no secret to check signatures with", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or too many events", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 415, description = "No content type that carries events, or the body is packed", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 422, description = "An event can not be read or nobody takes it; none of the request was stored", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 429, description = "The intake is full; `retry-after` says when to send again", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "The server ends or its store failed; send again", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn receive(
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let (head, body) = request.into_parts();
    let accepted = take(&app, &head.headers, body, access::verify).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Receives a body, has it verified, and stores its events.
pub(crate) async fn take(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    verify: impl FnOnce(&App, &HeaderMap, &[u8]) -> Result<(), Problem>,
) -> Result<Accepted, Problem> {
    app.refuse_when_stopping()?;
    app.buffers.refuse_too_large(headers)?;
    refuse_foreign_body(headers)?;
    let received = app.buffers.receive(body).await?;
    let _turn = app.turn().await?;
    verify(app, headers, &received.bytes)?;
    let Received { events, skipped } = read(app, headers, &received.bytes)?;
    drop(received);
    let mut warnings = Vec::new();
    let mut arriving = Vec::with_capacity(events.len());
    for (index, incoming) in events.into_iter().enumerate() {
        let warning = incoming.warning;
        warnings.extend(warning.map(|warning| EventWarning { index, warning }));
        arriving.push(incoming.event);
    }
    let accepted = app.engine.accept(arriving).await.map_err(not_accepted)?;
    counter!("casewire_event_warnings_total").increment(warnings.len() as u64);
    counter!("casewire_entries_skipped_total").increment(skipped as u64);
    Ok(Accepted {
        accepted: accepted.new,
        repeated: accepted.repeated,
        skipped,
        warnings,
    })
}

fn read(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Received, Problem> {
    let all = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    parse_request(all, body, &app.default_source, app.limits.events).map_err(|error| match error {
        RequestError::Malformed(error) => malformed(body, error),
        RequestError::MediaType => {
            Problem::new(Kind::ContentType, error.to_string()).field("content-type")
        }
        RequestError::TooManyEvents(error) => Problem::input(Kind::TooManyEvents, error),
    })
}

/// Tells a body that is no JSON from JSON that is no event.
fn malformed(body: &[u8], error: InputError) -> Problem {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    // Into a value, whose depth is limited as that of an event.
    let is_json = serde_json::from_slice::<Value>(text).is_ok();
    // What is wrong with the headers of binary mode is not the body's fault, which may be blank there.
    let in_header = error
        .field
        .as_deref()
        .is_some_and(|field| field.starts_with("ce-"));
    match is_json || in_header {
        true => Problem::input(Kind::BadEvent, error),
        false => Problem::input(Kind::NotJson, error),
    }
}

fn not_accepted(error: NotAccepted) -> Problem {
    match error {
        NotAccepted::Draining => Problem::stopping(),
        NotAccepted::Full => busy("too many events wait to be stored"),
        NotAccepted::NoConnector { index } => Problem::new(
            Kind::UnknownSource,
            "several connectors are configured, and none for the source of this event",
        )
        .index(index)
        .field("source")
        .remedy("add the source to `[sources]` of the config, or mend it in the event"),
        NotAccepted::Store(error) => Problem::store(&error),
    }
}
