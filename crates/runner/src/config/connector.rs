//! Reads `[connector]` or `[connectors.NAME]`.

use std::collections::BTreeMap;

use casewire_http::BaseUrl;
use casewire_zendesk::ZendeskConfig;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::KeyPath;
use super::reader::{Reader, Value};
use super::{ConnectorConfig, DEFAULT_CONNECTOR, Problem, typed};

/// The connectors there are, and those that are to come.
const CONNECTORS: [&str; 1] = ["zendesk"];
const COMING_CONNECTORS: [&str; 3] = ["salesforce", "kustomer", "freshdesk"];

impl Reader {
    pub(super) fn connectors(&mut self, file: &DeTable<'_>) -> BTreeMap<String, ConnectorConfig> {
        let mut connectors = BTreeMap::new();
        if let Some(one) = file.get("connector") {
            let path = KeyPath::of(&["connector"]);
            let config = self.connector(&path, one);
            connectors.extend(config.map(|config| (DEFAULT_CONNECTOR.to_owned(), config)));
        }
        let Some((several, table)) = file.get_key_value("connectors") else {
            return connectors;
        };
        if file.contains_key("connector") {
            self.problems.push(Problem {
                message: "`[connector]` and `[connectors.NAME]` exclude each other".to_owned(),
                key: "connectors".to_owned(),
                span: several.span(),
                remedy: "give `[connector]` a name and move it to `[connectors.NAME]`".to_owned(),
            });
        }
        for (name, value) in self.entries("connectors", table) {
            let path = KeyPath::of(&["connectors", name]);
            let config = self.connector(&path, value);
            connectors.extend(config.map(|config| (name.to_owned(), config)));
        }
        connectors
    }

    fn connector(&mut self, path: &KeyPath, value: &Value<'_>) -> Option<ConnectorConfig> {
        let DeValue::Table(table) = value.get_ref() else {
            self.refuse_non_table(path, value);
            return None;
        };
        let kind = table.get("type");
        let Some(name) = kind.and_then(|kind| kind.get_ref().as_str()) else {
            self.problems.push(Problem {
                message: format!("`{path}` has no `type`"),
                key: path.with("type").to_string(),
                span: kind.map_or(value.span(), Spanned::span),
                remedy: "add the CRM's name, for example `type = \"zendesk\"`".to_owned(),
            });
            return None;
        };
        if !CONNECTORS.contains(&name) {
            let (message, remedy) = match COMING_CONNECTORS.contains(&name) {
                true => (
                    format!("the connector `{name}` is not in this build yet"),
                    format!(
                        "the connectors of this build: {}",
                        typed::quoted(&CONNECTORS)
                    ),
                ),
                false => (
                    format!("unknown connector `{name}`"),
                    typed::suggestion(name, &CONNECTORS),
                ),
            };
            self.problems.push(Problem {
                message,
                key: path.with("type").to_string(),
                span: kind.map_or(value.span(), Spanned::span),
                remedy,
            });
            return None;
        }
        let mut keys = table.clone();
        keys.remove("type");
        let keys = Spanned::new(value.span(), DeValue::Table(keys));
        self.refuse_foreign_base_url(path, table);
        self.section::<ZendeskConfig>(path, &keys)
            .map(ConnectorConfig::Zendesk)
    }

    fn refuse_foreign_base_url(&mut self, path: &KeyPath, connector: &DeTable<'_>) {
        let Some(value) = connector.get("base_url") else {
            return;
        };
        let Some(Err(error)) = value.get_ref().as_str().map(BaseUrl::loopback) else {
            return;
        };
        self.problems.push(Problem {
            message: error.message().to_owned(),
            key: path.with("base_url").to_string(),
            span: value.span(),
            remedy: "leave `base_url` out to talk to the vendor".to_owned(),
        });
    }
}
