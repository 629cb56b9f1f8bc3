//! One CRM of the demo: its fake, filled as the day begins, and the flow that writes to it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Apply, SessionEvent};
use casewire_engine::{Flow, Patience, Receipt, replay};
use casewire_sandbox::{Request, Sandbox};
use http::Method;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::{SOURCE, broken};
use crate::config::{Config, ConnectorConfig};
use crate::crm::Crm;
use crate::exit::{Exit, Failure};
use crate::replay::{LANES, show};

/// What the CRM holds when the day begins.
const RECORDS: &str = include_str!("../../demo/records.json");

/// The rules of the day, with a connector of their own.
const CONFIG: &str = include_str!("../../demo/casewire.toml");

/// Who answers calls and chats on that day.
const AGENTS: [&str; 5] = ["ana", "ben", "chloe", "dev", "eli"];

/// A fake CRM on this machine, and what writes to it. Ends with the process.
pub(super) struct DemoCrm {
    crm: Crm,
    pub(super) address: SocketAddr,
    pub(super) sandbox: Sandbox,
    flow: Flow,
}

impl DemoCrm {
    /// Starts the fake and sets it up.
    pub(super) async fn start(crm: Crm) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let sandbox = crm.unlimited_sandbox(1);
        fill(&sandbox)?;
        // All of it has long been indexed.
        sandbox.advance(Duration::from_secs(3600));
        let served = casewire_sandbox::serve(listener, sandbox.clone(), std::future::pending());
        tokio::spawn(served);
        Ok(Self {
            crm,
            address,
            sandbox,
            flow: flow(crm, address).await?,
        })
    }

    /// The CRM, as its vendor writes it.
    pub(super) fn label(&self) -> &'static str {
        self.crm.label()
    }

    /// Whether it holds the records and customers that it held in `state`.
    pub(super) fn holds_what(&self, state: &Value) -> bool {
        let now = self.sandbox.state();
        ["records", "customers"]
            .iter()
            .all(|what| now[what] == state[what])
    }

    /// Replays `events`, as far as `bar` tells.
    pub(super) async fn replay(&self, events: Vec<SessionEvent>, bar: ProgressBar) -> Vec<Receipt> {
        let patience = Patience {
            tries: 20,
            first_wait: Duration::from_millis(20),
            longest_wait: Duration::from_millis(500),
        };
        replay(&self.flow, patience, events, LANES, |progress| {
            show(&bar, progress);
        })
        .await
    }
}

/// Puts in what the CRM holds when the day begins, as people would have.
fn fill(sandbox: &Sandbox) -> Result<(), Failure> {
    for name in AGENTS {
        let agent =
            json!({ "email": format!("{name}@example.com"), "name": name, "role": "agent" });
        post(sandbox, "/_sandbox/customers", &agent)?;
    }
    let records: Vec<Map<String, Value>> = serde_json::from_str(RECORDS).map_err(broken)?;
    for mut record in records {
        record.remove("id");
        record.insert("title".to_owned(), "An earlier request".into());
        let customer = json!({ "phone": record["customer"] });
        post(sandbox, "/_sandbox/customers", &customer)?;
        post(sandbox, "/_sandbox/records", &Value::Object(record))?;
    }
    Ok(())
}

fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Result<(), Failure> {
    let request = Request::new(Method::POST, path).json(body);
    let answer = sandbox.handle(&request);
    if answer.status.is_success() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Io,
        format!(
            "filling the sandbox at {path}: {}",
            String::from_utf8_lossy(&answer.body)
        ),
    ))
}

async fn flow(crm: Crm, address: SocketAddr) -> Result<Flow, Failure> {
    // The config takes a secret from the environment or a file only; this file goes when the connector has read it.
    let mut secret = tempfile::NamedTempFile::new()?;
    secret.write_all(b"sandbox")?;
    let in_file = format!("{{ file = {:?} }}", secret.path().display().to_string());
    let connector = crm
        .demo_config(address)
        .replace("{ env = \"CASEWIRE_SANDBOX_SECRET\" }", &in_file);
    let config = of_the_day(&connector)?;
    let (_, connector) = config.connector_for(SOURCE)?;
    let mut connector = connector.clone();
    if let ConnectorConfig::Freshdesk(freshdesk) = &mut connector {
        // What the fake has done is there before its answer is lost.
        freshdesk.settle = Duration::ZERO;
    }
    let connector = connector.connect()?;
    connector.setup(Apply::Write).await?;
    Ok(Flow::new(connector.into(), Arc::new(config.settings)))
}

/// The rules of the day with another connector, without what its CRM can not honour.
fn of_the_day(connector: &str) -> Result<Config, Failure> {
    let path = Path::new("demo/casewire.toml");
    let alone = Config::parse(path, connector.as_bytes())?;
    let profile = alone.connector_for(SOURCE)?.1.profile();
    let mut file: toml::Table = CONFIG.parse().map_err(broken)?;
    file.extend(connector.parse::<toml::Table>().map_err(broken)?);
    if let Some(rules) = file.get_mut("rules").and_then(toml::Value::as_table_mut) {
        rules.retain(|key, _| !profile.refuses.contains(&key));
    }
    Ok(Config::parse(path, file.to_string().as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crm_without_tags_has_the_other_rules_of_the_day() {
        let address = "127.0.0.1:9001".parse().unwrap();
        for crm in Crm::ALL {
            let config = of_the_day(&crm.demo_config(address)).unwrap();
            let (_, connector) = config.connector_for(SOURCE).unwrap();
            let has_tags = !connector.profile().refuses.contains(&"tag_platform");
            assert_eq!(config.settings.rules.tag_platform, has_tags, "{crm:?}");
            assert!(config.settings.rules.append_to_open);
            assert_eq!(config.settings.queues.len(), 2);
        }
    }
}
