//! Takes a changed config without dropping a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use casewire_engine::Engine;
use casewire_server::{Endpoint, Keys};
use tokio::sync::watch;

use super::keys::keys;
use super::{intake, routes, say};
use crate::config::{Config, IntakeConfig};
use crate::exit::Failure;

/// What a changed config is put into.
pub(super) struct Reload {
    /// The config that the process was started with.
    started: Config,
    engine: Engine,
    keys: watch::Sender<Arc<Keys>>,
}

impl Reload {
    pub(super) fn new(started: Config, engine: Engine, keys: watch::Sender<Arc<Keys>>) -> Self {
        Self {
            started,
            engine,
            keys,
        }
    }

    /// Reads the config again: rules, connectors and secrets hold from now on, or, when anything is wrong with it, the
    /// former ones all stay.
    pub(super) fn run(&self) {
        match self.take() {
            Ok(version) => say(&format!("took the changed config: settings {version}")),
            Err(failure) => {
                let remedy = failure.remedy().map(|remedy| format!(" ({remedy})"));
                say(&format!(
                    "the changed config is not taken, the former one holds: {failure}{}",
                    remedy.unwrap_or_default()
                ));
            }
        }
    }

    /// Takes the config, and says which settings those are.
    fn take(&self) -> Result<String, Failure> {
        let config = Config::read(&self.started.path)?;
        let later = needs_a_start(intake(&self.started)?, intake(&config)?)
            .chain((self.started.store != config.store).then_some("`[store]`"))
            .chain((urls(&self.started) != urls(&config)).then_some("`url` of `[[webhooks]]`"));
        let later: Vec<_> = later.collect();
        let mut keys = keys(&config)?;
        let routes = routes(&config)?;
        // From here on nothing fails.
        for key in later {
            say(&format!(
                "{key} changed: that takes effect at the next start"
            ));
        }
        self.keys.send_modify(|former| {
            // The addresses stay as they were: new ones have no sender, and for former ones messages may wait.
            let endpoints = former.endpoints.iter().map(|(endpoint, key)| {
                let new = keys.endpoints.remove(endpoint);
                (endpoint.clone(), new.unwrap_or_else(|| Arc::clone(key)))
            });
            keys.endpoints = endpoints.collect();
            *former = Arc::new(std::mem::take(&mut keys));
        });
        self.engine.reload(routes);
        Ok(config.settings.version)
    }
}

/// What of `[intake]` differs and can not be changed while the server runs.
fn needs_a_start(
    started: &IntakeConfig,
    now: &IntakeConfig,
) -> impl Iterator<Item = &'static str> + use<> {
    [
        ("`listen` of `[intake]`", started.listen != now.listen),
        (
            "`max_body_bytes` of `[intake]`",
            started.max_body_bytes != now.max_body_bytes,
        ),
        (
            "`max_events` of `[intake]`",
            started.max_events != now.max_events,
        ),
        (
            "`drain_seconds` of `[intake]`",
            started.drain_seconds != now.drain_seconds,
        ),
    ]
    .into_iter()
    .filter_map(|(key, differs)| differs.then_some(key))
}

fn urls(config: &Config) -> BTreeSet<&Endpoint> {
    config.webhooks.iter().map(|webhook| &webhook.url).collect()
}
