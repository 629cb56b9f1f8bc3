//! Bodies of requests that are refused: one row for each kind of bad input, with the exact place told.

use casewire_intake::{InputError, InputErrorKind, RequestError, parse_body};

use crate::source;

/// An event without its closing brace; 120 bytes.
pub(crate) const HEAD: &str = r#"{"specversion":"1.0","id":"1","source":"s","type":"session.created","subject":"call/1","time":"2026-01-24T01:14:06Z""#;

pub(crate) fn refusal(body: impl AsRef<[u8]>) -> InputError {
    match parse_body(body.as_ref(), &source(), 1000) {
        Err(RequestError::Malformed(error)) => error,
        other => panic!("{other:?}\n{}", String::from_utf8_lossy(body.as_ref())),
    }
}

/// A kind of bad input; the body, in which `¦` stands before the place told and is left out; the element's
/// index; the field; the problem; the remedy.
pub(crate) type Row<'r> = (&'r str, String, usize, Option<&'r str>, &'r str, &'r str);

pub(crate) fn check(rows: &[Row<'_>]) {
    for (kind, marked, index, field, problem, remedy) in rows {
        let at = marked.find('¦').unwrap();
        let (before, after) = (&marked[..at], &marked[at + '¦'.len_utf8()..]);
        // Where a test needs a byte that is no text, `§` stands for it.
        let body: Vec<u8> = format!("{before}{after}")
            .replace('§', "\0")
            .bytes()
            .map(|byte| if byte == 0 { 0xFF } else { byte })
            .collect();
        let before = before.replace('§', "\0").replace('\u{feff}', "");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().len() + 1;
        let error = refusal(body);
        assert_eq!(
            (
                error.line,
                error.column,
                error.index,
                error.field.as_deref()
            ),
            (line, column, *index, *field),
            "{kind}: {error}"
        );
        assert!(error.problem.starts_with(problem), "{kind}: {error}");
        assert_eq!(error.remedy, *remedy, "{kind}");
        assert_eq!(error.kind, InputErrorKind::Malformed, "{kind}");
    }
}

pub(crate) const WHOLE: &str = "the text ends too early: send the whole of it";
const AS_JSON: &str = "write it as JSON (RFC 8259)";
const ONE_OBJECT_EACH: &str = "send one JSON object for each event";
pub(crate) const ONE_ARRAY: &str = "put several events into one array";
pub(crate) const FLATTER: &str = "send it flatter: no event nests that deep";

#[test]
fn bodies_that_are_no_json_are_placed() {
    let ok = format!("{HEAD}}}");
    let object = "write one event as a JSON object, several as an array of them";
    let deep = |before: usize| format!("{}¦{}", "[".repeat(before), "[".repeat(200 - before));
    check(&[
        (
            "empty",
            "¦".to_owned(),
            0,
            None,
            "the body is empty",
            "send one event, or an array of events, which may be empty",
        ),
        (
            "blank",
            " \r\n\t\n  ¦".to_owned(),
            0,
            None,
            "the body is empty",
            "send one event, or an array of events, which may be empty",
        ),
        (
            "a mark of byte order alone",
            "\u{feff}¦".to_owned(),
            0,
            None,
            "the body is empty",
            "send one event, or an array of events, which may be empty",
        ),
        (
            "a text",
            "¦\"text\"".to_owned(),
            0,
            None,
            "expected an object",
            ONE_OBJECT_EACH,
        ),
        (
            "null",
            "\n ¦null".to_owned(),
            0,
            None,
            "expected an object",
            ONE_OBJECT_EACH,
        ),
        (
            "no JSON at all",
            "¦a=1&b=2".to_owned(),
            0,
            None,
            "not JSON text",
            object,
        ),
        (
            "packed",
            "¦\u{1f}".to_owned(),
            0,
            None,
            "not JSON text: it seems to be packed with gzip",
            "send it unpacked",
        ),
        (
            "two marks of byte order",
            "\u{feff}¦\u{feff}{}".to_owned(),
            0,
            None,
            "not JSON text",
            object,
        ),
        (
            "a byte that is no text",
            format!("\n{HEAD},\"data\":{{\"disposition\":\"ü¦§\"}}}}"),
            0,
            None,
            "not JSON text: it is not UTF-8",
            "save it as JSON in UTF-8",
        ),
        (
            "such a byte in an array",
            format!("[{ok},\n{HEAD},\"x\":\"¦§\"}}]"),
            1,
            None,
            "not JSON text: it is not UTF-8",
            "save it as JSON in UTF-8",
        ),
        (
            "cut in a string",
            format!("{HEAD},\"data\":{{\"language\":\"e¦n"),
            0,
            None,
            "not JSON: EOF while parsing a string",
            WHOLE,
        ),
        (
            "cut in an object",
            format!("{HEAD},\"data\":¦{{\n"),
            0,
            None,
            "not JSON: EOF while parsing",
            WHOLE,
        ),
        (
            "cut after an object's first line",
            "¦{\n".to_owned(),
            0,
            None,
            "not JSON: EOF while parsing an object",
            WHOLE,
        ),
        (
            "cut in an array",
            format!("[{ok},\n{ok}¦"),
            2,
            None,
            "the array does not end",
            WHOLE,
        ),
        (
            "cut in an object in an array",
            format!("[{ok},\n{HEAD},\"x\":¦1"),
            1,
            None,
            "not JSON: EOF while parsing",
            WHOLE,
        ),
        (
            "not closed on the first line",
            format!("{{\"a\":1\n¦{ok}\n{ok}\n"),
            0,
            None,
            "not JSON: expected `,` or `}`",
            AS_JSON,
        ),
        (
            "a wrong word",
            format!("{HEAD},\"data\":{{\"rating\":¦NaN}}}}"),
            0,
            None,
            "not JSON: expected value",
            AS_JSON,
        ),
        (
            "a line break in a string",
            format!("{HEAD},\"x\":\"a\n¦b\"}}"),
            0,
            None,
            "not JSON: control character",
            AS_JSON,
        ),
        (
            "half a character",
            format!("{HEAD},\"x\":\"\\ud800¦\"}}"),
            0,
            None,
            "not JSON: unexpected end of hex escape",
            AS_JSON,
        ),
        (
            "something after the object",
            format!("{ok}\n\n ¦x"),
            0,
            None,
            "not JSON: trailing characters",
            ONE_ARRAY,
        ),
        (
            "a second object",
            format!("{ok}\n¦{ok}\n"),
            0,
            None,
            "not JSON: trailing characters",
            ONE_ARRAY,
        ),
        (
            "an array after the object",
            format!("{ok}¦[]"),
            0,
            None,
            "not JSON: trailing characters",
            ONE_ARRAY,
        ),
        (
            "something after the array",
            format!("[{ok}]\n¦{ok}"),
            1,
            None,
            "something follows the array",
            "put everything into one array",
        ),
        (
            "no comma in the array",
            format!("[{ok}\n ¦{ok}]"),
            1,
            None,
            "expected `,` or `]`",
            AS_JSON,
        ),
        (
            "no element in the array",
            format!("[{ok},¦]"),
            1,
            None,
            "expected an object",
            ONE_OBJECT_EACH,
        ),
        (
            "an array in the array",
            format!("[{ok},¦[{ok}]]"),
            1,
            None,
            "expected an object",
            ONE_OBJECT_EACH,
        ),
        (
            "a number in the array",
            "[¦1]".to_owned(),
            0,
            None,
            "expected an object",
            ONE_OBJECT_EACH,
        ),
        (
            "nested deep in a log entry",
            format!("{{\"jsonPayload\":{}", deep(126)),
            0,
            None,
            "nested more than 127 levels deep",
            FLATTER,
        ),
        (
            "nested deep in an attribute",
            format!("{HEAD},\"x\":¦{}", "[".repeat(200)),
            0,
            Some("x"),
            "expected a string, a number, true or false, found an array",
            "write it in the expected form",
        ),
        (
            "nested deep in data",
            format!("{HEAD},\"data\":{{\"language\":¦{}", "{\"a\":".repeat(200)),
            0,
            Some("data.language"),
            "expected a string, found an object",
            "write it in the expected form",
        ),
    ]);
}
