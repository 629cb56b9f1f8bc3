//! Where a secret of the config is kept.

use std::path::PathBuf;

use casewire_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

/// Where a secret is kept: `{ env = "NAME" }` or `{ file = "PATH" }`, never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected `{ env = \"NAME\" }` or `{ file = \"PATH\" }`, never the secret itself"
)]
pub enum SecretSource {
    /// In an environment variable.
    Env {
        /// The variable's name.
        env: String,
    },
    /// In a file; white space around the secret does not count.
    File {
        /// The file's path.
        file: PathBuf,
    },
}

impl SecretSource {
    /// The secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the variable or file is absent, unreadable or empty.
    pub fn resolve(&self) -> Result<SecretString> {
        let text = match self {
            // The error underneath quotes a value that is not UTF-8.
            Self::Env { env } => {
                std::env::var(env).map_err(|_| self.failed("is not set, or not UTF-8"))?
            }
            Self::File { file } => std::fs::read_to_string(file)
                .map_err(|error| self.failed("can not be read").with_source(error))?,
        };
        match text.trim() {
            "" => Err(self.failed("is empty")),
            secret => Ok(SecretString::from(secret)),
        }
    }

    fn failed(&self, why: &str) -> Error {
        let place = match self {
            Self::Env { env } => format!("environment variable `{env}`"),
            Self::File { file } => format!("file `{}`", file.display()),
        };
        Error::new(
            ErrorKind::Config,
            format!("reading a secret: the {place} {why}; put the secret there"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::json;
    use std::io::Write;

    #[test]
    fn reads_a_secret_from_a_file_without_the_line_break() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "s3cret").unwrap();
        let source: SecretSource = serde_json::from_value(json!({ "file": file.path() })).unwrap();
        assert_eq!(source.resolve().unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn an_absent_secret_is_named_by_its_place() {
        let source = SecretSource::Env {
            env: "CASEWIRE_NO_SUCH_SECRET".to_owned(),
        };
        let error = source.resolve().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`CASEWIRE_NO_SUCH_SECRET`"));
        let file = SecretSource::File {
            file: "no-such-file".into(),
        };
        assert!(
            file.resolve()
                .unwrap_err()
                .message()
                .contains("no-such-file")
        );
    }

    #[test]
    fn a_literal_secret_is_refused_and_not_repeated() {
        for literal in [json!("s3cret"), json!({ "value": "s3cret" })] {
            let error = serde_json::from_value::<SecretSource>(literal).unwrap_err();
            assert!(error.to_string().contains("never the secret"), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
