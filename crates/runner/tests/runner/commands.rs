use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::casewire::{Ended, Folder};

#[test]
fn init_writes_a_config_that_check_accepts_offline() {
    let folder = Folder::new();
    let init = folder.run(&["init"]);
    assert_eq!(init.code, Some(0), "{init:?}");
    let check = folder.run(&["check", "--offline", "--format", "json"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let findings: Vec<Value> = check
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(findings[0]["severity"], "fine", "{findings:?}");
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new();
    folder.write("casewire.toml", "mine");
    let ended = folder.run(&["init"]);
    assert_eq!(ended.code, Some(73));
    assert!(ended.stderr.contains("--config"), "{ended:?}");
    let kept = std::fs::read_to_string(folder.path("casewire.toml")).unwrap();
    assert_eq!(kept, "mine");
}

#[test]
fn without_a_config_init_is_named() {
    let ended = Folder::new().run(&["check"]);
    assert_eq!(ended.code, Some(78));
    assert!(ended.stderr.contains("casewire init"), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn the_variable_names_a_config_when_none_is_at_hand() {
    let folder = Folder::new();
    folder.write("elsewhere.toml", "[rules]\nappend_to_opn = true\n");
    let mut command = folder.command(&["check", "--offline"]);
    command.env("CASEWIRE_CONFIG", "elsewhere.toml");
    let ended = Ended::from(command.output().unwrap());
    assert_eq!(ended.code, Some(78));
    assert!(ended.stderr.contains("elsewhere.toml:2:1"), "{ended:?}");
}

#[test]
fn a_wrong_config_is_shown_with_an_excerpt_and_no_colours_when_piped() {
    let folder = Folder::new();
    folder.write("casewire.toml", "[rules]\nappend_to_opn = true\n");
    let ended = folder.run(&["check", "--offline"]);
    assert_eq!(ended.code, Some(78));
    for shown in [
        "casewire.toml:2:1",
        "append_to_opn = true",
        "did you mean `append_to_open`?",
    ] {
        assert!(ended.stderr.contains(shown), "{}", ended.stderr);
    }
    assert!(!ended.stderr.contains('\u{1b}'), "{ended:?}");
}

#[test]
fn a_secret_in_the_config_is_refused_and_not_shown() {
    for connector in [
        "auth = { type = \"oauth_client_credentials\", client_id = \"a\", client_secret = \"s3cret\" }",
        "auth = { type = \"api_token\", email = \"a@example.com\", token = \"\"\"\ns3cret\n\"\"\" }",
        "api_key = 's3cret'",
        "client_secert = \"s3cret\"",
        "auth = \"s3cret\"",
        "client_secret = \"s3cret",
        "client_secret = s3cret",
        "auth.client_secret.value = \"s3cret\"",
    ] {
        let folder = Folder::new();
        let text = format!("[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\n{connector}\n");
        folder.write("casewire.toml", &text);
        let ended = folder.run(&["-vv", "check", "--offline"]);
        assert_eq!(ended.code, Some(78), "{connector}");
        assert!(!format!("{ended:?}").contains("s3cret"), "{}", ended.stderr);
    }
}

#[test]
fn check_warns_of_silenced_settings_and_of_delays() {
    let folder = Folder::new();
    folder.run(&["init"]);
    let path = folder.path("casewire.toml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str(
        "[queues.\"13\".rules]\nabandoned_calls = true\ndelay_call_until_connected = true\n",
    );
    folder.write("casewire.toml", &text);
    let ended = folder.run(&["check", "--offline"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let warnings: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| line.contains("warning"))
        .collect();
    let [silenced, delay] = warnings[..] else {
        panic!("{warnings:?}");
    };
    for word in [
        "`abandoned_calls`",
        "`delay_call_until_connected`",
        "queue 13",
        "R5",
    ] {
        assert!(silenced.contains(word), "{silenced}");
    }
    assert!(
        delay.contains("tell the agents") && delay.contains("queue 13"),
        "{delay}"
    );
}

#[test]
fn a_config_without_connector_does_not_pass_the_check() {
    let folder = Folder::new();
    folder.write("casewire.toml", "");
    let check = folder.run(&["check", "--offline"]);
    assert_eq!(check.code, Some(78), "{check:?}");
    assert!(check.stdout.contains("casewire init"), "{check:?}");
    assert_eq!(folder.run(&["setup"]).code, Some(78));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Folder::new().run(&["completions", shell]);
        assert_eq!(ended.code, Some(0), "{shell}");
        for word in ["casewire", "simulate", "reorder-window"] {
            assert!(ended.stdout.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn schemas_are_json() {
    for (of, key) in [
        ("config", "/properties/rules"),
        ("event", "/properties/subject"),
        ("simulation", "/properties/outcome"),
    ] {
        let ended = Folder::new().run(&["schema", of]);
        assert_eq!(ended.code, Some(0), "{of}");
        let schema: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(schema.pointer(key).is_some(), "{of} lacks {key}: {schema}");
    }
}

#[test]
fn wrong_usage_is_two() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["chekc"]).code, Some(2));
    assert_eq!(
        folder.run(&["sandbox", "--faults", "throtle=1"]).code,
        Some(2)
    );
    assert_eq!(
        folder
            .run(&["simulate", "day.ndjson", "--reorder-window", "soon"])
            .code,
        Some(2)
    );
}

#[test]
fn version_and_help_succeed() {
    let folder = Folder::new();
    let version = folder.run(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("casewire {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = folder.run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("casewire demo"), "{help:?}");
}

/// The first line of a sandbox on any free port.
fn announced(child: &mut std::process::Child) -> Value {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("its output is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("reading its output");
    serde_json::from_str(&line).expect("its output is JSON")
}

#[test]
fn a_pipe_closed_early_ends_quietly() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = folder.command(&["schema", "config"]);
    let child = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "");
}

#[test]
fn the_sandbox_is_set_up_and_checked_like_a_real_account() {
    let folder = Folder::new();
    let mut sandbox = folder
        .command(&["sandbox", "--listen", "127.0.0.1:0", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = announced(&mut sandbox)["address"]
        .as_str()
        .unwrap()
        .to_owned();
    folder.write("secret", "sandbox\n");
    folder.write(
        "casewire.toml",
        &format!(
            "[connector]\ntype = \"zendesk\"\nsubdomain = \"sandbox\"\nbase_url = \"http://{address}\"\n\
             auth = {{ type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = {{ file = \"secret\" }} }}\n"
        ),
    );
    let before = folder.run(&["check"]);
    let plan = folder.run(&["setup", "--format", "json"]);
    let written = folder.run(&["setup", "--yes", "--format", "json"]);
    let again = folder.run(&["setup", "--yes", "--format", "json"]);
    let after = folder.run(&["check"]);
    folder.write("secret", "wrong\n");
    let denied = folder.run(&["check"]);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    let gone = folder.run(&["check"]);

    assert_eq!(before.code, Some(78), "{before:?}");
    assert!(before.stdout.contains("casewire setup"), "{before:?}");
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert!(plan.stdout.contains("Casewire leaf queue"), "{plan:?}");
    assert_eq!(
        written.stdout,
        plan.stdout.replace("\"created\":false", "\"created\":true")
    );
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (Some(0), ""),
        "{again:?}"
    );
    assert_eq!(after.code, Some(0), "{after:?}");
    assert_eq!(denied.code, Some(77), "{denied:?}");
    assert_eq!(gone.code, Some(69), "{gone:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_sandbox_with_success() {
    let folder = Folder::new();
    let mut sandbox = folder
        .command(&["sandbox", "--listen", "127.0.0.1:0", "--format", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    announced(&mut sandbox);
    let pid = sandbox.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(sandbox.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Folder::new().run(&["sandbox", "--listen", &address]);
    assert_eq!(ended.code, Some(74), "{ended:?}");
    assert!(ended.stderr.contains(&address), "{ended:?}");
}
