//! The routes, documented where they are written.

use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::document;
use crate::problem::{Kind, Problem};
use crate::{events, health, metrics, pubsub, receipts, stream};

/// All routes. What is not among them is answered by a problem, too.
pub(crate) fn router(app: App) -> Router {
    let (router, api) = documented().split_for_parts();
    let document = Document(document(api).to_string().into());
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Extension(document))
        .layer(from_fn(metrics::count))
        .with_state(app)
}

fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Casewire::openapi())
        .routes(routes!(events::receive))
        .routes(routes!(pubsub::receive))
        .routes(routes!(receipts::read))
        .routes(routes!(stream::listen))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::render))
        .routes(routes!(read_document))
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Casewire",
    description = "Contact-center events in; receipts, linked sessions and metrics out."
))]
struct Casewire;

/// The document, as it is sent.
#[derive(Clone)]
struct Document(Bytes);

/// This document
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    operation_id = "readOpenapi",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)),
)]
async fn read_document(Extension(Document(document)): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document)
}

async fn not_found() -> Problem {
    Problem::new(Kind::NotFound, "there is no such route")
        .remedy("`/v1/openapi.json` lists the routes")
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        format!("the route does not take {method}"),
    )
    .remedy("use a method that the header `allow` lists")
}
