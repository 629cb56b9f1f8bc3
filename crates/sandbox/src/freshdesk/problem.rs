use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// Some errors have no body.
    body: Option<Value>,
    header: Option<(&'static str, String)>,
}

/// What is wrong with one field of a body or one parameter of a query.
#[derive(Debug)]
pub(super) struct FieldProblem {
    field: String,
    message: String,
    code: &'static str,
    /// The contact that has the value already.
    user_id: Option<u64>,
}

impl FieldProblem {
    fn new(field: &str, message: String, code: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            message,
            code,
            user_id: None,
        }
    }

    /// A field that has to be there, and what it has to be: `It should be a/an String`.
    pub(super) fn missing(field: &str, message: &str) -> Self {
        Self::new(field, message.to_owned(), "missing_field")
    }

    /// A key or parameter that is unknown, or that the fake does not model.
    pub(super) fn unexpected(field: &str) -> Self {
        let message = "Unexpected/invalid field in request".to_owned();
        Self::new(field, message, "invalid_field")
    }

    pub(super) fn invalid(field: &str, message: &str) -> Self {
        Self::new(field, message.to_owned(), "invalid_value")
    }

    pub(super) fn too_long(field: &str, length: usize, limit: usize) -> Self {
        let message = format!("Has {length} characters, it can have maximum of {limit} characters");
        Self::new(field, message, "invalid_value")
    }

    pub(super) fn none_of<T: ToString>(field: &str, values: &[T]) -> Self {
        let values: Vec<_> = values.iter().map(T::to_string).collect();
        let message = format!("It should be one of these values: '{}'", values.join(","));
        Self::new(field, message, "invalid_value")
    }

    /// An id or address that belongs to none of `what`.
    pub(super) fn nobody(field: &str, what: &str) -> Self {
        let message = format!("There is no {what} matching the given {field}");
        Self::new(field, message, "invalid_value")
    }

    pub(super) fn mismatch(field: &str, sent: &Value, expected: &str) -> Self {
        let sent = match sent {
            Value::Null => "Null",
            Value::Bool(_) => "Boolean",
            Value::Number(number) if number.is_f64() => "Float",
            Value::Number(_) => "Integer",
            Value::String(_) => "String",
            Value::Array(_) => "Array",
            Value::Object(_) => "Object",
        };
        let message = format!("Value set is of type {sent}.It should be a/an {expected}");
        Self::new(field, message, "datatype_mismatch")
    }

    /// A value that only one may have, and who has it if it is a contact.
    pub(super) fn duplicate(field: &str, user_id: Option<u64>) -> Self {
        let message = "It should be a unique value".to_owned();
        Self {
            user_id,
            ..Self::new(field, message, "duplicate_value")
        }
    }

    pub(super) fn is_about(&self, field: &str) -> bool {
        self.field == field
    }

    fn json(&self) -> Value {
        let mut item = json!({ "field": self.field, "message": self.message, "code": self.code });
        if let Some(id) = self.user_id {
            item["additional_info"] = json!({ "user_id": id });
        }
        item
    }
}

impl From<FieldProblem> for Problem {
    fn from(problem: FieldProblem) -> Self {
        Self::validation(&[problem])
    }
}

impl Problem {
    /// 400 with all that is wrong; 409 when that is only values that others have.
    pub(super) fn validation(problems: &[FieldProblem]) -> Self {
        let is_conflict = problems
            .iter()
            .all(|problem| problem.code == "duplicate_value");
        let errors: Vec<_> = problems.iter().map(FieldProblem::json).collect();
        Self {
            status: match is_conflict {
                true => StatusCode::CONFLICT,
                false => StatusCode::BAD_REQUEST,
            },
            body: Some(json!({ "description": "Validation failed", "errors": errors })),
            header: None,
        }
    }

    fn coded(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            status,
            body: Some(json!({ "code": code, "message": message })),
            header: None,
        }
    }

    fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: None,
            header: None,
        }
    }

    pub(super) fn invalid_json() -> Self {
        Self::coded(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            "Request body has invalid json format",
        )
    }

    pub(super) fn unauthenticated() -> Self {
        Self::coded(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "You have to be logged in to perform this action.",
        )
    }

    pub(super) fn denied() -> Self {
        Self::coded(
            StatusCode::FORBIDDEN,
            "access_denied",
            "You are not authorized to perform this action.",
        )
    }

    /// 403: the plan lacks a feature.
    pub(super) fn require_feature(feature: &str) -> Self {
        Self::coded(
            StatusCode::FORBIDDEN,
            "require_feature",
            &format!(
                "The {feature} feature is not supported in your plan. Please upgrade your account to use it."
            ),
        )
    }

    /// An unknown id answers like an unknown route.
    pub(super) fn not_found() -> Self {
        Self::empty(StatusCode::NOT_FOUND)
    }

    /// A verb that the route does not have, or that a deleted ticket or contact no longer has.
    pub(super) fn not_allowed(allowed: &[&Method]) -> Self {
        let allowed: Vec<_> = allowed.iter().map(|method| method.as_str()).collect();
        Self {
            header: Some(("allow", allowed.join(", "))),
            ..Self::empty(StatusCode::METHOD_NOT_ALLOWED)
        }
    }

    pub(super) fn not_acceptable() -> Self {
        Self::empty(StatusCode::NOT_ACCEPTABLE)
    }

    pub(super) fn media_type() -> Self {
        Self::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }

    /// Of the body only that it is there is known.
    pub(super) fn throttled(seconds: u64) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            body: Some(json!({ "message": "You have exceeded the limit of requests per minute" })),
            header: Some(("retry-after", seconds.to_string())),
        }
    }

    pub(super) fn unavailable() -> Self {
        Self::empty(StatusCode::SERVICE_UNAVAILABLE)
    }

    pub(super) fn answer(self) -> Answer {
        let mut answer = match &self.body {
            Some(body) => Answer::json(self.status, body),
            None => Answer::empty(self.status),
        };
        if let Some((name, value)) = &self.header {
            answer.set(name, value);
        }
        answer
    }
}
