//! A running server, and what tests say to it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{CrmConnector, MemoryCrm, Settings};
use casewire_engine::{Engine, Linked, Options, Route, Routes};
use casewire_intake::SigningKeys;
use casewire_server::{Endpoint, Keys, Limits, Server, ServerConfig, recorder};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use reqwest::{Client, RequestBuilder, Response};
use rusqlite::Connection;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything in these tests takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const SOURCE: &str = "//contact-center/acme";

/// What differs between tests.
pub(crate) struct Setup {
    pub(crate) keys: Keys,
    pub(crate) limits: Limits,
    pub(crate) retry_after: Vec<Duration>,
    pub(crate) intake_limit: usize,
    pub(crate) metrics: PrometheusHandle,
    /// The connectors' names; with several, `sources` says which takes what.
    pub(crate) connectors: Vec<&'static str>,
    pub(crate) listen: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            keys: Keys::default(),
            limits: Limits::default(),
            retry_after: Vec::new(),
            intake_limit: 10_000,
            metrics: recorder().handle(),
            connectors: vec!["memory"],
            listen: "127.0.0.1:0",
        }
    }
}

/// A running server; it ends with the test.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) crm: Arc<MemoryCrm>,
    pub(crate) engine: Engine,
    pub(crate) keys: watch::Sender<Arc<Keys>>,
    pub(crate) client: Client,
    pub(crate) folder: TempDir,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(setup: Setup) -> Self {
        let folder = TempDir::new().expect("a folder");
        let crm = Arc::new(MemoryCrm::new(Timestamp::UNIX_EPOCH));
        let mut options = Options::new(folder.path().join("casewire.db"));
        options.intake_limit = setup.intake_limit;
        options.note_window = Duration::ZERO;
        let endpoints = setup.keys.endpoints.keys();
        options.endpoints = endpoints.map(|endpoint| endpoint.as_str().into()).collect();
        let route = Route {
            connector: Arc::clone(&crm) as Arc<dyn CrmConnector>,
            settings: Arc::new(Settings::default()),
            lanes: 4,
        };
        let routes = setup
            .connectors
            .iter()
            .map(|name| (Arc::from(*name), route.clone()));
        let sources = HashMap::from([(SOURCE.into(), Arc::from(setup.connectors[0]))]);
        let engine =
            Engine::start(options, Routes::new(routes.collect(), sources)).expect("an engine");
        let (keys, receiver) = watch::channel(Arc::new(setup.keys));
        let config = ServerConfig {
            listen: setup.listen.parse().expect("an address"),
            keys: receiver,
            default_source: Arc::from("//contact-center/import"),
            limits: setup.limits,
            retry_after: setup.retry_after,
            metrics: setup.metrics,
            drain: LONG,
        };
        let server = Server::bind(config, engine.clone())
            .await
            .expect("a server");
        let port = server.local_addr().expect("an address").port();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.run(async {
            // It ends, too, when the test is over.
            let _ = stopped.await;
        }));
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            crm,
            engine,
            keys,
            client: client(),
            folder,
            stop,
            ended,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client
            .get(self.url(path))
            .send()
            .await
            .expect("an answer")
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// Sends events as JSON, not signed.
    pub(crate) async fn send(&self, events: &Value) -> Response {
        let request = self.post("/v1/events").json(events);
        request.send().await.expect("an answer")
    }

    /// Whether the store knows of no session of ours.
    pub(crate) async fn is_empty(&self) -> bool {
        for subject in ["call/987", "call/988", "chat/1"] {
            let found = self.engine.read_session(subject.to_owned(), None).await;
            if !found.expect("a store").is_empty() {
                return false;
            }
        }
        true
    }

    /// Ends the server, and waits until it has ended.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        let ended = timeout(LONG, self.ended).await.expect("an end in time");
        ended.expect("no panic").expect("no error");
    }
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .timeout(LONG)
        .build()
        .expect("a client")
}

/// An event that makes a record: `subject` is assigned to an agent.
pub(crate) fn assigned(id: &str, subject: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": "session.assigned",
        "subject": subject,
        "time": "2026-01-24T01:14:06Z",
        "data": {
            "session_type": "Voice Inbound (IVR)",
            "queue": { "id": "13", "path": [{ "id": "13", "name": "Billing" }] },
            "customer": { "phone": "+15550100100" },
            "agent": { "id": "5", "email": "ana@example.com" },
        },
    })
}

/// An event that makes none yet.
pub(crate) fn created(id: &str, subject: &str) -> Value {
    let mut event = assigned(id, subject);
    event["type"] = "session.created".into();
    event["data"]
        .as_object_mut()
        .expect("an object")
        .remove("agent");
    event
}

pub(crate) fn secret(letter: char) -> SecretString {
    let bytes = letter.to_string().repeat(32);
    SecretString::from(format!("whsec_{}", STANDARD.encode(bytes)))
}

pub(crate) fn signing(letters: &[char]) -> SigningKeys {
    let secrets: Vec<_> = letters.iter().map(|letter| secret(*letter)).collect();
    SigningKeys::parse(&secrets).expect("keys")
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).expect("an endpoint")
}

/// Holds the store's file, so that no commit gets through until this is dropped.
pub(crate) fn hold_store(running: &Running) -> Connection {
    let connection = Connection::open(running.folder.path().join("casewire.db")).expect("a store");
    connection.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    connection
}

/// The body of an answer as JSON.
pub(crate) async fn body(answer: Response) -> Value {
    answer.json().await.expect("a JSON body")
}

pub(crate) async fn next(linked: &mut Receiver<Arc<Linked>>) -> Arc<Linked> {
    let received = timeout(LONG, linked.recv()).await;
    received
        .expect("a linked session in time")
        .expect("an engine")
}
