//! The keys of `[connector]` for Freshdesk.

mod statuses;
mod values;

use std::time::Duration;

use casewire_core::Result;
use casewire_http::{Auth, BaseUrl, Client, ClientConfig, DefaultUser, RetryPolicy, SecretSource};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::errors::refusal;
use crate::fields::FieldNames;
use crate::limits::readings;
use crate::phone::PhoneFormat;

pub use statuses::Statuses;
pub use values::{Literal, TicketValues};

/// How to reach a Freshdesk account and what its set-up is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreshdeskConfig {
    /// The first label of the account's address: write `acme` for `https://acme.freshdesk.com`.
    #[serde(deserialize_with = "domain")]
    pub domain: String,
    /// The API key of an agent, who the notes are from; for `setup` an admin's.
    pub api_key: SecretSource,
    /// Another origin, on this machine only: for tests and sandboxes.
    pub base_url: Option<String>,
    /// Who owns a record when the agent has no Freshdesk user (R16): the e-mail address or id of an agent.
    #[serde(default, deserialize_with = "DefaultUser::numbered")]
    pub default_user: Option<DefaultUser>,
    /// What the account's statuses count as. Default: 4 and 5 as resolved, every other as open, 2 as the default open
    /// one.
    #[serde(default)]
    pub statuses: Statuses,
    /// The names of the two custom fields. Default: they are found by the labels that `setup` gives them.
    pub fields: Option<Fields>,
    /// The notations in which contacts' phone numbers may be stored, the likeliest first; each costs up to two
    /// requests for a number that is not found. E.164 is tried at last in any case.
    #[serde(default)]
    pub phone_formats: Vec<PhoneFormat>,
    /// Fixed values of a new ticket's fields, for those that the account requires.
    #[serde(default)]
    pub ticket_values: TicketValues,
    /// For how many seconds a look at a ticket is good enough to write by it. Default: 1, so that a session joins the
    /// ticket that its look-up just showed without another look. A tag that a person adds in that time may be lost; with
    /// 0 every write is preceded by a look.
    #[serde(default = "one")]
    pub reread_after_seconds: u32,
    /// How long a write without an answer may still be on its way; not part of the file. Default: 3 s.
    #[serde(skip, default = "three_seconds")]
    #[schemars(skip)]
    pub settle: Duration,
    /// How often and how long a request is tried; not part of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub retry: RetryPolicy,
}

fn one() -> u32 {
    1
}

fn three_seconds() -> Duration {
    Duration::from_secs(3)
}

fn domain<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let label = String::deserialize(deserializer)?.to_ascii_lowercase();
    if label.contains('.') || vendor(&label).is_err() {
        // Told without the text, which may be a URL with a password.
        return Err(D::Error::custom(
            "this is no domain of Freshdesk: letters, digits and hyphens, no dots and no slashes",
        ));
    }
    Ok(label)
}

fn vendor(domain: &str) -> Result<BaseUrl> {
    BaseUrl::vendor(&format!("{domain}.freshdesk.com"), "freshdesk.com")
}

/// The names of the two custom ticket fields that hold link data (R14), such as `cf_casewire_leaf_queue`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The single-line field that holds the leaf queue's id.
    pub leaf_queue: String,
    /// The multi-line field that holds the sessions.
    pub sessions: String,
}

impl From<Fields> for FieldNames {
    fn from(fields: Fields) -> Self {
        Self {
            leaf_queue: fields.leaf_queue,
            sessions: fields.sessions,
        }
    }
}

impl FreshdeskConfig {
    /// The origin: the account's own, or the one on this machine.
    pub(crate) fn base(&self) -> Result<BaseUrl> {
        match &self.base_url {
            Some(url) => BaseUrl::loopback(url),
            None => vendor(&self.domain),
        }
    }

