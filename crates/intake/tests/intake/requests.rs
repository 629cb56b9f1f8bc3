//! Requests that bring events, in every mode.

use casewire_core::SessionEvent;
use casewire_intake::{
    InputError, Received, RequestError, parse_binary, parse_body, parse_request,
};
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::cloudevents::whole;
use crate::{read, source};

const MOST: usize = 100;

pub(crate) fn received(body: impl AsRef<[u8]>) -> Received {
    parse_body(body.as_ref(), &source(), MOST).unwrap()
}

pub(crate) fn events(received: Received) -> Vec<SessionEvent> {
    let events = received.events.into_iter();
    events.map(|incoming| incoming.event).collect()
}

/// The headers of `whole` in binary mode.
const HEADERS: [(&str, &str); 8] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "e-3"),
    ("ce-source", "//contact-center/acme"),
    ("ce-type", "session.assigned"),
    ("ce-subject", "call/987"),
    ("ce-time", "2026-01-24T01:14:06Z"),
    ("ce-traceparent", "00-1"),
    ("content-type", "application/json; charset=utf-8"),
];

/// The same headers with another value for one of them.
fn with<'h>(header: &'h str, value: &'h str) -> Vec<(&'h str, &'h str)> {
    let others = HEADERS.into_iter().filter(|(name, _)| *name != header);
    others.chain([(header, value)]).collect()
}

fn without(header: &str) -> Vec<(&str, &str)> {
    let others = HEADERS.into_iter().filter(|(name, _)| *name != header);
    others.collect()
}

fn binary_refusal(headers: &[(&str, &str)], body: &str) -> InputError {
    parse_binary(headers.iter().copied(), body.as_bytes()).unwrap_err()
}

#[test]
fn a_body_is_read_whole_or_not_at_all() {
    let good = whole();
    let mut bad = whole();
    bad["subject"] = json!("phone/987");
    let body = json!([good, bad, good]).to_string();
    let Err(RequestError::Malformed(error)) = parse_body(body.as_bytes(), &source(), MOST) else {
        panic!();
    };
    assert_eq!((error.index, error.field.as_deref()), (1, Some("subject")));
    assert_eq!(received(json!([good, good]).to_string()).events.len(), 2);
}

#[test]
fn an_empty_batch_is_no_event_and_no_error() {
    for body in ["[]", " [\n] ", "\u{feff}[]"] {
        assert_eq!(received(body), Received::default(), "{body}");
    }
}

#[test]
fn marks_of_byte_order_and_line_breaks_around_are_taken() {
    let event = whole();
    for body in [
        format!("\u{feff}{event}"),
        format!("\r\n{event:#}\r\n\r\n"),
        format!("\u{feff} [{event}]\n"),
    ] {
        assert_eq!(events(received(&body)), read(event.to_string()), "{body}");
    }
}

#[test]
fn more_events_than_are_taken_refuse_the_request() {
    let body = json!([whole(), whole(), whole()]).to_string();
    let parse = |most| parse_body(body.as_bytes(), &source(), most);
    assert_eq!(parse(3).unwrap().events.len(), 3);
    let Err(RequestError::TooManyEvents(error)) = parse(2) else {
        panic!();
    };
    assert_eq!(
        (error.index, error.line, error.column),
        (2, 1, body.rfind("{\"data\"").unwrap() + 1)
    );
    assert!(error.problem.contains("more than 2 events"), "{error}");
    // Nothing after the element that is too much is looked at.
    let endless = format!("[{},{},{{\"bro", whole(), whole());
    let refused = parse_body(endless.as_bytes(), &source(), 1);
    assert!(matches!(refused, Err(RequestError::TooManyEvents(_))));
    assert!(matches!(parse(0), Err(RequestError::TooManyEvents(_))));
    assert_eq!(
        parse_body(b"[]", &source(), 0).unwrap(),
        Received::default()
    );
}

#[test]
fn the_content_type_tells_the_mode() {
    let (event, data) = (whole().to_string(), whole()["data"].to_string());
    let batch = format!("[{event}]");
    let expected = read(&event);
    for (content_type, body) in [
        ("application/cloudevents+json", &event),
        ("Application/CloudEvents+JSON; charset=UTF-8", &event),
        ("application/cloudevents-batch+json", &batch),
        ("application/json", &event),
        (" application/json ;charset=utf-8", &batch),
    ] {
        let headers = [("Host", "example.com"), ("Content-Type", content_type)];
        let found = parse_request(headers, body.as_bytes(), &source(), MOST);
        assert_eq!(events(found.unwrap()), expected, "{content_type}");
    }
    // Structured mode may repeat attributes as headers, which then count for nothing.
    let headers = with("content-type", "application/cloudevents+json");
    let headers = headers.iter().map(|(name, value)| match *name {
        "ce-id" => (*name, "other"),
        _ => (*name, *value),
    });
    let found = parse_request(headers, event.as_bytes(), &source(), MOST);
    assert_eq!(events(found.unwrap()), expected);
    for headers in [HEADERS.to_vec(), without("content-type")] {
        let found = parse_request(headers, data.as_bytes(), &source(), MOST);
        assert_eq!(events(found.unwrap()), expected);
    }
    // One attribute as a header is enough to miss the others.
    let error = parse_request(without("ce-specversion"), b"{}", &source(), MOST).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`ce-specversion`: it is missing"),
        "{error}"
    );
    for headers in [
        &[("content-type", "text/plain")][..],
        &[("content-type", "application/cloudevents+avro")],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "")],
        &[("accept", "application/json")],
        &[],
    ] {
        let refused = parse_request(headers.iter().copied(), event.as_bytes(), &source(), MOST);
        assert_eq!(refused, Err(RequestError::MediaType), "{headers:?}");
    }
}

