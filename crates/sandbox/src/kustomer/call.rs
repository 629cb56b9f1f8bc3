use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::Body;
use super::id::Id;
use super::problem::Problem;
use super::schema::{Attributes, Schema};
use crate::answer::Answer;
use crate::request::Request;

/// Larger bodies are refused.
const MAX_BODY_BYTES: usize = 100 * 1024;

/// One request on its way through the fake, with what is left of its query.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) now: Timestamp,
    arguments: Vec<String>,
    query: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a Request, arguments: Vec<String>, now: Timestamp) -> Self {
        Self {
            request,
            now,
            arguments,
            query: request.query_pairs(),
        }
    }

    /// What stands in the path for the template's `{..}` of this number.
    pub(super) fn argument(&self, number: usize) -> &str {
        self.arguments.get(number).map_or("", String::as_str)
    }

    /// The id in the path.
    pub(super) fn id(&self) -> Result<Id, Problem> {
        Id::parse(self.argument(0)).ok_or_else(|| Problem::bad("id", "Not an object id"))
    }

    /// Takes a query parameter.
    pub(super) fn parameter(&mut self, name: &str) -> Option<String> {
        let index = self.query.iter().position(|(key, _)| key == name)?;
        Some(self.query.remove(index).1)
    }

    /// Takes a query parameter that counts from one.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<usize>, Problem> {
        let Some(text) = self.parameter(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(Problem::bad(name, "Not a positive integer")),
        }
    }

    /// Takes `replace`: an update that replaces the whole object is not modelled.
    pub(super) fn only_partial(&mut self) -> Result<(), Problem> {
        match self.parameter("replace").as_deref() {
            None | Some("false") => Ok(()),
            Some(_) => Err(Problem::bad("replace", "Not modelled by the sandbox")),
        }
    }

    /// Called when all known parameters are taken: refuses what is left.
    pub(super) fn finish(&self) -> Result<(), Problem> {
        match self.query.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::additional(name, "")),
        }
    }

    /// The body, once it fits its schema.
    pub(super) fn body(&self, schema: &Schema, custom: &Attributes) -> Result<Body, Problem> {
        match self.json()? {
            Value::Object(members) => {
                schema.check(&members, custom)?;
                Ok(Body(members))
            }
            _ => Err(Problem::bad("body", "Not an object")),
        }
    }

    /// The body of a request whose path says more: `key` is `value`, and not in the body.
    pub(super) fn body_about(
        &self,
        key: &str,
        value: Id,
        schema: &Schema,
        custom: &Attributes,
    ) -> Result<Body, Problem> {
        match self.json()? {
            Value::Object(members) if members.contains_key(key) => {
                Err(Problem::additional(key, ""))
            }
            Value::Object(mut members) => {
                members.insert(key.to_owned(), value.to_string().into());
                schema.check(&members, custom)?;
                Ok(Body(members))
            }
            _ => Err(Problem::bad("body", "Not an object")),
        }
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Problem> {
        let content_type = self.request.header_text("content-type").unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::media_type());
        }
        if self.request.body.len() > MAX_BODY_BYTES {
            return Err(Problem::too_large());
        }
        serde_json::from_slice(&self.request.body).map_err(|_| Problem::malformed_body())
    }
}

/// An answer about one object.
pub(super) fn one(status: StatusCode, data: Value) -> Answer {
    Answer::json(status, &json!({ "data": data }))
}

pub(super) fn ok(data: Value) -> Answer {
    one(StatusCode::OK, data)
}

pub(super) fn created(data: Value) -> Answer {
    one(StatusCode::CREATED, data)
}
