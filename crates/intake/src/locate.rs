//! Finds a field's place in JSON text. Used for errors only.

use std::borrow::Cow;

/// One step of a path.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

/// Where the value at `path` (`data.queue.path[0].id`) starts in `json`. When there is no such value, where
/// the innermost one on the path starts that is there.
pub(crate) fn offset(json: &[u8], path: &str) -> usize {
    let mut at = skip_blank(json, 0);
    for step in steps(path) {
        match child(json, at, &step) {
            Some(found) => at = found,
            None => break,
        }
    }
    at
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|part| {
        let mut pieces = part.split('[');
        let name = pieces.next().filter(|name| !name.is_empty());
        let elements = pieces.filter_map(|piece| piece.strip_suffix(']')?.parse().ok());
        name.map(Step::Member)
            .into_iter()
            .chain(elements.map(Step::Element))
    })
}

/// Where the child `step` of the object or array at `at` starts.
fn child(json: &[u8], at: usize, step: &Step<'_>) -> Option<usize> {
    let mut at = match (json.get(at)?, step) {
        (b'{', Step::Member(_)) | (b'[', Step::Element(_)) => skip_blank(json, at + 1),
        _ => return None,
    };
    for index in 0.. {
        let found = match step {
            Step::Element(wanted) => index == *wanted,
            Step::Member(wanted) => {
                let end = skip_value(json, at)?;
                let name: Cow<'_, str> = serde_json::from_slice(json.get(at..end)?).ok()?;
                at = skip_blank(json, end);
                if *json.get(at)? != b':' {
                    return None;
                }
                at = skip_blank(json, at + 1);
                name == *wanted
            }
        };
        if found {
            return (!matches!(json.get(at)?, b'}' | b']')).then_some(at);
        }
        at = skip_blank(json, skip_value(json, at)?);
        if *json.get(at)? != b',' {
            return None;
        }
        at = skip_blank(json, at + 1);
    }
    None
}

fn skip_blank(json: &[u8], at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    let blank = rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    at + blank
}

/// Where the value that starts at `at` ends.
fn skip_value(json: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match json.get(at)? {
            b'"' => at = skip_string(json, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' if depth == 0 => return None,
            byte if b",: \t\r\n".contains(byte) => {
                at += 1;
                continue;
            }
            _ => {
                at += json[at..]
                    .iter()
                    .take_while(|byte| !b",:{}[]\" \t\r\n".contains(byte))
                    .count();
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn skip_string(json: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        match json[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_members_and_elements() {
        let json =
            br#" { "a\"b": {"x": [1, "y"]}, "data": { "path": [ {"id":"4"}, {"id": "13"} ] } }"#;
        for (path, starts) in [
            ("", "{ \"a"),
            ("data", "{ \"path\""),
            ("data.path", "[ {"),
            ("data.path[1]", "{\"id\": \"13\""),
            ("data.path[1].id", "\"13\""),
        ] {
            let at = offset(json, path);
            let found = std::str::from_utf8(&json[at..]).unwrap();
            assert!(found.starts_with(starts), "{path}: {found}");
        }
    }

    #[test]
    fn stays_at_the_parent_of_what_is_not_there() {
        let json = br#"{"data":{"a":1}}"#;
        for path in ["data.b", "data.b.c", "data.a[0]", "data.a.b[7]"] {
            let at = offset(json, path);
            assert!([b'{', b'1'].contains(&json[at]) && at >= 8, "{path}: {at}");
        }
        assert_eq!(offset(b"[", "[3]"), 0);
        assert_eq!(offset(b"", "a"), 0);
    }
}
