//! What goes wrong with the store.

use std::fmt;

/// The store could not do what was asked: what was being done, and how to mend it. Holds no customer data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    message: String,
    in_use: bool,
    nothing_done: bool,
}

impl StoreError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            in_use: false,
            nothing_done: false,
        }
    }

    pub(crate) fn in_use(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            in_use: true,
            nothing_done: false,
        }
    }

    pub(crate) fn stopped() -> Self {
        Self::new("the store is closed")
    }

    /// The same, of work that had done nothing yet: others in the same commit go on.
    #[must_use]
    pub(crate) fn before_anything(mut self) -> Self {
        self.nothing_done = true;
        self
    }

    pub(crate) fn had_done_nothing(&self) -> bool {
        self.nothing_done
    }

    /// Whether another process holds the store.
    pub fn is_in_use(&self) -> bool {
        self.in_use
    }

    /// Puts `context` (what was being done) before the message.
    #[must_use]
    pub(crate) fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let remedy = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "; the disk is full: make room",
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                "; give this user the right to write the file and its folder"
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                "; the file is damaged or something else: restore a backup"
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "; another program holds the file: try again"
            }
            _ => "",
        };
        // SQLite's messages name tables and columns, not values.
        Self::new(format!("SQLite: {error}{remedy}"))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        // Told without the text, which may be customer data.
        Self::new(format!(
            "a stored value can not be read (at column {}); restore a backup, or erase the session",
            error.column()
        ))
    }
}