#[test]
fn a_header_map_is_taken_as_it_is() {
    let mut headers = HeaderMap::new();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("x-forwarded-for", HeaderValue::from_bytes(b"\xff").unwrap());
    let data = whole()["data"].to_string();
    let found = parse_request(&headers, data.as_bytes(), &source(), MOST).unwrap();
    assert_eq!(events(found), read(whole().to_string()));
}

#[test]
fn binary_mode_reads_the_same_event() {
    let data = whole()["data"].to_string();
    let incoming = parse_binary(HEADERS, data.as_bytes()).unwrap();
    assert_eq!(incoming.event, read(whole().to_string())[0]);
    let bare = parse_binary(HEADERS, b" \n").unwrap();
    assert_eq!(bare.event.data, Default::default());
    let unreadable = parse_binary(HEADERS, br#"{"customer":{"phone":"555"}}"#).unwrap();
    assert!(unreadable.warning.unwrap().contains("phone"));
}

#[test]
fn header_values_are_unquoted_and_decoded_once() {
    for (value, id) in [
        ("e-3", "e-3"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%65%2d%33", "e-3"),
        ("100%25%2525", "100%%25"),
        ("100% of %zz", "100% of %zz"),
        (r#""quoted \"id\" \\ %41""#, r#"quoted "id" \ A"#),
        ("  padded ", "padded"),
        ("\"", "\""),
        ("Zoë", "Zoë"),
    ] {
        let incoming = parse_binary(with("ce-id", value), b"").unwrap();
        assert_eq!(&*incoming.event.id.0, id, "{value}");
    }
}

/// Headers, body; field, line, column, part of the message.
type Row<'r> = (
    Vec<(&'r str, &'r str)>,
    &'r str,
    &'r str,
    usize,
    usize,
    &'r str,
);

#[test]
fn what_is_wrong_in_binary_mode_is_named_and_placed() {
    let twice = [&HEADERS[..], &[("CE-ID", "e-4")]].concat();
    let extension_twice = [&HEADERS[..], &[("ce-traceparent", "00-1")]].concat();
    let type_twice = [&HEADERS[..], &[("content-type", "text/json")]].concat();
    let rows: [Row<'_>; 22] = [
        (
            without("ce-specversion"),
            "",
            "ce-specversion",
            1,
            1,
            "missing",
        ),
        (without("ce-id"), "", "ce-id", 1, 1, "missing"),
        (with("ce-id", "%20"), "", "ce-id", 1, 1, "missing or blank"),
        (without("ce-source"), "", "ce-source", 1, 1, "missing"),
        (without("ce-type"), "", "ce-type", 1, 1, "missing"),
        (without("ce-subject"), "", "ce-subject", 1, 1, "missing"),
        (without("ce-time"), "", "ce-time", 1, 1, "missing"),
        (
            with("ce-specversion", "0.3"),
            "",
            "ce-specversion",
            1,
            1,
            "not `1.0`",
        ),
        (
            with("ce-subject", "fax/1"),
            "",
            "ce-subject",
            1,
            1,
            "call/987",
        ),
        (with("ce-time", "noon"), "", "ce-time", 1, 1, "RFC 3339"),
        (with("ce-id", "%C0%A0"), "", "ce-id", 1, 1, "not UTF-8"),
        (
            with("ce-trace-parent", "1"),
            "",
            "ce-trace-parent",
            1,
            1,
            "lower-case letters",
        ),
        (with("ce-data", "{}"), "", "ce-data", 1, 1, "as the body"),
        (
            with("ce-data_base64", "e30="),
            "",
            "ce-data_base64",
            1,
            1,
            "as the body",
        ),
        (
            with("content-type", "text/plain"),
            "{}",
            "content-type",
            1,
            1,
            "application/json",
        ),
        (twice, "", "ce-id", 1, 1, "there twice"),
        (extension_twice, "", "ce-traceparent", 1, 1, "there twice"),
        (type_twice, "", "content-type", 1, 1, "there twice"),
        (
            HEADERS.to_vec(),
            "{\"rating\":\n \"high\"}",
            "data.rating",
            2,
            2,
            "found a string",
        ),
        (
            HEADERS.to_vec(),
            "{\"rating\":1,\n\"rating\":2}",
            "data.rating",
            2,
            8,
            "there twice",
        ),
        (
            HEADERS.to_vec(),
            "{\"queue\":\n{\"id\":\"5\",\"path\":[{\"id\":\"4\"}]}}",
            "data.queue.id",
            2,
            7,
            "leads to `4`",
        ),
        (HEADERS.to_vec(), "\n[]", "data", 2, 1, "found an array"),
    ];
    for (headers, body, field, line, column, part) in rows {
        let error = binary_refusal(&headers, body);
        assert_eq!(
            (
                error.field.as_deref(),
                error.line,
                error.column,
                error.index
            ),
            (Some(field), line, column, 0),
            "{error}"
        );
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = binary_refusal(&HEADERS, "{\"rating\":");
    assert_eq!((error.field.as_deref(), error.column), (Some("data"), 10));
    let error = binary_refusal(&HEADERS, "{} {}");
    assert_eq!((error.field.as_deref(), error.column), (Some("data"), 4));
}
