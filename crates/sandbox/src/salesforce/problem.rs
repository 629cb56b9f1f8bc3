use http::StatusCode;
use serde_json::{Map, Value, json};

/// Why a resource refuses, in the vendor's words.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Some errors have no such key, others have it empty.
    fields: Option<Vec<String>>,
    /// What a duplicate rule found.
    duplicates: Option<Box<Value>>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: None,
            duplicates: None,
        }
    }

    /// 400, the status of nearly all refused writes.
    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The same problem with the fields it is about.
    pub(super) fn on<const N: usize>(mut self, fields: [&str; N]) -> Self {
        self.fields = Some(fields.map(str::to_owned).into());
        self
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn with_duplicates(mut self, result: Value) -> Self {
        self.duplicates = Some(Box::new(result));
        self
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "The requested resource does not exist",
        )
    }

    pub(super) fn deleted() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ENTITY_IS_DELETED",
            "entity is deleted",
        )
        .on([])
    }

    /// A reference to a row that is not there, or not any more.
    pub(super) fn cross_reference() -> Self {
        Self::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").on([])
    }

    pub(super) fn no_such_column(field: &str, object: &str) -> Self {
        Self::bad(
            "INVALID_FIELD",
            format!("No such column '{field}' on sobject of type {object}"),
        )
    }

    pub(super) fn required(fields: Vec<String>) -> Self {
        let message = format!("Required fields are missing: [{}]", fields.join(", "));
        Self {
            fields: Some(fields),
            ..Self::bad("REQUIRED_FIELD_MISSING", message)
        }
    }

    pub(super) fn json(message: impl Into<String>) -> Self {
        Self::bad("JSON_PARSER_ERROR", message)
    }

    pub(super) fn session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_SESSION_ID",
            "Session expired or invalid",
        )
    }

    pub(super) fn concurrent_requests() -> Self {
        Self::limit("ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
    }

    pub(super) fn total_requests() -> Self {
        Self::limit("TotalRequests Limit exceeded.")
    }

    fn limit(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message)
    }

    pub(super) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVER_UNAVAILABLE",
            "Server is too busy; try again later",
        )
    }

    /// The row, where the vendor names it.
    pub(super) fn locked(id: Option<&str>) -> Self {
        let message = "unable to obtain exclusive access to this record";
        let message = match id {
            Some(id) => format!("{message} or 1 records: {id}"),
            None => message.to_owned(),
        };
        Self::bad("UNABLE_TO_LOCK_ROW", message).on([])
    }

    /// One element of a plain answer's array.
    pub(super) fn to_json(&self) -> Value {
        let mut error = Map::new();
        error.insert("message".to_owned(), json!(self.message));
        error.insert("errorCode".to_owned(), json!(self.code));
        if let Some(fields) = &self.fields {
            error.insert("fields".to_owned(), json!(fields));
        }
        if let Some(result) = &self.duplicates {
            // The vendor's own spelling.
            error.insert("duplicateResut".to_owned(), Value::clone(result));
        }
        Value::Object(error)
    }

    /// The same in an answer about several rows: another key for the code.
    pub(super) fn to_collection_json(&self) -> Value {
        json!({
            "statusCode": self.code,
            "message": self.message,
            "fields": self.fields.as_deref().unwrap_or_default(),
        })
    }
}
