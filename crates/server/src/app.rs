//! What all handlers share.

use std::net::SocketAddr;
use std::sync::Arc;

use casewire_engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::body::Buffers;
use crate::metrics::Gauges;
use crate::problem::{Kind, Problem};
use crate::{Keys, Limits, ServerConfig};

/// What all handlers share. Clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) keys: watch::Receiver<Arc<Keys>>,
    pub(crate) default_source: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) buffers: Buffers,
    pub(crate) listeners: Arc<Semaphore>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) gauges: Gauges,
    /// Whether only this machine can send requests.
    pub(crate) is_local: bool,
    /// Whether the server is to end.
    pub(crate) stopping: watch::Receiver<bool>,
    requests: Semaphore,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl App {
    pub(crate) fn new(
        config: &ServerConfig,
        address: SocketAddr,
        engine: Engine,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Shared {
            engine,
            keys: config.keys.clone(),
            default_source: Arc::clone(&config.default_source),
            limits: config.limits.clone(),
            buffers: Buffers::new(&config.limits),
            listeners: Arc::new(Semaphore::new(config.limits.listeners)),
            metrics: config.metrics.clone(),
            gauges: Gauges::default(),
            is_local: address.ip().is_loopback(),
            stopping,
            requests: Semaphore::new(config.limits.requests),
        }))
    }

    /// What requests are checked against now.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.borrow())
    }

    /// A place among the requests that are read and stored.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        match tokio::time::timeout(self.limits.patience, self.requests.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(busy("too many requests are being stored")),
        }
    }

    /// Refuses what would change something once the server is to end.
    pub(crate) fn refuse_when_stopping(&self) -> Result<(), Problem> {
        match *self.stopping.borrow() {
            true => Err(Problem::stopping()),
            false => Ok(()),
        }
    }
}

pub(crate) fn busy(detail: &str) -> Problem {
    Problem::new(Kind::Busy, detail)
        .remedy("send it again in a second")
        .retry_after(1)
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
