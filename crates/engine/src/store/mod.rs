//! What the engine knows, in one SQLite file.
//!
//! One thread writes; what waits when a commit begins shares it, and nobody is answered before the commit is on the
//! disk. Readers have connections of their own and see what is committed.

mod accept;
mod backup;
mod claim;
mod depth;
mod erase;
mod error;
mod file;
mod keep;
mod look;
mod outbox;
#[cfg(test)]
mod plan;
mod recent;
mod repair;
mod row;
mod settle;
mod tx;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::watch;

pub use accept::Accepted;
pub(crate) use accept::{Arrival, Settling};
pub(crate) use backup::{backup, check};
pub(crate) use claim::{
    Claim, LaneWork, Limits, SessionWork, claim, next_ready, recall, remembered, work,
};
pub(crate) use depth::depth;
pub use depth::{ConnectorDepth, Depth};
pub use erase::Erased;
pub(crate) use erase::erase;
pub use error::StoreError;
pub(crate) use file::open_for_repair;
pub use keep::Expired;
pub(crate) use keep::{AT_ONCE, Expiry};
pub use look::{FoundSessions, SessionFilter};
pub(crate) use look::{find_sessions, read_session};
pub use outbox::Delivery;
pub(crate) use outbox::{deliveries, message_id};
pub use repair::{ParkedSessions, Repaired};
pub(crate) use repair::{Repair, RepairedUpTo, not_parked, repair};
pub use row::Phase;
pub(crate) use row::{DueThen, LaneNo, SessionNo, day, millis};
pub(crate) use settle::{Failed, Message, Settlement};
use tx::{Memory, Tx};
use writer::Writer;

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// The store of a running engine.
#[derive(Debug)]
pub(crate) struct Store {
    // Before the lock: the last commit is done before another process may begin.
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    path: PathBuf,
    woken: watch::Receiver<u64>,
    _lock: file::Lock,
}

impl Store {
    /// Opens the file for writing, makes or upgrades it, and holds it until dropped.
    ///
    /// # Errors
    /// When another process holds it, it is no store of this version, or the disk fails.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let lock = file::Lock::take(path)?;
        let connection = file::open_for_writing(path)?;
        let (woken, wakes) = watch::channel(0);
        Ok(Self {
            writer: Writer::start(connection, file::Identity::of(path)?, woken)?,
            readers: Mutex::default(),
            path: path.to_owned(),
            woken: wakes,
            _lock: lock,
        })
    }

    /// Changes after each commit that made work ready.
    pub(crate) fn woken(&self) -> watch::Receiver<u64> {
        self.woken.clone()
    }

    /// Does `work` within the next commit: when this answers it is durable, or none of it was done.
    pub(crate) async fn write<T, W>(&self, weight: usize, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(weight, work).await
    }

    /// Runs `work` on what is committed, away from the caller's thread.
    pub(crate) async fn read<T, W>(self: &Arc<Self>, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let store = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let connection = store.reader()?;
            let result = work(&connection);
            store.lock_readers().push(connection);
            result
        });
        reading.await.map_err(|_| StoreError::stopped())?
    }

    fn reader(&self) -> Result<Connection> {
        let idle = self.lock_readers().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => file::open_for_reading(&self.path),
        }
    }

    fn lock_readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
