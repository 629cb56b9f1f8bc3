use std::process::Stdio;

use serde_json::Value;

use crate::casewire::{Ended, Folder};

#[test]
fn init_writes_a_config_that_check_accepts_offline() {
    for arguments in [
        &["init"][..],
        &["init", "--crm", "salesforce"],
        &["init", "--crm", "zendesk"],
        &["init", "--crm", "kustomer"],
        &["init", "--crm", "freshdesk"],
    ] {
        let folder = Folder::new();
        let init = folder.run(arguments);
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
fn init_says_where_it_writes_and_what_a_missing_folder_needs() {
    let folder = Folder::new();
    let help = folder.run(&["init", "--help"]).stdout;
    assert!(help.contains("working directory"), "{help}");
    let ended = folder.run(&["init", "--config", "x/y/z.toml"]);
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert!(ended.stderr.contains("x/y/z.toml"), "{ended:?}");
    assert!(ended.stderr.contains("make the folder first"), "{ended:?}");
}

#[test]
fn a_format_is_taken_only_where_there_is_output_to_read() {
    let folder = Folder::new();
    for command in ["demo", "init"] {
        let ended = folder.run(&[command, "--format", "json"]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
    for command in ["check", "replay", "sandbox", "setup", "simulate"] {
        let help = folder.run(&[command, "--help"]).stdout;
        assert!(help.contains("--format"), "{help}");
    }
}

#[test]
fn a_missing_config_is_named_without_an_option_that_may_not_have_named_it() {
    let folder = Folder::new();
    folder.run(&["init"]);
    let ended = folder.run(&["simulate", "day.ndjson", "--diff", "other.toml"]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.stderr.contains("`other.toml`"), "{ended:?}");
    assert!(ended.stderr.contains("help: "), "{ended:?}");
    assert!(!ended.stderr.contains("--config"), "{ended:?}");
}

#[test]
fn a_log_filter_that_can_not_be_read_is_warned_of() {
    let folder = Folder::new();
    for (filter, warned) in [
        ("debgu", true),
        ("casewire_http=loud", true),
        ("debug", false),
        ("", false),
    ] {
        let mut command = folder.command(&["schema", "event"]);
        let ended = Ended::from(command.env("CASEWIRE_LOG", filter).output().unwrap());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(
            ended.stderr.contains("CASEWIRE_LOG is ignored"),
            warned,
            "{ended:?}"
        );
    }
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
fn check_warns_of_connectors_that_no_source_leads_to() {
    let folder = Folder::new();
    folder.run(&["init"]);
    let text = std::fs::read_to_string(folder.path("casewire.toml")).unwrap();
    let (before, rest) = text.split_once("[connector]").unwrap();
    let (connector, _) = rest.split_once("[rules]").unwrap();
    let two = format!("{before}[connectors.a]{connector}\n[connectors.b]{connector}\n");
    let one = "[sources.\"//acme\"]\nconnector = \"a\"\n";
    let other = "[sources.\"//other\"]\nconnector = \"b\"\n";
    for (sources, warning) in [
        (String::new(), Some("no source leads to `a`, `b`: ")),
        (one.to_owned(), Some("no source leads to `b`: ")),
        (format!("{one}{other}"), None),
    ] {
        folder.write("casewire.toml", &format!("{two}{sources}"));
        let ended = folder.run(&["check", "--offline", "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        match warning {
            Some(warning) => assert!(ended.stdout.contains(warning), "{ended:?}"),
            None => assert!(!ended.stdout.contains("warning"), "{ended:?}"),
        }
    }
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
    assert!(help.stdout.contains("73 can not make the file"), "{help:?}");
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
