//! Values that do not fit their keys, in plain words.

use casewire_runner::Stream;

use crate::config::{SALESFORCE, ZENDESK, read, refused};

#[test]
fn a_value_of_the_wrong_type_is_refused_with_what_the_key_means() {
    refused(
        "[rules]\nappend_to_open = \"yes\"\n",
        &[(
            2,
            18,
            "rules.append_to_open",
            "boolean",
            "latest open record",
        )],
    );
    refused(
        "[rules]\nappend_to_closed_within_days = 0\n",
        &[(
            2,
            32,
            "rules.append_to_closed_within_days",
            "expected a whole number of 1 or more, found: integer",
            "At least 1",
        )],
    );
    refused(
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\n\
         auth = { type = \"oauth_client_credentials\", client_id = 5, client_secret = { env = \"SECRET\" } }\n",
        &[(
            4,
            57,
            "connector.auth.client_id",
            "expected a string, found: integer",
            "",
        )],
    );
    refused(
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\nauth = \"s3cret\"\n",
        &[(
            4,
            8,
            "connector.auth",
            "expected a table, found: string",
            "credentials",
        )],
    );
    refused(
        "[intake]\nlisten = \"here\"\n",
        &[(2, 10, "intake.listen", "no address", "127.0.0.1:8080")],
    );
}

#[test]
fn a_value_out_of_a_list_is_refused_with_the_list() {
    refused(
        "[rules]\nanonymous = \"seperate\"\nabandoned_chats = \"some\"\n",
        &[
            (2, 13, "rules.anonymous", "`seperate`", "`separate`?"),
            (
                3,
                19,
                "rules.abandoned_chats",
                "`some`",
                "known: \"none\", \"all\" or { at_least_messages = N }",
            ),
        ],
    );
    refused(
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\nauth = { type = \"api_tokn\" }\n",
        &[(4, 17, "connector.auth.type", "`api_tokn`", "`api_token`?")],
    );
}

#[test]
fn abandoned_chats_is_always_refused_with_its_values() {
    for (value, message) in [
        ("5", "none of the key's values"),
        ("[\"none\"]", "none of the key's values"),
        ("{}", "none of the key's values"),
        ("\"at_least_messages\"", "expected a table, found: string"),
        ("{ at_least = 2 }", "unknown value `at_least`"),
        ("{ none = 1 }", "none of the key's values"),
    ] {
        let known = "known: \"none\", \"all\" or { at_least_messages = N }";
        refused(
            &format!("[rules]\nabandoned_chats = {value}\n"),
            &[(2, 19, "rules.abandoned_chats", message, known)],
        );
    }
    refused(
        "[rules]\nabandoned_chats = { at_least_messages = 0 }\n",
        &[(
            2,
            41,
            "rules.abandoned_chats.at_least_messages",
            "expected a whole number of 1 or more, found: integer",
            "{ at_least_messages = N }",
        )],
    );
}

#[test]
fn numbers_are_told_of_without_the_names_of_types() {
    for (value, message) in [
        ("-1", "expected a whole number of 0 or more, found: integer"),
        (
            "1.5",
            "expected a whole number of 0 or more, found: number with decimals",
        ),
        (
            "\"1\"",
            "expected a whole number of 0 or more, found: string",
        ),
        (
            "5000000000",
            "expected a whole number of 0 or more, found: one that is too large",
        ),
    ] {
        refused(
            &format!("[rules]\nshort_abandon_call_seconds = {value}\n"),
            &[(
                2,
                30,
                "rules.short_abandon_call_seconds",
                message,
                "seconds",
            )],
        );
    }
    refused(
        &format!("[connector]\n{ZENDESK}fields = {{ leaf_queue = -1, sessions = 2 }}\n"),
        &[(
            5,
            25,
            "connector.fields.leaf_queue",
            "expected a whole number of 0 or more, found: integer",
            "",
        )],
    );
}

#[test]
fn no_value_is_told_of_in_the_words_of_the_language() {
    for text in [
        "[store]\npath = 5\n".to_owned(),
        "[rules]\ntimezone = 5\n".to_owned(),
        "[intake]\nlisten = 9001\n".to_owned(),
        "[intake]\nlisten = \"9001\"\n".to_owned(),
        format!("[connector]\n{ZENDESK}statuses = {{ open = 5 }}\n"),
        format!("[connector]\n{ZENDESK}default_user = []\n"),
        "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"\nauth = { type = 5 }\n".to_owned(),
    ] {
        let error = crate::config::read(&text).unwrap_err();
        let [problem] = error.problems() else {
            panic!("{error}");
        };
        for word in [
            "sequence",
            "variant",
            "enum",
            "path string",
            "socket",
            "u32",
            "u64",
            "POSIX",
        ] {
            assert!(!problem.message.contains(word), "{error}");
        }
    }
}

#[test]
fn a_subdomain_is_one_label() {
    for value in [
        "https://acme.zendesk.com",
        "acme.zendesk.com",
        "evil.com/",
        "",
    ] {
        refused(
            &format!(
                "[connector]\ntype = \"zendesk\"\n{}",
                ZENDESK.split_once('\n').unwrap().1
            )
            .replace("\"acme\"", &format!("{value:?}")),
            &[(
                3,
                13,
                "connector.subdomain",
                "no subdomain",
                "write `acme` for `https://acme.zendesk.com`",
            )],
        );
    }
}

#[test]
fn keys_that_can_not_both_be_are_refused_at_one_of_them() {
    refused(
        &format!("[connector]\n{SALESFORCE}customer.second = \"lead\"\n"),
        &[(
            5,
            19,
            "connector.customer.second",
            "does not go with `record_object`",
            "Where else a customer is looked for",
        )],
    );
    refused(
        &format!(
            "[connector]\n{SALESFORCE}record_object = \"opportunity\"\n[connector.statuses]\nclosed = [\"Merged\"]\n"
        ),
        &[(
            7,
            10,
            "connector.statuses.closed",
            "for cases alone",
            "never opened again",
        )],
    );
}

#[test]
fn a_my_domain_name_is_no_address() {
    let text =
        format!("[connector]\n{SALESFORCE}").replace("\"acme\"", "\"https://u:hunter2@acme\"");
    refused(
        &text,
        &[(
            3,
            13,
            "connector.my_domain",
            "this is a URL",
            "My Domain name",
        )],
    );
    let shown = read(&text).unwrap_err().excerpts(Stream::Piped);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_blank_tag_or_title_is_refused() {
    for (key, message) in [("platform_tag", "blank"), ("title", "at character 1")] {
        let text = format!("[rules]\n{key} = \"\"\n");
        let column = key.len() + 4;
        refused(
            &text,
            &[(2, column, &format!("rules.{key}"), message, "Default: ")],
        );
    }
}

#[test]
fn a_wrong_title_is_refused_with_the_names_that_there_are() {
    refused(
        "[rules]\ntitle = \"Call of {CALLER}\"\n",
        &[(2, 9, "rules.title", "at character 9", "`PHONE_NUMBER`")],
    );
}

#[test]
fn an_unknown_zone_is_refused() {
    refused(
        "[rules]\ntimezone = \"Mars/Olympus\"\n",
        &[(
            2,
            12,
            "rules.timezone",
            "`Mars/Olympus` is no IANA time zone",
            "for example `Europe/Berlin`",
        )],
    );
}
