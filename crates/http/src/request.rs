//! One request, as a vendor's connector writes it.

use std::fmt::{self, Display};

use casewire_core::{Error, ErrorKind, Result};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use url::Url;

use crate::{BaseUrl, Bucket, Refusal};

/// When a request may be sent again after a try that may have reached the CRM.
///
/// A try that never left, or that the CRM refused before handling it (429, 503 with `Retry-After`, an expired token),
/// is repeated for any request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It compares and sets: the same bytes can not apply twice.
    Guarded,
    /// It carries a key by which the CRM knows a repetition.
    Keyed,
    /// Not at all: doing it twice would show. The default of writes.
    Never,
    /// It is a read. The default of GET.
    Safe,
}

/// A request to the client's origin. Debug shows method and path template only.
#[derive(Clone)]
pub struct Request {
    method: Method,
    template: &'static str,
    link: Option<String>,
    fills: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    repeat: Repeat,
    bucket: Option<Bucket>,
    allowed: Vec<StatusCode>,
    verdict: fn(&[u8]) -> Option<Refusal>,
    /// The first thing wrong with the request; told when it is sent.
    problem: Option<String>,
}

impl Request {
    /// A GET of `template`, a path such as `/api/v2/tickets/{id}` whose placeholders [`Request::fill`] fills.
    pub fn get(template: &'static str) -> Self {
        Self::new(Method::GET, template).repeat(Repeat::Safe)
    }

    /// A POST to `template`.
    pub fn post(template: &'static str) -> Self {
        Self::new(Method::POST, template)
    }

    /// A PUT to `template`.
    pub fn put(template: &'static str) -> Self {
        Self::new(Method::PUT, template)
    }

    /// A PATCH of `template`.
    pub fn patch(template: &'static str) -> Self {
        Self::new(Method::PATCH, template)
    }

    /// A DELETE of `template`.
    pub fn delete(template: &'static str) -> Self {
        Self::new(Method::DELETE, template)
    }

    /// A GET of a link the CRM gave, absolute or relative, such as that of the next page. `template` stands for it in
    /// logs and errors. A link to another origin is refused when the request is sent.
    pub fn follow(template: &'static str, link: impl Into<String>) -> Self {
        let mut request = Self::get(template);
        request.link = Some(link.into());
        request
    }

    fn new(method: Method, template: &'static str) -> Self {
        Self {
            method,
            template,
            link: None,
            fills: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            repeat: Repeat::Never,
            bucket: None,
            allowed: Vec::new(),
            verdict: |_| None,
            problem: None,
        }
    }

    /// Puts `value`, percent-encoded, where the path has `{name}`. It can not leave its segment.
    #[must_use]
    pub fn fill(mut self, name: &'static str, value: impl Display) -> Self {
        self.fills.push((name, value.to_string()));
        self
    }

