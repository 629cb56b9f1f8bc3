//! The sections that are the runner's own.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use casewire_http::SecretSource;
use casewire_server::Endpoint;
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
    /// The secrets that events may be signed with, per Standard Webhooks: base64 of at least 24 bytes, also after
    /// `whsec_`; several while rotating. Needed unless `listen` is an address of this machine alone.
    #[serde(default)]
    pub secrets: Vec<SecretSource>,
    /// The secrets that the platform signs its chat webhooks with (`X-Signature`): the primary, and while rotating the
    /// secondary.
    #[serde(default)]
    pub platform_secrets: Vec<SecretSource>,
    /// What a push subscription of Pub/Sub sends along as `?token=`.
    pub pubsub_token: Option<SecretSource>,
    /// What readers of receipts and of the stream send along as `authorization: Bearer`. Without it only this machine
    /// may read.
    pub token: Option<SecretSource>,
    /// The largest body of a request, in bytes. Default: 1 MiB.
    #[serde(default = "max_body_bytes")]
    pub max_body_bytes: NonZeroU32,
    /// The most events of a request. Default: 1000.
    #[serde(default = "max_events")]
    pub max_events: NonZeroU32,
    /// How long what is under way may take to finish once `serve` is to end, in seconds. Default: 30.
    #[serde(default = "drain_seconds")]
    pub drain_seconds: u32,
}

fn max_body_bytes() -> NonZeroU32 {
    const { NonZeroU32::new(1024 * 1024).expect("not zero") }
}

fn max_events() -> NonZeroU32 {
    const { NonZeroU32::new(1_000).expect("not zero") }
}

fn drain_seconds() -> u32 {
    30
}

/// `[store]`: where the embedded engine keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The database file; it is made when it is not there. Default: `casewire.db` beside the config.
    pub path: PathBuf,
    /// How many days a session is kept after its last change. Default: 30.
    #[serde(default = "retention_days")]
    pub retention_days: NonZeroU32,
    /// How long a note waits for others, in milliseconds: what comes for one record within it is one write. Default: 2000.
    #[serde(default = "note_window_ms")]
    pub note_window_ms: u32,
    /// How many customers' queues are written side by side, for each connector. Default: 16.
    #[serde(default = "lanes")]
    pub lanes: NonZeroU32,
}

fn note_window_ms() -> u32 {
    2_000
}

fn lanes() -> NonZeroU32 {
    const { NonZeroU32::new(16).expect("not zero") }
}

fn retention_days() -> NonZeroU32 {
    const { NonZeroU32::new(30).expect("not zero") }
}

/// `[[webhooks]]`: where to tell of each session that is linked to a record.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The address that messages are posted to: `https://`, or `http://` on this machine.
    #[serde(deserialize_with = "endpoint")]
    #[schemars(with = "String")]
    pub url: Endpoint,
    /// What they are signed with, per Standard Webhooks: base64 of at least 24 bytes, also after `whsec_`.
    pub secret: SecretSource,
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Endpoint, D::Error> {
    let text = String::deserialize(deserializer)?;
    Endpoint::parse(&text).map_err(D::Error::custom)
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
