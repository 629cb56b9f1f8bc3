//! The file: opening, locking, making and upgrading it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{Result, StoreError};

/// `CWIR`: tells a store from other SQLite files.
const APPLICATION_ID: i64 = 0x4357_4952;

/// What brings a file from the version before to this one, oldest first; the first makes it. Released ones are never
/// changed.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// How long a statement waits for another program, such as a repairing command, that writes at the moment.
const BUSY: Duration = Duration::from_secs(5);

/// Holds the store for one process, by a lock on a file beside it. The system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(store: &Path) -> Result<Self> {
        let path = beside(store, "lock");
        let file = open_private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::in_use(format!(
                "the store `{}` is held by another process; stop that one, or name another file in `[store]`",
                store.display()
            ))),
            Err(TryLockError::Error(error)) => Err(StoreError::new(format!(
                "locking `{}`: {error}; the store can not be on a network file system",
                path.display()
            ))),
        }
    }
}

/// Opens the file, and makes it when it is not there: readable by its owner alone, as it will hold customer data. SQLite
/// gives its log the same rights.
fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| {
        StoreError::new(format!(
            "opening `{}`: {error}; give this user the right to write it and in its folder",
            path.display()
        ))
    })
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Which file it is, whatever its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    path: PathBuf,
    #[cfg(unix)]
    file: (u64, u64),
}

impl Identity {
    pub(super) fn of(path: &Path) -> Result<Self> {
        let gone = |error| {
            StoreError::new(format!(
                "the store `{}` was removed or can not be reached: {error}; restore it and start again",
                path.display()
            ))
        };
        let metadata = std::fs::metadata(path).map_err(gone)?;
        #[cfg(not(unix))]
        let _ = metadata;
        Ok(Self {
            path: path.to_owned(),
            #[cfg(unix)]
            file: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.dev(), metadata.ino())
            },
        })
    }

    /// Fails when another file, or none, has its name now: what is written would be lost with the last process that has it
    /// open.
    pub(super) fn expect_same(&self) -> Result<()> {
        match Self::of(&self.path)? == *self {
            true => Ok(()),
            false => Err(StoreError::new(format!(
                "the store `{}` was replaced while it was in use; start again",
                self.path.display()
            ))),
        }
    }
}

/// The connection of the writing thread.
pub(super) fn open_for_writing(path: &Path) -> Result<Connection> {
    let context = |error: StoreError| error.context(format!("opening `{}`", path.display()));
    drop(open_private(path)?);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(context)?;
    upgrade(&mut connection).map_err(context)?;
    // The trees of a large store have more leaves than the usual 2 MB hold.
    let cached = connection.pragma_update(None, "cache_size", -32_768);
    cached.map_err(|error| context(error.into()))?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection> {
    let context = |error: StoreError| error.context(format!("opening `{}`", path.display()));
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(context)?;
    // Opened for writing because a reader of a write-ahead log has to take part in its locks.
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|error| context(error.into()))?;
    expect_current(&connection).map_err(context)?;
    Ok(connection)
}

/// A connection for a command that repairs while an engine may run.
pub(crate) fn open_for_repair(path: &Path) -> Result<Connection> {
    let context = |error: StoreError| error.context(format!("opening `{}`", path.display()));
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(context)?;
    expect_current(&connection).map_err(context)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Before anything is changed in a file that may be somebody else's.
    version(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // An acknowledged event survives a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased leaves no copy in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1_024 * 1_024)?;
    Ok(connection)
}

fn upgrade(connection: &mut Connection) -> Result<()> {
    let version = version(connection)?;
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    for migration in &MIGRATIONS[version..] {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    tx.commit()?;
    Ok(())
}

fn expect_current(connection: &Connection) -> Result<()> {
    match version(connection)? {
        version if version == MIGRATIONS.len() => Ok(()),
        _ => Err(StoreError::new(
            "the store is of an older version; `casewire serve` upgrades it",
        )),
    }
}

/// How many migrations the file has seen; none when it is new.
fn version(connection: &Connection) -> Result<usize> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if version == 0 && application == 0 {
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            return Ok(0);
        }
    }
    if application != APPLICATION_ID {
        return Err(StoreError::new(
            "it is no store of Casewire; name another file in `[store]`",
        ));
    }
    usize::try_from(version)
        .ok()
        .filter(|version| *version <= MIGRATIONS.len())
        .ok_or_else(|| {
            StoreError::new(format!(
                "it was written by a newer Casewire (version {version} of the store); use that one"
            ))
        })
}
