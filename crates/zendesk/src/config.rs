//! The keys of `[connector]` for Zendesk.

mod auth;

use std::collections::BTreeSet;

use casewire_core::{RecordState, Result};
use casewire_http::{BaseUrl, Client, ClientConfig, DefaultUser, RetryPolicy};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::errors::refusal;
use crate::fields::FieldIds;
use crate::limits::readings;
use crate::wire::Status;

pub use auth::ZendeskAuth;

/// How to reach a Zendesk Support account and what its set-up is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZendeskConfig {
    /// The first label of the account's address: write `acme` for `https://acme.zendesk.com`.
    #[serde(deserialize_with = "subdomain")]
    pub subdomain: String,
    /// The credentials.
    pub auth: ZendeskAuth,
    /// Another origin, on this machine only: for tests and sandboxes.
    pub base_url: Option<String>,
    /// Who owns a record when the agent has no Zendesk user (R16): the e-mail address or id of an agent.
    #[serde(default, deserialize_with = "DefaultUser::numbered")]
    pub default_user: Option<DefaultUser>,
    /// Which statuses count as open, resolved and closed. Default: `new`, `open`, `pending` and `hold` as open,
    /// `solved` as resolved, `closed` as closed, `open` as the default open one.
    #[serde(default)]
    pub statuses: Statuses,
    /// The ids of the two custom fields. Default: they are found by the titles that `setup` gives them.
    pub fields: Option<Fields>,
    /// The custom status that a re-opened ticket gets instead of the default open status.
    pub reopen_custom_status_id: Option<u64>,
    /// How often and how long a request is tried; not part of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub retry: RetryPolicy,
}

fn subdomain<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let label = String::deserialize(deserializer)?.to_ascii_lowercase();
    if label.contains('.') || vendor(&label).is_err() {
        // Told without the text, which may be a URL with a password.
        return Err(D::Error::custom(
            "this is no subdomain: letters, digits and hyphens, no dots and no slashes",
        ));
    }
    Ok(label)
}

fn vendor(subdomain: &str) -> Result<BaseUrl> {
    BaseUrl::vendor(&format!("{subdomain}.zendesk.com"), "zendesk.com")
}

/// The ids of the two custom ticket fields that hold link data (R14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The text field that holds the leaf queue's id.
    pub leaf_queue: u64,
    /// The multi-line field that holds the sessions.
    pub sessions: u64,
}

impl From<Fields> for FieldIds {
    fn from(fields: Fields) -> Self {
        Self {
            leaf_queue: fields.leaf_queue,
            sessions: fields.sessions,
        }
    }
}

/// What each status of a ticket counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "StatusLists")]
#[schemars(with = "StatusLists")]
pub struct Statuses(StatusLists);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct StatusLists {
    /// Sessions join a ticket in one of these (R9).
    open: BTreeSet<Status>,
    /// A ticket in one of these may be opened again (R10).
    resolved: BTreeSet<Status>,
    /// A ticket in one of these can only be followed up (R11).
    closed: BTreeSet<Status>,
    /// What a re-opened ticket becomes.
    default_open: Status,
}

impl Default for StatusLists {
    fn default() -> Self {
        Self {
            open: [Status::New, Status::Open, Status::Pending, Status::Hold].into(),
            resolved: [Status::Solved].into(),
            closed: [Status::Closed].into(),
            default_open: Status::Open,
        }
    }
}

impl TryFrom<StatusLists> for Statuses {
    type Error = &'static str;

    fn try_from(lists: StatusLists) -> std::result::Result<Self, &'static str> {
        let all = [&lists.open, &lists.resolved, &lists.closed];
        let mentions = all.into_iter().flatten();
        if mentions.clone().count() != 6 || mentions.collect::<BTreeSet<_>>().len() != 6 {
            return Err(
                "each of new, open, pending, hold, solved and closed has to stand in exactly one of `open`, `resolved` and `closed`",
            );
        }
        if !lists.closed.contains(&Status::Closed) {
            return Err(
                "`closed` has to stand in `closed`: Zendesk never opens a closed ticket again",
            );
        }
        if lists.default_open == Status::New || !lists.open.contains(&lists.default_open) {
            return Err(
                "`default_open` has to be one of `open`, and not new: a ticket can not become new again",
            );
        }
        Ok(Self(lists))
    }
}

impl Statuses {
    /// What `status` counts as.
    pub fn state_of(&self, status: Status) -> RecordState {
        if self.0.open.contains(&status) {
            RecordState::Open
        } else if self.0.resolved.contains(&status) {
            RecordState::Resolved
        } else {
            RecordState::Closed
        }
    }

    /// What a re-opened ticket becomes.
    pub fn default_open(&self) -> Status {
        self.0.default_open
    }
}

/// The scopes of daily work. Search has no narrow scope of its own, so `read` is broad.
pub(crate) const WORK_SCOPES: &[&str] = &["read", "tickets:write", "users:write"];

