use std::path::Path;

use casewire_core::{QueueId, Title};
use casewire_runner::{Config, ConfigError, Stream};

pub(crate) const ZENDESK: &str = "type = \"zendesk\"\nsubdomain = \"acme\"\n\
    auth = { type = \"oauth_client_credentials\", client_id = \"a\", client_secret = { env = \"SECRET\" } }\n";

pub(crate) const SALESFORCE: &str = "type = \"salesforce\"\nmy_domain = \"acme\"\n\
    auth = { type = \"oauth_client_credentials\", client_id = \"a\", client_secret = { env = \"SECRET\" } }\n";

pub(crate) fn read(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("casewire.toml"), text.as_bytes())
}

/// Asserts that `text` has exactly the problems `expected`, each as line, column, key, and words of its message
/// and remedy.
#[track_caller]
pub(crate) fn refused(text: &str, expected: &[(usize, usize, &str, &str, &str)]) {
    let error = read(text).expect_err(text);
    for (problem, expected) in error.problems().iter().zip(expected) {
        let (line, column, key, message, remedy) = expected;
        let place = (error.place(problem), problem.key.as_str());
        assert_eq!(place, ((*line, *column), *key), "{text}\n{error}");
        assert!(problem.message.contains(message), "{text}\n{error}");
        assert!(problem.remedy.contains(remedy), "{text}\n{error}");
    }
    assert_eq!(error.problems().len(), expected.len(), "{text}\n{error}");
}

#[test]
fn an_unknown_key_is_refused_with_the_known_one_that_looks_like_it() {
    refused(
        "[rules]\nappend_to_opn = true\n",
        &[(
            2,
            1,
            "rules.append_to_opn",
            "unknown key",
            "`append_to_open`?",
        )],
    );
    refused("[rulez]\n", &[(1, 2, "rulez", "unknown key", "`rules`?")]);
    refused(
        "[queues.\"13\"]\ndelay_call_until_connected = true\n",
        &[(
            2,
            1,
            "queues.\"13\".delay_call_until_connected",
            "unknown key",
            "`rules`",
        )],
    );
    refused(
        "[intake]\nlisten = \"127.0.0.1:1\"\nsecret = []\n",
        &[(3, 1, "intake.secret", "unknown key", "`secrets`?")],
    );
}

#[test]
fn a_key_without_likeness_is_refused_with_all_known_ones() {
    refused(
        "[store]\npath = \"a.db\"\nkind = \"sqlite\"\n",
        &[(3, 1, "store.kind", "unknown key", "known here: `path`")],
    );
}

#[test]
fn an_unknown_key_of_a_connector_is_found_in_nested_tables() {
    refused(
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\n\n[connector.auth]\n\
         type = \"oauth_client_credentials\"\nclient_idd = \"a\"\nclient_secret = { env = \"SECRET\" }\n",
        &[(
            7,
            1,
            "connector.auth.client_idd",
            "unknown key",
            "`client_id`?",
        )],
    );
}

