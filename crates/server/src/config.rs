//! What a server is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use crate::Keys;

/// What a [`Server`](crate::Server) is told.
#[derive(Clone)]
pub struct ServerConfig {
    /// The address to listen on; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// What requests are checked against and messages are signed with. A new value holds from the next request on.
    pub keys: watch::Receiver<Arc<Keys>>,
    /// The source of sessions whose format names none.
    pub default_source: Arc<str>,
    /// How much is taken at once.
    pub limits: Limits,
    /// How long a message that an endpoint did not take waits before it is sent again, failure by failure; after the
    /// last one it is given up. See [`RETRY_AFTER`].
    pub retry_after: Vec<Duration>,
    /// Renders what the process counts, see [`recorder`](crate::recorder).
    pub metrics: PrometheusHandle,
    /// How long requests may take to finish once the server is to end.
    pub drain: Duration,
}

impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerConfig")
            .field("listen", &self.listen)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How much a server takes at once, so that neither many requests nor slow or large ones use up its memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request's body. Default 1 MiB.
    pub body_bytes: usize,
    /// Events of a request. Default 1,000.
    pub events: usize,
    /// Bytes of all bodies that are being received. Default 64 MiB.
    pub received_bytes: usize,
    /// Requests that are read and stored at the same time; others wait a moment. Default 64.
    pub requests: usize,
    /// Open connections; others wait to be accepted. Default 1,024.
    pub connections: usize,
    /// Listeners of the stream. Default 256.
    pub listeners: usize,
    /// How long the head of a request may take, and an idle connection stays open. Default 10 s.
    pub head_time: Duration,
    /// How long the body of a request may take. Default 30 s.
    pub body_time: Duration,
    /// How long a request waits for its turn before it is sent away. Default 1 s.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            events: 1_000,
            received_bytes: 64 * 1024 * 1024,
            requests: 64,
            connections: 1_024,
            listeners: 256,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            patience: Duration::from_secs(1),
        }
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The waits that Standard Webhooks recommends between tries, about three days in all.
pub const RETRY_AFTER: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
    Duration::from_secs(14 * HOUR),
    Duration::from_secs(20 * HOUR),
    Duration::from_secs(24 * HOUR),
];