    /// A client with the key, which is read here.
    pub(crate) fn client(&self) -> Result<Client> {
        let auth = Auth::Basic {
            user: self.api_key.resolve()?,
            // Freshdesk wants a password and takes any.
            password: SecretString::from("X"),
        };
        let mut config = ClientConfig::new(self.base()?, auth);
        config.retry = self.retry.clone();
        config.readings = readings;
        config.refusal = refusal;
        Client::new(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{Email, UserId};
    use serde_json::{Value, json};

    fn config(changes: Value) -> serde_json::Result<FreshdeskConfig> {
        let mut config = json!({ "domain": "acme", "api_key": { "env": "KEY" } });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config)
    }

    #[test]
    fn the_smallest_config_looks_before_it_writes_and_waits_for_what_is_on_its_way() {
        let config = config(json!({})).unwrap();
        assert_eq!(config.reread_after_seconds, 1);
        assert_eq!(config.settle, Duration::from_secs(3));
        assert_eq!(config.phone_formats, []);
        assert_eq!(config.retry, RetryPolicy::default());
    }

    #[test]
    fn a_config_that_can_not_work_is_refused_with_a_reason() {
        for (changes, reason) in [
            (json!({ "subdomain": "acme" }), "unknown field"),
            (json!({ "api_key": "plain" }), "never the secret"),
            (json!({ "default_user": "Ana" }), "e-mail address or id"),
            (json!({ "phone_formats": ["us"] }), "unknown variant"),
            (json!({ "fields": { "leaf_queue": "cf_a" } }), "sessions"),
            (json!({ "domain": "" }), "no domain"),
            (json!({ "domain": "acme.freshdesk.com" }), "no domain"),
            (
                json!({ "domain": "https://acme.freshdesk.com" }),
                "no domain",
            ),
            (json!({ "domain": "support.acme.example" }), "no domain"),
            (json!({ "domain": "u:word@acme" }), "no domain"),
            (json!({ "domain": "evil/" }), "no domain"),
            (json!({ "reread_after_seconds": -1 }), "u32"),
        ] {
            let error = config(changes.clone()).unwrap_err().to_string();
            assert!(error.contains(reason), "{changes}: {error}");
        }
    }

    #[test]
    fn the_default_user_is_an_id_or_an_address() {
        let user = |given| {
            config(json!({ "default_user": given }))
                .unwrap()
                .default_user
        };
        assert_eq!(
            user(json!(501_001_204_168_u64)),
            Some(DefaultUser::Id(UserId("501001204168".to_owned())))
        );
        let id = Some(DefaultUser::Id(UserId("7".to_owned())));
        assert_eq!(user(json!("7")), id);
        let address = Email::parse("ana@example.com").map(DefaultUser::Email);
        assert_eq!(user(json!("Ana@example.com")), address);
    }

    #[test]
    fn only_freshdesk_or_this_machine_is_talked_to() {
        let base = |changes| config(changes).unwrap().base();
        let own = base(json!({ "domain": "Acme" })).unwrap();
        assert_eq!(own.to_string(), "https://acme.freshdesk.com");
        assert!(base(json!({ "base_url": "http://127.0.0.1:9001" })).is_ok());
        assert!(base(json!({ "base_url": "https://acme.example.com" })).is_err());
        // Whoever builds a config in code is not read.
        let evil = FreshdeskConfig {
            domain: "evil.test/".to_owned(),
            ..config(json!({})).unwrap()
        };
        assert!(evil.base().is_err());
    }

    #[test]
    fn the_readme_tells_of_every_key() {
        let readme = include_str!("../README.md");
        let schema = schemars::schema_for!(FreshdeskConfig).to_value();
        let parts = &schema["$defs"];
        let mut told = 0;
        for table in [&schema, &parts["Statuses"], &parts["Fields"]] {
            for key in table["properties"].as_object().unwrap().keys() {
                assert!(
                    readme.contains(&format!("`{key}`")),
                    "the README lacks `{key}`"
                );
                told += 1;
            }
        }
        let formats = parts["PhoneFormat"]["oneOf"].as_array().unwrap();
        for format in formats {
            let name = format["const"].as_str().unwrap();
            assert!(
                readme.contains(&format!("`{name}`")),
                "the README lacks `{name}`"
            );
        }
        assert_eq!(formats.len(), 5);
        assert!(told >= 14, "{told}");
    }

    #[test]
    fn debug_tells_no_address() {
        let config = config(json!({ "default_user": "kim@example.com" })).unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("example.com"), "{shown}");
    }
}