#[test]
fn a_missing_key_is_named_with_its_meaning() {
    refused(
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\n[connector.auth]\n\
         type = \"oauth_client_credentials\"\nclient_id = \"a\"\n",
        &[(
            4,
            1,
            "connector.auth.client_secret",
            "missing",
            "client_secret",
        )],
    );
    refused(
        "[store]\n",
        &[(1, 1, "store.path", "missing", "database file")],
    );
    refused(
        "[connector]\nsubdomain = \"acme\"\n",
        &[(1, 1, "connector.type", "no `type`", "`type = \"zendesk\"`")],
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    refused(
        "[rules]\nappend_to_open = 1\nabandoned_cals = true\n[queues.13.rules]\ntitel = \"\"\n[store]\n",
        &[
            (2, 18, "rules.append_to_open", "boolean", ""),
            (
                3,
                1,
                "rules.abandoned_cals",
                "unknown key",
                "`abandoned_calls`?",
            ),
            (5, 1, "queues.\"13\".rules.titel", "unknown key", "`title`?"),
            (6, 1, "store.path", "missing", ""),
        ],
    );
}

#[test]
fn what_is_no_toml_is_refused_at_its_place() {
    refused(
        "[rules\nappend_to_open = true\n",
        &[(1, 7, "", "not TOML", "brackets")],
    );
    let error = read("[rules]\ntitle = \"a\"\ntitle = \"b\"\n").unwrap_err();
    assert_eq!(error.place(&error.problems()[0]).0, 3, "{error}");
}

#[test]
fn what_is_no_text_is_refused() {
    let error = Config::parse(Path::new("casewire.toml"), b"[rules]\n\xff").unwrap_err();
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!(error.place(problem), (2, 1));
    assert!(problem.message.contains("UTF-8"));
}

#[test]
fn columns_count_characters() {
    refused(
        "rules = { platform_tag = \"é\", titel = \"\" }\n",
        &[(1, 31, "rules.titel", "unknown key", "`title`?")],
    );
}

#[test]
fn an_unknown_connector_is_refused_with_the_known_one_that_looks_like_it() {
    refused(
        "[connector]\ntype = \"zendesc\"\n",
        &[(
            2,
            8,
            "connector.type",
            "unknown connector `zendesc`",
            "`zendesk`?",
        )],
    );
}

#[test]
fn tags_are_refused_where_the_crm_has_none() {
    refused(
        &format!(
            "[connector]\n{SALESFORCE}[rules]\ntag_platform = true\n[queues.13.rules]\ntag_session_type = true\n"
        ),
        &[
            (
                6,
                16,
                "rules.tag_platform",
                "salesforce",
                "remove `rules.tag_platform`",
            ),
            (
                8,
                20,
                "queues.\"13\".rules.tag_session_type",
                "salesforce",
                "or set it to false",
            ),
        ],
    );
    let off = format!("[connector]\n{SALESFORCE}[rules]\ntag_platform = false\n");
    assert!(read(&off).is_ok());
}

#[test]
fn skips_are_refused_where_the_crm_needs_a_customer_and_a_record() {
    for (crm, account) in [("kustomer", "org"), ("freshdesk", "domain")] {
        let connector = format!(
            "[connector]\ntype = \"{crm}\"\n{account} = \"acme\"\napi_key = {{ env = \"KEY\" }}\n"
        );
        assert!(read(&connector).is_ok(), "{crm}");
        for skip in [
            "skip_customer_lookup",
            "skip_customer_creation",
            "skip_record_creation",
        ] {
            let key = format!("rules.{skip}");
            let remedy = format!("remove `{key}`");
            let text = format!("{connector}[rules]\n{skip} = true\n");
            let column = skip.len() + 4;
            refused(&text, &[(6, column, &key, crm, &remedy)]);
            let error = read(&text).unwrap_err();
            assert!(error.problems()[0].message.contains(skip), "{error}");
        }
    }
}

#[test]
fn one_connector_and_several_exclude_each_other() {
    refused(
        &format!("[connector]\n{ZENDESK}[connectors.other]\n{ZENDESK}"),
        &[(5, 2, "connectors", "exclude", "[connectors.NAME]")],
    );
}

#[test]
fn a_source_needs_a_connector_that_there_is() {
    refused(
        &format!("[connectors.support]\n{ZENDESK}[sources.\"//acme\"]\nconnector = \"suport\"\n"),
        &[(
            6,
            13,
            "sources.\"//acme\".connector",
            "`suport`",
            "`support`?",
        )],
    );
}

#[test]
fn only_this_machine_may_stand_in_for_the_vendor() {
    refused(
        &format!("[connector]\n{ZENDESK}base_url = \"http://example.com\"\n"),
        &[(
            5,
            12,
            "connector.base_url",
            "not on this machine",
            "leave `base_url` out",
        )],
    );
    let local = format!("[connector]\n{ZENDESK}base_url = \"http://127.0.0.1:9001\"\n");
    assert!(read(&local).is_ok());
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    for key in ["base_url", "subdomain"] {
        let text = format!(
            "[connector]\ntype = \"zendesk\"\n{key} = \"http://u:hunter2@127.0.0.1:9001\"\n"
        );
        let error = read(&text).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.excerpts(Stream::Piped));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn what_is_no_config_at_all_is_told_in_ten_problems() {
    let text = "{\"id\":\"1\"}\n".repeat(1_000);
    let error = read(&text).unwrap_err();
    let more = format!("and {} more", error.problems().len() - 10);
    let excerpts = error.excerpts(Stream::Piped);
    assert_eq!(excerpts.matches("not TOML").count(), 10, "{excerpts}");
    assert!(excerpts.ends_with(&format!("{more}\n")), "{excerpts}");
    let lines = error.to_string();
    assert_eq!(lines.lines().count(), 11, "{lines}");
    assert!(lines.ends_with(&more), "{lines}");
    let ten = read(&"{}\n".repeat(10)).unwrap_err();
    assert_eq!(ten.problems().len(), 10);
    assert!(!ten.to_string().contains("more"), "{ten}");
}

#[test]
fn a_secret_says_where_it_is_kept() {
    for value in [
        "\"s3cret\"",
        "5",
        "{ value = \"s3cret\" }",
        "{ env = \"two words\" }",
        "{ env = \"A\", file = \"b\" }",
        "[\"s3cret\"]",
    ] {
        let text = format!("[console]\nlisten = \"127.0.0.1:1\"\npassword = {value}\n");
        refused(
            &text,
            &[(
                3,
                12,
                "console.password",
                "where the secret is kept",
                "{ env = ",
            )],
        );
    }
    refused(
        "[intake]\nlisten = \"127.0.0.1:1\"\nsecrets = [{ env = \"A\" }, \"s3cret\"]\n",
        &[(
            3,
            27,
            "intake.secrets",
            "where the secret is kept",
            "{ file = ",
        )],
    );
}

#[test]
fn no_cut_and_no_slip_shows_a_secret() {
    let text = "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\n\n[connector.auth]\n\
         type = \"oauth_client_credentials\"\nclient_secret = \"s3cret\"\n\n\
         [intake]\nlisten = \"127.0.0.1:1\"\nsecrets = [\n  \"s3cret\",\n  { env = \"A\" },\n]\n";
    let cuts = (0..=text.len()).map(|end| text[..end].to_owned());
    let slips = (0..text.len()).map(|at| format!("{}{}", &text[..at], &text[at + 1..]));
    for text in cuts.chain(slips) {
        if let Err(error) = read(&text) {
            let shown = format!("{error} {error:?} {}", error.excerpts(Stream::Piped));
            assert!(!shown.contains("s3cret"), "{text}\n{shown}");
        }
    }
}

#[test]
fn a_connector_may_have_any_name() {
    let config = read(&format!("[connectors.token]\n{ZENDESK}")).unwrap();
    assert!(config.connectors.contains_key("token"));
}

#[test]
fn a_queue_overrides_single_rules() {
    let config = read(
        "[rules]\nappend_to_open = true\ntitle = \"{CALL_ID}\"\nabandoned_chats = { at_least_messages = 2 }\n\
         [queues.\"13\".rules]\ntitle = \"Own\"\nabandoned_chats = \"all\"\n[queues.\"14\"]\n",
    )
    .unwrap();
    let settings = config.settings;
    let own = settings.rules_in(Some(&QueueId("13".into())));
    assert!(own.append_to_open);
    assert_eq!(own.title, "Own".parse::<Title>().unwrap());
    assert_eq!(own.abandoned_chats, casewire_core::AbandonedChats::All);
    assert_eq!(settings.rules.title, "{CALL_ID}".parse::<Title>().unwrap());
    assert_eq!(settings.queues.len(), 1);
}

#[test]
fn sources_choose_their_connector() {
    let text = format!(
        "[connectors.a]\n{ZENDESK}[connectors.b]\n{ZENDESK}[sources.\"//acme\"]\nconnector = \"b\"\n"
    );
    let config = read(&text).unwrap();
    assert_eq!(config.connector_for("//acme").unwrap().0, "b");
    let unmapped = config.connector_for("//other").unwrap_err();
    assert!(unmapped.remedy().unwrap().contains("[sources.\"//other\"]"));
    assert_eq!(unmapped.exit().code(), 78);

    let one = read(&format!("[connector]\n{ZENDESK}")).unwrap();
    assert_eq!(
        one.connector_for("//other").unwrap().0,
        casewire_runner::DEFAULT_CONNECTOR
    );
    assert!(read("").unwrap().connector_for("//other").is_err());
}

#[test]
fn the_same_file_has_the_same_version() {
    let version = |text| read(text).unwrap().settings.version;
    assert_eq!(version("[rules]\n"), version("[rules]\n"));
    assert_ne!(version("[rules]\n"), version("[rules]\n\n"));
}
