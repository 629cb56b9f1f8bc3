//! What Salesforce says when it refuses. No customer data is told: a query's error quotes the query.
//!
//! Sources: REST API Developer Guide, "Status Codes and Error Responses"; recorded answers.

use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use casewire_http::Refusal;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::advice::advice;
use crate::duplicates::Duplicates;

/// A daily limit is counted over the last 24 hours, and nothing says when enough of them will have passed.
pub(crate) const DAILY_LIMIT_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Codes of failures that pass: what was asked was rolled back, and may work in a moment.
const PASSING: [&str; 5] = [
    "API_CURRENTLY_DISABLED",
    "UNABLE_TO_LOCK_ROW",
    "SERVER_UNAVAILABLE",
    "TXN_SECURITY_METERING_ERROR",
    "QUERY_TIMEOUT",
];

/// Codes of an owner who can not be one: they left, or may not own such rows.
const OWNER: [&str; 3] = [
    "INACTIVE_OWNER_OR_USER",
    "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
    "TRANSFER_REQUIRES_READ",
];

/// Codes that say no more than that another part of the call failed.
const HALTED: [&str; 2] = ["PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"];

/// A refusal: one or several errors.
pub(crate) struct Refused(Vec<Item>);

struct Item {
    code: String,
    message: String,
    fields: Vec<String>,
    duplicates: Option<Duplicates>,
}

impl Refused {
    /// Reads an error body. What can not be read is a refusal without words.
    pub(crate) fn read(body: &Value) -> Self {
        let all = match body {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        // A list of rows says of each what failed, in a member of its own and with another key.
        let rows = all.iter().flat_map(|item| match item["errors"].as_array() {
            Some(errors) => errors.as_slice(),
            None => std::slice::from_ref(item),
        });
        Self(rows.filter_map(Item::read).collect())
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.0.iter().any(|item| item.code == code)
    }

    /// Whether it says no more than that another part of the call failed.
    pub(crate) fn is_halted(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|item| HALTED.contains(&&*item.code))
    }

    /// Whether it is the owner who is refused.
    pub(crate) fn is_of_owner(&self) -> bool {
        OWNER.iter().any(|code| self.has_code(code))
    }

    /// Whether what is written into `field` is refused.
    pub(crate) fn is_of_value(&self, field: &str) -> bool {
        ["INVALID_EMAIL_ADDRESS", "STRING_TOO_LONG"]
            .iter()
            .any(|code| self.has_code(code))
            && self.names(field)
    }

    /// Whether one of the errors names `field`.
    pub(crate) fn names(&self, field: &str) -> bool {
        let mut fields = self.0.iter().flat_map(|item| &item.fields);
        fields.any(|of_item| of_item == field)
    }

    /// The rows that a duplicate rule found.
    pub(crate) fn duplicates(&self) -> Option<&Duplicates> {
        self.0.iter().find_map(|item| item.duplicates.as_ref())
    }

    /// What the caller does next; none when the status tells.
    fn kind(&self) -> Option<ErrorKind> {
        self.0
            .iter()
            .filter_map(Item::kind)
            .min_by_key(|kind| severity(*kind))
    }

    /// The error of a part of a composite.
    pub(crate) fn error(&self) -> Error {
        self.error_with(None)
    }

    /// The error of a part whose fields have fixed values under the key `values`, if there is one.
    pub(crate) fn error_with(&self, values: Option<&str>) -> Error {
        let otherwise = match self.has_code("UNKNOWN_EXCEPTION") {
            // Nobody knows why, and often it passes.
            true => ErrorKind::Protocol,
            false => ErrorKind::Rejected,
        };
        let kind = self.kind().unwrap_or(otherwise);
        let text = self.text(values);
        Error::new(kind, format!("Salesforce refused it: {text}"))
    }

    /// Codes, fields, what a validation rule says, and how to mend it.
    fn text(&self, values: Option<&str>) -> String {
        let mut text = String::new();
        for item in &self.0 {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&item.text());
        }
        let mut advices = self.0.iter().filter_map(|item| {
            let code = match item.is_forbidden() {
                true => "INSUFFICIENT_ACCESS",
                false => &item.code,
            };
            advice(code, values)
        });
        if let Some(advice) = advices.next() {
            text.push_str("; ");
            text.push_str(&advice);
        }
        text
    }
}

/// The permanent ones first: of several errors the one that decides.
fn severity(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Config | ErrorKind::Auth => 0,
        ErrorKind::Rejected | ErrorKind::Conflict | ErrorKind::NotFound => 1,
        _ => 2,
    }
}

impl Item {
    fn read(item: &Value) -> Option<Self> {
        let code = item["errorCode"].as_str().or(item["statusCode"].as_str())?;
        let fields = item["fields"].as_array().into_iter().flatten();
        Some(Self {
            code: code.to_owned(),
            message: item["message"].as_str().unwrap_or_default().to_owned(),
            fields: fields
                .filter_map(|field| Some(field.as_str()?.to_owned()))
                .collect(),
            duplicates: Duplicates::read(item),
        })
    }

