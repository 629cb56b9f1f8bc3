//! Running the command `casewire` as a process, and looking into its sandbox.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::http;

/// The command, built for these tests.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_casewire"))
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A CRM that the command can fake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crm {
    Salesforce,
    Zendesk,
    Kustomer,
    Freshdesk,
}

impl Crm {
    pub(crate) const ALL: [Self; 4] = [
        Self::Salesforce,
        Self::Zendesk,
        Self::Kustomer,
        Self::Freshdesk,
    ];

    /// As `--crm` and the config have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Zendesk => "zendesk",
            Self::Kustomer => "kustomer",
            Self::Freshdesk => "freshdesk",
        }
    }

    /// The keys of a connector for its fake at `address`, with the secret in the file `secret`; for the OAuth client `client`
    /// where the CRM has such clients.
    pub(crate) fn connector(self, client: &str, address: &str) -> String {
        let auth = || {
            format!(
                "auth = {{ type = \"oauth_client_credentials\", client_id = \"{client}\", client_secret = {{ file = \"secret\" }} }}"
            )
        };
        let api_key = || "api_key = { file = \"secret\" }".to_owned();
        let (account, secret) = match self {
            Self::Salesforce => ("my_domain", auth()),
            Self::Zendesk => ("subdomain", auth()),
            Self::Kustomer => ("org", api_key()),
            Self::Freshdesk => ("domain", api_key()),
        };
        let name = self.name();
        format!(
            "type = \"{name}\"\nbase_url = \"http://{address}\"\n{account} = \"sandbox\"\n{secret}\n"
        )
    }
}

/// A sandbox process and a config for it in a folder of their own; both go with it.
pub(crate) struct Setup {
    /// The folder that commands run in.
    pub(crate) folder: TempDir,
    /// Where the sandbox listens.
    pub(crate) address: String,
    crm: Crm,
    sandbox: Child,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setup({:?} on {})", self.crm, self.address)
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it wrote to standard output.
    pub(crate) out: String,
    /// What it wrote to standard error.
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// Standard output as JSON, an object per line.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect()
    }
}

/// A fake Zendesk that is set up, see [`sandbox`].
pub(crate) fn zendesk(rules: &str, more: &[&str]) -> Setup {
    sandbox(Crm::Zendesk, rules, more)
}

/// Starts a fake with `more` arguments, sets it up, and writes a config with `rules` for it.
pub(crate) fn sandbox(crm: Crm, rules: &str, more: &[&str]) -> Setup {
    let mut sandbox = Command::new(binary())
        .args(["sandbox", "--listen", "127.0.0.1:0", "--format", "json"])
        .args(["--crm", crm.name()])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut announced = String::new();
    let output = sandbox.stdout.take().expect("a piped output");
    BufReader::new(output)
        .read_line(&mut announced)
        .expect("an announcement");
    let announced: Value = serde_json::from_str(&announced).expect("a JSON announcement");
    let address = announced["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    let setup = Setup {
        folder: TempDir::new().expect("a folder"),
        address,
        crm,
        sandbox,
    };
    setup.write("secret", "sandbox");
    setup.configure("sandbox", rules);
    assert_eq!(setup.run(&["setup", "--yes"]).code, 0);
    setup
}

impl Setup {
    /// Writes a config for the OAuth client `client` with `rules`.
    pub(crate) fn configure(&self, client: &str, rules: &str) {
        let connector = self.connector(client);
        let config = format!("[connector]\n{connector}\n[rules]\n{rules}\n");
        self.write("casewire.toml", &config);
    }

    /// The keys of a connector for the sandbox.
    pub(crate) fn connector(&self, client: &str) -> String {
        self.crm.connector(client, &self.address)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a written file");
    }

    /// Runs `casewire` with `args` in the folder.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        let output = Command::new(binary())
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("CASEWIRE_CONFIG")
            .output();
        output.expect("the command runs").into()
    }

    /// What the sandbox holds.
    pub(crate) fn state(&self) -> Value {
        self.control("GET", "state", "")
    }

    /// Asks a control route of the sandbox.
    pub(crate) fn control(&self, method: &str, route: &str, body: &str) -> Value {
        let line = format!("{method} /_sandbox/{route}");
        let headers = [("content-type", "application/json")];
        let answer = http::send(&self.address, &line, &headers, body).expect("an answer");
        assert!((200..300).contains(&answer.status), "{answer:?}");
        answer.json()
    }

    /// The records that the sandbox holds.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.state()["records"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}
