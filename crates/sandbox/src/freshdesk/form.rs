use serde_json::{Map, Value};

use super::problem::{FieldProblem, Problem};
use crate::request::Request;

/// The body of a request. Keys are taken one by one, all that is wrong is gathered, and what is left was not expected.
#[derive(Debug)]
pub(super) struct Form {
    left: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

/// The longest line of text.
pub(super) const MAX_LINE: usize = 255;

impl Form {
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(left)) => Ok(Self {
                left,
                problems: Vec::new(),
            }),
            _ => Err(Problem::invalid_json()),
        }
    }

    pub(super) fn refuse(&mut self, problem: FieldProblem) {
        self.problems.push(problem);
    }

    /// Ends the reading: with all that is wrong, if anything is.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let unexpected = self.left.keys().map(|key| FieldProblem::unexpected(key));
        self.problems.extend(unexpected);
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(Problem::validation(&self.problems)),
        }
    }

    fn read_as<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.left.remove(key)?;
        let read = read(&value);
        if read.is_none() {
            self.refuse(FieldProblem::mismatch(key, &value, expected));
        }
        read
    }

    /// Takes what may be null: `Some(None)` is a null that was sent.
    pub(super) fn nullable<T>(
        &mut self,
        key: &str,
        take: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.left.get(key).is_some_and(Value::is_null) {
            self.left.remove(key);
            return Some(None);
        }
        take(self, key).map(Some)
    }

    /// Takes a text of any length.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.read_as(key, "String", |value| value.as_str().map(str::to_owned))
    }

    /// Takes a text of one line's length.
    pub(super) fn line(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        let length = text.chars().count();
        if length > MAX_LINE {
            self.refuse(FieldProblem::too_long(key, length, MAX_LINE));
        }
        Some(text)
    }

    /// Takes a line that must be there and not be blank.
    pub(super) fn required(&mut self, key: &str, text: Option<String>) -> String {
        match text {
            Some(text) if !text.trim().is_empty() => text,
            _ => {
                self.missing(key, "It should be a/an String");
                String::new()
            }
        }
    }

    /// Says that a key is missing, unless something is wrong with it already.
    pub(super) fn missing(&mut self, key: &str, message: &str) {
        if !self.problems.iter().any(|problem| problem.is_about(key)) {
            self.refuse(FieldProblem::missing(key, message));
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.read_as(key, "Boolean", Value::as_bool)
    }

    pub(super) fn id(&mut self, key: &str) -> Option<u64> {
        self.read_as(key, "Positive Integer", Value::as_u64)
    }

    /// Takes one of these numbers.
    pub(super) fn number_of(&mut self, key: &str, known: &[u64]) -> Option<u64> {
        let value = self.left.remove(key)?;
        let number = value.as_u64().filter(|number| known.contains(number));
        if number.is_none() {
            self.refuse(FieldProblem::none_of(key, known));
        }
        number
    }

    /// Takes one of these texts.
    pub(super) fn text_of(&mut self, key: &str, known: &[&str]) -> Option<String> {
        let text = self.text(key)?;
        if !known.contains(&text.as_str()) {
            self.refuse(FieldProblem::none_of(key, known));
        }
        Some(text)
    }

    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        self.read_as(key, "Array", |value| {
            let items = value.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    pub(super) fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        self.read_as(key, "key/value pair", |value| value.as_object().cloned())
    }

    /// Takes tags as they are kept: once each, whatever their case.
    pub(super) fn tags(&mut self, key: &str) -> Option<Vec<String>> {
        const MAX_TAG: usize = 32;
        let sent = self.texts(key)?;
        let mut tags: Vec<String> = Vec::new();
        for tag in sent {
            if tag.chars().count() > MAX_TAG {
                let message = format!(
                    "It should only contain elements that have maximum of {MAX_TAG} characters"
                );
                self.refuse(FieldProblem::invalid(key, &message));
                return None;
            }
            if tag.contains(',') || tag.trim().is_empty() {
                let message = "It should only contain elements that are not blank and have no ','";
                self.refuse(FieldProblem::invalid(key, message));
                return None;
            }
            let lower = tag.to_lowercase();
            if tags.iter().all(|kept| kept.to_lowercase() != lower) {
                tags.push(tag);
            }
        }
        Some(tags)
    }

    /// Takes an e-mail address.
    pub(super) fn email(&mut self, key: &str) -> Option<String> {
        let email = self.line(key)?;
        if !is_email(&email) {
            let message = "It should be in the 'valid email address' format";
            self.refuse(FieldProblem::invalid(key, message));
        }
        Some(email)
    }
}

pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(char::is_whitespace)
        && !local.contains('@')
}