    /// Adds `key=value` to the query, encoded.
    #[must_use]
    pub fn query(mut self, key: impl Into<String>, value: impl Display) -> Self {
        self.query.push((key.into(), value.to_string()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => self.fail(format!("the value of header `{name}` can not be sent")),
        }
        self
    }

    /// Sets the body. It is written once: each try sends the same bytes.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some(bytes),
            // The error may quote a value, so it is not told.
            Err(_) => self.fail("the body can not be written as JSON".to_owned()),
        }
        self
    }

    /// Says when the request may be sent again.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Names the limit that counts this request, beside the account's: it waits while that one is empty.
    #[must_use]
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.bucket = Some(Bucket::Named(name.into()));
        self
    }

    /// Hands an answer of `status` to the caller instead of making an error of it.
    ///
    /// Not so when an earlier try may have been done: what the CRM says then may be about its own first answer,
    /// and the error is [`ErrorKind::Uncertain`].
    #[must_use]
    pub fn allow(mut self, status: StatusCode) -> Self {
        self.allowed.push(status);
        self
    }

    /// Reads from the body of a successful answer whether it refuses after all, as the answer to a batch may. Such a
    /// refusal counts as one told by the status: its kind decides whether the request is repeated, and none means
    /// [`ErrorKind::Rejected`]. An answer that `verdict` does not refuse is the caller's, even when an earlier try may
    /// have been done.
    #[must_use]
    pub fn verdict(mut self, verdict: fn(&[u8]) -> Option<Refusal>) -> Self {
        self.verdict = verdict;
        self
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn template(&self) -> &'static str {
        self.template
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    pub(crate) fn repeats(&self) -> Repeat {
        self.repeat
    }

    pub(crate) fn limit(&self) -> Option<&Bucket> {
        self.bucket.as_ref()
    }

    pub(crate) fn allows(&self, status: StatusCode) -> bool {
        self.allowed.contains(&status)
    }

    pub(crate) fn refusal_in(&self, body: &[u8]) -> Option<Refusal> {
        (self.verdict)(body)
    }

    /// Where the request goes: always to `base`.
    pub(crate) fn url(&self, base: &BaseUrl) -> Result<Url> {
        if let Some(problem) = &self.problem {
            return Err(self.wrong(problem));
        }
        let mut url = match &self.link {
            Some(link) => base.join(link).map_err(|error| error.context(self))?,
            None => self.path_below(base)?,
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }

    fn path_below(&self, base: &BaseUrl) -> Result<Url> {
        let mut url = base.root().clone();
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| self.wrong("the base URL takes no path"))?;
        segments.clear();
        for segment in self.template.trim_start_matches('/').split('/') {
            let filled = self.filled(segment)?;
            // The URL parser drops tabs and line breaks and resolves dots, which would leave the segment.
            if matches!(filled.as_str(), "" | "." | "..") || filled.chars().any(char::is_control) {
                return Err(self.wrong(&format!(
                    "the value for `{segment}` can not stand in a path"
                )));
            }
            segments.push(&filled);
        }
        drop(segments);
        Ok(url)
    }

    /// `segment` with each `{name}` replaced by its value, once: a value's own braces stay.
    fn filled(&self, segment: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = segment;
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            let (_, value) = self
                .fills
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| self.wrong(&format!("no value for `{{{name}}}`")))?;
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn wrong(&self, problem: &str) -> Error {
        Error::new(ErrorKind::Config, format!("{self} was not sent: {problem}"))
    }
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(request: &Request) -> Result<String> {
        let base = BaseUrl::vendor("acme.example.com", "example.com").unwrap();
        request.url(&base).map(String::from)
    }

    #[test]
    fn values_are_encoded_in_their_segment() {
        let request = Request::get("/v1/customers/phone={phone}/notes/{note}")
            .fill("phone", "+15550100100")
            .fill("note", "a/b?c#d%2e {note}")
            .query("page[size]", 100)
            .query("q", "a&b=c+d");
        assert_eq!(
            url(&request).unwrap(),
            "https://acme.example.com/v1/customers/phone=+15550100100/notes/a%2Fb%3Fc%23d%252e%20%7Bnote%7D\
             ?page%5Bsize%5D=100&q=a%26b%3Dc%2Bd"
        );
    }

    #[test]
    fn values_can_not_leave_their_segment() {
        for value in ["", ".", "..", ".\t.", "\n..", "a\r\nb"] {
            let request = Request::get("/v1/tickets/{id}/tags").fill("id", value);
            assert_eq!(
                url(&request).unwrap_err().kind(),
                ErrorKind::Config,
                "{value:?}"
            );
        }
        let encoded = Request::get("/v1/tickets/{id}").fill("id", "%2e%2e");
        assert_eq!(
            url(&encoded).unwrap(),
            "https://acme.example.com/v1/tickets/%252e%252e"
        );
    }

    #[test]
    fn unfilled_paths_and_broken_headers_are_told() {
        let unfilled = url(&Request::get("/v1/tickets/{id}")).unwrap_err();
        assert_eq!(
            unfilled.message(),
            "GET /v1/tickets/{id} was not sent: no value for `{id}`"
        );
        let broken = url(&Request::get("/v1").header("x-key", "a\r\nb")).unwrap_err();
        assert_eq!(
            broken.message(),
            "GET /v1 was not sent: the value of header `x-key` can not be sent"
        );
    }

    #[test]
    fn debug_shows_no_customer() {
        let request = Request::post("/v1/customers/{id}")
            .fill("id", "ana@example.com")
            .query("phone", "+15550100100")
            .json(&["Ana"]);
        assert_eq!(format!("{request:?}"), "Request(POST /v1/customers/{id})");
    }
}
