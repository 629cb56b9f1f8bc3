use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::Answer;

/// An answer that is an error, in one of the vendor's envelopes.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body,
            retry_after: None,
        }
    }

    /// The commonest envelope: a code and a description.
    fn coded(status: StatusCode, code: &str, description: &str) -> Self {
        Self::new(status, json!({ "error": code, "description": description }))
    }

    /// 422 with the field's complaint under `details`.
    pub(super) fn invalid(field: &str, description: &str) -> Self {
        Self::details(field, json!({ "description": description }))
    }

    /// 422 with the field's complaint and its code under `details`.
    pub(super) fn invalid_as(field: &str, description: &str, code: &str) -> Self {
        Self::details(field, json!({ "description": description, "error": code }))
    }

    /// 422 of a ticket field that is required on solving.
    pub(super) fn required_on_solve(description: &str, field_id: u64, field_type: &str) -> Self {
        Self::details(
            "base",
            json!({ "description": description, "error": null, "ticket_field_id": field_id, "ticket_field_type": field_type }),
        )
    }

    fn details(field: &str, complaint: Value) -> Self {
        let mut details = Map::new();
        details.insert(field.to_owned(), json!([complaint]));
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({ "error": "RecordInvalid", "description": "Record validation errors", "details": details }),
        )
    }

    pub(super) fn closed_ticket() -> Self {
        Self::invalid("status", "Status: closed prevents ticket update")
    }

    /// 400 for a parameter of the wrong form, with a title and a message.
    pub(super) fn bad_attribute(message: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            json!({ "error": { "title": "Invalid attribute", "message": message } }),
        )
    }

    /// 400 in the envelope that pagination uses.
    pub(super) fn pagination(code: &str, detail: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            json!({ "errors": [{ "code": code, "title": "The pagination request is invalid", "detail": detail }] }),
        )
    }

    pub(super) fn too_many_values(limit: usize) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            json!({ "error": "TooManyValues", "description": format!("Parameter  cannot specify more than {limit} values"), "max_count": limit }),
        )
    }

    pub(super) fn invalid_json() -> Self {
        Self::coded(
            StatusCode::BAD_REQUEST,
            "InvalidJSON",
            "The request body is not a JSON object",
        )
    }

    pub(super) fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            json!({ "error": "Content-Type must be application/json" }),
        )
    }

    pub(super) fn other_idempotent_body() -> Self {
        Self::coded(
            StatusCode::BAD_REQUEST,
            "IdempotentRequestError",
            "Request parameters don't match the given idempotency key",
        )
    }

    /// 401 without or with wrong credentials.
    pub(super) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            json!({ "error": "Couldn't authenticate you" }),
        )
    }

    /// 401 of a bearer token that is unknown or over.
    pub(super) fn invalid_token() -> Self {
        Self::oauth(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "The access token provided is expired, revoked, malformed or invalid for other reasons.",
        )
    }

    /// An error of the token endpoint (RFC 6749, section 5.2).
    pub(super) fn oauth(status: StatusCode, code: &str, description: &str) -> Self {
        Self::new(
            status,
            json!({ "error": code, "error_description": description }),
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            json!({ "error": { "title": "Forbidden", "message": "You do not have access to this page. Please contact the account owner of this help desk for further help." } }),
        )
    }

    pub(super) fn not_found() -> Self {
        Self::coded(StatusCode::NOT_FOUND, "RecordNotFound", "Not found")
    }

    pub(super) fn invalid_endpoint() -> Self {
        Self::coded(StatusCode::NOT_FOUND, "InvalidEndpoint", "Not found")
    }

    pub(super) fn update_conflict() -> Self {
        Self::coded(
            StatusCode::CONFLICT,
            "UpdateConflict",
            "The ticket was updated after the given updated_stamp",
        )
    }

    /// 422 of a search that cannot be parsed.
    pub(super) fn invalid_search(description: &str) -> Self {
        Self::coded(StatusCode::UNPROCESSABLE_ENTITY, "invalid", description)
    }

    pub(super) fn search_limit() -> Self {
        Self::coded(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Search Response Limits",
            "Requested response size was greater than Search Response Limits",
        )
    }

    pub(super) fn throttled(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::coded(
                StatusCode::TOO_MANY_REQUESTS,
                "APIRateLimitExceeded",
                "Number of allowed API requests per minute exceeded",
            )
        }
    }

    pub(super) fn unavailable() -> Self {
        Self::coded(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Sorry, we could not complete your request. Please try again in a moment.",
        )
    }

    pub(super) fn answer(self) -> Answer {
        let mut answer = Answer::json(self.status, &self.body);
        if let Some(retry_after) = self.retry_after {
            answer.set("retry-after", &retry_after.as_secs().to_string());
        }
        answer
    }
}
