//! What stands for "not known" in every format.

use casewire_core::{Email, Phone};

/// The text, trimmed; `None` when it is blank or was redacted.
pub(crate) fn known(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && !text.eq_ignore_ascii_case("<redacted>")).then_some(text)
}

/// What telephone networks put in place of a withheld number, and the same words as keyed on a keypad.
const WITHHELD: [&str; 19] = [
    "anonymous",
    "blocked",
    "id withheld",
    "null",
    "private",
    "restricted",
    "unavailable",
    "unknown",
    "withheld",
    "not available",
    "no caller id",
    "private number",
    "+266696687",
    "+2562533",
    "+7378742833",
    "+7378742883",
    "+7748283",
    "+8656696",
    "+86282452253",
];

/// A number that says something; `None` for a withheld one.
pub(crate) fn number(text: &str) -> Option<&str> {
    let text = known(text)?;
    let withheld = WITHHELD
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word) || Some(text) == word.strip_prefix('+'));
    (!withheld).then_some(text)
}

/// A phone number or an address: absent, readable, or there but not readable.
#[derive(Debug, PartialEq)]
pub(crate) enum Contact<T> {
    /// Not told, or withheld.
    Absent,
    /// As told.
    Known(T),
    /// Told in a form that can not be compared.
    Unreadable,
}

impl<T> Contact<T> {
    /// The value; when it is unreadable, calls `warn`.
    pub(crate) fn or_warn(self, warn: impl FnOnce()) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Known(value) => Some(value),
            Self::Unreadable => {
                warn();
                None
            }
        }
    }
}

/// Reads a customer's phone number.
pub(crate) fn phone(text: &str) -> Contact<Phone> {
    let Some(text) = number(text) else {
        return Contact::Absent;
    };
    Phone::parse(text).map_or(Contact::Unreadable, Contact::Known)
}

/// Reads an e-mail address.
pub(crate) fn email(text: &str) -> Contact<Email> {
    let Some(text) = known(text) else {
        return Contact::Absent;
    };
    Email::parse(text).map_or(Contact::Unreadable, Contact::Known)
}

/// Reads the address of a file or page: a browser is led there, so it must be http or https.
pub(crate) fn web_address(text: &str) -> Contact<Box<str>> {
    let Some(text) = known(text) else {
        return Contact::Absent;
    };
    let is_web_address = text.split_once("://").is_some_and(|(scheme, rest)| {
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
            && !rest.is_empty()
            && !rest.starts_with(['/', '?', '#'])
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    match is_web_address {
        true => Contact::Known(text.into()),
        false => Contact::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_redacted_texts_are_absent() {
        for text in ["", "  ", "\t", "<REDACTED>", " <redacted> "] {
            assert_eq!(known(text), None, "{text:?}");
        }
        assert_eq!(known(" en "), Some("en"));
    }

    #[test]
    fn withheld_numbers_are_absent_not_unreadable() {
        for text in [
            "anonymous",
            "Restricted",
            "UNAVAILABLE",
            "unknown",
            "Private",
            "blocked",
            "+266696687",
            "266696687",
            "<REDACTED>",
            "",
        ] {
            assert_eq!(phone(text), Contact::Absent, "{text:?}");
        }
    }

    #[test]
    fn numbers_without_country_are_unreadable() {
        for text in ["5550100100", "ext. 12", "+12"] {
            assert_eq!(phone(text), Contact::Unreadable, "{text:?}");
        }
        assert!(matches!(phone("+15550100100"), Contact::Known(_)));
    }

    #[test]
    fn web_addresses_are_http_or_https() {
        for text in [
            "https://media.example.com/1.mp3",
            "HTTP://[::1]:8080/a?b#c",
            " https://example.com ",
        ] {
            assert_eq!(web_address(text), Contact::Known(text.trim().into()));
        }
        for text in [
            "javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "data:text/html,x",
            "ftp://example.com/1.mp3",
            "gs://bucket/1.mp3",
            "//example.com/1.mp3",
            "https:example.com",
            "https:///1.mp3",
            "https://",
            "https://example.com/a b",
            "1.mp3",
        ] {
            assert_eq!(web_address(text), Contact::Unreadable, "{text:?}");
        }
        assert_eq!(web_address("<REDACTED>"), Contact::Absent);
    }
}
