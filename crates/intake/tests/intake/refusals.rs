//! What can not be read: the exact place, the field, and no customer data in the message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::{refusal, try_read};

const HEAD: &str = r#"{"specversion":"1.0","id":"1","source":"s","type":"session.created","subject":"call/1","time":"2026-01-24T01:14:06Z""#;

/// Input, line, column, field, part of the problem.
type Case<'a> = (String, usize, usize, Option<&'a str>, &'a str);

fn check(cases: &[Case<'_>]) {
    for (input, line, column, field, problem) in cases {
        let error = refusal(input);
        assert_eq!(
            (error.line, error.column, error.field.as_deref()),
            (*line, *column, *field),
            "{error}\n{input}"
        );
        assert!(error.problem.contains(problem), "{error}\n{input}");
        assert!(!error.remedy.is_empty());
    }
}

/// An event with this data; and the column where the data starts.
fn with_data(data: &str) -> (String, usize) {
    let start = format!("{HEAD},\"data\":");
    (format!("{start}{data}}}"), start.len() + 1)
}

#[test]
fn broken_json_is_placed_where_it_breaks() {
    let ok = format!("{HEAD}}}");
    check(&[
        (
            format!("{HEAD},\"data\":{{"),
            1,
            HEAD.len() + 9,
            None,
            "EOF",
        ),
        (format!("{ok}\n{HEAD}"), 2, HEAD.len(), None, "EOF"),
        (format!("[{ok},\n {HEAD}"), 2, HEAD.len() + 1, None, "EOF"),
        (
            format!("[{ok}"),
            1,
            ok.len() + 2,
            None,
            "array does not end",
        ),
        (
            format!("[{ok},"),
            1,
            ok.len() + 3,
            None,
            "array does not end",
        ),
        (format!("[{ok}\n {ok}]"), 2, 2, None, "expected `,`"),
        (
            format!("[{ok},]"),
            1,
            ok.len() + 3,
            None,
            "expected an object",
        ),
        (
            format!("[{ok}] x"),
            1,
            ok.len() + 4,
            None,
            "follows the array",
        ),
        (format!("{ok} x"), 1, ok.len() + 2, None, "trailing"),
        (format!("{ok}{ok}"), 1, ok.len() + 1, None, "trailing"),
        ("5".to_owned(), 1, 1, None, "expected an object"),
        ("\n \"text\"".to_owned(), 2, 2, None, "expected an object"),
        (format!("{ok}\nnull"), 2, 1, None, "expected an object"),
        ("[1]".to_owned(), 1, 2, None, "expected an object"),
        (format!("[[{ok}]]"), 1, 2, None, "expected an object"),
        (
            with_data("{\"rating\":NaN}").0,
            1,
            with_data("").1 + 10,
            None,
            "expected value",
        ),
        (
            with_data("{'rating':1}").0,
            1,
            with_data("").1 + 1,
            None,
            "key must be a string",
        ),
        (
            with_data("{\"rating\":1e999}").0,
            1,
            with_data("").1 + 14,
            None,
            "out of range",
        ),
        (
            format!(
                "{{\"jsonPayload\":{}1{}}}",
                "[".repeat(200),
                "]".repeat(200)
            ),
            1,
            142,
            None,
            "127 levels",
        ),
    ]);
}

#[test]
fn wrong_fields_are_named_and_placed() {
    let case = |data: &str, offset: usize, field: &'static str, problem: &'static str| {
        let (input, start) = with_data(data);
        (input, 1, start + offset, Some(field), problem)
    };
    check(&[
        case(r#""text""#, 0, "data", "expected an object, found a string"),
        case(r#"[]"#, 0, "data", "found an array"),
        case(r#"{"rating":"high"}"#, 10, "data.rating", "found a string"),
        case(
            r#"{"rating":4.5}"#,
            10,
            "data.rating",
            "found a number with a fraction",
        ),
        case(
            r#"{"consumer_messages":-1}"#,
            21,
            "data.consumer_messages",
            "expected a whole number from 0 up, 4294967295 at most",
        ),
        case(
            r#"{"duration_seconds":-1}"#,
            20,
            "data.duration_seconds",
            "expected a whole number from 0 up",
        ),
        case(
            r#"{"wait_seconds":1e30}"#,
            16,
            "data.wait_seconds",
            "expected a whole number from 0 up, found a number with a fraction, an exponent or too many digits",
        ),
        case(
            r#"{"language":["en"]}"#,
            12,
            "data.language",
            "expected a string, found an array",
        ),
        case(
            r#"{"started_at":"yesterday"}"#,
            14,
            "data.started_at",
            "RFC 3339",
        ),
        case(
            r#"{"started_at":1769217246}"#,
            14,
            "data.started_at",
            "found an integer",
        ),
        case(
            r#"{"started_at":"9999-12-31T23:59:59Z"}"#,
            14,
            "data.started_at",
            "out of range",
        ),
        case(
            r#"{"started_at":"2026-02-30T00:00:00Z"}"#,
            14,
            "data.started_at",
            "out of range",
        ),
        case(r#"{"outcome":"lost"}"#, 11, "data.outcome", "`finished`"),
        case(
            r#"{"agent":{"kind":"robot"}}"#,
            17,
            "data.agent.kind",
            "`human`",
        ),
        case(
            r#"{"customer":{"phone":15550100100}}"#,
            21,
            "data.customer.phone",
            "found an integer",
        ),
        case(
            r#"{"customer":{"mobile":"+15550100100"}}"#,
            22,
            "data.customer.mobile",
            "`mobile` is no field",
        ),
        case(
            r#"{"colour":"red"}"#,
            10,
            "data.colour",
            "`colour` is no field",
        ),
        case(
            r#"{"links":[{"rel":"recording"}]}"#,
            10,
            "data.links[0]",
            "`href` is missing",
        ),
        case(
            r#"{"queue":{"path":[{"id":"4"},{"name":"x"}]}}"#,
            29,
            "data.queue.path[1]",
            "`id` is missing",
        ),
        case(
            r#"{"queue":{"path":[{"id":"4"},{"id":" "}]}}"#,
            35,
            "data.queue.path[1].id",
            "blank",
        ),
        case(
            r#"{"queue":{"id":"5","path":[{"id":"4"}]}}"#,
            15,
            "data.queue.id",
            "`5`, but the path leads to `4`",
        ),
    ]);
}

#[test]
fn only_objects_are_objects() {
    let case = |data: &str, offset: usize, field: &'static str, problem: &'static str| {
        let (input, start) = with_data(data);
        (input, 1, start + offset, Some(field), problem)
    };
    let array = "expected an object, found an array";
    let all_members = format!("[{}]", ["null"; 14].join(","));
    check(&[
        case(&all_members, 0, "data", array),
        case(
            r#"{"agent":["5","ana@example.com","Ana","human"]}"#,
            9,
            "data.agent",
            array,
        ),
        case(
            r#"{"customer":["+15550100100",null,null,null]}"#,
            12,
            "data.customer",
            array,
        ),
        case(r#"{"queue":["13",null]}"#, 9, "data.queue", array),
        case(
            r#"{"queue":{"path":[{"id":"4"},["13","Billing"]]}}"#,
            29,
            "data.queue.path[1]",
            array,
        ),
        case(
            r#"{"links":[["recording","https://media.example.com/1.mp3"]]}"#,
            10,
            "data.links[0]",
            array,
        ),
        case(
            r#"{"links":{"rel":"recording"}}"#,
            9,
            "data.links",
            "expected an array, found an object",
        ),
        case(
            r#"{"agent":{"kind":{"human":null}}}"#,
            17,
            "data.agent.kind",
            "expected a string, found an object",
        ),
        case(
            r#"{"outcome":{"finished":null}}"#,
            11,
            "data.outcome",
            "expected a string, found an object",
        ),
    ]);
    let encoded = STANDARD.encode(&all_members);
    let error = refusal(format!("{HEAD},\"data_base64\":\"{encoded}\"}}"));
    assert_eq!(error.field.as_deref(), Some("data_base64"));
    assert!(error.problem.contains(array), "{error}");
}

#[test]
fn attributes_are_required_and_checked() {
    let whole = json!({
        "specversion": "1.0", "id": "1", "source": "s", "type": "session.created",
        "subject": "call/1", "time": "2026-01-24T01:14:06Z"
    });
    let with = |name: &str, value: serde_json::Value| {
        let mut event = whole.clone();
        event[name] = value;
        event.to_string()
    };
    for name in ["id", "source", "type", "subject", "time"] {
        for nothing in [json!(null), json!("")] {
            if name == "time" && nothing == json!("") {
                continue;
            }
            let error = refusal(with(name, nothing));
            assert_eq!(error.field.as_deref(), Some(name), "{error}");
        }
        let mut event = whole.clone();
        event.as_object_mut().unwrap().remove(name);
        let error = refusal(event.to_string());
        assert_eq!(
            (error.field.as_deref(), error.column),
            (Some(name), 1),
            "{error}"
        );
        assert!(
            refusal(with(name, json!(1)))
                .problem
                .contains("expected a string")
        );
    }
    let mut without_version = whole.clone();
    without_version
        .as_object_mut()
        .unwrap()
        .remove("specversion");
    assert_eq!(
        refusal(without_version.to_string()).field.as_deref(),
        Some("specversion")
    );
    for (name, value) in [
        ("specversion", "0.3"),
        ("time", "24.01.2026"),
        ("time", "9999-12-31T23:59:59Z"),
        ("subject", "987"),
        ("subject", "call/"),
        ("subject", "fax/1"),
        ("subject", "call/1 2"),
        ("subject", "call/1/2"),
        ("datacontenttype", "text/plain"),
        ("data_base64", "%%%"),
        ("data_base64", "W10="),
    ] {
        let error = refusal(with(name, json!(value)));
        let input = with(name, json!(value));
        let column = input.find(&format!("\"{value}\"")).unwrap() + 1;
        assert_eq!(
            (error.field.as_deref(), error.column),
            (Some(name), column),
            "{error}"
        );
    }
    let error = refusal(with("time", json!("9999-12-31T23:59:59Z")));
    assert!(error.problem.contains("out of range"), "{error}");
    for id in ["1/2".to_owned(), "7".repeat(201)] {
        let error = refusal(with("subject", json!(format!("call/{id}"))));
        assert!(error.remedy.contains("1 to 200 characters"), "{error}");
        assert!(error.remedy.contains("`/`"), "{error}");
    }
    let error = refusal(with("dataContent", json!("x")));
    assert_eq!(error.field.as_deref(), Some("dataContent"));
    assert!(error.remedy.contains("lower-case"), "{error}");
    let mut both = whole.clone();
    both["data"] = json!({});
    both["data_base64"] = json!("e30=");
    assert_eq!(
        refusal(both.to_string()).field.as_deref(),
        Some("data_base64")
    );
}

#[test]
fn a_field_given_twice_is_refused() {
    let (input, start) = with_data(r#"{"rating":1,"rating":2}"#);
    let error = refusal(&input);
    assert!(error.problem.contains("`rating` is there twice"), "{error}");
    assert!(
        error.column > start + 12 && error.column <= start + 21,
        "{error}"
    );
    let error = refusal(format!("{HEAD},\"id\":\"2\"}}"));
    assert!(error.problem.contains("`id` is there twice"), "{error}");
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let (input, _) = with_data(r#"{"disposition":"@"}"#);
    let broken: Vec<u8> = input
        .bytes()
        .map(|byte| if byte == b'@' { 0xFF } else { byte })
        .collect();
    let error = refusal(broken);
    assert!(error.problem.starts_with("not JSON text"), "{error}");
    assert_eq!(error.column, input.find('@').unwrap() + 1);
    let wide: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE], &wide[..]].concat();
    assert!(refusal(marked).remedy.contains("UTF-8"));
}

#[test]
fn the_broken_object_is_named_by_its_beginning() {
    let ok = format!("{HEAD}}}");
    check(&[
        (
            format!("{ok}\n{ok}\n{HEAD}\n"),
            3,
            HEAD.len(),
            None,
            "in the object that begins at line 3, column 1",
        ),
        (
            format!("{ok}\n  {HEAD},\"data\":{{\n\n"),
            2,
            HEAD.len() + 11,
            None,
            "in the object that begins at line 2, column 3",
        ),
        (
            format!("{{\"bad\"\n{ok}\n"),
            2,
            1,
            None,
            "in the object that begins at line 1, column 1",
        ),
        (
            format!("[{ok},\n {{\"bad\"\n}}]"),
            3,
            1,
            None,
            "in the object that begins at line 2, column 2",
        ),
    ]);
    let (input, _) = with_data("7");
    assert!(
        !refusal(input).problem.contains("begins"),
        "the field tells"
    );
}

#[test]
fn places_count_in_the_whole_input() {
    let event = format!("{HEAD},\"data\":{{\n  \"rating\": \"x\"}}}}");
    check(&[
        (
            format!("\n\n  {event}"),
            4,
            13,
            Some("data.rating"),
            "found a string",
        ),
        (
            format!("[\n{HEAD}}},\n  {event}]"),
            4,
            13,
            Some("data.rating"),
            "found a string",
        ),
    ]);
    let error = refusal(format!("[\n{HEAD}}},\n  {event}]"));
    assert_eq!(error.index, 1);
}

#[test]
fn reading_goes_on_after_a_bad_element() {
    let good = format!("{HEAD}}}");
    let bad = format!("{HEAD},\"data\":7}}");
    for input in [
        format!("{good}\n{bad}\n{good}\n"),
        format!("[{good},{bad},{good}]"),
    ] {
        let read: Vec<bool> = try_read(&input).iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, true], "{input}");
    }
    let input = format!("[{good} {good}]");
    let read: Vec<bool> = try_read(&input).iter().map(Result::is_ok).collect();
    assert_eq!(read, [true, false], "a broken array ends");
}

#[test]
fn messages_never_repeat_values() {
    for data in [
        r#"{"rating":"+12015550123"}"#,
        r#"{"outcome":"+12015550123"}"#,
        r#"{"started_at":"+12015550123"}"#,
        r#"{"customer":"kim@example.com, expected +12015550123"}"#,
        r#"{"customer":{"phone":12015550123}}"#,
        r#"{"consumer_messages":12015550123}"#,
        r#"{"duration_seconds":-12015550123.5}"#,
    ] {
        let error = refusal(with_data(data).0);
        let shown = format!("{error} {error:?}");
        for private in ["2015550123", "kim@"] {
            assert!(!shown.contains(private), "{data}: {shown}");
        }
    }
}

#[test]
fn unknown_formats_say_what_is_known() {
    for input in ["{}", r#"{"hello":1}"#, r#"{"message":"x"}"#] {
        let error = refusal(input);
        assert!(error.problem.contains("known format"), "{error}");
    }
}
