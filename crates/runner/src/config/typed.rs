//! Reads one table into its type, and turns what the type refuses into places and remedies.

use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::{Path, Segment};
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::Problem;
use super::key::KeyPath;

type Value<'i> = Spanned<DeValue<'i>>;

/// Reads the table `value`, which stands at `path`; adds what is wrong with it to `problems`.
pub(super) fn read<T: DeserializeOwned + JsonSchema>(
    path: &KeyPath,
    value: &Value<'_>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut rest = value.clone();
    let mut wrong: Vec<String> = Vec::new();
    // A type stops at its first error: what is wrong is taken out, and the rest read again for more.
    loop {
        let deserializer = ValueDeserializer::from(rest.clone());
        let error = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(read) if wrong.is_empty() => return Some(read),
            Ok(_) => return None,
            Err(error) => error,
        };
        let refused = Refused {
            path,
            value,
            keys: keys(error.path()),
            error: error.inner(),
            schema: schema_for!(T).to_value(),
        };
        let (keys, problem) = refused.explain();
        let entry = keys.into_iter().next()?;
        if wrong.contains(&entry) {
            return None;
        }
        problems.push(problem);
        if let DeValue::Table(table) = rest.get_mut() {
            table.remove(entry.as_str())?;
        }
        wrong.push(entry);
    }
}

fn keys(path: &Path) -> Vec<String> {
    let keys = path.iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    });
    keys.collect()
}

/// A value that its type refused.
struct Refused<'a> {
    /// Where the table stands.
    path: &'a KeyPath,
    /// The table.
    value: &'a Value<'a>,
    /// From the table to where the type gave up.
    keys: Vec<String>,
    error: &'a toml::de::Error,
    schema: Json,
}

impl Refused<'_> {
    /// The keys from the table to the culprit, and the problem.
    fn explain(self) -> (Vec<String>, Problem) {
        let message = self.error.message().lines().next().unwrap_or_default();
        let words: Vec<_> = message.split('`').skip(1).step_by(2).collect();
        match words.split_first() {
            Some((name, known)) if message.starts_with("unknown field") => {
                self.unknown_key(name, known)
            }
            Some((name, _)) if message.starts_with("missing field") => self.missing_key(name),
            Some((name, known)) if message.starts_with("unknown variant") => {
                let remedy = suggestion(name, known);
                self.wrong_value(Some(name), format!("unknown value `{name}`"), Some(remedy))
            }
            _ => match Mismatch::of(message) {
                Some(mismatch) => self.wrong_value(mismatch.found, mismatch.to_string(), None),
                None => self.wrong_value(None, message.to_owned(), None),
            },
        }
    }

    fn unknown_key(mut self, name: &str, known: &[&str]) -> (Vec<String>, Problem) {
        self.keys.pop_if(|last| last == name);
        let table = at(self.value, &self.keys);
        let found = find(table, Wanted::Key(name));
        let (below, span) = found.unwrap_or_else(|| (vec![name.to_owned()], table.span()));
        self.keys.extend(below);
        self.problem(
            format!("unknown key `{name}`"),
            span,
            suggestion(name, known),
        )
    }

    fn missing_key(mut self, name: &str) -> (Vec<String>, Problem) {
        let span = at(self.value, &self.keys).span();
        self.keys.push(name.to_owned());
        let remedy = match description(&self.schema, &self.keys) {
            Some(meaning) => format!("add `{name}`: {meaning}"),
            None => format!("add `{name}`"),
        };
        self.problem(format!("the key `{name}` is missing"), span, remedy)
    }

    fn wrong_value(
        mut self,
        text: Option<&str>,
        message: String,
        remedy: Option<String>,
    ) -> (Vec<String>, Problem) {
        let value = at(self.value, &self.keys);
        let inner = self.error.span().filter(|_| !value.get_ref().is_table());
        let mut span = inner.unwrap_or_else(|| value.span());
        // Where a table's shape depends on one of its keys, the type gives up at the table: look in it for the
        // value that the message names.
        let found = text.and_then(|text| find(value, Wanted::Scalar(text)));
        if let Some((below, place)) = found {
            self.keys.extend(below);
            span = place;
        }
        let remedy = remedy
            .or_else(|| description(&self.schema, &self.keys))
            .unwrap_or_else(|| "`casewire schema config` prints what is allowed".to_owned());
        self.problem(message, span, remedy)
    }

    fn problem(
        self,
        message: String,
        span: Range<usize>,
        remedy: String,
    ) -> (Vec<String>, Problem) {
        let key = self.path.joined(self.keys.iter().cloned()).to_string();
        let problem = Problem {
            message,
            key,
            span,
            remedy,
        };
        (self.keys, problem)
    }
}

