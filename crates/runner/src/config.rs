//! The config file: read once, whole, into what the commands need.

mod connector;
mod intake;
mod key;
mod mask;
mod meaning;
mod mismatch;
mod problem;
mod reader;
mod schema;
mod secret;
mod sections;
mod typed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use casewire_core::Settings;

use crate::exit::{Exit, Failure};

pub use connector::ConnectorConfig;
pub use problem::{ConfigError, Problem};
pub(crate) use schema::schema;
pub use sections::{ConsoleConfig, IntakeConfig, StoreConfig, WebhookConfig};

/// The connector's name when the file has one `[connector]` without a name.
pub const DEFAULT_CONNECTOR: &str = "default";

/// A config file that was read and found right.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// The connectors by name; a lone `[connector]` is named [`DEFAULT_CONNECTOR`]. May be empty: deciding
    /// without a CRM needs none.
    pub connectors: BTreeMap<String, ConnectorConfig>,
    /// Which connector the sessions of a source go to: a connector's name by the events' `source`.
    pub sources: BTreeMap<String, String>,
    /// The record rules. Their version is `sha256:` and twelve hexadecimal digits of the file's digest.
    pub settings: Settings,
    /// The intake over HTTP.
    pub intake: Option<IntakeConfig>,
    /// Where the engine keeps what it knows.
    pub store: Option<StoreConfig>,
    /// The web console.
    pub console: Option<ConsoleConfig>,
    /// Where to tell of each session that is linked to a record.
    pub webhooks: Vec<WebhookConfig>,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it can not be read or is wrong (exit code 78).
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| {
            Failure::with_remedy(
                Exit::Config,
                format!("reading the config `{}`: {error}", path.display()),
                "check the file's name, or have one written with `casewire init`",
            )
        })?;
        Ok(Self::parse(path, &bytes)?)
    }

    /// Reads the text of a config file; `path` is for its errors.
    ///
    /// # Errors
    /// Everything that is wrong with it, with places and remedies.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ConfigError> {
        reader::read(path, bytes)
    }

    /// The store's file: the one that `[store]` names, or else `casewire.db` beside the config.
    pub fn store_path(&self) -> PathBuf {
        match &self.store {
            Some(store) => store.path.clone(),
            None => self.path.with_file_name("casewire.db"),
        }
    }

    /// The connector that sessions of `source` go to, with its name: the one that `[sources]` names, or
    /// else the only one.
    ///
    /// # Errors
    /// When there is none, or several and `source` is in none of the `[sources]`.
    pub fn connector_for(&self, source: &str) -> Result<(&str, &ConnectorConfig), Failure> {
        let named = self.sources.get(source);
        let mut candidates = self
            .connectors
            .iter()
            .filter(|(name, _)| named.is_none_or(|named| named == *name));
        match (candidates.next(), candidates.next()) {
            (Some((name, connector)), None) => Ok((name, connector)),
            (None, _) => Err(Failure::with_remedy(
                Exit::Config,
                format!("`{}` has no connector", self.path.display()),
                "add a `[connector]` table; `casewire init` writes an example",
            )),
            (Some(_), Some(_)) => Err(Failure::with_remedy(
                Exit::Config,
                format!(
                    "`{}` has several connectors and does not say which one takes events of the source `{source}`",
                    self.path.display()
                ),
                format!("add `[sources.\"{source}\"]` with `connector = \"NAME\"`"),
            )),
        }
    }
}
