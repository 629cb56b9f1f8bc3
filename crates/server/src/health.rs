//! `GET /livez`, `GET /readyz`: whether the process runs, and whether it takes events.

use axum::Json;
use axum::extract::State;
use casewire_engine::NotAccepted;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::problem::{Kind, Problem};

/// Whether the process runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Live {
    /// `live`.
    status: &'static str,
}

/// Whether events are taken.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ready {
    /// `ready`.
    status: &'static str,
    /// How it stands with each connector. A paused one keeps nothing from being taken: its sessions wait in the store.
    connectors: Vec<ConnectorHealth>,
}

/// How it stands with a connector.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConnectorHealth {
    /// Its name in the config.
    connector: String,
    /// Whether its CRM is left alone for a while, because it was not there or refused the credentials.
    paused: bool,
    /// Since when.
    #[schemars(with = "Option<String>")]
    since: Option<Timestamp>,
}

/// Whether the process runs
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "isLive",
    responses((status = 200, description = "It runs", body = ref("#/components/schemas/Live"))),
)]
pub(crate) async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// Whether events are taken
///
/// Asks the store for a commit. A connector that is paused does not make the server unready.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "isReady",
    responses(
        (status = 200, description = "Events are taken", body = ref("#/components/schemas/Ready")),
        (status = 503, description = "The server ends, or its store is out of order", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Ready>, Problem> {
    app.refuse_when_stopping()?;
    let patience = app.limits.patience;
    match tokio::time::timeout(patience, app.engine.probe()).await {
        Ok(Ok(())) => {}
        Ok(Err(NotAccepted::Store(error))) => return Err(Problem::store(&error)),
        Ok(Err(_)) => return Err(Problem::stopping()),
        Err(_) => {
            let detail = format!("the store did not commit within {patience:?}");
            return Err(Problem::new(Kind::Store, detail).remedy("look at the load of its disk"));
        }
    }
    let states = app.engine.connectors().into_iter();
    Ok(Json(Ready {
        status: "ready",
        connectors: states
            .map(|state| ConnectorHealth {
                connector: state.connector,
                paused: state.paused,
                since: state.since,
            })
            .collect(),
    }))
}
