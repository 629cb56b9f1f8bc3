//! The CRMs of this build, and what the command knows of each beside its connector's config.

use std::net::SocketAddr;

use casewire_sandbox::{Sandbox, freshdesk, kustomer, salesforce, zendesk};
use clap::ValueEnum;
use clap::builder::PossibleValue;

/// The CRMs of this build. A new one is a variant here, its facts below, and its config in
/// [`ConnectorConfig`](crate::ConnectorConfig).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crm {
    Salesforce,
    Zendesk,
    Kustomer,
    Freshdesk,
}

/// What there is to know of a CRM.
struct Facts {
    /// The `type` of its connector.
    name: &'static str,
    /// As its vendor writes it.
    label: &'static str,
    /// The part of a config that `casewire init` writes for it alone.
    template: &'static str,
    /// Its fake; the seed fixes tokens and faults.
    sandbox: fn(u64) -> Sandbox,
    /// Its fake without limits, so that a day fits into seconds.
    unlimited: fn(u64) -> Sandbox,
    /// The connector's keys for its fake, without `type` and `base_url`.
    keys: &'static str,
    /// Keys for the sample day beside them.
    demo_keys: &'static str,
}

const SALESFORCE: Facts = Facts {
    name: "salesforce",
    label: "Salesforce",
    template: include_str!("init/salesforce.toml"),
    sandbox: Sandbox::salesforce,
    unlimited: |seed| Sandbox::salesforce_with(seed, salesforce::Options::unlimited()),
    keys: "\
my_domain = \"sandbox\"
auth = { type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = { env = \"CASEWIRE_SANDBOX_SECRET\" } }
",
    // What the fake makes when it is told of a case that is closed for good.
    demo_keys: "statuses.closed = [\"Closed for good\"]\n",
};

const ZENDESK: Facts = Facts {
    name: "zendesk",
    label: "Zendesk",
    template: include_str!("init/zendesk.toml"),
    sandbox: Sandbox::zendesk,
    unlimited: |seed| Sandbox::zendesk_with(seed, zendesk::Options::unlimited()),
    keys: "\
subdomain = \"sandbox\"
auth = { type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = { env = \"CASEWIRE_SANDBOX_SECRET\" } }
",
    demo_keys: "",
};

const KUSTOMER: Facts = Facts {
    name: "kustomer",
    label: "Kustomer",
    template: include_str!("init/kustomer.toml"),
    sandbox: Sandbox::kustomer,
    unlimited: |seed| Sandbox::kustomer_with(seed, kustomer::Options::unlimited()),
    keys: "\
org = \"sandbox\"
api_key = { env = \"CASEWIRE_SANDBOX_SECRET\" }
",
    demo_keys: "",
};

const FRESHDESK: Facts = Facts {
    name: "freshdesk",
    label: "Freshdesk",
    template: include_str!("init/freshdesk.toml"),
    sandbox: Sandbox::freshdesk,
    unlimited: |seed| Sandbox::freshdesk_with(seed, freshdesk::Options::unlimited()),
    keys: "\
domain = \"sandbox\"
api_key = { env = \"CASEWIRE_SANDBOX_SECRET\" }
",
    // Freshdesk would open closed tickets again; the day has one that is closed for good.
    demo_keys: "statuses = { resolved = [4], closed = [5] }\n",
};

/// The part of the template that is the same for every CRM.
const TEMPLATE: &str = include_str!("init/rules.toml");

impl Crm {
    pub(crate) const ALL: &[Self] = &[
        Self::Salesforce,
        Self::Zendesk,
        Self::Kustomer,
        Self::Freshdesk,
    ];

    fn facts(self) -> &'static Facts {
        match self {
            Self::Salesforce => &SALESFORCE,
            Self::Zendesk => &ZENDESK,
            Self::Kustomer => &KUSTOMER,
            Self::Freshdesk => &FRESHDESK,
        }
    }

    /// The CRM whose connectors have this `type`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|crm| crm.name() == name)
    }

    /// The `type` of its connector.
    pub(crate) fn name(self) -> &'static str {
        self.facts().name
    }

    /// As its vendor writes it.
    pub(crate) fn label(self) -> &'static str {
        self.facts().label
    }

    /// A commented config.
    pub(crate) fn template(self) -> String {
        format!("{}{TEMPLATE}", self.facts().template)
    }

    /// Its fake; the seed fixes tokens and faults.
    pub(crate) fn sandbox(self, seed: u64) -> Sandbox {
        (self.facts().sandbox)(seed)
    }

    /// Its fake without limits.
    pub(crate) fn unlimited_sandbox(self, seed: u64) -> Sandbox {
        (self.facts().unlimited)(seed)
    }

    /// A config for its fake at `address`.
    pub(crate) fn sandbox_config(self, address: SocketAddr) -> String {
        let Facts { name, keys, .. } = self.facts();
        format!("[connector]\ntype = \"{name}\"\nbase_url = \"http://{address}\"\n{keys}")
    }

    /// The same for the sample day.
    pub(crate) fn demo_config(self, address: SocketAddr) -> String {
        self.sandbox_config(address) + self.facts().demo_keys
    }
}

impl ValueEnum for Crm {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.label()))
    }
}

/// The names of all CRMs of this build.
pub(crate) fn names() -> Vec<&'static str> {
    Crm::ALL.iter().map(|crm| crm.name()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn every_crm_is_found_by_its_name() {
        for crm in Crm::ALL {
            assert_eq!(Crm::named(crm.name()), Some(*crm));
        }
        assert_eq!(Crm::named("hubspot"), None);
    }

    #[test]
    fn the_configs_for_sandboxes_are_right() {
        let address = "127.0.0.1:9001".parse().unwrap();
        for crm in Crm::ALL {
            for text in [crm.sandbox_config(address), crm.demo_config(address)] {
                let config = Config::parse(Path::new("casewire.toml"), text.as_bytes());
                let config = config.unwrap_or_else(|error| panic!("{error}"));
                let profiles = config.connectors.values().map(|one| one.profile().name);
                assert_eq!(profiles.collect::<Vec<_>>(), [crm.name()]);
            }
        }
    }
}
