//! What Freshdesk's error answers mean, told without customer data.

use casewire_core::{Error, ErrorKind};
use casewire_http::{Refusal, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// What an answer that is not a success means; [`Refusal::by_status`] where Freshdesk's words add nothing.
pub(crate) fn refusal(status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Refusal {
    let body = ErrorBody::parse(body);
    Refusal {
        kind: body.kind(status),
        text: body.text(),
    }
}

/// The error of a request that was refused with 400 or 409, which it allows.
pub(crate) fn refused(answer: &Response) -> Error {
    let refusal = refusal(answer.status(), answer.headers(), answer.body());
    let by_status = match answer.status() {
        StatusCode::CONFLICT => ErrorKind::Conflict,
        _ => ErrorKind::Rejected,
    };
    Error::new(
        refusal.kind.unwrap_or(by_status),
        format!("Freshdesk refused it: {}", refusal.text),
    )
}

/// Whether a request was refused because of the value of `field`.
pub(crate) fn refuses(body: &[u8], field: &str) -> bool {
    let body = ErrorBody::parse(body);
    let mut errors = body.errors.iter();
    errors.any(|error| error.field.as_deref() == Some(field) && !error.is_about_set_up())
}

/// An error answer: `{description, errors: [{field, message, code}]}`, `{code, message}`, or anything else.
#[derive(Default, Deserialize)]
struct ErrorBody {
    code: Option<String>,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct FieldError {
    field: Option<String>,
    code: Option<String>,
}

impl FieldError {
    fn is_about_set_up(&self) -> bool {
        let code = self.code.as_deref();
        matches!(
            code,
            Some("missing_field" | "invalid_field" | "inaccessible_field")
        )
    }
}

impl ErrorBody {
    fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn kind(&self, status: StatusCode) -> Option<ErrorKind> {
        match status {
            // So it answers for a ticket that is deleted or spam, and for a contact that is blocked.
            StatusCode::METHOD_NOT_ALLOWED => Some(ErrorKind::NotFound),
            StatusCode::BAD_REQUEST if self.is_about_set_up() => Some(ErrorKind::Config),
            _ => None,
        }
    }

    /// Whether the account's fields are not as expected: one that it wants is not sent, or one that is sent it has not.
    fn is_about_set_up(&self) -> bool {
        self.errors.iter().any(FieldError::is_about_set_up)
    }

    /// Codes, and fields with their codes. Messages may quote what was sent, so they are left out.
    fn text(&self) -> String {
        let code = self.code.iter().filter(|code| is_word(code)).cloned();
        let fields = self.errors.iter().filter_map(|error| {
            let field = error.field.as_deref().filter(|field| is_word(field))?;
            Some(match error.code.as_deref().filter(|code| is_word(code)) {
                Some(code) => format!("{field} ({code})"),
                None => field.to_owned(),
            })
        });
        let mut parts: Vec<_> = code.chain(fields).collect();
        if self.is_about_set_up() {
            parts.push(
                "the account's ticket fields are not as expected; `casewire check` tells which"
                    .to_owned(),
            );
        }
        parts.join(", ")
    }
}

/// Whether `text` is a name out of the account's own vocabulary, as codes and fields are.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || b"_.".contains(&byte);
    let has_digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    // A custom field's name may end in a number.
    let name = text
        .strip_prefix("custom_fields.")
        .filter(|name| name.starts_with("cf_"));
    !text.is_empty()
        && text.len() <= 80
        && (!has_digits(text) || name.is_some())
        && text
            .bytes()
            .all(|byte| is_plain(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &str) -> (Option<ErrorKind>, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let refusal = refusal(status, &HeaderMap::new(), body.as_bytes());
        (refusal.kind, refusal.text)
    }

    #[test]
    fn every_envelope_is_read() {
        for (status, body, kind, text) in [
            (
                400,
                r#"{"description":"Validation failed","errors":[{"field":"tags","message":"Too long","code":"invalid_value"}]}"#,
                None,
                "tags (invalid_value)",
            ),
            (
                400,
                r#"{"errors":[{"field":"custom_fields.cf_page_297457","message":"x","code":"invalid_value"},{"field":"name"}]}"#,
                None,
                "custom_fields.cf_page_297457 (invalid_value), name",
            ),
            (
                403,
                r#"{"code":"access_denied","message":"Ask kim@example.com"}"#,
                None,
                "access_denied",
            ),
            (405, "", Some(ErrorKind::NotFound), ""),
            (404, "", None, ""),
            (429, "<html>slow down</html>", None, ""),
            (500, "[]", None, ""),
        ] {
            assert_eq!(meaning(status, body), (kind, text.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_field_that_the_account_wants_is_a_matter_of_its_set_up() {
        let body = r#"{"errors":[{"field":"custom_fields.cf_brand","message":"x","code":"missing_field"}]}"#;
        let (kind, text) = meaning(400, body);
        assert_eq!(kind, Some(ErrorKind::Config));
        assert!(
            text.starts_with("custom_fields.cf_brand (missing_field), "),
            "{text}"
        );
        assert!(!refuses(body.as_bytes(), "custom_fields.cf_brand"));
    }

    #[test]
    fn a_value_that_is_refused_is_told_from_a_field_that_is_not_there() {
        for (code, refuses_it) in [("invalid_value", true), ("invalid_field", false)] {
            let body =
                format!(r#"{{"errors":[{{"field":"email","message":"x","code":"{code}"}}]}}"#);
            assert_eq!(refuses(body.as_bytes(), "email"), refuses_it, "{code}");
            assert!(!refuses(body.as_bytes(), "requester_id"));
        }
    }

    #[test]
    fn customer_data_is_not_told() {
        let body = r#"{"code":"kim@example.com","errors":[{"field":"+15550100100","message":"kim@example.com is taken","code":"15550100100"}]}"#;
        assert_eq!(meaning(409, body), (None, String::new()));
    }
}
