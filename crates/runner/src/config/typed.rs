//! Reads one table into its type, and turns what the type refuses into places and remedies.

use std::ops::Range;

use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::{Path, Segment};
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::key::KeyPath;
use super::mismatch::Mismatch;
use super::{Problem, meaning};

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
        let entry = keys.into_iter().next();
        if entry.as_ref().is_some_and(|entry| wrong.contains(entry)) {
            return None;
        }
        problems.push(problem);
        let entry = entry?;
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
                let remedy = nearest(name, known)
                    .or_else(|| meaning::choices(&self.schema, &self.keys))
                    .unwrap_or_else(|| all(known));
                self.wrong_value(Some(name), format!("unknown value `{name}`"), Some(remedy))
            }
            Some((path, _)) if self.keys.is_empty() => self.contradiction(path, message.to_owned()),
            _ if self.keys.last().is_some_and(|key| key == "timezone") => self.wrong_zone(),
            _ => match Mismatch::of(message) {
                Some(mismatch) => self.wrong_value(mismatch.found, mismatch.to_string(), None),
                // Where the key has a list of values, the parser tells of its own concepts.
                None if meaning::choices(&self.schema, &self.keys).is_some() => {
                    self.wrong_value(None, "this is none of the key's values".to_owned(), None)
                }
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
        let remedy = match meaning::description(&self.schema, &self.keys) {
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
            .or_else(|| meaning::choices(&self.schema, &self.keys))
            .or_else(|| meaning::description(&self.schema, &self.keys))
            .unwrap_or_else(|| "`casewire schema config` prints what is allowed".to_owned());
        self.problem(message, span, remedy)
    }

    /// The library that knows the zones tells how it looked for one, not what to write.
    fn wrong_zone(self) -> (Vec<String>, Problem) {
        let message = match at(self.value, &self.keys).get_ref().as_str() {
            Some(name) => format!("`{name}` is no IANA time zone"),
            None => "expected the name of a time zone".to_owned(),
        };
        let remedy = "write for example `Europe/Berlin`".to_owned();
        self.wrong_value(None, message, Some(remedy))
    }

    /// Two keys that can not both be as they are: the message begins with the path of one of them.
    fn contradiction(mut self, path: &str, message: String) -> (Vec<String>, Problem) {
        self.keys = path.split('.').map(str::to_owned).collect();
        let span = at(self.value, &self.keys).span();
        let remedy = meaning::description(&self.schema, &self.keys);
        let remedy = remedy.unwrap_or_else(|| "change one of the two".to_owned());
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

/// A remedy for the unknown word `name`: the known one that looks like it, or all.
pub(super) fn suggestion(name: &str, known: &[&str]) -> String {
    nearest(name, known).unwrap_or_else(|| all(known))
}

fn nearest(name: &str, known: &[&str]) -> Option<String> {
    let (distance, nearest) = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .min()?;
    let is_near = distance <= 1.max(nearest.len() / 3);
    is_near.then(|| format!("did you mean `{nearest}`?"))
}

fn all(known: &[&str]) -> String {
    match known {
        [] => "there is none".to_owned(),
        _ => format!("known here: {}", quoted(known)),
    }
}

/// The words in backticks, with commas.
fn quoted(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
