//! A contact center, an engine and a CRM, and the time that passes for all of them.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use casewire_core::{Apply, CrmConnector as _, Rules, Settings};
use casewire_engine::{Clock, Engine, Options, Route, Routes};
use casewire_http::{RetryPolicy, SecretSource};
use casewire_sandbox::zendesk::{Limits, Options as SandboxOptions, Strictness};
use casewire_sandbox::{Faults, Sandbox};
use casewire_zendesk::{Statuses, Zendesk, ZendeskAuth, ZendeskConfig};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// How many lanes are served side by side.
pub(crate) const LANES: usize = 16;

/// How far time moves at once.
const TICK: Duration = Duration::from_millis(250);

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) sandbox: Sandbox,
    began: Instant,
    /// While this is held, time does not pass by itself.
    _stopped: mpsc::Sender<()>,
    _secret: NamedTempFile,
}

impl World {
    /// An account with the limits of the Enterprise plan, and an engine with its store in `folder`.
    pub(crate) async fn new(folder: &Path) -> Self {
        tokio::time::pause();
        // A paused clock jumps ahead whenever nothing can run, unless a blocking task is under way: here requests are on
        // their way through real sockets then.
        let (stopped, hold) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || hold.recv()));

        let options = SandboxOptions {
            limits: Limits::default(),
            strictness: Strictness::Refuse,
        };
        let sandbox = Sandbox::zendesk_with(1, options);
        let start: Timestamp = "2026-01-24T00:00:00Z".parse().unwrap();
        sandbox.freeze(start);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(casewire_sandbox::serve(
            listener,
            sandbox.clone(),
            std::future::pending(),
        ));
        let mut secret = NamedTempFile::new().unwrap();
        secret.write_all(b"sandbox").unwrap();
        let connector = Zendesk::new(ZendeskConfig {
            subdomain: "acme".to_owned(),
            auth: ZendeskAuth::OauthClientCredentials {
                client_id: "sandbox".to_owned(),
                client_secret: SecretSource::File {
                    file: secret.path().to_owned(),
                },
            },
            base_url: Some(format!("http://{address}")),
            default_user: None,
            statuses: Statuses::default(),
            fields: None,
            reopen_custom_status_id: None,
            retry: RetryPolicy {
                wait_budget: Duration::from_secs(90),
                ..RetryPolicy::default()
            },
        })
        .unwrap();
        connector.setup(Apply::Write).await.unwrap();
        let began = Instant::now();
        let options = Options {
            clock: Clock::new(move || start + began.elapsed()),
            ..Options::new(folder.join("casewire.db"))
        };
        let route = Route {
            connector: Arc::new(connector),
            settings: Arc::new(Settings::uniform(Rules::default())),
            lanes: LANES,
        };
        let engine = Engine::start(options, Routes::one("zendesk", route)).unwrap();
        Self {
            engine,
            sandbox,
            began,
            _stopped: stopped,
            _secret: secret,
        }
    }

    pub(crate) fn set_faults(&self, faults: &str) {
        self.sandbox.set_faults(faults.parse::<Faults>().unwrap());
    }

    /// How much time has passed.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Lets everything happen that can happen now, then lets time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        self.settle().await;
        self.sandbox.advance(time);
        tokio::time::advance(time).await;
    }

    /// The same in small steps, until the CRM has been asked for nothing for a whole minute or `is_done`.
    pub(crate) async fn pass_until(&self, what: &str, mut is_done: impl AsyncFnMut() -> bool) {
        for tick in 0..2_000_000 {
            if tick % 40 == 0 && is_done().await {
                return;
            }
            self.pass(TICK).await;
        }
        panic!("it never happened: {what}");
    }

    /// Waits, in real time, until no request comes any more and the engine sleeps.
    async fn settle(&self) {
        let mut quiet = 0;
        let mut seen = self.requests();
        while quiet < 3 {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            std::thread::sleep(Duration::from_micros(300));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let now = self.requests();
            quiet = if now == seen { quiet + 1 } else { 0 };
            seen = now;
        }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.sandbox.requests()["total"].as_u64().unwrap()
    }

    pub(crate) fn state(&self) -> Value {
        self.sandbox.state()
    }
}
