//! `casewire serve`: events in over HTTP, records out, until it is told to end.

mod keys;
mod reload;
mod signals;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use casewire_core::Severity;
use casewire_engine::{Engine, Options, Route, Routes};
use casewire_server::{Limits, RETRY_AFTER, Server, ServerConfig};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use crate::cli::ServeArgs;
use crate::config::{Config, IntakeConfig};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::input::DEFAULT_SOURCE;
use crate::replay::LANES;
use keys::keys;
use reload::Reload;
use signals::Signals;

/// How long a request waits in all for the CRM's limits: nobody watches, and its place in the queue costs little.
const WAIT_BUDGET: Duration = Duration::from_secs(90);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves until SIGTERM or Ctrl-C, then finishes what is under way; a second one ends it at once. SIGHUP reads the config
/// again.
pub(crate) async fn run(_: ServeArgs, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?;
    let intake = intake(&config)?.clone();
    let (keys, receiver) = watch::channel(Arc::new(keys(&config)?));
    let routes = routes(&config)?;
    // Before the engine, which counts from its first step on.
    let recorder = casewire_server::recorder();
    let metrics = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("metrics are counted elsewhere in this process: `/metrics` stays empty");
    }
    let mut signals = Signals::listen()
        .map_err(|error| Failure::new(Exit::Io, format!("listening to signals: {error}")))?;
    let engine = Engine::start(options(&config), routes)?;
    let drain = Duration::from_secs(intake.drain_seconds.into());
    let server_config = ServerConfig {
        listen: intake.listen,
        keys: receiver,
        default_source: DEFAULT_SOURCE.into(),
        limits: limits(&intake),
        retry_after: RETRY_AFTER.to_vec(),
        metrics,
        drain,
    };
    let server = bind(server_config, &engine).await?;
    say(&format!("listening on http://{}", server.local_addr()?));
    let checking = tokio::spawn(check_connectors(config.clone()));

    let (stop, stopping) = watch::channel(false);
    let mut serving: Serving = tokio::spawn(server.run(ended(stopping)));
    let reload = Reload::new(config, engine.clone(), keys);
    tokio::select! {
        () = signals.ended(|| reload.run()) => {}
        // It ends by itself only when it broke.
        broken = &mut serving => return outcome(broken),
    }
    say("ending: no more events are taken, what is under way is finished");
    checking.abort();
    stop.send_replace(true);
    tokio::select! {
        ended = finish(serving, &engine, drain) => ended?,
        () = signals.ended(|| {}) => say("ended at once; the next start goes on with what was under way"),
    }
    Ok(Exit::Success)
}

/// Waits for the requests, then for the sessions that are being written, `drain` in all.
async fn finish(serving: Serving, engine: &Engine, drain: Duration) -> Result<(), Failure> {
    let began = Instant::now();
    outcome(serving.await)?;
    if !engine.stop(drain.saturating_sub(began.elapsed())).await {
        say("some sessions were still being written; the next start goes on with them");
    }
    Ok(())
}

/// A running server.
type Serving = JoinHandle<io::Result<()>>;

fn outcome(served: Result<io::Result<()>, JoinError>) -> Result<Exit, Failure> {
    let served = served.map_err(io::Error::other).flatten();
    served.map_err(|error| Failure::new(Exit::Io, format!("serving: {error}")))?;
    Ok(Exit::Success)
}

/// Resolves when the server is to end.
async fn ended(mut stopping: watch::Receiver<bool>) {
    // An error says that nobody is left who could ask for more.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn intake(config: &Config) -> Result<&IntakeConfig, Failure> {
    config.intake.as_ref().ok_or_else(|| {
        Failure::with_remedy(
            Exit::Config,
            format!("`{}` has no `[intake]`", config.path.display()),
            "add `[intake]` with `listen = \"127.0.0.1:8080\"`",
        )
    })
}

/// The connectors, and which of them takes what.
fn routes(config: &Config) -> Result<Routes, Failure> {
    if config.connectors.is_empty() {
        // With no connector, none is found for any source.
        config.connector_for("")?;
    }
    let settings = Arc::new(config.settings.clone());
    let lanes = config.store.as_ref().map(|store| size(store.lanes.get()));
    let lanes = lanes.unwrap_or(LANES);
    let mut connectors = BTreeMap::new();
    for (name, connector) in &config.connectors {
        let connector = connector.clone().with_wait_budget(WAIT_BUDGET);
        let route = Route {
            connector: connector.connect()?.into(),
            settings: Arc::clone(&settings),
            lanes,
        };
        connectors.insert(Arc::from(name.as_str()), route);
    }
    let sources = config.sources.iter();
    let sources = sources.map(|(source, name)| (source.as_str().into(), Arc::from(name.as_str())));
    Ok(Routes::new(connectors, sources.collect::<HashMap<_, _>>()))
}

fn options(config: &Config) -> Options {
    let mut options = Options::new(config.store_path());
    if let Some(store) = &config.store {
        options.retention = DAY.saturating_mul(store.retention_days.get());
        options.note_window = Duration::from_millis(store.note_window_ms.into());
    }
    let urls = config.webhooks.iter();
    options.endpoints = urls.map(|webhook| webhook.url.as_str().into()).collect();
    options
}

fn limits(intake: &IntakeConfig) -> Limits {
    let usual = Limits::default();
    let body_bytes = size(intake.max_body_bytes.get());
    Limits {
        body_bytes,
        events: size(intake.max_events.get()),
        // Room for the largest body at least.
        received_bytes: usual.received_bytes.max(body_bytes),
        ..usual
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

async fn bind(config: ServerConfig, engine: &Engine) -> Result<Server, Failure> {
    let address = config.listen;
    Server::bind(config, engine.clone()).await.map_err(|error| {
        Failure::with_remedy(
            Exit::Io,
            format!("listening on {address}: {error}"),
            "choose another port with `listen` in `[intake]`, or 0 for any that is free",
        )
    })
}

/// Asks each CRM whether it is ready, and logs what is wrong. Events are taken meanwhile, and kept until it is mended.
async fn check_connectors(config: Config) {
    for (name, connector) in &config.connectors {
        let checked = match connector.connect() {
            Ok(connector) => connector.check().await,
            Err(error) => Err(error),
        };
        match checked {
            Ok(findings) => {
                let wrong = findings.iter();
                for finding in wrong.filter(|finding| finding.severity >= Severity::Missing) {
                    tracing::error!(connector = %name, "connector `{name}`: {}", finding.message);
                }
            }
            Err(error) => tracing::warn!(connector = %name, "asking the CRM of `{name}`: {error}"),
        }
    }
}

/// Tells who started this, whatever is logged.
fn say(text: &str) {
    // When standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}
