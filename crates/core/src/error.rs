//! Errors of connectors, by what the caller does next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// What a connector's method returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a CRM operation failed: a kind that says what to do next, and a sentence that says what was
/// being done, to what, and how to mend it.
///
/// The sentence carries no secret and no customer data, so it may be logged and stored as it is.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What to do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The credentials are wrong, expired beyond renewal, or lack a permission. Nothing was written;
    /// nothing will succeed until a person mends it.
    Auth,
    /// The connector's configuration or the CRM's set-up is wrong (a missing field, an unknown status).
    /// Nothing was written; nothing will succeed until a person mends it.
    Config,
    /// The record changed since it was read. Nothing was written: read it again and decide again.
    Conflict,
    /// The record is gone (deleted, merged away). Nothing was written: decide again without it.
    NotFound,
    /// The CRM answered something that can not be understood. What it did is not known to be undone.
    Protocol,
    /// The CRM asks to slow down. Nothing was written.
    RateLimited {
        /// How long to wait before the next try.
        retry_after: Duration,
    },
    /// The CRM refuses this write for good (a validation rule, a suspended customer). Nothing was written.
    Rejected,
    /// The CRM can not be reached or is out of order. Nothing was written: try again later.
    Unavailable,
    /// The write was sent and its answer was lost: it may have been done. Look up the session's own
    /// trace before repeating it.
    Uncertain,
}

impl Error {
    /// An error of `kind`; `message` says what was being done, to what, and how to mend it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts `context` (what was being done) before the message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// What to do next.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence, without the error underneath.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether trying the same again later can succeed without a person's help.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::RateLimited { .. } | ErrorKind::Unavailable | ErrorKind::Uncertain => true,
            ErrorKind::Auth
            | ErrorKind::Config
            | ErrorKind::Conflict
            | ErrorKind::NotFound
            | ErrorKind::Protocol
            | ErrorKind::Rejected => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
