use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::Strictness;
use super::error::Refusal;
use super::limits::Reading;
use super::route::Route;
use crate::answer::Answer;
use crate::request::Request;

/// One request on its way through the fake: what is left of its query, and what its answer's
/// headers have to tell.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) route: &'static Route,
    pub(super) now: Timestamp,
    /// The user who makes the request.
    pub(super) actor: u64,
    pub(super) readings: Vec<Reading>,
    pub(super) unpermitted: Vec<String>,
    query: Vec<(String, String)>,
    strictness: Strictness,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        request: &'a Request,
        route: &'static Route,
        now: Timestamp,
        actor: u64,
        strictness: Strictness,
    ) -> Self {
        Self {
            request,
            route,
            now,
            actor,
            readings: Vec::new(),
            unpermitted: Vec::new(),
            query: request.query_pairs(),
            strictness,
        }
    }

    /// Takes a query parameter.
    pub(super) fn parameter(&mut self, name: &str) -> Option<String> {
        let index = self.query.iter().position(|(key, _)| key == name)?;
        Some(self.query.remove(index).1)
    }

    /// Takes a query parameter with one of these values.
    pub(super) fn choice(
        &mut self,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(sent) = self.parameter(name) else {
            return Ok(None);
        };
        match words.iter().find(|word| **word == sent) {
            Some(word) => Ok(Some(word)),
            None => Err(Refusal::bad_attribute(&format!(
                "Invalid parameter: {name} must be one of {}",
                words.join(", ")
            ))),
        }
    }

    /// Takes a query parameter that is `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Refusal> {
        Ok(self.choice(name, &["true", "false"])? == Some("true"))
    }

    /// Takes a comma-separated query parameter whose parts must be known; says which were sent.
    pub(super) fn include(&mut self, known: &[&str]) -> Result<Vec<String>, Refusal> {
        let Some(sent) = self.parameter("include") else {
            return Ok(Vec::new());
        };
        let parts: Vec<_> = sent.split(',').map(str::to_owned).collect();
        match parts.iter().find(|part| !known.contains(&part.as_str())) {
            None => Ok(parts),
            Some(part) => Err(Refusal::bad_attribute(&format!(
                "Invalid parameter: include {part} is not modelled by the sandbox"
            ))),
        }
    }

    /// Called when all known parameters and keys are taken: what is left is refused, or only
    /// warned of when the fake behaves as the vendor.
    pub(super) fn permit(&mut self) -> Result<(), Refusal> {
        let query = self.query.drain(..).map(|(name, _)| name);
        self.unpermitted.extend(query);
        match (self.unpermitted.first(), self.strictness) {
            (Some(name), Strictness::Refuse) => Err(Refusal::invalid_as(
                "base",
                &format!(
                    "{name} is no parameter of this endpoint, or the sandbox does not model it"
                ),
                "UnpermittedKey",
            )),
            _ => Ok(()),
        }
    }

    /// The vendor's warning of ignored keys, in the form of a Ruby inspect.
    pub(super) fn warning(&self) -> Option<String> {
        if self.unpermitted.is_empty() {
            return None;
        }
        let keys: Vec<_> = self
            .unpermitted
            .iter()
            .map(|key| format!("{key:?}"))
            .collect();
        Some(format!(
            "{{:allowed_parameters=>{{:controller=>{:?}, :action=>{:?}, :unpermitted_keys=>[{}], :invalid_values=>[]}}}}",
            self.route.controller,
            self.route.action,
            keys.join(", ")
        ))
    }

    /// The account's address as the client reaches it, without a slash at the end.
    pub(super) fn origin(&self) -> String {
        match self.request.header_text("host") {
            Some(host) => format!("http://{host}"),
            None => "https://sandbox.zendesk.com".to_owned(),
        }
    }

    /// The request's own URL with some query parameters replaced.
    pub(super) fn url_with(&self, replaced: &[(&str, &str)]) -> String {
        let kept = self
            .request
            .query_pairs()
            .into_iter()
            .filter(|(name, _)| replaced.iter().all(|(other, _)| other != name));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .extend_pairs(replaced)
            .finish();
        format!("{}{}?{query}", self.origin(), self.request.path)
    }
}

pub(super) fn ok(body: impl Into<Value>) -> Answer {
    Answer::json(StatusCode::OK, &body.into())
}

pub(super) fn created(body: &Value, location: &str) -> Answer {
    let mut answer = Answer::json(StatusCode::CREATED, body);
    answer.set("location", location);
    answer
}