/// What a message like ``invalid type: integer `5`, expected a string`` tells. It is told without the value,
/// which may be a secret in the wrong place.
struct Mismatch<'m> {
    kind: &'m str,
    found: Option<&'m str>,
    expected: &'m str,
}

impl<'m> Mismatch<'m> {
    fn of(message: &'m str) -> Option<Self> {
        let told = message
            .strip_prefix("invalid type: ")
            .or_else(|| message.strip_prefix("invalid value: "))?;
        let (found, expected) = told.rsplit_once(", expected ")?;
        let kind = found.split(' ').next().unwrap_or_default();
        let quote = if kind == "string" { '"' } else { '`' };
        Some(Self {
            kind,
            found: found
                .split_once(quote)
                .map(|(_, value)| value.trim_end_matches(quote)),
            expected,
        })
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            "map" => "table",
            "sequence" => "array",
            other => other,
        };
        let is_rust = |word| self.expected.contains(word);
        match is_rust("enum") || is_rust("struct") {
            true => write!(f, "expected a table, found: {kind}"),
            false => write!(f, "expected {}, found: {kind}", self.expected),
        }
    }
}

fn is_scalar(value: &DeValue<'_>, text: &str) -> bool {
    match value {
        DeValue::String(string) => string == text,
        DeValue::Integer(integer) => integer.as_str() == text,
        DeValue::Float(float) => float.as_str() == text,
        DeValue::Boolean(boolean) => boolean.to_string() == text,
        DeValue::Array(_) | DeValue::Datetime(_) | DeValue::Table(_) => false,
    }
}

/// The value at `keys` below `value`, as far as they lead.
fn at<'v, 'i>(value: &'v Value<'i>, keys: &[String]) -> &'v Value<'i> {
    let mut found = value;
    for key in keys {
        match found.get_ref().get(key.as_str()) {
            Some(below) => found = below,
            None => break,
        }
    }
    found
}

#[derive(Clone, Copy)]
enum Wanted<'a> {
    /// A key of this name; its place is the key's.
    Key(&'a str),
    /// A value of this text; its place is the value's.
    Scalar(&'a str),
}

/// The first entry below `value` that is `wanted`: its keys and its place.
fn find(value: &Value<'_>, wanted: Wanted<'_>) -> Option<(Vec<String>, Range<usize>)> {
    let table = value.get_ref().as_table()?;
    let here = table.iter().find_map(|(key, below)| {
        let name = key.get_ref().as_ref();
        let span = match wanted {
            Wanted::Key(wanted) => (name == wanted).then(|| key.span())?,
            Wanted::Scalar(text) => is_scalar(below.get_ref(), text).then(|| below.span())?,
        };
        Some((vec![name.to_owned()], span))
    });
    here.or_else(|| {
        table.iter().find_map(|(key, below)| {
            let (mut keys, span) = find(below, wanted)?;
            keys.insert(0, key.get_ref().as_ref().to_owned());
            Some((keys, span))
        })
    })
}

/// What the schema says of the key at `keys`.
fn description(schema: &Json, keys: &[String]) -> Option<String> {
    let mut at = schema;
    for key in keys {
        at = property(schema, at, key)?;
    }
    let text = at.get("description")?.as_str()?;
    Some(text.replace('\n', " "))
}

/// The schema of the key `key` in a table of `schema`.
pub(super) fn property<'s>(root: &'s Json, schema: &'s Json, key: &str) -> Option<&'s Json> {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
        return property(root, root.pointer(name.trim_start_matches('#'))?, key);
    }
    if let Some(found) = schema.get("properties").and_then(|all| all.get(key)) {
        return Some(found);
    }
    ["anyOf", "oneOf"]
        .iter()
        .filter_map(|any| schema.get(any)?.as_array())
        .flatten()
        .find_map(|one| property(root, one, key))
        .or_else(|| {
            schema
                .get("additionalProperties")
                .filter(|any| any.is_object())
        })
}

/// A remedy for the unknown word `name`: the known one that looks like it, or all.
pub(super) fn suggestion(name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .min()
        .filter(|(distance, known)| *distance <= 1.max(known.len() / 3));
    match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("known here: {}", quoted(known)),
    }
}

/// The words in backticks, with commas.
pub(super) fn quoted(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
