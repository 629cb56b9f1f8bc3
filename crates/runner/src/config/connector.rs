//! `[connector]` and `[connectors.NAME]`: the connectors of this build, and how their tables are read.

use std::collections::BTreeMap;
use std::time::Duration;

use casewire_core::{CrmConnector, Profile};
use casewire_freshdesk::{Freshdesk, FreshdeskConfig};
use casewire_http::BaseUrl;
use casewire_kustomer::{Kustomer, KustomerConfig};
use casewire_salesforce::{MetadataFile, Salesforce, SalesforceConfig};
use casewire_zendesk::{Zendesk, ZendeskConfig};
use schemars::JsonSchema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::KeyPath;
use super::reader::{Reader, Value};
use super::{DEFAULT_CONNECTOR, Problem, typed};
use crate::crm::{self, Crm};

/// A CRM and how to reach it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case")]
pub enum ConnectorConfig {
    /// A Salesforce org.
    Salesforce(Box<SalesforceConfig>),
    /// A Zendesk Support account.
    Zendesk(Box<ZendeskConfig>),
    /// A Kustomer organisation.
    Kustomer(Box<KustomerConfig>),
    /// A Freshdesk account.
    Freshdesk(Box<FreshdeskConfig>),
}

impl ConnectorConfig {
    /// What is constant about the CRM.
    pub fn profile(&self) -> Profile {
        match self {
            Self::Salesforce(config) => casewire_salesforce::profile(config.record_object),
            Self::Zendesk(_) => casewire_zendesk::profile(),
            Self::Kustomer(_) => casewire_kustomer::profile(),
            Self::Freshdesk(_) => casewire_freshdesk::profile(),
        }
    }

    /// The same, with requests that wait up to `budget` in all for the CRM's limits and between tries.
    #[must_use]
    pub fn with_wait_budget(mut self, budget: Duration) -> Self {
        match &mut self {
            Self::Salesforce(config) => config.retry.wait_budget = budget,
            Self::Zendesk(config) => config.retry.wait_budget = budget,
            Self::Kustomer(config) => config.retry.wait_budget = budget,
            Self::Freshdesk(config) => config.retry.wait_budget = budget,
        }
        self
    }

    /// The files that deploy what the CRM needs; none where the vendor knows no such files.
    pub(crate) fn metadata(&self) -> Option<Vec<MetadataFile>> {
        match self {
            Self::Salesforce(config) => Some(casewire_salesforce::metadata(config)),
            Self::Zendesk(_) | Self::Kustomer(_) | Self::Freshdesk(_) => None,
        }
    }

    /// Builds the connector. Reads its secrets; asks the CRM nothing yet.
    ///
    /// # Errors
    /// When a secret can not be read, or a value does not fit.
    pub fn connect(&self) -> casewire_core::Result<Box<dyn CrmConnector>> {
        match self {
            Self::Salesforce(config) => Ok(Box::new(Salesforce::new((**config).clone())?)),
            Self::Zendesk(config) => Ok(Box::new(Zendesk::new((**config).clone())?)),
            Self::Kustomer(config) => Ok(Box::new(Kustomer::new((**config).clone())?)),
            Self::Freshdesk(config) => Ok(Box::new(Freshdesk::new((**config).clone())?)),
        }
    }
}

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
        let Some(crm) = Crm::named(name) else {
            let names = crm::names();
            self.problems.push(Problem {
                message: format!("unknown connector `{name}`"),
                key: path.with("type").to_string(),
                span: kind.map_or(value.span(), Spanned::span),
                remedy: typed::suggestion(name, &names),
            });
            return None;
        };
        let mut keys = table.clone();
        keys.remove("type");
        let keys = Spanned::new(value.span(), DeValue::Table(keys));
        self.refuse_foreign_base_url(path, table);
        match crm {
            Crm::Salesforce => self.section(path, &keys).map(ConnectorConfig::Salesforce),
            Crm::Zendesk => self.section(path, &keys).map(ConnectorConfig::Zendesk),
            Crm::Kustomer => self.section(path, &keys).map(ConnectorConfig::Kustomer),
            Crm::Freshdesk => self.section(path, &keys).map(ConnectorConfig::Freshdesk),
        }
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
