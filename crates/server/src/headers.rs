//! What the headers of a request with events have to say.

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};

use crate::problem::{Kind, Problem};

/// What carries events, beside the binary mode of CloudEvents.
const MEDIA_TYPES: [&str; 3] = [
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/json",
];

/// Refuses a body that can not hold events, before it is received.
pub(crate) fn refuse_foreign_body(headers: &HeaderMap) -> Result<(), Problem> {
    for encoding in headers.get_all(CONTENT_ENCODING) {
        if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
            return Err(Problem::new(
                Kind::ContentEncoding,
                "the body is packed, or encoded in another way",
            )
            .field("content-encoding")
            .remedy("send it as it is, without `content-encoding`"));
        }
    }
    let content_type = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_known = MEDIA_TYPES
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known));
    if !is_known && !headers.contains_key("ce-specversion") {
        return Err(Problem::new(
            Kind::ContentType,
            "the content type is missing, or one that carries no events",
        )
        .field("content-type")
        .remedy(format!(
            "send {} or {} or {}",
            MEDIA_TYPES[0], MEDIA_TYPES[1], MEDIA_TYPES[2]
        )));
    }
    if !parts.all(is_readable) {
        return Err(Problem::new(Kind::ContentType, "the charset is not UTF-8")
            .field("content-type")
            .remedy("send UTF-8, without `charset`"));
    }
    Ok(())
}

/// Whether a parameter of the content type leaves the body readable: JSON is UTF-8 (RFC 8259 §8.1).
fn is_readable(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return true;
    };
    let value = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset")
        || ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| value.eq_ignore_ascii_case(known))
}

/// The text of a header that is there once and is text.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let refused = refuse_foreign_body(&map).err()?;
        let told = serde_json::to_value(refused.told()).unwrap();
        Some(format!(
            "{} {}",
            told["status"],
            told["field"].as_str().unwrap()
        ))
    }

    #[test]
    fn json_in_utf_8_is_taken_and_nothing_else() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/cloudevents+json; charset=\"UTF-8\"",
            "application/cloudevents-batch+json;charset=UTF-8",
        ] {
            assert_eq!(
                status(&[("content-type", content_type)]),
                None,
                "{content_type}"
            );
        }
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/jsonp",
        ] {
            let refused = status(&[("content-type", content_type)]);
            assert_eq!(
                refused.as_deref(),
                Some("415 content-type"),
                "{content_type}"
            );
        }
        assert_eq!(status(&[]).as_deref(), Some("415 content-type"));
    }

    #[test]
    fn a_packed_body_is_refused() {
        let json = ("content-type", "application/json");
        assert_eq!(status(&[json, ("content-encoding", "identity")]), None);
        for encoding in ["gzip", "br", "identity, gzip"] {
            let refused = status(&[json, ("content-encoding", encoding)]);
            assert_eq!(
                refused.as_deref(),
                Some("415 content-encoding"),
                "{encoding}"
            );
        }
    }
}
