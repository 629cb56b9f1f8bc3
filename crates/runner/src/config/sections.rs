//! The sections that are the runner's own.

use std::net::SocketAddr;
use std::path::PathBuf;

use casewire_http::SecretSource;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// `[intake]`: where events come in over HTTP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntakeConfig {
    /// The address to listen on: write for example `127.0.0.1:8080`.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The secrets that deliveries may be signed with; several while rotating.
    #[serde(default)]
    pub secrets: Vec<SecretSource>,
}

/// `[store]`: where the embedded engine keeps what it knows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The database file; it is made when it is not there.
    pub path: PathBuf,
}

/// `[console]`: the web pages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsoleConfig {
    /// The address to listen on: write for example `127.0.0.1:8081`.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The password that the pages ask for.
    pub password: Option<SecretSource>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Told without the text, which may be a URL with a password.
    text.parse()
        .map_err(|_| D::Error::custom("this is no address: an IP address and a port"))
}
