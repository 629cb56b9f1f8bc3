//! `GET /v1/sessions/{kind}/{id}`: the receipt of a session.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use casewire_engine::SessionView;
use serde::Deserialize;

use crate::access::may_read;
use crate::app::{App, Peer};
use crate::problem::{Kind, Problem};

#[derive(Debug, Deserialize)]
pub(crate) struct OfSource {
    source: Option<String>,
}

/// Read the receipt of a session
///
/// What became of the session, by which rule and settings, which records were looked at and why each was refused, and
/// which calls the CRM got. Holds no customer data.
#[utoipa::path(
    get,
    path = "/v1/sessions/{kind}/{id}",
    operation_id = "readSession",
    params(
        ("kind" = String, Path, description = "`call` or `chat`"),
        ("id" = String, Path, description = "The session's id"),
        ("source" = Option<String>, Query, description = "The source of its events, when several have a session of this id"),
    ),
    responses(
        (status = 200, description = "The receipt", body = ref("#/components/schemas/SessionView")),
        (status = 400, description = "The path or query can not be read", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 401, description = "The token is missing or wrong", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 403, description = "Without a token only this machine may read", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 404, description = "No event of such a session has arrived", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 409, description = "Several sources have this session; `sources` lists them", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "The store failed", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<OfSource>, QueryRejection>,
) -> Result<Json<SessionView>, Problem> {
    may_read(&app, peer, &headers)?;
    let Path((kind, id)) = path.map_err(|error| unreadable(error.body_text()))?;
    let Query(OfSource { source }) = query.map_err(|error| unreadable(error.body_text()))?;
    let found = app
        .engine
        .read_session(format!("{kind}/{id}"), source)
        .await;
    let mut found = found.map_err(|error| Problem::store(&error))?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(Json(only)),
        (Some(last), false) => Err(several(found.into_iter().chain([last]))),
        (None, _) => Err(Problem::new(
            Kind::NotFound,
            "no event of such a session has arrived, or it was forgotten since",
        )
        .remedy("ask for `/v1/sessions/call/ID` or `/v1/sessions/chat/ID`")),
    }
}

fn several(found: impl Iterator<Item = SessionView>) -> Problem {
    Problem::new(
        Kind::SeveralSources,
        "more than one source has a session of this id",
    )
    .sources(found.map(|view| view.source).collect())
    .remedy("say which is meant: add `?source=`")
}

pub(crate) fn unreadable(detail: String) -> Problem {
    Problem::new(Kind::BadRequest, detail).remedy("write it as the route's description says")
}
