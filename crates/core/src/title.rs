//! Record titles: a template compiled once, filled per session (docs/RULES.md §5, "Title").

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Session;
use crate::note::one_line;

/// A compiled title template, such as `{CALL_TYPE} - {MENU_PATH} - {CALL_ID}`.
///
/// ```
/// use casewire_core::Title;
///
/// assert!("Call {CALL_ID}".parse::<Title>().is_ok());
/// let error = "Call {CALLER}".parse::<Title>().unwrap_err();
/// assert_eq!(error.position, 6);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Title {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(Variable),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    CallType,
    CallId,
    MenuPath,
    PhoneNumber,
    Language,
    Timestamp,
}

impl Variable {
    const ALL: [(&'static str, Self); 6] = [
        ("CALL_TYPE", Self::CallType),
        ("CALL_ID", Self::CallId),
        ("MENU_PATH", Self::MenuPath),
        ("PHONE_NUMBER", Self::PhoneNumber),
        ("LANGUAGE", Self::Language),
        ("TIMESTAMP", Self::Timestamp),
    ];
}

/// Why a title template can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {position} of the title")]
pub struct TitleError {
    /// Where, counted in characters from 1.
    pub position: usize,
    problem: String,
}

impl FromStr for Title {
    type Err = TitleError;

    fn from_str(source: &str) -> Result<Self, TitleError> {
        if source.trim().is_empty() {
            return Err(TitleError {
                position: 1,
                problem: "nothing but blanks".to_owned(),
            });
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = source.char_indices().enumerate().peekable();
        while let Some((index, (at, c))) = chars.next() {
            let error = |problem: String| TitleError {
                position: index + 1,
                problem,
            };
            let doubled = chars.peek().is_some_and(|&(_, (_, next))| next == c);
            match c {
                '{' | '}' if doubled => {
                    chars.next();
                    literal.push(c);
                }
                '}' => return Err(error("a lone `}` (write `}}` for a brace)".to_owned())),
                '{' => {
                    let Some((name, _)) = source[at + 1..].split_once('}') else {
                        return Err(error("a `{` that is never closed".to_owned()));
                    };
                    let known = Variable::ALL.iter().find(|(known, _)| *known == name);
                    let Some(&(_, variable)) = known else {
                        return Err(error(unknown_name(name)));
                    };
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Variable(variable));
                    chars.nth(name.chars().count());
                }
                _ => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self {
            source: source.to_owned(),
            parts,
        })
    }
}

fn unknown_name(name: &str) -> String {
    let names = Variable::ALL.map(|(known, _)| known).join(", ");
    format!("an unknown name `{{{name}}}` (known: {names})")
}

impl TryFrom<String> for Title {
    type Error = TitleError;

    fn try_from(source: String) -> Result<Self, TitleError> {
        source.parse()
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.source
    }
}

impl Default for Title {
    fn default() -> Self {
        let parts = vec![
            Part::Variable(Variable::CallType),
            Part::Literal(" - ".to_owned()),
            Part::Variable(Variable::MenuPath),
            Part::Literal(" - ".to_owned()),
            Part::Variable(Variable::CallId),
        ];
        Self {
            source: "{CALL_TYPE} - {MENU_PATH} - {CALL_ID}".to_owned(),
            parts,
        }
    }
}

impl Title {
    /// The title of `session`'s record: times in `zone`, control characters as spaces, a missing value
    /// as `-`, and at most `limit` characters, the last one `…` when it was cut.
    pub fn render(&self, session: &Session, zone: &TimeZone, limit: usize) -> String {
        let mut title = String::with_capacity(64);
        for part in &self.parts {
            match part {
                Part::Literal(text) => title.push_str(text),
                Part::Variable(variable) => push_value(&mut title, *variable, session, zone),
            }
        }
        if title.contains(char::is_control) {
            title = title.replace(char::is_control, " ");
        }
        if let Some((end, _)) = title.char_indices().nth(limit) {
            let last = title[..end]
                .char_indices()
                .next_back()
                .map_or(0, |(at, _)| at);
            title.truncate(last);
            title.push('…');
        }
        title
    }
}

fn push_value(title: &mut String, variable: Variable, session: &Session, zone: &TimeZone) {
    match variable {
        Variable::CallType => title.push_str(session.session_type().unwrap_or("-")),
        Variable::CallId => title.push_str(session.key().id()),
        Variable::MenuPath => match session.queue() {
            Some(queue) => push_path(title, queue),
            None => title.push('-'),
        },
        Variable::PhoneNumber => title.push_str(session.dialed_number().unwrap_or("-")),
        Variable::Language => title.push_str(session.language().unwrap_or("-")),
        Variable::Timestamp => match session.started_at() {
            Some(at) => push_time(title, at, zone),
            None => title.push('-'),
        },
    }
}

/// Appends the queue path's names joined by `/`.
pub(crate) fn push_path(text: &mut String, queue: &crate::Queue) {
    for (place, step) in queue.path().enumerate() {
        if place > 0 {
            text.push('/');
        }
        text.push_str(&one_line(&step.name));
    }
}

/// Appends `at` as `YYYY-MM-DD HH:MM:SS ZZZ` in `zone`.
pub(crate) fn push_time(text: &mut String, at: jiff::Timestamp, zone: &TimeZone) {
    let shown = at.to_zoned(zone.clone());
    // Writing to a string can not fail, and the format has no part that a zoned time lacks.
    let _ = write!(text, "{}", shown.strftime("%Y-%m-%d %H:%M:%S %Z"));
}
