//! What is wrong with an input, where, and how to mend it.

use std::{fmt, io};

use serde::Deserialize;

use crate::locate;

/// An input that can not be read: where, what is wrong, and how to mend it.
///
/// It never repeats a value from the input, which may be customer data; field names, ids of queues and
/// words of a fixed vocabulary are repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InputError {
    /// Whether the input or the way to it is at fault.
    pub kind: InputErrorKind,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in that line, in bytes, counted from 1.
    pub column: usize,
    /// Which element of the array, or which object of the input, counted from 0.
    pub index: usize,
    /// The field, as a path from the element: `data.queue.path[0].id`.
    pub field: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// How to mend it.
    pub remedy: &'static str,
}

/// What an [`InputError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputErrorKind {
    /// The file or connection failed; line and column are where the reading stood.
    Io,
    /// The input is not what it should be; line and column are where.
    Malformed,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            line,
            column,
            index,
            field,
            problem,
            remedy,
        } = self;
        match kind {
            InputErrorKind::Io if (*line, *column) == (1, 1) => f.write_str("at its start: ")?,
            InputErrorKind::Io => write!(f, "after line {line}, column {column}: ")?,
            InputErrorKind::Malformed => {
                write!(f, "line {line}, column {column} (event {index}): ")?;
            }
        }
        if let Some(field) = field {
            write!(f, "`{field}`: ")?;
        }
        write!(f, "{problem}; {remedy}")
    }
}

/// Where an element starts in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) index: usize,
}

impl Place {
    pub(crate) const START: Self = Self {
        line: 1,
        column: 1,
        index: 0,
    };

    /// An error at this very place.
    pub(crate) fn error(self, problem: impl Into<String>, remedy: &'static str) -> InputError {
        InputError {
            kind: InputErrorKind::Malformed,
            line: self.line,
            column: self.column,
            index: self.index,
            field: None,
            problem: problem.into(),
            remedy,
        }
    }

    /// The error of an input that fails here.
    pub(crate) fn failed(self, error: &io::Error) -> InputError {
        let remedy = "look at the file or connection it comes from";
        InputError {
            kind: InputErrorKind::Io,
            ..self.error(format!("it can not be read: {error}"), remedy)
        }
    }

    /// The place `offset` bytes into `element`, which starts here.
    pub(crate) fn inside(self, element: &[u8], offset: usize) -> Self {
        let before = &element[..offset.min(element.len())];
        match memchr::memrchr(b'\n', before) {
            None => Self {
                column: self.column + before.len(),
                ..self
            },
            Some(newline) => Self {
                line: self.line + memchr::memchr_iter(b'\n', before).count(),
                column: before.len() - newline,
                ..self
            },
        }
    }
}

/// What is wrong within one element.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    field: Option<String>,
    problem: String,
    remedy: &'static str,
    /// Line and column within the element, where the reader stopped; otherwise the field tells.
    stopped_at: Option<(usize, usize)>,
}

impl Fault {
    pub(crate) fn new(
        field: impl Into<String>,
        problem: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self {
            field: Some(field.into()).filter(|field| !field.is_empty()),
            problem: problem.into(),
            remedy,
            stopped_at: None,
        }
    }

    /// The same fault, as seen from an element of which this one is the member `parent`.
    pub(crate) fn under(mut self, parent: &str) -> Self {
        self.field = Some(match self.field {
            Some(field) if field.starts_with('[') => format!("{parent}{field}"),
            Some(field) => format!("{parent}.{field}"),
            None => parent.to_owned(),
        });
        self
    }

    /// The same fault in an attribute that came as a header: its field is the header's name.
    pub(crate) fn in_header(mut self) -> Self {
        self.stopped_at = None;
        self.field = self.field.map(|name| match name.as_str() {
            "datacontenttype" => "content-type".to_owned(),
            name => format!("ce-{name}"),
        });
        self
    }

    /// The same fault in text that was encoded within the field `parent`: its place is that field.
    pub(crate) fn encoded_in(mut self, parent: &str) -> Self {
        self.stopped_at = None;
        self.under(parent)
    }

    /// The error for the caller; `element` starts at `place`.
    pub(crate) fn at(self, place: Place, element: &[u8]) -> InputError {
        let mut problem = self.problem;
        if self.stopped_at.is_some() && self.field.is_none() {
            // What is broken is often far before the place where the reader notices.
            let Place { line, column, .. } = place;
            problem += &format!(", in the object that begins at line {line}, column {column}");
        }
        let place = match self.stopped_at {
            Some((1, column)) => Place {
                column: place.column + column.saturating_sub(1),
                ..place
            },
            Some((line, column)) => Place {
                line: place.line + line - 1,
                column: column.max(1),
                ..place
            },
            None => {
                let path = self.field.as_deref().unwrap_or_default();
                place.inside(element, locate::offset(element, path))
            }
        };
        InputError {
            field: self.field.as_deref().map(shown),
            ..place.error(problem, self.remedy)
        }
    }
}

/// Tells why `json` is not a `T`: reads it a second time, keeping track of the path.
pub(crate) fn explain<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Fault {
    // A text that ends too early ends with its last word, not with the line break after it.
    let json = json.trim_ascii_end();
    if let Err(error) = str::from_utf8(json) {
        let Place { line, column, .. } = Place::START.inside(json, error.valid_up_to());
        return Fault {
            stopped_at: Some((line, column)),
            ..Fault::new("", format!("{NOT_TEXT}: it is not UTF-8"), SAVE_AS_UTF8)
        };
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    let (path, error) = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => (error.path().to_string(), error.into_inner()),
        Ok(_) => match reader.end() {
            Err(error) => (String::new(), error),
            Ok(()) => return Fault::new("", "it can not be read", "send it again"),
        },
    };
    describe(path, &error)
}

