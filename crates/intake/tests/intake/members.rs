//! Members of events that are refused: one row for each kind of bad input, with the exact place told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bodies::{FLATTER, HEAD, ONE_ARRAY, Row, WHOLE, check, refusal};

const KEEP_ONE: &str = "keep one of them";

#[test]
fn members_given_twice_are_named_and_placed() {
    let event = |rest: &str| format!("{HEAD},{rest}}}");
    let row = |marked: &str, field: &'static str, problem: &'static str| -> Row<'_> {
        ("twice", event(marked), 0, Some(field), problem, KEEP_ONE)
    };
    check(&[
        row(r#""id¦":"2""#, "id", "`id` is there twice"),
        row(
            r#""specversion¦":"1.0""#,
            "specversion",
            "`specversion` is there twice",
        ),
        row(r#""data":null,"data¦":{}"#, "data", "`data` is there twice"),
        row(
            r#""datacontenttype":null,"datacontenttype¦":null"#,
            "datacontenttype",
            "`datacontenttype` is there twice",
        ),
        row(
            r#""data_base64":"e30=","data_base64¦":"e30=""#,
            "data_base64",
            "`data_base64` is there twice",
        ),
        row(
            r#""traceparent":"1","traceparent¦":"1""#,
            "traceparent",
            "`traceparent` is there twice",
        ),
        row(r#""x":1,"y":2,"\u0078¦":3"#, "x", "`x` is there twice"),
        row(
            r#""data":{"rating":1,"rating¦":2}"#,
            "data.rating",
            "`rating` is there twice",
        ),
        row(
            r#""data":{"rating":null,"\u0072ating¦":2}"#,
            "data.rating",
            "`rating` is there twice",
        ),
        row(
            r#""data":{"queue":{"id":"1","id¦":"1"}}"#,
            "data.queue.id",
            "`id` is there twice",
        ),
        row(
            r#""data":{"queue":{"path":[{"id":"1"},{"id":"2","name":"a","name¦":"a"}]}}"#,
            "data.queue.path[1].name",
            "`name` is there twice",
        ),
        row(
            r#""data":{"customer":{"phone":null,"phone¦":null}}"#,
            "data.customer.phone",
            "`phone` is there twice",
        ),
        row(
            r#""data":{"agent":{"kind":"human","kind¦":"virtual"}}"#,
            "data.agent.kind",
            "`kind` is there twice",
        ),
        row(
            r#""data":{"links":[{"rel":"a","rel¦":"a","href":"b"}]}"#,
            "data.links[0].rel",
            "`rel` is there twice",
        ),
    ]);
    let second = format!("[{HEAD}}},\n  {HEAD},\"x\":1,\n\"x¦\":1}}]");
    check(&[(
        "twice in the second",
        second,
        1,
        Some("x"),
        "`x` is there twice",
        KEEP_ONE,
    )]);
    let encoded = STANDARD.encode(r#"{"rating":1,"rating":2}"#);
    let rest = format!("\"data_base64\":¦\"{encoded}\"");
    check(&[row(&rest, "data_base64.rating", "`rating` is there twice")]);
}

#[test]
fn wrong_members_are_named_and_placed() {
    let event = |rest: &str| format!("[{HEAD}}},{HEAD},{rest}}}]");
    let form = "write it in the expected form";
    let row = |marked: &str, field: &'static str, problem, remedy| -> Row<'_> {
        ("wrong", event(marked), 1, Some(field), problem, remedy)
    };
    let scalar = "expected a string, a number, true or false, found an object";
    let name = "name it in lower-case letters and digits";
    check(&[
        row(r#""x":¦{"a":1,"a":2}"#, "x", scalar, form),
        row(
            r#""traceId¦":"1""#,
            "traceId",
            "`traceId` can not be an attribute's name",
            name,
        ),
        row(
            r#""data":{"colour":¦"red"}"#,
            "data.colour",
            "`colour` is no field here; expected one of `session_type`",
            "leave it out, or spell it as one of these",
        ),
        row(
            r#""data":{"agent":{"kind":¦"robot"}}"#,
            "data.agent.kind",
            "expected `human` or `virtual`",
            "use one of these words",
        ),
        row(
            r#""data":{"queue":{"path":[¦{"name":"x"}]}}"#,
            "data.queue.path[0]",
            "`id` is missing",
            "add it",
        ),
        row(
            r#""data":{"started_at":¦"noon"}"#,
            "data.started_at",
            "not a time as of RFC 3339",
            "write it like 2026-01-24T01:14:06Z",
        ),
        row(
            r#""data":{"started_at":¦"9999-12-31T23:59:59Z"}"#,
            "data.started_at",
            "the time is out of range",
            "give a time that the calendar has, before 9999-12-30T22:00:00Z",
        ),
        row(
            r#""data":{"queue":{"id":¦"5","path":[{"id":"4"}]}}"#,
            "data.queue.id",
            "it is `5`, but the path leads to `4`",
            "give the id of the path's last step",
        ),
        row(
            r#""data":¦[]"#,
            "data",
            "expected an object, found an array",
            form,
        ),
        row(
            r#""datacontenttype":¦"text/plain""#,
            "datacontenttype",
            "not a JSON media type",
            "send JSON, and say application/json",
        ),
        row(
            r#""data_base64":¦"%""#,
            "data_base64",
            "not base64",
            "send either `data` or `data_base64`, the latter as base64 of a JSON object",
        ),
    ]);
    let unnamed = event(r#""¦":"1""#);
    let problem = "`` can not be an attribute's name";
    check(&[("no name", unnamed, 1, None, problem, name)]);
    let unknown = "not an event of a known format";
    let send = "send a CloudEvent, a milestone log entry, a session metadata file or a call or chat object";
    let specversion = "add `\"specversion\": \"1.0\"` to a CloudEvent";
    let pushed = |inner: &str| {
        format!(
            "{{\"message\":{{\"data\":¦\"{}\"}}}}",
            STANDARD.encode(inner)
        )
    };
    check(&[
        (
            "no format",
            "[¦{\"hello\":1}]".to_owned(),
            0,
            None,
            unknown,
            send,
        ),
        (
            "no specversion",
            "¦{\"source\":\"s\"}".to_owned(),
            0,
            Some("specversion"),
            "it is missing",
            specversion,
        ),
        (
            "an attribute missing",
            "\n ¦{\"specversion\":\"1.0\"}".to_owned(),
            0,
            Some("id"),
            "it is missing or blank",
            "add it",
        ),
        (
            "a pushed message that is no base64",
            "{\"message\":{\"data\":¦\"%\"}}".to_owned(),
            0,
            Some("message.data"),
            "not base64",
            "push the message wrapped, as Pub/Sub does by default",
        ),
        (
            "a pushed text that is no JSON",
            pushed("{"),
            0,
            Some("message.data"),
            "not JSON: EOF while parsing an object",
            WHOLE,
        ),
        (
            "a pushed entry nested deep",
            pushed(&"{\"a\":".repeat(200)),
            0,
            Some("message.data"),
            "nested more than 127 levels deep",
            FLATTER,
        ),
        (
            "a pushed event with a wrong member",
            pushed(&event("\"id\":1").replace(['[', ']'], "")),
            0,
            Some("message.data"),
            "not JSON: trailing characters",
            ONE_ARRAY,
        ),
        (
            "a pushed event with a member twice",
            pushed(&format!("{HEAD},\"x\":1,\"x\":1}}")),
            0,
            Some("message.data.x"),
            "`x` is there twice",
            KEEP_ONE,
        ),
    ]);
}

#[test]
fn names_from_a_body_are_shown_short_and_on_one_line() {
    let long = "a".repeat(100_000);
    for body in [
        format!("{HEAD},\"data\":{{\"{long}\":1}}}}"),
        format!("{HEAD},\"data\":{{\"\\u001b[2J\\n\":1}}}}"),
        format!("{HEAD},\"\\u001b[2J\\n\":1}}"),
        format!("{HEAD},\"{long}\":1,\"{long}\":1}}"),
        format!(
            "{HEAD},\"data\":{{\"queue\":{{\"id\":\"{long}\",\"path\":[{{\"id\":\"\\u001b\\n\"}}]}}}}}}"
        ),
    ] {
        let shown = refusal(body).to_string();
        assert!(
            shown.len() < 1500 && !shown.contains(char::is_control),
            "{shown}"
        );
    }
}
