//! Whatever a value is, its literal ends where it should and reads back as the value, in SOQL and in SOSL.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/soql.rs"]
#[allow(dead_code, reason = "the module's other functions are not fuzzed")]
mod soql;

fuzz_target!(|value: &str| {
    let literal = soql::text(value);
    let (read, rest) = literal_of(&literal).expect("the literal has no end");
    assert_eq!(rest, "", "the literal ends early");
    assert_eq!(read, value);

    let pattern = soql::beginning_with(value);
    let (read, rest) = literal_of(&pattern).expect("the pattern has no end");
    assert_eq!(rest, "", "the pattern ends early");
    assert_eq!(read, format!("{value}%"));

    let word = soql::search_word(value);
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => assert!(chars.next().is_some(), "an escape without a character"),
            c => assert!(!"?&|!{}[]()^~*:\"'+-".contains(c), "`{c}` is not escaped"),
        }
    }
});

/// Reads a literal by the escapes that the SOQL reference lists; any other backslash, or a missing end, is none. What
/// follows the literal comes with it.
fn literal_of(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('\'')?.chars();
    let mut value = String::new();
    loop {
        match chars.next()? {
            '\'' => return Some((value, chars.as_str())),
            '\\' => value.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                c @ ('\\' | '\'' | '"' | '_' | '%') => c,
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                _ => return None,
            }),
            c => value.push(c),
        }
    }
}
