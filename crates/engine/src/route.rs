//! Which connector takes which sessions, and by which settings.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use casewire_core::{CrmConnector, Settings};

/// A connector with what decides about its sessions.
#[derive(Clone, Debug)]
pub struct Route {
    /// The connector.
    pub connector: Arc<dyn CrmConnector>,
    /// The settings of its sessions.
    pub settings: Arc<Settings>,
    /// How many lanes are served side by side.
    pub lanes: usize,
}

/// All connectors by name, and the sources that name theirs.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    connectors: BTreeMap<Arc<str>, Route>,
    sources: HashMap<Box<str>, Arc<str>>,
}

impl Routes {
    /// One connector for all sources.
    pub fn one(name: &str, route: Route) -> Self {
        Self::new([(name.into(), route)].into(), HashMap::new())
    }

    /// Several connectors; `sources` says which takes a source's sessions. With a single connector it takes all that
    /// `sources` does not name.
    pub fn new(
        connectors: BTreeMap<Arc<str>, Route>,
        sources: HashMap<Box<str>, Arc<str>>,
    ) -> Self {
        Self {
            connectors,
            sources,
        }
    }

    /// The connectors' names.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.connectors.keys()
    }

    /// The connector `name`.
    pub fn named(&self, name: &str) -> Option<&Route> {
        self.connectors.get(name)
    }

    /// The connector, and its name, that takes sessions of `source`.
    pub fn of_source(&self, source: &str) -> Option<(&Arc<str>, &Route)> {
        match self.sources.get(source) {
            Some(name) => self.connectors.get_key_value(name),
            None if self.connectors.len() == 1 => self.connectors.first_key_value(),
            None => None,
        }
    }
}
