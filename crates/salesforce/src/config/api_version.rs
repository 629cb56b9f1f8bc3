//! The version of the REST API.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A version of Salesforce's REST API, 52.0 or newer. Shows as `66.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct ApiVersion(u16);

impl ApiVersion {
    /// The newest version that this crate was made for: Spring '26.
    pub const NEWEST: Self = Self(66);
    /// Older versions know neither references to empty fields in a composite nor the duplicate rule header.
    const OLDEST: Self = Self(52);

    /// Reads `66.0`; `None` for what is no version at all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix(".0")?;
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| number.parse().ok().map(Self))?
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl TryFrom<String> for ApiVersion {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let version = Self::parse(&text).ok_or("this is no version such as \"66.0\"")?;
        if version < Self::OLDEST {
            return Err("this version is too old: write \"52.0\" or a newer one");
        }
        Ok(version)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_old_ones_refused() {
        let read = |text: &str| ApiVersion::try_from(text.to_owned());
        assert_eq!(read("66.0"), Ok(ApiVersion::NEWEST));
        assert_eq!(read("52.0").unwrap().to_string(), "52.0");
        assert!(read("51.0").unwrap_err().contains("too old"));
        for text in ["66", "v66.0", "66.1", "+66.0", ".0", "", "66.0 ", "70000.0"] {
            assert!(read(text).unwrap_err().contains("no version"), "{text}");
        }
    }
}
