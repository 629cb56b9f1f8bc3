use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::casewire::Folder;

/// A sandbox of `crm` on any free port.
fn started(folder: &Folder, crm: &str) -> Child {
    folder
        .command(&["sandbox", "--crm", crm, "--listen", "127.0.0.1:0"])
        .args(["--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts")
}

/// The first line that a sandbox prints.
fn announced(child: &mut Child) -> Value {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("its output is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("reading its output");
    serde_json::from_str(&line).expect("its output is JSON")
}

#[test]
fn a_sandbox_prints_the_config_for_it() {
    for crm in ["salesforce", "zendesk", "kustomer", "freshdesk"] {
        let folder = Folder::new();
        let mut sandbox = folder
            .command(&["sandbox", "--crm", crm, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let output = BufReader::new(sandbox.stdout.as_mut().expect("its output is piped"));
        let lines = output.lines().map_while(Result::ok);
        let config = lines.skip_while(|line| line != "[connector]");
        let config: Vec<_> = config.take_while(|line| !line.is_empty()).collect();
        folder.write("casewire.toml", &config.join("\n"));
        let setup = folder
            .command(&["setup", "--yes"])
            .env("CASEWIRE_SANDBOX_SECRET", "sandbox")
            .output()
            .expect("the command runs");
        sandbox.kill().unwrap();
        sandbox.wait().unwrap();
        assert!(setup.status.success(), "{crm}: {config:?}: {setup:?}");
    }
}

#[test]
fn a_sandbox_is_set_up_and_checked_like_a_real_account() {
    let auth = "auth = { type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = { file = \"secret\" } }";
    let api_key = "api_key = { file = \"secret\" }";
    for (crm, account, secret) in [
        ("salesforce", "my_domain", auth),
        ("zendesk", "subdomain", auth),
        ("kustomer", "org", api_key),
        ("freshdesk", "domain", api_key),
    ] {
        is_set_up_and_checked(crm, account, secret);
    }
}

fn is_set_up_and_checked(crm: &str, account: &str, secret: &str) {
    let folder = Folder::new();
    let mut sandbox = started(&folder, crm);
    let address = announced(&mut sandbox)["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    folder.write("secret", "sandbox\n");
    folder.write(
        "casewire.toml",
        &format!(
            "[connector]\ntype = \"{crm}\"\n{account} = \"sandbox\"\nbase_url = \"http://{address}\"\n{secret}\n"
        ),
    );
    let before = folder.run(&["check"]);
    let plan = folder.run(&["setup", "--format", "json"]);
    let written = folder.run(&["setup", "--yes", "--format", "json"]);
    let again = folder.run(&["setup", "--yes", "--format", "json"]);
    let after = folder.run(&["check"]);
    folder.write("secret", "wrong\n");
    let denied = folder.run(&["check"]);
    sandbox.kill().expect("it runs");
    sandbox.wait().expect("it ended");
    let gone = folder.run(&["check"]);

    assert_eq!(before.code, Some(78), "{before:?}");
    assert!(before.stdout.contains("casewire setup"), "{before:?}");
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert!(plan.stdout.contains("Casewire leaf queue"), "{plan:?}");
    // Done, it says the same as planned; and the name, where the CRM gave one.
    let (planned, done) = (changes(&plan.stdout), changes(&written.stdout));
    assert_eq!(planned.len(), done.len(), "{written:?}");
    for ((what, is_planned), (made, is_made)) in planned.iter().zip(&done) {
        assert!(made.starts_with(what), "{made}");
        assert_eq!((*is_planned, *is_made), (false, true));
    }
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (Some(0), ""),
        "{again:?}"
    );
    assert_eq!(after.code, Some(0), "{after:?}");
    assert_eq!(denied.code, Some(77), "{denied:?}");
    assert_eq!(gone.code, Some(69), "{gone:?}");
}

/// What `setup --format json` said of each change, and whether it was made.
fn changes(stdout: &str) -> Vec<(String, bool)> {
    let lines = stdout.lines().map(|line| {
        let change: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let what = change["what"].as_str().expect("a change is told");
        (what.to_owned(), change["created"] == true)
    });
    lines.collect()
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_the_sandbox_with_success() {
    for signal in ["-INT", "-TERM"] {
        let folder = Folder::new();
        let mut sandbox = started(&folder, "zendesk");
        announced(&mut sandbox);
        let pid = sandbox.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
        assert_eq!(sandbox.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn an_address_in_use_is_named_with_the_option_that_gave_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let fake = format!("zendesk={address}");
    for (args, option) in [
        (["--listen", &address], "`--listen ADDR`"),
        (["--crm", &fake], "`--crm NAME=ADDR`"),
    ] {
        let ended = Folder::new().run(&["sandbox", args[0], args[1]]);
        assert_eq!(ended.code, Some(74), "{ended:?}");
        assert!(ended.stderr.contains(&address), "{ended:?}");
        assert!(ended.stderr.contains(option), "{ended:?}");
    }
}

#[test]
fn an_address_that_is_not_of_this_machine_is_wrong_usage() {
    for args in [
        ["--listen", "0.0.0.0:0"],
        ["--crm", "salesforce=0.0.0.0:0"],
        ["--listen", "9001"],
    ] {
        let ended = Folder::new().run(&["sandbox", args[0], args[1]]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("write for example 127.0.0.1:9001"),
            "{ended:?}"
        );
    }
}

#[test]
fn its_help_lists_every_fault() {
    let help = Folder::new().run(&["sandbox", "--help"]).stdout;
    let unknown = Folder::new().run(&["sandbox", "--faults", "x"]).stderr;
    let (_, grammar) = unknown.split_once("comma-separated list of ").unwrap();
    for name in [
        "throttle",
        "unavailable",
        "reset",
        "lost-answer",
        "expire-token",
        "slow",
        "index-lag",
        "lock",
        "retry-after",
    ] {
        assert!(grammar.contains(name), "{grammar}");
        assert!(help.contains(name), "{help}");
    }
    assert!(help.contains("alone"), "{help}");
}

#[test]
fn an_api_token_is_warned_of_once() {
    let folder = Folder::new();
    let mut sandbox = started(&folder, "zendesk");
    let address = announced(&mut sandbox)["address"]
        .as_str()
        .unwrap()
        .to_owned();
    folder.write("secret", "sandbox\n");
    folder.write(
        "casewire.toml",
        &format!(
            "[connector]\ntype = \"zendesk\"\nsubdomain = \"sandbox\"\nbase_url = \"http://{address}\"\n\
             auth = {{ type = \"api_token\", email = \"ana@example.com\", token = {{ file = \"secret\" }} }}\n"
        ),
    );
    let plan = folder.run(&["setup"]);
    folder.run(&["setup", "--yes"]);
    let check = folder.run(&["check", "--format", "json"]);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    assert!(plan.stdout.contains("--yes` creates them."), "{plan:?}");
    assert_eq!(check.code, Some(0), "{check:?}");
    assert_eq!(check.stdout.matches("2027-04-30").count(), 1, "{check:?}");
    assert!(!check.stderr.contains("2027-04-30"), "{check:?}");
}
