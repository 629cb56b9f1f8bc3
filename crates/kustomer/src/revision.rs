//! As of which revision a conversation is known.

use std::fmt;

/// A conversation's revision, and whether this connector wrote notes after it: that these move it is likely, and not
/// documented. Written as `7`, and `7+` with notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) number: u64,
    pub(crate) has_notes_after: bool,
}

impl Revision {
    /// Of a record's version.
    pub(crate) fn parse(version: &str) -> Option<Self> {
        let number = version.strip_suffix('+');
        Some(Self {
            number: number.unwrap_or(version).parse().ok()?,
            has_notes_after: number.is_some(),
        })
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.has_notes_after {
            true => "+",
            false => "",
        };
        write!(f, "{}{mark}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_a_number_and_perhaps_a_mark() {
        for (version, number, has_notes_after) in [("7", 7, false), ("8+", 8, true)] {
            let revision = Revision::parse(version).unwrap();
            let expected = Revision {
                number,
                has_notes_after,
            };
            assert_eq!(revision, expected);
            assert_eq!(revision.to_string(), version);
        }
        for version in ["", "+", "7-", "2026-01-24T01:14:06Z"] {
            assert_eq!(Revision::parse(version), None, "{version}");
        }
    }
}