    fn kind(&self) -> Option<ErrorKind> {
        Some(match &*self.code {
            "REQUEST_LIMIT_EXCEEDED" if !self.message.contains("Concurrent") => {
                ErrorKind::RateLimited {
                    retry_after: DAILY_LIMIT_PAUSE,
                }
            }
            "REQUEST_LIMIT_EXCEEDED" => ErrorKind::Unavailable,
            code if PASSING.contains(&code) => ErrorKind::Unavailable,
            // A lock inside a trigger or flow of the org.
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" | "CANNOT_EXECUTE_FLOW_TRIGGER"
                if self.message.contains("UNABLE_TO_LOCK_ROW") =>
            {
                ErrorKind::Unavailable
            }
            _ if self.is_forbidden() => ErrorKind::Auth,
            // These stay refused with a new access token too.
            "INVALID_SESSION_ID"
                if self.message.contains("not valid for use with the REST API")
                    || self
                        .message
                        .contains("Connected app is not attached to Agent") =>
            {
                ErrorKind::Config
            }
            "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" | "INVALID_JWT_FORMAT" => ErrorKind::Auth,
            "INVALID_FIELD"
            | "INVALID_FIELD_FOR_INSERT_UPDATE"
            | "INVALID_TYPE"
            | "STORAGE_LIMIT_EXCEEDED"
            | "API_DISABLED_FOR_ORG"
            | "UNSUPPORTED_API_VERSION" => ErrorKind::Config,
            "ENTITY_IS_DELETED" | "NOT_FOUND" => ErrorKind::NotFound,
            _ => return None,
        })
    }

    /// Whether the user may not write rows of the object at all.
    fn is_forbidden(&self) -> bool {
        self.code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
            && self.message.starts_with("entity type cannot be")
    }

    fn text(&self) -> String {
        let mut text = match is_word(&self.code) {
            true => self.code.clone(),
            false => "an error without a code".to_owned(),
        };
        let fields: Vec<_> = self
            .fields
            .iter()
            .filter(|field| is_word(field))
            .map(String::as_str)
            .collect();
        if !fields.is_empty() {
            text.push_str(&format!(" ({})", fields.join(", ")));
        }
        // Written by the org's admin, and all there is to tell one rule from another.
        if self.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION" {
            text.push_str(&format!(" \"{}\"", without_data(&self.message)));
        }
        if let Some(duplicates) = &self.duplicates {
            text.push_str(&format!(" (duplicate rule {})", duplicates.rule()));
        }
        text
    }
}

/// A message without the words that can be a customer's: addresses, anything with three digits, and fewer where a number
/// may be written in groups. At most 200 characters.
fn without_data(message: &str) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let most = if digits(message) < 7 { 2 } else { 0 };
    let harmless = |word: &str| !word.contains('@') && digits(word) <= most;
    let words: Vec<_> = message
        .split_whitespace()
        .map(|word| if harmless(word) { word } else { "…" })
        .collect();
    words.join(" ").chars().take(200).collect()
}

/// Whether `text` is a name out of Salesforce's vocabulary, as codes and fields are.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 80
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What an answer that is not a success means.
pub(crate) fn refusal(status: StatusCode, _: &HeaderMap, body: &[u8]) -> Refusal {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    let refused = Refused::read(&body);
    let kind = match (refused.kind(), status.as_u16()) {
        // The addresses that are asked are there in each org, of each version that it has.
        (Some(ErrorKind::NotFound) | None, 404 | 410) => Some(ErrorKind::Config),
        // The edge of Salesforce: no instance is reached for now.
        (None, 406 | 420) => Some(ErrorKind::Unavailable),
        (kind, _) => kind,
    };
    let mut text = refused.text(None);
    if let (Some(ErrorKind::Config), 404 | 410) = (kind, status.as_u16()) {
        text.push_str("; check `api_version` and `my_domain`");
    }
    Refusal { kind, text }
}

/// Of a composite's answer, which is 200 outside whatever became of its parts: a failure that passes.
pub(crate) fn passing(body: &[u8]) -> Option<Refusal> {
    let might = |code: &str| memchr::memmem::find(body, code.as_bytes()).is_some();
    if !PASSING.iter().any(|code| might(code)) && !might("REQUEST_LIMIT_EXCEEDED") {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let parts = body["compositeResponse"].as_array()?.iter();
    let failed = parts.filter(|part| part["httpStatusCode"].as_u64() >= Some(300));
    let refused = failed
        .map(|part| Refused::read(&part["body"]))
        .find(|refused| !refused.is_halted())?;
    match refused.kind() {
        kind @ Some(ErrorKind::Unavailable | ErrorKind::RateLimited { .. }) => Some(Refusal {
            kind,
            text: refused.text(None),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