/// A fault from what serde says, without the values it repeats.
fn describe(path: String, error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let stopped_at = Some((error.line(), error.column()));
    if !error.is_data() {
        let (problem, remedy) = match text {
            "recursion limit exceeded" => (
                "nested more than 127 levels deep".to_owned(),
                "send it flatter: no event nests that deep",
            ),
            "trailing characters" => (
                "not JSON: trailing characters".to_owned(),
                "put several events into one array",
            ),
            _ if error.is_eof() => (
                format!("not JSON: {text}"),
                "the text ends too early: send the whole of it",
            ),
            _ => (format!("not JSON: {text}"), "write it as JSON (RFC 8259)"),
        };
        return Fault {
            field: None,
            problem,
            remedy,
            stopped_at,
        };
    }
    let (problem, remedy) = plain(text);
    let parent = (path != "." && !path.is_empty()).then_some(path);
    if !text.starts_with(REPEATED) && !text.starts_with(NO_ATTRIBUTE) {
        return Fault {
            field: parent,
            problem,
            remedy,
            stopped_at: None,
        };
    }
    // What is wrong is the member's name: the path ends above it, and would lead to the first of that name.
    let fault = Fault {
        stopped_at,
        ..Fault::new(quoted(text), problem, remedy)
    };
    match parent {
        Some(parent) => fault.under(&parent),
        None => fault,
    }
}

/// How serde begins to say that a member is there twice.
const REPEATED: &str = "duplicate field";

/// How [`no_attribute`] begins.
const NO_ATTRIBUTE: &str = "no attribute";

/// The message of a member that is there twice.
pub(crate) fn repeated(name: &str) -> String {
    format!("{REPEATED} `{name}`")
}

/// The message of a member that can not be an attribute.
pub(crate) fn no_attribute(name: &str) -> String {
    format!("{NO_ATTRIBUTE} `{}`", shown(name))
}

/// The name that a message quotes.
fn quoted(text: &str) -> String {
    shown(text.split('`').nth(1).unwrap_or_default())
}

/// A name from the input, fit to be shown: of one line, and not of any length.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown: String = name
        .chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .take(LONGEST)
        .collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Serde's message in our words, and the remedy.
fn plain(text: &str) -> (String, &'static str) {
    let name = quoted(text);
    if text.starts_with("missing field") {
        return (format!("`{name}` is missing"), "add it");
    }
    if text.starts_with(REPEATED) {
        return (format!("`{name}` is there twice"), "keep one of them");
    }
    if text.starts_with(NO_ATTRIBUTE) {
        return (
            format!("`{name}` can not be an attribute's name"),
            "name it in lower-case letters and digits",
        );
    }
    if text.starts_with("unknown field") {
        let known = text.split_once("`, ").map_or("", |(_, known)| known);
        return (
            format!("`{name}` is no field here; {known}"),
            "leave it out, or spell it as one of these",
        );
    }
    if text.starts_with("unknown variant") {
        let known = text
            .rsplit_once(", expected ")
            .map_or("", |(_, known)| known);
        return (format!("expected {known}"), "use one of these words");
    }
    for kind in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = text.strip_prefix(kind) {
            let found = rest.split([' ', ',']).next().unwrap_or_default();
            let expected = rest.rsplit_once(", expected ").map_or("", |(_, rest)| rest);
            let problem = match (expected, found) {
                // It is the range that is missed.
                ("u32" | "u64", "integer") => format!("expected {}", in_json(expected)),
                _ => format!("expected {}, found {}", in_json(expected), in_json(found)),
            };
            return (problem, "write it in the expected form");
        }
    }
    // What is left is said by our own readers, in the form "problem; remedy is in the table".
    (text.to_owned(), remedy_of(text))
}

/// JSON's words for serde's and Rust's. What is not among them may come from the input, and is not repeated.
fn in_json(word: &str) -> &'static str {
    match word {
        "a scalar" => "a string, a number, true or false",
        "a string" | "string" => "a string",
        "an object" | "an event object" | "map" => "an object",
        "array" | "sequence" | "a sequence" => "an array",
        "boolean" => "true or false",
        "floating" => "a number with a fraction, an exponent or too many digits",
        "i64" => "a whole number",
        "integer" => "an integer",
        "null" => "null",
        "u32" => "a whole number from 0 up, 4294967295 at most",
        "u64" => "a whole number from 0 up",
        _ => "something else",
    }
}

/// The message of a time that can not be read.
pub(crate) const NO_TIME: &str = "not a time as of RFC 3339";

/// The message of a time that is none of the calendar, or later than can be reckoned with.
pub(crate) const TIME_OUT_OF_RANGE: &str = "the time is out of range";

/// The message of an input that is something else altogether.
pub(crate) const NOT_TEXT: &str = "not JSON text";

pub(crate) const SAVE_AS_UTF8: &str = "save it as JSON in UTF-8";

pub(crate) fn remedy_of(problem: &str) -> &'static str {
    match problem {
        NO_TIME => "write it like 2026-01-24T01:14:06Z",
        TIME_OUT_OF_RANGE => "give a time that the calendar has, before 9999-12-30T22:00:00Z",
        _ => "write it in the expected form",
    }
}
