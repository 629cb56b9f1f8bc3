//! Reads the file table by table, so that every error has its exact place.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use casewire_core::{Profile, QueueId, Rules, Settings};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::KeyPath;
use super::schema::{Queue, Source};
use super::{Config, ConfigError, Problem, mask, secret, typed};

/// The tables of a config file.
pub(super) const TABLES: [&str; 9] = [
    "connector",
    "connectors",
    "console",
    "intake",
    "queues",
    "rules",
    "sources",
    "store",
    "webhooks",
];

/// Reads a config file, or says everything that is wrong with it.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Config, ConfigError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let problem = Problem {
                message: "the file is not UTF-8 text".to_owned(),
                key: String::new(),
                span: valid.len()..valid.len(),
                remedy: "save it as UTF-8".to_owned(),
            };
            return Err(ConfigError::new(
                path.to_owned(),
                mask::lines(&valid),
                vec![problem],
            ));
        }
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problems = errors.iter().map(|error| syntax(error, text)).collect();
        return Err(ConfigError::new(
            path.to_owned(),
            mask::lines(text),
            problems,
        ));
    }
    let document = document.into_inner();
    let mut reader = Reader {
        problems: secret::literals(&document),
    };
    // A value that should be a secret is not read further: no other message may show it.
    let config = match reader.problems.is_empty() {
        true => reader.config(path, bytes, &document),
        false => None,
    };
    match config {
        Some(config) if reader.problems.is_empty() => Ok(config),
        _ => {
            let masked = mask::values(text, &document);
            Err(ConfigError::new(path.to_owned(), masked, reader.problems))
        }
    }
}

fn syntax(error: &toml::de::Error, text: &str) -> Problem {
    let end = text.len();
    Problem {
        message: format!("this is not TOML: {}", error.message()),
        key: String::new(),
        span: error.span().unwrap_or(end..end),
        remedy: "strings stand in quotes, tables in brackets, one `key = value` on a line"
            .to_owned(),
    }
}

/// What was found wrong so far.
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
}

/// A value with its place.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn config(&mut self, path: &Path, bytes: &[u8], file: &DeTable<'_>) -> Option<Config> {
        self.refuse_unknown_tables(file);
        let rules = file.get("rules");
        let global = match rules {
            Some(rules) => self.section::<Rules>(&KeyPath::of(&["rules"]), rules),
            None => Some(Rules::default()),
        };
        let queues = self.queues(file);
        let config = Config {
            path: path.to_owned(),
            connectors: self.connectors(file),
            sources: self.sources(file),
            intake: self.optional(file, "intake"),
            store: self.optional(file, "store"),
            console: self.optional(file, "console"),
            webhooks: self.webhooks(file),
            settings: Settings {
                rules: global?,
                queues,
                version: version(bytes),
            },
        };
        self.refuse_open_intake(&config, file);
        self.refuse_sources_without_connector(&config, file);
        self.refuse_unsupported(&config, file);
        Some(config)
    }

    fn refuse_unknown_tables(&mut self, file: &DeTable<'_>) {
        for key in file.keys() {
            let name = key.get_ref().as_ref();
            if !TABLES.contains(&name) {
                self.problems.push(Problem {
                    message: format!("unknown key `{name}`"),
                    key: KeyPath::of(&[name]).to_string(),
                    span: key.span(),
                    remedy: typed::suggestion(name, &TABLES),
                });
            }
        }
    }

    fn sources(&mut self, file: &DeTable<'_>) -> BTreeMap<String, String> {
        let mut sources = BTreeMap::new();
        let Some(table) = file.get("sources") else {
            return sources;
        };
        for (name, value) in self.entries("sources", table) {
            let source = self.section::<Source>(&KeyPath::of(&["sources", name]), value);
            sources.extend(source.map(|source| (name.to_owned(), source.connector)));
        }
        sources
    }

    /// The whole rules of each queue that has its own: its keys over the global ones.
    fn queues(&mut self, file: &DeTable<'_>) -> BTreeMap<QueueId, Rules> {
        let mut queues = BTreeMap::new();
        let Some(table) = file.get("queues") else {
            return queues;
        };
        let global = file
            .get("rules")
            .and_then(|rules| rules.get_ref().as_table());
        for (id, value) in self.entries("queues", table) {
            let path = KeyPath::of(&["queues", id]);
            let queue = self.section::<Queue>(&path, value);
            if queue.and_then(|queue| queue.rules).is_none() {
                continue;
            }
            let own = value.get_ref().get("rules");
            let own = own.and_then(|own| own.get_ref().as_table());
            let mut merged = global.cloned().unwrap_or_default();
            merged.extend(
                own.into_iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
            let merged = Spanned::new(value.span(), DeValue::Table(merged));
            // Wrong global rules are reported once, at their own place.
            let rules = typed::read(&path.with("rules"), &merged, &mut Vec::new());
            queues.extend(rules.map(|rules| (QueueId(id.into()), rules)));
        }
        queues
    }

    fn optional<T: DeserializeOwned + JsonSchema>(
        &mut self,
        file: &DeTable<'_>,
        name: &str,
    ) -> Option<T> {
        self.section(&KeyPath::of(&[name]), file.get(name)?)
    }

    pub(super) fn section<T: DeserializeOwned + JsonSchema>(
        &mut self,
        path: &KeyPath,
        value: &Value<'_>,
    ) -> Option<T> {
        if !value.get_ref().is_table() {
            self.refuse_non_table(path, value);
            return None;
        }
        typed::read(path, value, &mut self.problems)
    }

    /// The tables below a table whose keys are names that the user chose.
    pub(super) fn entries<'f>(
        &mut self,
        table: &str,
        value: &'f Value<'_>,
    ) -> Vec<(&'f str, &'f Value<'f>)> {
        let Some(entries) = value.get_ref().as_table() else {
            self.refuse_non_table(&KeyPath::of(&[table]), value);
            return Vec::new();
        };
        entries
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value))
            .collect()
    }

    pub(super) fn refuse_non_table(&mut self, path: &KeyPath, value: &Value<'_>) {
        self.problems.push(Problem {
            message: format!("`{path}` is {}, not a table", value.get_ref().type_str()),
            key: path.to_string(),
            span: value.span(),
            remedy: format!("write `[{path}]` and its keys below it"),
        });
    }

    fn refuse_sources_without_connector(&mut self, config: &Config, file: &DeTable<'_>) {
        let known: Vec<_> = config.connectors.keys().map(String::as_str).collect();
        for (source, connector) in &config.sources {
            if known.contains(&connector.as_str()) || !self.problems.is_empty() {
                continue;
            }
            let path = ["sources", source, "connector"];
            self.problems.push(Problem {
                message: format!("there is no connector `{connector}`"),
                key: KeyPath::of(&path).to_string(),
                span: span_of(file, &path).unwrap_or_default(),
                remedy: typed::suggestion(connector, &known),
            });
        }
    }

    fn refuse_unsupported(&mut self, config: &Config, file: &DeTable<'_>) {
        for connector in config.connectors.values() {
            for problem in unsupported(&config.settings, &connector.profile(), file) {
                if self.problems.iter().all(|known| known.key != problem.key) {
                    self.problems.push(problem);
                }
            }
        }
    }
}

