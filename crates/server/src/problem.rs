//! What went wrong with a request, as a problem document (RFC 9457).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use casewire_engine::StoreError;
use casewire_intake::{InputError, SignatureError};
use schemars::JsonSchema;
use serde::Serialize;

/// What went wrong with a request.
#[derive(Debug)]
pub(crate) struct Problem {
    told: Box<Told>,
    kind: Kind,
    retry_after: Option<u32>,
}

/// What went wrong with a request, and how to mend it. Repeats nothing that may be customer data.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Told {
    /// Names the kind of problem: `urn:casewire:problem:` and a word.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in a few words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong with this very request.
    detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// Which element of the body, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// The field, as a path from the element, or a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The line in the body, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column in that line, in bytes, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// The sources to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    sources: Vec<String>,
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One event can not be read.
    BadEvent,
    /// A path or query can not be read.
    BadRequest,
    /// More than can be taken at the moment.
    Busy,
    /// The body is packed.
    ContentEncoding,
    /// The body is of a type that carries no events.
    ContentType,
    /// Not to be asked from there.
    Forbidden,
    /// The route has other methods.
    MethodNotAllowed,
    /// There is no such thing.
    NotFound,
    /// The body is no JSON.
    NotJson,
    /// The answer is several things.
    SeveralSources,
    /// The signature is missing or wrong.
    Signature,
    /// The request did not arrive in time.
    Slow,
    /// The server ends.
    Stopping,
    /// The store failed.
    Store,
    /// The token is missing or wrong.
    Token,
    /// The body is too large.
    TooLarge,
    /// The request has too many events.
    TooManyEvents,
    /// The stream has too many listeners.
    TooManyListeners,
    /// No connector takes this source.
    UnknownSource,
}

impl Kind {
    fn told(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadEvent => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad-event",
                "An event can not be read",
            ),
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request can not be read",
            ),
            Self::Busy => (
                StatusCode::TOO_MANY_REQUESTS,
                "busy",
                "Too much is on its way",
            ),
            Self::ContentEncoding => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-encoding",
                "The body is encoded",
            ),
            Self::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-type",
                "The content type carries no events",
            ),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not from there"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The route has other methods",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::NotJson => (StatusCode::BAD_REQUEST, "not-json", "The body is no JSON"),
            Self::SeveralSources => (
                StatusCode::CONFLICT,
                "several-sources",
                "Several sources have this session",
            ),
            Self::Signature => (
                StatusCode::UNAUTHORIZED,
                "signature",
                "The signature does not hold",
            ),
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "slow",
                "The body did not arrive in time",
            ),
            Self::Stopping => (
                StatusCode::SERVICE_UNAVAILABLE,
                "stopping",
                "The server is shutting down",
            ),
            Self::Store => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store",
                "The store is out of order",
            ),
            Self::Token => (StatusCode::UNAUTHORIZED, "token", "The token does not hold"),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
            ),
            Self::TooManyEvents => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-many-events",
                "The request has too many events",
            ),
            Self::TooManyListeners => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too-many-listeners",
                "The stream has too many listeners",
            ),
            Self::UnknownSource => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "unknown-source",
                "No connector takes this source",
            ),
        }
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, name, title) = kind.told();
        let told = Told {
            kind: format!("urn:casewire:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            remedy: None,
            index: None,
            field: None,
            line: None,
            column: None,
            sources: Vec::new(),
        };
        Self {
            told: Box::new(told),
            kind,
            retry_after: None,
        }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.told.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.told.field = Some(field.into());
        self
    }

    pub(crate) fn index(mut self, index: usize) -> Self {
        self.told.index = Some(index);
        self
    }

    pub(crate) fn sources(mut self, sources: Vec<String>) -> Self {
        self.told.sources = sources;
        self
    }

    #[cfg(test)]
    pub(crate) fn told(&self) -> &Told {
        &self.told
    }

    /// It is worth another try after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What the reader of events says, at its place.
    pub(crate) fn input(kind: Kind, error: InputError) -> Self {
        let mut problem = Self::new(kind, error.problem).remedy(error.remedy);
        problem.told.index = Some(error.index);
        problem.told.field = error.field;
        problem.told.line = Some(error.line);
        problem.told.column = Some(error.column);
        problem
    }

    pub(crate) fn signature(error: SignatureError) -> Self {
        let problem = Self::new(Kind::Signature, error.to_string());
        match error {
            SignatureError::Malformed { header, .. }
            | SignatureError::Missing { header }
            | SignatureError::Stale { header, .. } => problem.field(header),
            SignatureError::NoMatch => problem,
        }
    }

    /// The sender learns that it is not at fault; what failed is for the log.
    pub(crate) fn store(error: &StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(
            Kind::Store,
            "the store could not do this; nothing of the request was stored",
        )
        .remedy("send it again; the server's log says what is wrong")
        .retry_after(5)
    }

    pub(crate) fn stopping() -> Self {
        Self::new(Kind::Stopping, "nothing of the request was stored")
            .remedy("send it again in a moment")
            .retry_after(5)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, ..) = self.kind.told();
        // Texts and numbers are always JSON.
        let body = serde_json::to_vec(&self.told).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, media_type);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::Token {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
