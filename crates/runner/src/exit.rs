//! How the command ends: its exit code, and what it says when it failed.

use std::io;
use std::process::ExitCode;

use casewire_core::ErrorKind;
use casewire_engine::StoreError;

use crate::config::ConfigError;

/// The exit codes, those of `sysexits.h` where one fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Success,
    /// 1: it ran to its end and something is left for a person, for example a parked session.
    Unfinished,
    /// 65: the input file is not what it should be.
    BadInput,
    /// 69: the CRM can not be reached or is out of order.
    Unavailable,
    /// 73: a file to be made exists already or can not be made.
    CannotCreate,
    /// 74: reading or writing failed.
    Io,
    /// 77: the CRM refuses the credentials, or they lack a permission.
    Denied,
    /// 78: the config, or the CRM's set-up, is wrong.
    Config,
}

impl Exit {
    /// The number given to the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unfinished => 1,
            Self::BadInput => 65,
            Self::Unavailable => 69,
            Self::CannotCreate => 73,
            Self::Io => 74,
            Self::Denied => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Auth => Self::Denied,
            ErrorKind::Config => Self::Config,
            ErrorKind::Protocol
            | ErrorKind::RateLimited { .. }
            | ErrorKind::Unavailable
            | ErrorKind::Uncertain => Self::Unavailable,
            // Conflict, NotFound, Rejected: the CRM answered, and a person must look.
            _ => Self::Unfinished,
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The config file is wrong.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// The CRM could not do what was asked.
    #[error(transparent)]
    Crm(#[from] casewire_core::Error),
    /// Results could not be written. A closed pipe is no failure: the reader had enough.
    #[error("writing results: {0}")]
    Output(#[from] io::Error),
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything else.
    #[error("{message}")]
    Other {
        /// How the command ends.
        exit: Exit,
        /// What was being done, to what, and what is wrong.
        message: String,
        /// How to mend it.
        remedy: Option<String>,
    },
}

impl Failure {
    /// A failure that ends the command with `exit`; `message` says what was being done, to what, and what
    /// is wrong.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Other {
            exit,
            message: message.into(),
            remedy: None,
        }
    }

    /// The same, saying how to mend it.
    pub fn with_remedy(exit: Exit, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Other {
            exit,
            message: message.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// How to mend it, when the message does not say so.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Other { remedy, .. } => remedy.as_deref(),
            Self::Config(_) | Self::Crm(_) | Self::Output(_) | Self::Store(_) => None,
        }
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Config,
            Self::Crm(error) => error.kind().into(),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
            Self::Output(_) => Exit::Io,
            // As a file that can not be made: another process holds it.
            Self::Store(error) if error.is_in_use() => Exit::CannotCreate,
            Self::Store(_) => Exit::Io,
            Self::Other { exit, .. } => *exit,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
        let closed = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.exit(), Exit::Success);
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit().code(), 74);
    }

    #[test]
    fn errors_of_the_crm_end_by_their_kind() {
        for (kind, code) in [
            (ErrorKind::Auth, 77),
            (ErrorKind::Config, 78),
            (ErrorKind::Unavailable, 69),
            (ErrorKind::Rejected, 1),
        ] {
            let failure = Failure::from(casewire_core::Error::new(kind, "asking"));
            assert_eq!(failure.exit().code(), code, "{kind:?}");
        }
    }
}
