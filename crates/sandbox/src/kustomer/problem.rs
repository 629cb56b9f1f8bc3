use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::options::ErrorShape;
use crate::answer::Answer;

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    code: &'static str,
    title: String,
    parameter: Option<String>,
    detail: Option<String>,
    /// When the limit that was hit starts anew.
    pub(super) resets_at: Option<Timestamp>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title: title.into(),
            parameter: None,
            detail: None,
            resets_at: None,
        }
    }

    fn about(mut self, parameter: &str) -> Self {
        self.parameter = Some(parameter.to_owned());
        self
    }

    /// 400 for a parameter that does not fit the schema at `detail`.
    pub(super) fn schema(parameter: &str, title: impl Into<String>, detail: String) -> Self {
        let mut problem = Self::bad(parameter, title);
        problem.detail = Some(detail);
        problem
    }

    /// 400 for a parameter that the schema takes and the organisation does not.
    pub(super) fn bad(parameter: &str, title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "badparam", title).about(parameter)
    }

    /// 400 for a key or query parameter that is none, or that the fake does not model.
    pub(super) fn additional(parameter: &str, path: &str) -> Self {
        Self::schema(
            parameter,
            "Additional properties not allowed",
            format!("{path}/additionalProperties"),
        )
    }

    pub(super) fn malformed_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "badparam", "Malformed JSON").about("body")
    }

    pub(super) fn not_found(parameter: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notfound", "Not Found").about(parameter)
    }

    /// 409: the object is not as the caller believes. The vendor's wording is not known.
    pub(super) fn stale() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "conflict",
            "The rev is not the current one: optimistic locking",
        )
        .about("rev")
    }

    /// 409: another object has this value.
    pub(super) fn duplicate(parameter: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "Duplicate detected").about(parameter)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized")
    }

    pub(super) fn expired_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Expired token")
    }

    pub(super) fn wrong_pod() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Auth token associated with pod prod2 but request is being handled by prod1",
        )
    }

    pub(super) fn missing_role() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Forbidden")
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "toolarge",
            "Payload Too Large",
        )
    }

    pub(super) fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "mediatype",
            "The body has to be application/json",
        )
    }

    pub(super) fn throttled(resets_at: Timestamp) -> Self {
        Self {
            resets_at: Some(resets_at),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "toomanyrequests",
                "Too Many Requests",
            )
        }
    }

    pub(super) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Service Unavailable",
        )
    }

    pub(super) fn answer(self, shape: ErrorShape) -> Answer {
        let status = self.status;
        let error = match shape {
            ErrorShape::Recorded => self.recorded(),
            ErrorShape::Documented => self.documented(),
        };
        Answer::json(status, &json!({ "errors": [error] }))
    }

    fn recorded(self) -> Value {
        let mut error = Map::new();
        error.insert("status".to_owned(), self.status.as_u16().into());
        if let Some(parameter) = self.parameter {
            error.insert("source".to_owned(), json!({ "parameter": parameter }));
        }
        error.insert("code".to_owned(), self.code.into());
        error.insert("title".to_owned(), self.title.into());
        if let Some(detail) = self.detail {
            error.insert("detail".to_owned(), detail.into());
        }
        error.into()
    }

    fn documented(self) -> Value {
        let mut meta = Map::new();
        for (key, value) in [("parameter", self.parameter), ("detail", self.detail)] {
            if let Some(value) = value {
                meta.insert(key.to_owned(), value.into());
            }
        }
        json!({ "code": self.code, "message": self.title, "meta": meta })
    }
}
