//! The shape of the whole file, for its JSON Schema and for the names of its tables.

use std::collections::BTreeMap;

use casewire_core::Rules;
use casewire_zendesk::ZendeskConfig;
use schemars::{JsonSchema, Schema, schema_for};

use super::sections::{ConsoleConfig, IntakeConfig, StoreConfig, WebhookConfig};

/// The config of casewire, `casewire.toml`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "only its schema is used: tables are read one by one, for exact places"
)]
struct File {
    /// The CRM that records are written to.
    connector: Option<Connector>,
    /// Several CRMs by name, instead of `connector`.
    connectors: Option<BTreeMap<String, Connector>>,
    /// Which connector takes the sessions of a source, by the `source` of its events.
    sources: Option<BTreeMap<String, Source>>,
    /// When a session makes a record, when it joins one, and what is written.
    rules: Option<Rules>,
    /// What is different in a leaf queue, by the queue's id.
    queues: Option<BTreeMap<String, Queue>>,
    /// Where events come in over HTTP.
    intake: Option<IntakeConfig>,
    /// Where the embedded engine keeps what it knows.
    store: Option<StoreConfig>,
    /// The web pages.
    console: Option<ConsoleConfig>,
    /// Where to tell of each session that is linked to a record.
    webhooks: Option<Vec<WebhookConfig>>,
}

/// A CRM and how to reach it.
#[derive(JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "only its schema is used: the reader looks at `type` itself"
)]
enum Connector {
    /// A Zendesk Support account.
    Zendesk(ZendeskConfig),
}

/// Where the sessions of a source go.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    /// The name of a table in `connectors`.
    pub(super) connector: String,
}

/// What is different in a leaf queue.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Queue {
    /// Rules that replace the global ones, key by key.
    pub(super) rules: Option<Rules>,
}

/// The JSON Schema of the config file.
pub(crate) fn schema() -> Schema {
    schema_for!(File)
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::config::meaning::property;

    fn assert_known(root: &Json, schema: &Json, table: &toml::Table) {
        for (key, value) in table {
            let below = property(root, schema, key);
            let below = below.unwrap_or_else(|| panic!("the schema lacks `{key}`"));
            if let Some(table) = value.as_table() {
                assert_known(root, below, table);
            }
        }
    }

    #[test]
    fn the_schema_knows_every_key_of_the_template() {
        let root = schema().to_value();
        assert_known(&root, &root, &crate::init::uncommented().parse().unwrap());
    }

    #[test]
    fn the_schema_allows_no_other_keys() {
        let root = schema().to_value();
        assert_eq!(root["additionalProperties"], false);
        assert!(property(&root, &root["properties"]["rules"], "append_to_opn").is_none());
    }
}