impl ZendeskConfig {
    /// The origin: the account's own, or the one on this machine.
    pub(crate) fn base(&self) -> Result<BaseUrl> {
        match &self.base_url {
            Some(url) => BaseUrl::loopback(url),
            None => vendor(&self.subdomain),
        }
    }

    /// A client whose access tokens have `scopes`.
    pub(crate) fn client(&self, scopes: &[&str]) -> Result<Client> {
        let mut config = ClientConfig::new(self.base()?, self.auth.resolve(scopes)?);
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

    fn config(changes: Value) -> serde_json::Result<ZendeskConfig> {
        let mut config = json!({
            "subdomain": "acme",
            "auth": { "type": "api_token", "email": "ana@example.com", "token": { "env": "TOKEN" } },
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config)
    }

    #[test]
    fn the_smallest_config_has_zendesks_own_statuses() {
        let config = config(json!({})).unwrap();
        assert_eq!(
            config.statuses.state_of(Status::Solved),
            RecordState::Resolved
        );
        assert_eq!(config.statuses.default_open(), Status::Open);
    }

    #[test]
    fn a_config_that_can_not_work_is_refused_with_a_reason() {
        for (changes, reason) in [
            (json!({ "subdomian": "acme" }), "unknown field"),
            (
                json!({ "auth": { "type": "api_token", "email": "a", "token": { "env": "T" }, "key": 1 } }),
                "unknown field `key`",
            ),
            (json!({ "auth": { "type": "password" } }), "unknown variant"),
            (
                json!({ "auth": { "type": "api_token", "email": "a@example.com", "token": "plain" } }),
                "never the secret",
            ),
            (json!({ "default_user": "Ana" }), "e-mail address or id"),
            (json!({ "default_user": [7] }), "e-mail address or id"),
            (json!({ "subdomain": "" }), "no subdomain"),
            (
                json!({ "subdomain": "https://acme.zendesk.com" }),
                "no subdomain",
            ),
            (json!({ "subdomain": "acme.zendesk.com" }), "no subdomain"),
            (json!({ "subdomain": "acme.support" }), "no subdomain"),
            (json!({ "subdomain": "evil.com/" }), "no subdomain"),
            (json!({ "subdomain": "evil/" }), "no subdomain"),
            (json!({ "subdomain": "u:word@acme" }), "no subdomain"),
            (json!({ "subdomain": "-acme" }), "no subdomain"),
            (
                json!({ "statuses": { "default_open": "new" } }),
                "can not become new",
            ),
            (
                json!({ "statuses": { "default_open": "solved" } }),
                "one of `open`",
            ),
            (
                json!({ "statuses": { "resolved": ["solved", "pending"] } }),
                "exactly one",
            ),
            (
                json!({ "statuses": { "resolved": ["closed"], "closed": ["solved"] } }),
                "never opens",
            ),
            (
                json!({ "statuses": { "open": ["opened"] } }),
                "unknown variant",
            ),
            (json!({ "fields": { "leaf_queue": 1 } }), "sessions"),
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
            user(json!(7)),
            Some(DefaultUser::Id(UserId("7".to_owned())))
        );
        assert_eq!(
            user(json!("7")),
            Some(DefaultUser::Id(UserId("7".to_owned())))
        );
        let address = Email::parse("ana@example.com").map(DefaultUser::Email);
        assert_eq!(user(json!("Ana@example.com")), address);
    }

    #[test]
    fn only_zendesk_or_this_machine_is_talked_to() {
        let base = |changes| config(changes).unwrap().base();
        for subdomain in ["acme", "Acme", "ACME"] {
            let base = base(json!({ "subdomain": subdomain })).unwrap();
            assert_eq!(base.to_string(), "https://acme.zendesk.com");
        }
        assert!(base(json!({ "base_url": "http://127.0.0.1:9001" })).is_ok());
        assert!(base(json!({ "base_url": "https://acme.example.com" })).is_err());
        // Whoever builds a config in code is not read.
        let evil = ZendeskConfig {
            subdomain: "evil.test/".to_owned(),
            ..config(json!({})).unwrap()
        };
        assert!(evil.base().is_err());
    }

    #[test]
    fn the_readme_tells_of_every_key() {
        let readme = include_str!("../README.md");
        let schema = schemars::schema_for!(ZendeskConfig).to_value();
        let auth = schema["$defs"]["ZendeskAuth"]["oneOf"].as_array().unwrap();
        let statuses = &schema["$defs"]["Statuses"];
        let tables = [&schema, statuses, &schema["$defs"]["Fields"]];
        let mut told = 0;
        for table in auth.iter().chain(tables) {
            for key in table["properties"].as_object().unwrap().keys() {
                assert!(
                    readme.contains(&format!("`{key}`")),
                    "the README lacks `{key}`"
                );
                told += 1;
            }
        }
        assert!(told > 15, "{told}");
    }

    #[test]
    fn debug_tells_no_address() {
        let config = config(json!({ "default_user": "kim@example.com" })).unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("example.com"), "{shown}");
    }
}
