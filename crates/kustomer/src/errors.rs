//! What Kustomer's error answers mean, told without customer data.

use casewire_core::ErrorKind;
use casewire_http::Refusal;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::limits::resets_in;

/// Titles and messages may quote what was sent, so only these parts of them are told.
const HARMLESS: [&str; 6] = [
    "Additional properties not allowed",
    "Expired token",
    "Not Found",
    "Too Many Requests",
    "Unauthorized",
    "optimistic locking",
];

const NO_SUCH_PLACE: &str = "and not as Kustomer's API does; check `org`";

const WRONG_REGION: &str = "the API key belongs to another of Kustomer's regions than the one that answered; \
     check `org`, and that `api_key` is a key of that organisation";

/// What an answer that is not a success means; [`Refusal::by_status`] where Kustomer's words add nothing.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let body = ErrorBody::parse(body);
    if body.says("token associated with pod") {
        return Refusal {
            kind: Some(ErrorKind::Config),
            text: WRONG_REGION.to_owned(),
        };
    }
    if body.lacks_attribute() {
        return Refusal {
            kind: Some(ErrorKind::Config),
            text: format!("{}; run `casewire setup`", body.text()),
        };
    }
    // What comes from elsewhere than the API has no envelope: it must not look like "no such customer".
    if status == StatusCode::NOT_FOUND && !body.is_enveloped {
        return Refusal {
            kind: Some(ErrorKind::Config),
            text: NO_SUCH_PLACE.to_owned(),
        };
    }
    let kind = match status {
        // By its meaning in HTTP the request was not handled; 500, 502 and 504 say no such thing.
        StatusCode::SERVICE_UNAVAILABLE => Some(ErrorKind::Unavailable),
        // Kustomer's bill is not paid.
        StatusCode::PAYMENT_REQUIRED => Some(ErrorKind::Auth),
        StatusCode::TOO_MANY_REQUESTS => {
            resets_in(headers).map(|retry_after| ErrorKind::RateLimited { retry_after })
        }
        _ => None,
    };
    Refusal {
        kind,
        text: body.text(),
    }
}

/// Whether an answer refuses what it refuses because of one of `parameters`: it names one, or speaks of it.
pub(crate) fn is_about(body: &[u8], parameters: &[&str]) -> bool {
    let body = ErrorBody::parse(body);
    let mut told = body.parameters.iter().chain(&body.words);
    told.any(|told| {
        let mut words = told.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| {
            parameters
                .iter()
                .any(|name| word.eq_ignore_ascii_case(name))
        })
    })
}

/// An error answer in either of Kustomer's shapes, `{errors: [{code, message, meta}]}` and
/// `{errors: [{status, source, code, title, detail}]}`.
#[derive(Default)]
struct ErrorBody {
    is_enveloped: bool,
    codes: Vec<String>,
    parameters: Vec<String>,
    words: Vec<String>,
}

impl ErrorBody {
    fn parse(body: &[u8]) -> Self {
        let mut parsed = Self::default();
        let Ok(Value::Object(envelope)) = serde_json::from_slice(body) else {
            parsed
                .words
                .push(String::from_utf8_lossy(body).into_owned());
            return parsed;
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        for key in ["error", "errorCode", "message"] {
            parsed.words.extend(text(envelope.get(key)));
        }
        let errors = envelope.get("errors").and_then(Value::as_array);
        parsed.is_enveloped = errors.is_some_and(|errors| !errors.is_empty());
        for error in errors.into_iter().flatten() {
            parsed.codes.extend(text(error.get("code")));
            for key in ["title", "message", "detail"] {
                parsed.words.extend(text(error.get(key)));
            }
            let meta = error.get("meta").and_then(Value::as_object);
            parsed.words.extend(
                meta.into_iter()
                    .flat_map(|meta| meta.values())
                    .filter_map(|value| text(Some(value))),
            );
            let source = error.get("source");
            // Documented as `parameters`, recorded as `parameter`.
            for key in ["parameter", "parameters"] {
                let parameter = source.and_then(|source| source.get(key));
                parsed.parameters.extend(text(parameter));
            }
        }
        parsed
    }

    fn says(&self, wanted: &str) -> bool {
        self.words.iter().any(|text| text.contains(wanted))
    }

    /// Whether a custom attribute is not defined.
    fn lacks_attribute(&self) -> bool {
        self.says("/properties/custom/additionalProperties")
    }

    /// Codes, names of parameters, and harmless parts of the rest.
    fn text(&self) -> String {
        let names = self.codes.iter().chain(&self.parameters);
        let names = names.filter(|name| is_name(name)).map(String::as_str);
        let phrases = HARMLESS.into_iter().filter(|phrase| self.says(phrase));
        let mut told: Vec<&str> = Vec::new();
        for part in names.chain(phrases) {
            if !told.contains(&part) {
                told.push(part);
            }
        }
        told.join(", ")
    }
}

/// Whether `text` is a name out of Kustomer's or the organisation's vocabulary, as codes and parameters are.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 60
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || b"_./".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::Duration;

