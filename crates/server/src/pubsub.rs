//! `POST /v1/events/pubsub`: pushes of a Pub/Sub subscription.

use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::access::verify_push;
use crate::app::App;
use crate::events::take;
use crate::problem::Problem;

/// Take a push of Pub/Sub
///
/// The envelope that a push subscription sends, around a Cloud Logging entry of the milestone log or around a
/// `CloudEvent`. Entries that tell nothing of a session are acknowledged. What can not be read is not: Pub/Sub sends it
/// again until it lands in the subscription's dead-letter topic, so that nothing is lost in silence.
///
/// The push brings the configured token, as `?token=` or as a bearer. Tokens that Pub/Sub signs itself (OIDC) are not
/// verified.
#[utoipa::path(
    post,
    path = "/v1/events/pubsub",
    operation_id = "pushEvents",
    params(("token" = Option<String>, Query, description = "The token, when it does not come as a bearer")),
    request_body(content = ref("#/components/schemas/Push"), content_type = "application/json"),
    responses(
        (status = 204, description = "All events of the push are durable"),
        (status = 400, description = "The body is no JSON", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 401, description = "The token is missing or wrong", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 403, description = "The server has no token to check", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or too many events", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON by its type, or packed", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 422, description = "What is pushed can not be read or nobody takes it", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 429, description = "The intake is full", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "The server ends or its store failed", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn receive(
    State(app): State<App>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (head, body) = request.into_parts();
    verify_push(&app, &head.uri, &head.headers)?;
    take(&app, &head.headers, body, |_, _, _| Ok(())).await?;
    Ok(StatusCode::NO_CONTENT)
}
