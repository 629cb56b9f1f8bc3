//! Hides values in the excerpts of a config file that its errors show: all that may be secret, and what is not
//! known to be harmless. A masked text has the length and the lines of its original.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::TABLES;
use super::secret;

/// The tables whose values are harmless.
const HARMLESS_TABLES: [&str; 4] = ["queues", "rules", "sources", "store"];

/// The keys of other tables whose values are harmless.
const HARMLESS_KEYS: [&str; 14] = [
    "api_version",
    "auto_assign",
    "base_url",
    "client_id",
    "customer",
    "fields",
    "listen",
    "login_host",
    "my_domain",
    "record_object",
    "session_data",
    "statuses",
    "subdomain",
    "type",
];

/// Hides values in a file that was read.
pub(super) fn values(text: &str, file: &DeTable<'_>) -> String {
    let mut spans = Vec::new();
    for (key, value) in file {
        let is_harmless = HARMLESS_TABLES.contains(&key.get_ref().as_ref());
        collect(value, is_harmless, &mut spans);
    }
    let mut masked = text.to_owned();
    for span in spans {
        hide(&mut masked, span);
    }
    masked
}

fn collect(value: &Spanned<DeValue<'_>>, is_harmless: bool, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        reference if secret::is_reference(reference) => {}
        DeValue::Table(table) => {
            for (key, value) in table {
                let name = key.get_ref().as_ref();
                let is_harmless = is_harmless || HARMLESS_KEYS.contains(&name);
                collect(value, is_harmless && !sounds_secret(name), spans);
            }
        }
        DeValue::Array(array) => {
            for value in array {
                collect(value, is_harmless, spans);
            }
        }
        // An `@` may end a user and password in a URL.
        DeValue::String(text) if text.contains('@') => spans.push(value.span()),
        _ if is_harmless => {}
        _ => spans.push(value.span()),
    }
}

/// Hides values in a file that is not TOML, by its lines.
pub(super) fn lines(text: &str) -> String {
    let mut masked = text.to_owned();
    let mut is_harmless = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = start..start + line.len();
        start = span.end;
        if let Some(header) = line.trim_start().strip_prefix('[') {
            let table = header.split(['.', ']']).next().unwrap_or_default().trim();
            is_harmless = HARMLESS_TABLES.contains(&table);
            if TABLES.contains(&table) {
                continue;
            }
        }
        if !is_harmless || sounds_secret(line) || line.contains('@') {
            let value = line.find('=').map_or(0, |at| at + 1);
            hide(&mut masked, span.start + value..span.end);
        }
    }
    masked
}

fn sounds_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["cred", "key", "pass", "secr", "token"]
        .iter()
        .any(|word| text.contains(word))
}

fn hide(text: &mut String, span: Range<usize>) {
    let Some(shown) = text.get(span.clone()) else {
        return;
    };
    let stars: String = shown
        .bytes()
        .map(|byte| {
            if byte.is_ascii_whitespace() {
                char::from(byte)
            } else {
                '*'
            }
        })
        .collect();
    text.replace_range(span, &stars);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let shown = values(text, DeTable::parse(text).unwrap().get_ref());
        assert_eq!(shown.len(), text.len());
        assert_eq!(shown.lines().count(), text.lines().count());
        shown
    }

    #[test]
    fn hides_what_is_not_known_to_be_harmless() {
        for text in [
            "[connector]\nclient_secret = \"s3cret\"",
            "[connector]\nclient_secert = \"s3cret\"",
            "[connector.auth]\nclient_secret = { value = \"s3cret\" }",
            "[conector]\nanything = \"s3cret\"",
            "[intake]\nsecrets = [\"s3cret\", { env = \"NAME\" }]",
            "[rules]\ntoken = \"s3cret\"",
            "[connector]\nprivate_key = \"\"\"\né\ns3cret\n\"\"\"",
            "[connector]\nbase_url = \"http://u:s3cret@127.0.0.1:9001\"",
            "[connector]\nsubdomain = \"u:s3cret@acme\"",
            "[rules]\nplatform_tag = \"https://u:s3cret@example.com\"",
        ] {
            assert!(!masked(text).contains("s3cret"), "{text}");
            assert!(!lines(text).contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn shows_what_is_harmless() {
        for text in [
            "[rules]\nappend_to_open = \"yes\"",
            "[connector]\ntype = \"zendesk\"\nsubdomain = \"acme\"",
            "[connector]\nmy_domain = \"acme\"\ncustomer.object = \"contact\"\nsession_data.attach_to = \"account\"",
            "[connector.auth]\nclient_secret = { env = \"NAME\" }",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn a_file_that_is_not_toml_shows_no_secret() {
        for text in [
            "client_secret = \"s3cret",
            "[connector]\nclient_secret = s3cret",
            "[connector]\nclient_secret\n = \"s3cret\"",
            "[connector]\nprivate_key = \"\"\"\nline\ns3cret",
            "[rules]\napi_key: s3cret",
            "s3cret",
            "[{ \"phone\": \"s3cret\" }]",
            "[ \"s3cret\",",
        ] {
            assert!(DeTable::parse(text).is_err(), "{text}");
            assert!(!lines(text).contains("s3cret"), "{text}");
            assert_eq!(lines(text).len(), text.len());
        }
        assert_eq!(lines("[rules]\ntitle = \"a"), "[rules]\ntitle = \"a");
    }
}
