//! Where refresh tokens are kept.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use casewire_core::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

/// Keeps one refresh token. Between the client and whoever signs in.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The token kept; none before the first sign-in.
    async fn load(&self) -> Result<Option<SecretString>>;

    /// Keeps `token` in place of the old one. After `Ok` the token outlives a crash; after `Err` the old one is
    /// still kept.
    async fn save(&self, token: &SecretString) -> Result<()>;
}

/// A [`TokenStore`] that forgets with the process; for tests, and for tokens that do not rotate.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<Option<SecretString>>);

impl MemoryTokenStore {
    /// Keeps `token`.
    pub fn new(token: SecretString) -> Self {
        Self(Mutex::new(Some(token)))
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self) -> Result<Option<SecretString>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(())
    }
}

/// A [`TokenStore`] in a file of its own that only its owner may read.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

impl FileTokenStore {
    /// Keeps the token in the file at `path`; its folder has to exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Keeps the token in the file at `path`, which holds the first one already: told before the CRM is asked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`], naming the file, when it can not be read or is empty.
    pub fn holding(path: impl Into<PathBuf>) -> Result<Self> {
        let store = Self::new(path);
        let failed = |why: &str| {
            let file = store.path.display();
            Error::new(
                ErrorKind::Config,
                format!(
                    "the refresh token's file `{file}` {why}; put a refresh token of the client in `client_id` into it, or name another in `token_file`"
                ),
            )
        };
        match std::fs::read_to_string(&store.path) {
            Ok(text) if text.trim().is_empty() => Err(failed("is empty")),
            Ok(_) => Ok(store),
            Err(error) => Err(failed("can not be read").with_source(error)),
        }
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self) -> Result<Option<SecretString>> {
        let path = self.path.clone();
        in_background(move || match std::fs::read_to_string(&path) {
            Ok(text) => {
                let token = text.trim();
                Ok((!token.is_empty()).then(|| SecretString::from(token)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &path, error)),
        })
        .await
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        let (path, token) = (self.path.clone(), token.clone());
        in_background(move || {
            replace(&path, token.expose_secret()).map_err(|error| failed("writing", &path, error))
        })
        .await
    }
}

/// Writes beside `path` and renames, so that a crash leaves the old token or the new one, never half of one.
fn replace(path: &Path, token: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A temporary file is made with mode 0600.
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{token}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The rename itself is on disk once the folder is.
    File::open(folder)?.sync_all()
}

/// Disk work off the runtime's threads.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            "the token file's work was cut short",
        )
        .with_source(error)
    })?
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "{what} the refresh token's file `{}` failed; check that its folder exists and that this user may write there",
            path.display()
        ),
    )
    .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_keeps_the_last_token() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(folder.path().join("token"));
        assert!(store.load().await.unwrap().is_none());
        for token in ["first", "second"] {
            store.save(&SecretString::from(token)).await.unwrap();
            assert_eq!(store.load().await.unwrap().unwrap().expose_secret(), token);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        FileTokenStore::new(&path)
            .save(&SecretString::from("new"))
            .await
            .unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[tokio::test]
    async fn missing_folder_is_told_without_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(folder.path().join("missing/token"));
        let error = store
            .save(&SecretString::from("hidden-token"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains("hidden-token"));
    }
}
