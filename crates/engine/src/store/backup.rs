//! A copy of the store, made while it is in use.

use std::path::Path;
use std::time::Duration;
use std::{fs::File, io};

use rusqlite::Connection;
use rusqlite::backup::Backup;
use tempfile::NamedTempFile;

use super::{Result, StoreError};

/// Pages copied at a time.
const STEP: i32 = 1_024;

/// Copies what is committed at this moment to the new file `to`. It appears there whole and checked, or not at all.
/// Answers with its size.
pub(crate) fn backup(from: &Connection, to: &Path) -> Result<u64> {
    let failed = |what: &str, error: io::Error| {
        StoreError::new(format!(
            "{what} the backup `{}`: {error}; name a new file in a folder that this user may write in",
            to.display()
        ))
    };
    if to.exists() {
        return Err(failed("making", io::ErrorKind::AlreadyExists.into()));
    }
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A temporary file is made with mode 0600, as it holds customer data.
    let part = NamedTempFile::new_in(folder).map_err(|error| failed("making", error))?;
    copy(from, part.path())
        .map_err(|error| error.context(format!("making the backup `{}`", to.display())))?;
    part.as_file()
        .sync_all()
        .map_err(|error| failed("writing", error))?;
    let file = part
        .persist_noclobber(to)
        .map_err(|error| failed("making", error.error))?;
    // The new name is on the disk once the folder is.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed("writing", error))?;
    let size = file.metadata().map_err(|error| failed("reading", error))?;
    Ok(size.len())
}

/// Copies all pages of what is committed at this moment into the empty file `to`.
pub(super) fn copy(from: &Connection, to: &Path) -> Result<Connection> {
    let mut to = Connection::open(to)?;
    // Nobody sees the copy before it is whole, and then it is written to the disk.
    to.pragma_update(None, "journal_mode", "off")?;
    to.pragma_update(None, "synchronous", "off")?;
    // While this reads, what others write does not begin the copy again.
    let snapshot = from.unchecked_transaction()?;
    snapshot.query_row("SELECT count(*) FROM sources", [], |_| Ok(()))?;
    Backup::new(&snapshot, &mut to)?.run_to_completion(STEP, Duration::ZERO, None)?;
    drop(snapshot);
    // One file, without a log beside it.
    to.pragma_update(None, "journal_mode", "delete")?;
    Ok(to)
}

/// What SQLite's `check` finds wrong with the file.
pub(crate) fn check(sql: &Connection, check: &str) -> Result<Vec<String>> {
    let mut query = sql.prepare(&format!("PRAGMA {check}"))?;
    let found = query.query_map([], |row| row.get(0))?;
    let mut found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
    found.retain(|line| line != "ok");
    Ok(found)
}
