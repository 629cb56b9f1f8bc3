//! Texts, times and ids in Salesforce's query languages. There are no bind parameters, so each value is escaped.
//!
//! Sources: SOQL and SOSL Reference, "Quoted String Escape Sequences" and "FIND, Reserved Characters".

use std::fmt::Write as _;

use jiff::Timestamp;

/// `value` as a SOQL literal, with its quotes.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    push_escaped(&mut literal, value);
    literal.push('\'');
    literal
}

/// A literal for LIKE that matches what begins with `prefix`.
pub(crate) fn beginning_with(prefix: &str) -> String {
    let mut literal = String::from("'");
    for c in prefix.chars() {
        match c {
            '%' | '_' => {
                literal.push('\\');
                literal.push(c);
            }
            _ => push_escaped(&mut literal, c.encode_utf8(&mut [0; 4])),
        }
    }
    literal.push_str("%'");
    literal
}

fn push_escaped(literal: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("\\'"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\u{8}' => literal.push_str("\\b"),
            '\u{c}' => literal.push_str("\\f"),
            c if c.is_control() => {
                let _ = write!(literal, "\\u{:04X}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
}

/// `values` as a list for IN. None when there are none: an empty list is malformed.
pub(crate) fn list<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Option<String> {
    let literals: Vec<_> = values
        .into_iter()
        .map(|value| text(value.as_ref()))
        .collect();
    (!literals.is_empty()).then(|| format!("({})", literals.join(",")))
}

/// `time` as a SOQL literal, to the millisecond.
pub(crate) fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A word of a SOSL search: characters that have a meaning there are escaped.
pub(crate) fn search_word(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars() {
        if "?&|!{}[]()^~*:\\\"'+-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(if c.is_control() { ' ' } else { c });
    }
    escaped
}

/// Whether `text` can be a Salesforce id: 15 letters and digits, or 18 with the three that make it safe to compare
/// without case.
pub(crate) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a literal as Salesforce's grammar has it; none when it ends early or has an unknown escape.
    fn read(literal: &str) -> Option<String> {
        let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut value = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            let c = match c {
                '\'' => return None,
                '\\' => match chars.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    '\\' => '\\',
                    '\'' => '\'',
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    _ => return None,
                },
                c => c,
            };
            value.push(c);
        }
        Some(value)
    }

    #[test]
    fn a_value_can_not_leave_its_literal() {
        for (value, literal) in [
            ("13", "'13'"),
            ("O'Neil", r"'O\'Neil'"),
            (r"\' OR Name != '", r"'\\\' OR Name != \''"),
            ("a\nb\tc", r"'a\nb\tc'"),
            ("\u{7f}", r"'\u007F'"),
        ] {
            assert_eq!(text(value), literal);
        }
        assert_eq!(beginning_with("call/9_8%7#"), r"'call/9\_8\%7#%'");
    }

    proptest! {
        #[test]
        fn any_value_is_read_back_as_it_was(value in any::<String>()) {
            prop_assert_eq!(read(&text(&value)), Some(value));
        }

        #[test]
        fn quotes_and_backslashes_are_read_back_as_they_were(value in r"[\\'%_\n]{0,12}") {
            prop_assert_eq!(read(&text(&value)), Some(value));
        }

        #[test]
        fn a_search_word_has_no_reserved_character_unescaped(word in r#"[a-z0-9?&|!{}\[\]()^~*:\\"'+ -]{0,12}"#) {
            let escaped = search_word(&word);
            let mut plain = String::new();
            let mut chars = escaped.chars();
            while let Some(c) = chars.next() {
                if c == '\\' {
                    plain.extend(chars.next());
                } else {
                    prop_assert!(!"?&|!{}[]()^~*:\"'+-".contains(c), "{}", escaped);
                    plain.push(c);
                }
            }
            prop_assert_eq!(plain, word);
        }
    }

    #[test]
    fn a_list_is_never_empty() {
        assert_eq!(list(["a", "b'c"]).as_deref(), Some(r"('a','b\'c')"));
        assert_eq!(list([""; 0]), None);
    }

    #[test]
    fn times_have_milliseconds_and_no_offset() {
        let time: Timestamp = "2026-05-01T09:25:37.5+02:00".parse().unwrap();
        assert_eq!(instant(time), "2026-05-01T07:25:37.500Z");
    }

    #[test]
    fn ids_have_15_or_18_letters_and_digits() {
        for (text, is) in [
            ("500dM00003F2OMl", true),
            ("500dM00003F2OMlQAN", true),
            ("500dM00003F2OMlQA", false),
            ("4711", false),
            ("500dM00003F2OM'", false),
        ] {
            assert_eq!(is_id(text), is, "{text}");
        }
    }
}
