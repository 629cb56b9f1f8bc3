//! The path of a key, as a person would write it.

use std::fmt;

/// The path of a key from the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyPath(Vec<String>);

impl KeyPath {
    pub(super) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    pub(super) fn with(&self, key: &str) -> Self {
        self.joined([key.to_owned()])
    }

    pub(super) fn joined(&self, keys: impl IntoIterator<Item = String>) -> Self {
        let mut path = self.clone();
        path.0.extend(keys);
        path
    }
}

/// With dots between the keys, and quotes around those that are no plain words.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            let is_word = key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
            match is_word {
                true => f.write_str(key)?,
                false => write!(f, "{key:?}")?,
            }
        }
        Ok(())
    }
}
