//! The shape of the whole file, for its JSON Schema and for the names of its tables.

use std::collections::BTreeMap;

use casewire_core::Rules;
use schemars::{JsonSchema, Schema, schema_for};

use super::connector::ConnectorConfig;
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
    connector: Option<ConnectorConfig>,
    /// Several CRMs by name, instead of `connector`.
    connectors: Option<BTreeMap<String, ConnectorConfig>>,
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
    use crate::config::meaning::{property, resolved};
    use crate::crm::Crm;

    fn assert_known(root: &Json, schema: &Json, table: &toml::Table) {
        for (key, value) in table {
            let below = property(root, schema, key);
            let below = below.unwrap_or_else(|| panic!("the schema lacks `{key}`"));
            if let Some(table) = value.as_table() {
                assert_known(root, below, table);
            }
        }
    }

    /// Asserts that `shown` has every key that `schema` has, and so on in its tables. The kinds of `auth` exclude each
    /// other, and so do the places of a secret.
    fn assert_shown(root: &Json, schema: &Json, shown: &toml::Table) {
        let schema = resolved(root, schema);
        for (key, below) in schema["properties"].as_object().into_iter().flatten() {
            let value = shown.get(key);
            let value = value.unwrap_or_else(|| panic!("the template lacks `{key}`"));
            let is_choice = key == "auth" || value.get("env").is_some();
            if let Some(table) = value.as_table().filter(|_| !is_choice) {
                assert_shown(root, below, table);
            }
        }
        for one in schema["anyOf"].as_array().into_iter().flatten() {
            assert_shown(root, one, shown);
        }
    }

    #[test]
    fn a_template_has_every_key_of_its_connector_and_no_other() {
        let root = schema().to_value();
        let connectors = root["$defs"]["ConnectorConfig"]["oneOf"].as_array();
        for crm in Crm::ALL {
            let template = crate::init::uncommented(&crm.template());
            let mut template: toml::Table = template.parse().unwrap();
            let connector = template.remove("connector").unwrap();
            let connector = connector.as_table().unwrap();
            let is_own = |one: &&Json| one["properties"]["type"]["const"] == crm.name();
            let own = connectors.unwrap().iter().find(is_own).unwrap();
            assert_known(&root, own, connector);
            assert_shown(&root, own, connector);
            assert_known(&root, &root, &template);
        }
    }

    #[test]
    fn the_schema_allows_no_other_keys() {
        let root = schema().to_value();
        assert_eq!(root["additionalProperties"], false);
        assert!(property(&root, &root["properties"]["rules"], "append_to_opn").is_none());
    }
}