/// The settings that a CRM can not honour, each where the file sets it: in the queue's rules, or globally.
fn unsupported(settings: &Settings, profile: &Profile, file: &DeTable<'_>) -> Vec<Problem> {
    let refused = settings.unsupported(profile).into_iter();
    let problems = refused.filter_map(|refused| {
        let key = refused.key;
        let path = match &refused.queue {
            Some(queue) => vec!["queues", &*queue.0, "rules", key],
            None => vec!["rules", key],
        };
        // A queue that only inherits the setting is mended by mending the global one.
        let span = span_of(file, &path)?;
        let path = KeyPath::of(&path);
        Some(Problem {
            message: refused.to_string(),
            key: path.to_string(),
            span,
            remedy: format!("remove `{path}`, or set it to false"),
        })
    });
    problems.collect()
}

pub(super) fn span_of(file: &DeTable<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let mut value = file.get(*first)?;
    for key in rest {
        value = value.get_ref().get(*key)?;
    }
    Some(value.span())
}

/// Names the settings by the file's digest.
fn version(bytes: &[u8]) -> String {
    let mut version = "sha256:".to_owned();
    for byte in Sha256::digest(bytes).iter().take(6) {
        // Writing to a string can not fail.
        let _ = write!(version, "{byte:02x}");
    }
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_the_crm_can_not_honour_is_an_error_where_it_is_set() {
        let text = "[rules]\ntag_platform = true\n[queues.13.rules]\ntag_session_type = true\n";
        let document = DeTable::parse(text).unwrap();
        let rules = Rules {
            tag_platform: true,
            ..Rules::default()
        };
        let mut settings = Settings::uniform(rules.clone());
        let own = Rules {
            tag_session_type: true,
            ..rules
        };
        settings.queues.insert(QueueId("13".into()), own);
        let profile = Profile {
            name: "example",
            refuses: &["tag_platform", "tag_session_type"],
            ..casewire_zendesk::profile()
        };
        let problems = unsupported(&settings, &profile, document.get_ref());
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.key.as_str(), &text[problem.span.clone()]))
            .collect();
        let expected = [
            ("rules.tag_platform", "true"),
            ("queues.\"13\".rules.tag_session_type", "true"),
        ];
        assert_eq!(found, expected);
        assert!(problems[0].message.contains("example"));
    }

    #[test]
    fn the_tables_are_those_of_the_schema() {
        let schema = super::super::schema().to_value();
        let tables = schema["properties"].as_object().unwrap().keys();
        assert!(tables.eq(TABLES), "{schema}");
    }

    #[test]
    fn the_version_is_the_start_of_the_files_digest() {
        assert_eq!(version(b""), "sha256:e3b0c44298fc");
    }
}
