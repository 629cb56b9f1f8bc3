//! What a type expected and what it found, in plain words.

use std::fmt;

/// What a message like ``invalid type: integer `5`, expected a string`` tells. It is told without the value,
/// which may be a secret in the wrong place.
pub(super) struct Mismatch<'m> {
    kind: &'m str,
    /// The value, as the message has it.
    pub(super) found: Option<&'m str>,
    expected: &'m str,
}

impl<'m> Mismatch<'m> {
    pub(super) fn of(message: &'m str) -> Option<Self> {
        let told = message
            .strip_prefix("invalid type: ")
            .or_else(|| message.strip_prefix("invalid value: "))?;
        let (found, expected) = told.rsplit_once(", expected ")?;
        let kind = found.split(' ').next().unwrap_or_default();
        let quote = if kind == "string" { '"' } else { '`' };
        Some(Self {
            kind,
            found: found
                .split_once(quote)
                .map(|(_, value)| value.trim_end_matches(quote)),
            expected,
        })
    }

    fn expected(&self) -> &str {
        let is_rust = |word| self.expected.contains(word);
        match self.expected {
            "a sequence" => "an array",
            "path string" | "variant identifier" => "a string",
            "newtype variant" => "a table",
            "u8" | "u16" | "u32" | "u64" => "a whole number of 0 or more",
            one if one.starts_with("a nonzero u") => "a whole number of 1 or more",
            _ if is_rust("enum") || is_rust("struct") => "a table",
            other => other,
        }
    }

    fn found(&self) -> &str {
        let is_large = |number: &str| number.parse::<u32>().is_err() && !number.starts_with('-');
        match self.kind {
            "floating" => "number with decimals",
            "integer" if self.expected.ends_with("u32") && self.found.is_some_and(is_large) => {
                "one that is too large"
            }
            "map" => "table",
            "sequence" => "array",
            "unit" => "string",
            other => other,
        }
    }
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found: {}", self.expected(), self.found())
    }
}
