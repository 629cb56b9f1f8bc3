//! The store's file without an engine: for commands, beside a running engine or without one.

use std::fmt;
use std::path::{Path, PathBuf};

use casewire_core::{Apply, CustomerKey, Settings};
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::SessionView;
use crate::store::{
    self, Depth, Erased, FoundSessions, ParkedSessions, Repair, Repaired, RepairedUpTo,
    SessionFilter, StoreError,
};

/// The file that an [`Engine`](crate::Engine) keeps its store in. An engine may run on it at the same time: it sees
/// what was repaired within a second.
pub struct StoreFile {
    sql: Connection,
    path: PathBuf,
}

impl fmt::Debug for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreFile({})", self.path.display())
    }
}

impl StoreFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// When it is not there, is no store of this version, or can not be read and written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::new(format!(
                "there is no store `{}`; `casewire serve` makes it",
                path.display()
            )));
        }
        Ok(Self {
            sql: store::open_for_repair(path)?,
            path: path.to_owned(),
        })
    }

    /// What is known of the sessions `subject` (`call/987`): one for each source that has it, or that of `source` alone.
    /// `settings` answers with those of a connector, none when it is not in the config.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read_session<'s>(
        &self,
        subject: &str,
        source: Option<&str>,
        settings: impl Fn(&str) -> Option<&'s Settings>,
    ) -> Result<Vec<SessionView>, StoreError> {
        let read = store::read_session(&self.sql, subject, source, settings);
        read.map_err(|error| self.failed("reading", error))
    }

    /// The sessions that `filter` wants. `settings` answers with those of a connector, none when it is not in the
    /// config.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find_sessions<'s>(
        &self,
        filter: &SessionFilter,
        settings: impl Fn(&str) -> Option<&'s Settings>,
    ) -> Result<FoundSessions, StoreError> {
        let found = store::find_sessions(&self.sql, filter, settings);
        found.map_err(|error| self.failed("reading", error))
    }

    /// Counts what waits at `now`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn depth(&self, now: Timestamp) -> Result<Depth, StoreError> {
        let depth = store::depth(&self.sql, store::millis(now));
        depth.map_err(|error| self.failed("reading", error))
    }

    /// What is wrong with the file; empty when nothing is.
    ///
    /// # Errors
    /// When it can not be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let found = store::check(&self.sql, "quick_check");
        found.map_err(|error| self.failed("checking", error))
    }

    /// Says which sessions [`StoreFile::retry_parked`] and [`StoreFile::drop_parked`] would repair.
    ///
    /// # Errors
    /// When the store fails.
    pub fn find_parked(&mut self, which: &ParkedSessions) -> Result<Repaired, StoreError> {
        let found = self.repair(Repair::Nothing, which, Timestamp::UNIX_EPOCH);
        found.map_err(|error| self.failed("reading", error))
    }

    /// Makes parked sessions due again at `now`: they are decided anew, at their old place among those of their
    /// customer.
    ///
    /// # Errors
    /// When the store fails; what was done until then stays done.
    pub fn retry_parked(
        &mut self,
        which: &ParkedSessions,
        now: Timestamp,
    ) -> Result<Repaired, StoreError> {
        let retried = self.repair(Repair::Retry, which, now);
        retried.map_err(|error| self.failed("retrying sessions in", error))
    }

    /// Drops parked sessions at `now`: they are never written.
    ///
    /// # Errors
    /// When the store fails; what was done until then stays done.
    pub fn drop_parked(
        &mut self,
        which: &ParkedSessions,
        now: Timestamp,
    ) -> Result<Repaired, StoreError> {
        let dropped = self.repair(Repair::Drop, which, now);
        dropped.map_err(|error| self.failed("dropping sessions in", error))
    }

    /// Deletes the customer who has `key`: all sessions of everybody whom the store takes for the same person, and what
    /// is remembered because of them. With [`Apply::Plan`] only counts them. Nothing changes in the CRM.
    ///
    /// Reads every session, as one may have come to be known by the key late. Events that come afterwards are stored
    /// as ever.
    ///
    /// # Errors
    /// When the store fails: nothing was deleted then.
    pub fn erase(&mut self, key: &CustomerKey, apply: Apply) -> Result<Erased, StoreError> {
        let erased = store::erase(&mut self.sql, key, apply);
        erased.map_err(|error| self.failed("erasing a customer from", error))
    }

    /// Copies what is committed at this moment to the new file `to`, and says how many bytes that took. The file appears
    /// whole and checked, or not at all. It holds customer data: only its owner may read it.
    ///
    /// # Errors
    /// When `to` exists or can not be written, or the store can not be read or is damaged.
    pub fn backup(&self, to: &Path) -> Result<u64, StoreError> {
        store::backup(&self.sql, to)
    }

    fn repair(
        &mut self,
        repair: Repair,
        which: &ParkedSessions,
        now: Timestamp,
    ) -> Result<Repaired, StoreError> {
        let mut repaired = Repaired::default();
        let mut next = Some(RepairedUpTo::default());
        while let Some(from) = next {
            let tx = self
                .sql
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let (sessions, from) = store::repair(&tx, repair, which, from, store::millis(now))?;
            tx.commit()?;
            repaired.sessions.extend(sessions);
            next = from;
        }
        repaired.not_parked = store::not_parked(which, &repaired.sessions);
        Ok(repaired)
    }

    fn failed(&self, what: &str, error: StoreError) -> StoreError {
        error.context(format!("{what} the store `{}`", self.path.display()))
    }
}
