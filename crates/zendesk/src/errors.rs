//! What Zendesk's error answers mean, told without customer data.

use casewire_core::ErrorKind;
use casewire_http::Refusal;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Descriptions may quote e-mail addresses and names, so only these parts of them are told.
const HARMLESS: [&str; 7] = [
    "Couldn't authenticate you",
    "closed prevents ticket update",
    "is already being used",
    "is required when solving a ticket",
    "cannot be blank",
    "is too long",
    "is suspended",
];

/// What an answer that is not a success means; [`Refusal::by_status`] where Zendesk's words add nothing.
pub(crate) fn refusal(status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Refusal {
    let body = ErrorBody::parse(body);
    Refusal {
        kind: body.kind(status),
        text: body.text(),
    }
}

/// Whether a user could not be created because another has its e-mail address or external id.
pub(crate) fn is_duplicate(body: &[u8]) -> bool {
    let body = ErrorBody::parse(body);
    body.has_code("DuplicateValue") || body.says("is already being used")
}

/// Whether a ticket was created before under the same key, from another body.
pub(crate) fn is_other_idempotent_body(body: &[u8]) -> bool {
    ErrorBody::parse(body).has_code("IdempotentRequestError")
}

/// Whether a ticket was refused because of its requester, who may be merged, deleted or suspended.
pub(crate) fn is_about_requester(body: &[u8]) -> bool {
    let body = ErrorBody::parse(body);
    let mut fields = body.fields.iter();
    fields.any(|(field, _)| matches!(field.as_str(), "requester" | "requester_id"))
}

/// An error answer in any of Zendesk's envelopes: `{error, description, details}`, `{error: {title, message}}`,
/// `{errors: [{code, title, detail}]}`, `{error}`, plain text, nothing.
#[derive(Default)]
struct ErrorBody {
    /// Whether the answer has an envelope at all.
    is_enveloped: bool,
    codes: Vec<String>,
    /// Names of fields, with their codes.
    fields: Vec<(String, Option<String>)>,
    descriptions: Vec<String>,
}

impl ErrorBody {
    fn parse(body: &[u8]) -> Self {
        let mut parsed = Self::default();
        let Ok(Value::Object(envelope)) = serde_json::from_slice(body) else {
            return parsed;
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        match envelope.get("error") {
            Some(Value::Object(error)) => {
                parsed.codes.extend(text(error.get("title")));
                parsed.descriptions.extend(text(error.get("message")));
            }
            error => parsed.codes.extend(text(error)),
        }
        for key in ["description", "error_description"] {
            parsed.descriptions.extend(text(envelope.get(key)));
        }
        for error in items(envelope.get("errors")) {
            parsed.codes.extend(text(error.get("code")));
            parsed.descriptions.extend(text(error.get("title")));
            parsed.descriptions.extend(text(error.get("detail")));
        }
        if let Some(Value::Object(details)) = envelope.get("details") {
            for (field, complaints) in details {
                for complaint in items(Some(complaints)) {
                    parsed
                        .fields
                        .push((field.clone(), text(complaint.get("error"))));
                    parsed
                        .descriptions
                        .extend(text(complaint.get("description")));
                }
            }
        }
        parsed.is_enveloped = !(parsed.codes.is_empty() && parsed.fields.is_empty());
        parsed
    }

    fn kind(&self, status: StatusCode) -> Option<ErrorKind> {
        if self.has_code("unavailable") {
            return Some(ErrorKind::Unavailable);
        }
        // Not documented, seen in third-party tests: the first request with the same key is still at work.
        if self.has_code("IdempotentRequestInProgress") {
            return Some(ErrorKind::Uncertain);
        }
        match status {
            // An unknown subdomain answers 404 with a page or with nothing; a missing feature with this code.
            StatusCode::NOT_FOUND if !self.is_enveloped || self.has_code("InvalidEndpoint") => {
                Some(ErrorKind::Config)
            }
            StatusCode::UNPROCESSABLE_ENTITY if self.says("closed prevents ticket update") => {
                Some(ErrorKind::Conflict)
            }
            _ => None,
        }
    }

    fn has_code(&self, wanted: &str) -> bool {
        let of_fields = self.fields.iter().filter_map(|(_, code)| code.as_ref());
        self.codes
            .iter()
            .chain(of_fields)
            .any(|code| code == wanted)
    }

    fn says(&self, wanted: &str) -> bool {
        self.descriptions.iter().any(|text| text.contains(wanted))
    }

    /// Codes, fields with their codes, and harmless parts of descriptions.
    fn text(&self) -> String {
        let codes = self.codes.iter().filter(|code| is_word(code)).cloned();
        let fields =
            self.fields.iter().filter(|(field, _)| is_word(field)).map(
                |(field, code)| match code {
                    Some(code) if is_word(code) => format!("{field} ({code})"),
                    _ => field.clone(),
                },
            );
        let phrases = HARMLESS.into_iter().filter(|phrase| {
            let mut all = self.descriptions.iter().chain(&self.codes);
            all.any(|text| text.contains(phrase))
        });
        let parts = codes.chain(fields).chain(phrases.map(str::to_owned));
        parts.collect::<Vec<_>>().join(", ")
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether `text` is a name out of Zendesk's own vocabulary, as codes and fields are.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
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
                401,
                r#"{"error":"Couldn't authenticate you"}"#,
                None,
                "Couldn't authenticate you",
            ),
            (
                403,
                r#"{"error":{"title":"Forbidden","message":"Ask kim@example.com"}}"#,
                None,
                "Forbidden",
            ),
            (
                404,
                r#"{"error":"RecordNotFound","description":"Not found"}"#,
                None,
                "RecordNotFound",
            ),
            (
                404,
                r#"{"error":"InvalidEndpoint","description":"Not found"}"#,
                Some(ErrorKind::Config),
                "InvalidEndpoint",
            ),
            (404, "", Some(ErrorKind::Config), ""),
            (
                404,
                "<html>no help desk here</html>",
                Some(ErrorKind::Config),
                "",
            ),
            (
                400,
                r#"{"errors":[{"code":"InvalidPaginationDepth","title":"too deep"}]}"#,
                None,
                "InvalidPaginationDepth",
            ),
            (
                409,
                r#"{"error":"IdempotentRequestInProgress"}"#,
                Some(ErrorKind::Uncertain),
                "IdempotentRequestInProgress",
            ),
            (
                503,
                r#"{"error":"unavailable","description":"Please try again"}"#,
                Some(ErrorKind::Unavailable),
                "unavailable",
            ),
            (500, "oops", None, ""),
        ] {
            assert_eq!(
                meaning(status, body),
                (kind, text.to_owned()),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_closed_ticket_is_a_conflict_wherever_zendesk_says_so() {
        for field in ["status", "base"] {
            let body = format!(
                r#"{{"error":"RecordInvalid","description":"Record validation errors",
                    "details":{{"{field}":[{{"description":"Status: closed prevents ticket update"}}]}}}}"#
            );
            let (kind, text) = meaning(422, &body);
            assert_eq!(kind, Some(ErrorKind::Conflict));
            assert_eq!(
                text,
                format!("RecordInvalid, {field}, closed prevents ticket update")
            );
        }
    }

    #[test]
    fn customer_data_in_descriptions_is_not_told() {
        let body = r#"{"error":"RecordInvalid","description":"Record validation errors",
            "details":{"email":[{"description":"Email: kim@example.com is already being used by another user","error":"DuplicateValue"}]}}"#;
        let (kind, text) = meaning(422, body);
        assert_eq!(kind, None);
        assert_eq!(
            text,
            "RecordInvalid, email (DuplicateValue), is already being used"
        );
        assert!(is_duplicate(body.as_bytes()));
        let (_, text) = meaning(
            422,
            r#"{"error":"kim@example.com","details":{"+15550100100":[{}]}}"#,
        );
        assert_eq!(text, "");
    }

    #[test]
    fn a_reused_key_is_told_from_other_bad_requests() {
        assert!(is_other_idempotent_body(
            br#"{"error":"IdempotentRequestError"}"#
        ));
        assert!(!is_other_idempotent_body(br#"{"error":"TooManyValues"}"#));
    }
}
