//! Reading JSON, and saying what was wrong with it without quoting it.

use std::any::type_name;

use casewire_core::{Error, ErrorKind, Result};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// How much of a body's shape an error shows.
const MAX_SHAPE_CHARS: usize = 400;

/// Reads `body` as `T`.
pub(crate) fn decode<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let error = match serde_path_to_error::deserialize(&mut json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let name = short_name::<T>();
    let message = match serde_json::from_slice(body) {
        Ok(value) => format!(
            "the answer can not be read as {name}: at `{}` {}; its shape is {}",
            error.path(),
            complaint(&error.inner().to_string()),
            shortened(&shape(&value).to_string())
        ),
        Err(_) => format!(
            "the answer can not be read as {name}: it is not JSON but {} bytes of {}",
            body.len(),
            content_type(headers)
        ),
    };
    Err(Error::new(ErrorKind::Protocol, message))
}

/// serde's complaint without the value it found.
fn complaint(message: &str) -> String {
    if message.starts_with("missing field") {
        return message
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
    }
    // What was expected comes from our own types; what was found comes before it.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => {
            let expected = expected.split(" at line ").next().unwrap_or_default();
            format!("expected {expected}")
        }
        None => "the value does not fit".to_owned(),
    }
}

/// The keys and structure of `value`, with each value replaced by its type, and lists by their first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => match items.as_slice() {
            [] => json!([]),
            [item] => json!([shape(item)]),
            [item, rest @ ..] => json!([shape(item), format!("and {} more", rest.len())]),
        },
        Value::Object(fields) => {
            let fields: Map<_, _> = fields
                .iter()
                .map(|(key, value)| (key.clone(), shape(value)))
                .collect();
            Value::Object(fields)
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHAPE_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// The type's own name, without its path.
fn short_name<T>() -> &'static str {
    let name = type_name::<T>();
    let path = name.split('<').next().unwrap_or(name);
    path.rsplit("::").next().unwrap_or(path)
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or("an unnamed type".to_owned(), shortened)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoding is tested")]
    struct Page {
        tickets: Vec<Ticket>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoding is tested")]
    struct Ticket {
        id: u64,
        status: Status,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        Open,
        Closed,
    }

    fn failure(body: &str) -> String {
        decode::<Page>(&HeaderMap::new(), body.as_bytes())
            .unwrap_err()
            .message()
            .to_owned()
    }

    #[test]
    fn names_the_place_and_masks_the_values() {
        let message = failure(
            r#"{"tickets":[{"id":1,"status":"open"},{"id":"ana@example.com, expected \"u64\"","status":"open"}],"count":2,"more":null}"#,
        );
        assert_eq!(
            message,
            "the answer can not be read as Page: at `tickets[1].id` expected u64; its shape is \
             {\"count\":\"number\",\"more\":null,\"tickets\":[{\"id\":\"number\",\"status\":\"string\"},\"and 1 more\"]}"
        );
    }

    #[test]
    fn masks_unknown_variants_and_shows_missing_fields() {
        let unknown = failure(r#"{"tickets":[{"id":1,"status":"ana@example.com"}]}"#);
        assert!(
            unknown.contains("at `tickets[0].status` expected `open` or `closed`"),
            "{unknown}"
        );
        assert!(!unknown.contains("ana"), "{unknown}");
        let missing = failure(r#"{"tickets":[{"status":"open"}]}"#);
        assert!(
            missing.contains("at `tickets[0]` missing field `id`"),
            "{missing}"
        );
    }

    #[test]
    fn tells_only_type_and_length_of_other_bodies() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        let error = decode::<Page>(&headers, b"<p>Ana</p>").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert_eq!(
            error.message(),
            "the answer can not be read as Page: it is not JSON but 10 bytes of text/html"
        );
    }

    #[test]
    fn long_shapes_are_cut() {
        let body = format!(
            "{{{}}}",
            (0..500)
                .map(|n| format!("\"k\u{e9}{n}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        );
        let message = failure(&body);
        assert!(message.ends_with("..."), "{message}");
        assert!(message.chars().count() < MAX_SHAPE_CHARS + 200, "{message}");
    }
}
