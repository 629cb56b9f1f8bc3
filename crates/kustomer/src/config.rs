//! The keys of `[connector]` for Kustomer.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use casewire_core::{RecordState, Result};
use casewire_http::{Auth, BaseUrl, Client, ClientConfig, DefaultUser, RetryPolicy, SecretSource};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::errors::refusal;
use crate::fields::Fields;
use crate::limits::readings;
use crate::wire::{Status, is_object_id};

/// How to reach a Kustomer organisation and what its set-up is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KustomerConfig {
    /// The organisation's name: write `acme` for `https://acme.kustomerapp.com`.
    pub org: Org,
    /// The API key. Its roles are fixed when it is made; `casewire check` names those it lacks.
    pub api_key: SecretSource,
    /// The first part of all external ids: another for each Casewire that writes to the organisation. Default
    /// `casewire`.
    #[serde(default)]
    pub external_id_prefix: ExternalIdPrefix,
    /// Whether a call is also shown on the timeline as a phone call. Takes one request more for each call. Default: no.
    #[serde(default)]
    pub call_messages: bool,
    /// Another origin, on this machine only: for tests and sandboxes.
    pub base_url: Option<String>,
    /// Who owns a record when the agent has no Kustomer user (R16): the e-mail address or id of a user.
    #[serde(default, deserialize_with = "default_user")]
    pub default_user: Option<DefaultUser>,
    /// Which statuses count as open, resolved and closed. Default: `open` and `snoozed` as open, `done` as resolved. A
    /// locked conversation counts as closed, whatever its status.
    #[serde(default)]
    pub statuses: Statuses,
    /// The names of the custom attributes. Default: those that `setup` makes.
    #[serde(default)]
    pub fields: Fields,
    /// How often and how long a request is tried; not part of the file.
    #[serde(skip)]
    #[schemars(skip)]
    pub retry: RetryPolicy,
}

/// The name of an organisation, as in its address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Org(String);

/// The domain that the hosts of the API are below.
const API: &str = "api.kustomerapp.com";

impl TryFrom<String> for Org {
    type Error = &'static str;

    fn try_from(name: String) -> std::result::Result<Self, &'static str> {
        let name = name.to_ascii_lowercase();
        if name.contains('.') || BaseUrl::vendor(&format!("{name}.{API}"), API).is_err() {
            // Told without the text, which may be a URL with a password.
            return Err(
                "this is no organisation's name: letters, digits and hyphens, no dots and no slashes",
            );
        }
        Ok(Self(name))
    }
}

impl FromStr for Org {
    type Err = &'static str;

    fn from_str(name: &str) -> std::result::Result<Self, &'static str> {
        Self::try_from(name.to_owned())
    }
}

/// The first part of external ids: 1 to 20 letters, digits, hyphens and underscores.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct ExternalIdPrefix(String);

/// With this, the longest external id is within Kustomer's 256 characters.
const MAX_PREFIX: usize = 20;

impl TryFrom<String> for ExternalIdPrefix {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=MAX_PREFIX).contains(&text.len()) || !text.bytes().all(is_plain) {
            return Err(
                "`external_id_prefix` has to be 1 to 20 letters, digits, hyphens and underscores",
            );
        }
        Ok(Self(text))
    }
}

impl FromStr for ExternalIdPrefix {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, &'static str> {
        Self::try_from(text.to_owned())
    }
}

impl Default for ExternalIdPrefix {
    fn default() -> Self {
        Self("casewire".to_owned())
    }
}

impl Deref for ExternalIdPrefix {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalIdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn default_user<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<DefaultUser>, D::Error> {
    DefaultUser::deserialize(
        deserializer,
        is_object_id,
        "expected a user's e-mail address or id",
    )
}

/// What each status of a conversation counts as. A re-opened one becomes `open`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "StatusLists")]
#[schemars(with = "StatusLists")]
pub struct Statuses(StatusLists);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct StatusLists {
    /// Sessions join a conversation in one of these (R9).
    open: BTreeSet<Status>,
    /// A conversation in one of these may be opened again (R10).
    resolved: BTreeSet<Status>,
    /// A conversation in one of these can only be followed up (R11).
    closed: BTreeSet<Status>,
}

impl Default for StatusLists {
    fn default() -> Self {
        Self {
            open: [Status::Open, Status::Snoozed].into(),
            resolved: [Status::Done].into(),
            closed: BTreeSet::new(),
        }
    }
}

impl TryFrom<StatusLists> for Statuses {
    type Error = &'static str;

    fn try_from(lists: StatusLists) -> std::result::Result<Self, &'static str> {
        let mentions = [&lists.open, &lists.resolved, &lists.closed]
            .into_iter()
            .flatten();
        if mentions.clone().count() != 3 || mentions.collect::<BTreeSet<_>>().len() != 3 {
            return Err(
                "each of open, snoozed and done has to stand in exactly one of `open`, `resolved` and `closed`",
            );
        }
        if !lists.open.contains(&Status::Open) {
            return Err("`open` has to stand in `open`: a re-opened conversation becomes open");
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
}

impl KustomerConfig {
    /// The origin of the API: the organisation's own, or the one on this machine. Kustomer finds the region by the name.
    fn base(&self) -> Result<BaseUrl> {
        match &self.base_url {
            Some(url) => BaseUrl::loopback(url),
            None => BaseUrl::vendor(&format!("{}.{API}", self.org.0), API),
        }
    }

