//! The secrets that the config names, read.

use std::collections::BTreeMap;
use std::sync::Arc;

use casewire_http::SecretSource;
use casewire_intake::{ChatWebhookKeys, SecretError, SigningKeys};
use casewire_server::Keys;

use crate::config::Config;
use crate::exit::{Exit, Failure};

/// What requests are checked against, and messages signed with.
///
/// # Errors
/// When a secret can not be read or is none.
pub(super) fn keys(config: &Config) -> Result<Keys, Failure> {
    let Some(intake) = &config.intake else {
        return Ok(Keys::default());
    };
    let mut endpoints = BTreeMap::new();
    for webhook in &config.webhooks {
        let secret = webhook.secret.resolve()?;
        let keys =
            SigningKeys::parse(&[secret]).map_err(|error| refused("[[webhooks]]", &error))?;
        endpoints.insert(webhook.url.clone(), Arc::new(keys));
    }
    let optional =
        |source: &Option<SecretSource>| source.as_ref().map(SecretSource::resolve).transpose();
    Ok(Keys {
        signing: several(&intake.secrets, "secrets", SigningKeys::parse)?,
        chat_webhooks: several(
            &intake.platform_secrets,
            "platform_secrets",
            ChatWebhookKeys::parse,
        )?,
        pubsub_token: optional(&intake.pubsub_token)?,
        token: optional(&intake.token)?,
        endpoints,
    })
}

/// The keys of secrets of which there may be none.
fn several<K>(
    sources: &[SecretSource],
    key: &str,
    parse: impl FnOnce(&[secrecy::SecretString]) -> Result<K, SecretError>,
) -> Result<Option<K>, Failure> {
    if sources.is_empty() {
        return Ok(None);
    }
    let secrets = sources.iter().map(SecretSource::resolve);
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    let keys =
        parse(&secrets).map_err(|error| refused(&format!("`{key}` of `[intake]`"), &error))?;
    Ok(Some(keys))
}

fn refused(place: &str, error: &SecretError) -> Failure {
    Failure::new(Exit::Config, format!("reading {place}: {error}"))
}