    fn meaning(status: u16, body: &str) -> (Option<ErrorKind>, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let refusal = refusal(status, &HeaderMap::new(), body.as_bytes());
        (refusal.kind, refusal.text)
    }

    #[test]
    fn both_shapes_are_read() {
        for (status, body, kind, text) in [
            (
                404,
                r#"{"errors":[{"status":404,"source":{"parameter":"externalId"},"code":"notfound","title":"Not Found"}]}"#,
                None,
                "notfound, externalId, Not Found",
            ),
            (
                404,
                r#"{"errors":[{"status":"404","source":{"parameters":"externalId"},"code":"notfound"}]}"#,
                None,
                "notfound, externalId",
            ),
            (
                409,
                r#"{"errors":[{"code":"conflict","message":"kim@example.com is there","meta":{}}]}"#,
                None,
                "conflict",
            ),
            (
                404,
                "<html>no such host</html>",
                Some(ErrorKind::Config),
                NO_SUCH_PLACE,
            ),
            (
                404,
                r#"{"errors":[]}"#,
                Some(ErrorKind::Config),
                NO_SUCH_PLACE,
            ),
            (402, "{}", Some(ErrorKind::Auth), ""),
            (
                429,
                r#"{"errors":[{"title":"Too Many Requests"}]}"#,
                None,
                "Too Many Requests",
            ),
            (503, "{}", Some(ErrorKind::Unavailable), ""),
            (500, "oops", None, ""),
        ] {
            let expected = (kind, text.to_owned());
            assert_eq!(meaning(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_undefined_attribute_is_a_matter_of_setup() {
        let body = r#"{"errors":[{"status":400,"source":{"parameter":"casewireSessionsTxt"},"code":"badparam",
            "title":"Additional properties not allowed","detail":"/properties/custom/additionalProperties"}]}"#;
        let (kind, text) = meaning(400, body);
        assert_eq!(kind, Some(ErrorKind::Config));
        assert!(text.contains("casewireSessionsTxt"), "{text}");
        assert!(text.ends_with("run `casewire setup`"), "{text}");
    }

    #[test]
    fn a_key_of_another_region_is_a_matter_of_configuration() {
        let words = "Auth token associated with pod prod2 but request is being handled by prod1";
        for body in [
            format!(r#"{{"errors":[{{"code":"unauthorized","title":"{words}"}}]}}"#),
            format!(r#"{{"errors":[{{"message":"{words}"}}]}}"#),
            format!(r#"{{"error":"{words}"}}"#),
            words.to_owned(),
        ] {
            let (kind, text) = meaning(401, &body);
            assert_eq!(kind, Some(ErrorKind::Config), "{body}");
            assert!(text.contains("check `org`"), "{text}");
        }
    }

    #[test]
    fn a_limit_tells_when_it_ends() {
        let mut headers = HeaderMap::new();
        let at = jiff::Timestamp::now().as_second() + 30;
        headers.insert("x-ratelimit-reset", HeaderValue::from(at));
        let refusal = refusal(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
        let Some(ErrorKind::RateLimited { retry_after }) = refusal.kind else {
            panic!("{refusal:?}");
        };
        assert!(retry_after > Duration::from_secs(27), "{retry_after:?}");
    }

    #[test]
    fn a_refused_parameter_is_found() {
        let body = |name: &str| format!(r#"{{"errors":[{{"source":{{"parameter":"{name}"}}}}]}}"#);
        let parameters = ["phone", "phones", "email", "emails"];
        for name in ["phones", "/phones/0/phone", "email", "emails[0].email"] {
            assert!(is_about(body(name).as_bytes(), &parameters), "{name}");
        }
        for name in ["name", "phonetics", ""] {
            assert!(!is_about(body(name).as_bytes(), &parameters), "{name}");
        }
    }
}