    /// Where people see a customer's conversations.
    pub(crate) fn app_url(&self) -> String {
        let origin = match &self.base_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}.kustomerapp.com", self.org.0),
        };
        format!("{origin}/app/customers/")
    }

    pub(crate) fn client(&self) -> Result<Client> {
        let mut config = ClientConfig::new(self.base()?, Auth::Bearer(self.api_key.resolve()?));
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

    fn config(changes: Value) -> serde_json::Result<KustomerConfig> {
        let mut config = json!({ "org": "acme", "api_key": { "env": "KEY" } });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config)
    }

    #[test]
    fn the_smallest_config_has_kustomers_own_statuses() {
        let config = config(json!({})).unwrap();
        for (status, state) in [
            (Status::Open, RecordState::Open),
            (Status::Snoozed, RecordState::Open),
            (Status::Done, RecordState::Resolved),
        ] {
            assert_eq!(config.statuses.state_of(status), state);
        }
        assert_eq!(config.external_id_prefix.to_string(), "casewire");
        assert!(!config.call_messages);
        assert_eq!(config.fields.leaf_queue.as_str(), "casewireLeafQueueStr");
    }

    #[test]
    fn a_config_that_can_not_work_is_refused_with_a_reason() {
        for (changes, reason) in [
            (json!({ "organisation": "acme" }), "unknown field"),
            (json!({ "api_key": "plain" }), "never the secret"),
            (json!({ "org": "" }), "no organisation"),
            (
                json!({ "org": "https://acme.kustomerapp.com" }),
                "no organisation",
            ),
            (json!({ "org": "acme.api.prod2" }), "no organisation"),
            (json!({ "org": "evil.test/" }), "no organisation"),
            (json!({ "org": "u:word@acme" }), "no organisation"),
            (json!({ "external_id_prefix": "" }), "1 to 20"),
            (json!({ "external_id_prefix": "a:b" }), "1 to 20"),
            (json!({ "external_id_prefix": "x".repeat(21) }), "1 to 20"),
            (json!({ "default_user": "Ana" }), "e-mail address or id"),
            (
                json!({ "fields": { "leaf_queue": "leafQueue" } }),
                "`Str` or `Txt`",
            ),
            (
                json!({ "fields": { "leaf_queue": "leaf.queueStr" } }),
                "`Str` or `Txt`",
            ),
            (
                json!({ "fields": { "queue": "leafQueueStr" } }),
                "unknown field",
            ),
            (json!({ "statuses": { "resolved": [] } }), "exactly one"),
            (
                json!({ "statuses": { "resolved": ["done", "snoozed"] } }),
                "exactly one",
            ),
            (
                json!({ "statuses": { "open": ["snoozed"], "resolved": ["open", "done"] } }),
                "becomes open",
            ),
            (
                json!({ "statuses": { "open": ["solved"] } }),
                "unknown variant",
            ),
        ] {
            let error = config(changes.clone()).unwrap_err().to_string();
            assert!(error.contains(reason), "{changes}: {error}");
        }
    }

    #[test]
    fn done_may_be_final() {
        let statuses = json!({ "statuses": { "resolved": [], "closed": ["done"] } });
        let statuses = config(statuses).unwrap().statuses;
        assert_eq!(statuses.state_of(Status::Done), RecordState::Closed);
    }

    #[test]
    fn the_default_user_is_an_id_or_an_address() {
        let user = |given| {
            config(json!({ "default_user": given }))
                .unwrap()
                .default_user
        };
        let id = "5849765dc41e372700cc84a3";
        assert_eq!(user(id), Some(DefaultUser::Id(UserId(id.to_owned()))));
        let address = Email::parse("ana@example.com").map(DefaultUser::Email);
        assert_eq!(user("Ana@example.com"), address);
    }

    #[test]
    fn only_kustomer_or_this_machine_is_talked_to() {
        let base = |changes| config(changes).unwrap().base();
        for org in ["acme", "Acme"] {
            let base = base(json!({ "org": org })).unwrap();
            assert_eq!(base.to_string(), "https://acme.api.kustomerapp.com");
        }
        assert!(base(json!({ "base_url": "http://127.0.0.1:9001" })).is_ok());
        assert!(base(json!({ "base_url": "https://acme.example.com" })).is_err());
    }

    #[test]
    fn the_readme_tells_of_every_key() {
        let readme = include_str!("../README.md");
        let schema = schemars::schema_for!(KustomerConfig).to_value();
        let tables = [
            &schema,
            &schema["$defs"]["Statuses"],
            &schema["$defs"]["Fields"],
        ];
        let mut told = 0;
        for table in tables {
            for key in table["properties"].as_object().unwrap().keys() {
                assert!(
                    readme.contains(&format!("`{key}`")),
                    "the README lacks `{key}`"
                );
                told += 1;
            }
        }
        assert!(told > 10, "{told}");
    }

    #[test]
    fn debug_tells_no_address() {
        let config = config(json!({ "default_user": "kim@example.com" })).unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("example.com"), "{shown}");
    }
}
