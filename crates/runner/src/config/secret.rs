//! Secrets do not stand in the file. Whoever writes one there is told so, and it is not shown again.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;
use super::key::KeyPath;

/// The keys whose values are secrets, in any table.
const SECRETS: [&str; 10] = [
    "api_key",
    "client_secret",
    "password",
    "platform_secrets",
    "private_key",
    "pubsub_token",
    "refresh_token",
    "secret",
    "secrets",
    "token",
];

/// The tables whose keys are names that the user chose.
const NAMED: [&str; 3] = ["connectors", "queues", "sources"];

/// The secrets that do not say where they are kept.
pub(super) fn literals(file: &DeTable<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, value) in file {
        let name = key.get_ref().as_ref();
        let path = KeyPath::of(&[name]);
        if !NAMED.contains(&name) {
            collect(&path, value, &mut problems);
            continue;
        }
        for (key, value) in value.get_ref().as_table().into_iter().flatten() {
            collect(&path.with(key.get_ref()), value, &mut problems);
        }
    }
    problems
}

fn collect(path: &KeyPath, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) {
    if let DeValue::Array(several) = value.get_ref() {
        several.iter().for_each(|one| collect(path, one, problems));
    }
    for (key, value) in value.get_ref().as_table().into_iter().flatten() {
        let name = key.get_ref().as_ref();
        let path = path.with(name);
        match value.get_ref() {
            _ if !SECRETS.contains(&name) => collect(&path, value, problems),
            DeValue::Array(several) if name.ends_with("secrets") || several.is_empty() => {
                let wrong = several.iter().filter(|one| !is_reference(one.get_ref()));
                problems.extend(wrong.map(|one| literal(&path, one)));
            }
            one if is_reference(one) => {}
            _ => problems.push(literal(&path, value)),
        }
    }
}

/// Whether `value` says where a secret is kept: `{ env = "NAME" }` or `{ file = "PATH" }`.
pub(super) fn is_reference(value: &DeValue<'_>) -> bool {
    let Some(table) = value.as_table().filter(|table| table.len() == 1) else {
        return false;
    };
    let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let text = |key| table.get(key).and_then(|value| value.get_ref().as_str());
    text("file").is_some() || text("env").is_some_and(is_word)
}

fn literal(path: &KeyPath, value: &Spanned<DeValue<'_>>) -> Problem {
    Problem {
        message: format!("`{path}` does not say where the secret is kept"),
        key: path.to_string(),
        span: value.span(),
        remedy: "keep the secret out of this file: write `{ env = \"NAME\" }` or `{ file = \"PATH\" }`, and replace \
                 the secret if others could read it here"
            .to_owned(),
    }
}
