//! A customer's data, deleted on request.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use casewire_core::{Apply, CustomerKey, Session};
use memchr::memmem;
use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::keep::{delete_empty_lane, delete_session, forget_person, person_of};
use super::row::DueThen;
use super::{Result, StoreError, backup};

/// What was deleted of a customer, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Sessions, with their journals.
    pub sessions: u64,
    /// Of these, sessions that were still to be written or that are parked: they make no record any more.
    pub unwritten: u64,
    /// Messages about them that were not delivered.
    pub deliveries: u64,
    /// Records that were remembered as candidates. Those in the CRM stay.
    pub records: u64,
    /// Lanes that nobody else's sessions are in.
    pub lanes: u64,
    /// Keys that the customer was known by.
    pub keys: u64,
    /// Why copies may be left in the file or its log, when that is so: erasing again removes them.
    pub left_over: Option<String>,
}

/// Deletes the customer who has `key`: all sessions of everybody whom the store takes for the same person. With
/// [`Apply::Plan`] only counts them.
///
/// Digests of events stay: they tell nothing of a person, and keep redelivered events from bringing a session back.
pub(crate) fn erase(sql: &mut Connection, key: &CustomerKey, apply: Apply) -> Result<Erased> {
    // Reading all sessions takes its time, so nobody has to wait for it.
    let (mut sessions, mut people) = find(sql, key)?;
    people.extend(person_of(sql, key)?);
    let tx = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for person in &people {
        sessions.extend(sessions_of(&tx, *person)?);
    }
    let mut keys = BTreeSet::from([key.clone()]);
    let mut erased = delete(&tx, &sessions, people, &mut keys)?;
    if apply == Apply::Plan {
        tx.rollback()?;
        return Ok(erased);
    }
    tx.commit()?;
    erased.left_over = clean(sql, &keys).err().map(|error| error.to_string());
    Ok(erased)
}

/// The sessions that have `key`, now or when they became due, and whose they are: one that came to be known by it later
/// may be another person's in the store.
fn find(sql: &Connection, key: &CustomerKey) -> Result<(BTreeSet<i64>, BTreeSet<i64>)> {
    let mut query = sql.prepare(
        "SELECT no, person, session_json, due_json FROM sessions
         WHERE instr(session_json, ?1) > 0 OR instr(due_json, ?1) > 0",
    )?;
    let mut rows = query.query([as_stored(key)?])?;
    let (mut sessions, mut people) = (BTreeSet::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let text = |column| {
            row.get_ref(column)?
                .as_str_or_null()
                .map_err(rusqlite::Error::from)
        };
        let now: Option<Session> = text(2)?.map(serde_json::from_str).transpose()?;
        let then: Option<DueThen> = text(3)?.map(serde_json::from_str).transpose()?;
        let mut known = now.iter().chain(then.as_ref().map(|due| &due.then));
        if known.any(|session| has(session, key)) {
            sessions.insert(row.get(0)?);
            people.extend(row.get::<_, Option<i64>>(1)?);
        }
    }
    Ok((sessions, people))
}

/// The key as it stands in a session's JSON.
fn as_stored(key: &CustomerKey) -> Result<String> {
    Ok(serde_json::to_string(key.as_str())?)
}

fn has(session: &Session, key: &CustomerKey) -> bool {
    let customer = session.customer();
    let mut keys = customer.keys(session.key().kind());
    keys.any(|known| known == *key)
}

fn sessions_of(sql: &Connection, person: i64) -> Result<Vec<i64>> {
    let mut query = sql.prepare_cached("SELECT no FROM sessions WHERE person = ?1")?;
    let found = query.query_map([person], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Deletes the sessions and what belongs to them. Adds to `keys` what they were known by.
fn delete(
    sql: &Connection,
    sessions: &BTreeSet<i64>,
    mut people: BTreeSet<i64>,
    keys: &mut BTreeSet<CustomerKey>,
) -> Result<Erased> {
    let mut erased = Erased::default();
    let mut lanes = BTreeSet::new();
    for no in sessions {
        let gone = delete_session(sql, *no)?;
        erased.sessions += 1;
        erased.unwritten += u64::from(gone.was_pending);
        erased.deliveries += gone.deliveries;
        lanes.extend(gone.lane);
        people.extend(gone.people(sql)?);
        if let Some(record) = gone.record {
            erased.records += sql
                .prepare_cached("DELETE FROM records WHERE connector = ?1 AND id = ?2")?
                .execute([gone.connector, record])? as u64;
        }
        keys.extend(gone.keys);
    }
    for lane in lanes {
        if delete_empty_lane(sql, lane)?.is_some() {
            erased.lanes += 1;
            erased.records += sql
                .prepare_cached("DELETE FROM records WHERE lane = ?1")?
                .execute([lane])? as u64;
        }
    }
    // Another person, whom one of the keys is of, stays as long as they have sessions.
    for person in people {
        erased.keys += forget_person(sql, person)?;
    }
    Ok(erased)
}

/// Removes copies of the `keys` from the log and from the file.
fn clean(sql: &Connection, keys: &BTreeSet<CustomerKey>) -> Result<()> {
    empty_log(sql)?;
    if are_in_file(sql, keys)? {
        // SQLite overwrites what is deleted, but not the bytes of rows that it moved to another page before.
        sql.execute_batch("VACUUM")
            .map_err(|error| StoreError::from(error).context("rewriting the file"))?;
        empty_log(sql)?;
    }
    Ok(())
}

fn empty_log(sql: &Connection) -> Result<()> {
    let busy: bool = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        false => Ok(()),
        true => Err(StoreError::new(
            "emptying the log: another process was reading it",
        )),
    }
}

/// Whether the bytes of any of the `keys` are anywhere in the file. Looked for in a copy: a program that opens and closes
/// the file itself takes SQLite's locks on it away.
fn are_in_file(sql: &Connection, keys: &BTreeSet<CustomerKey>) -> Result<bool> {
    let failed =
        |error: io::Error| StoreError::new(format!("looking for copies in the file: {error}"));
    let folder = sql.path().and_then(|path| Path::new(path).parent());
    let copy = match folder {
        Some(folder) => NamedTempFile::new_in(folder),
        None => NamedTempFile::new(),
    };
    let mut copy = copy.map_err(failed)?;
    drop(backup::copy(sql, copy.path())?);
    let texts: Vec<_> = keys.iter().map(as_stored).collect::<Result<_>>()?;
    contains_any(copy.as_file_mut(), &texts).map_err(failed)
}

fn contains_any(file: &mut impl Read, texts: &[String]) -> io::Result<bool> {
    const CHUNK: u64 = 1 << 20;
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    let mut bytes = Vec::new();
    loop {
        // A text may begin at the end of one chunk and go on in the next.
        bytes.drain(..bytes.len().saturating_sub(longest));
        if file.take(CHUNK).read_to_end(&mut bytes)? == 0 {
            return Ok(false);
        }
        if texts
            .iter()
            .any(|text| memmem::find(&bytes, text.as_bytes()).is_some())
        {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> BTreeSet<CustomerKey> {
        BTreeSet::from([CustomerKey::parse("kim@example.com").unwrap()])
    }

    /// Rows that grow and move between pages, those of one customer deleted in the end.
    fn fill_and_delete(sql: &Connection, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        sql.pragma_update(None, "secure_delete", true).unwrap();
        sql.pragma_update(None, "synchronous", "off").unwrap();
        sql.execute_batch(
            "CREATE TABLE sources (no); CREATE TABLE kept (no INTEGER PRIMARY KEY, text)",
        )
        .unwrap();
        for _ in 0..4_000 {
            let no = random.i64(0..400);
            let owner = if no % 7 == 0 { "kim" } else { "lee" };
            let text = format!(
                "\"{owner}@example.com\"{}",
                "x".repeat(random.usize(0..600))
            );
            sql.execute("INSERT OR REPLACE INTO kept VALUES (?1, ?2)", (no, text))
                .unwrap();
        }
        sql.execute_batch("DELETE FROM kept WHERE no % 7 = 0")
            .unwrap();
    }

    #[test]
    fn bytes_that_sqlite_left_behind_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut left_behind = 0;
        for seed in 0..20 {
            let sql = Connection::open(folder.path().join(format!("{seed}.db"))).unwrap();
            sql.pragma_update(None, "journal_mode", "wal").unwrap();
            fill_and_delete(&sql, seed);
            left_behind += u32::from(are_in_file(&sql, &keys()).unwrap());
            clean(&sql, &keys()).unwrap();
            assert!(!are_in_file(&sql, &keys()).unwrap(), "{seed}");
        }
        assert!(left_behind > 0, "nothing had to be removed");
    }

    #[test]
    fn a_log_in_use_is_not_called_clean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.db");
        let sql = Connection::open(&path).unwrap();
        sql.pragma_update(None, "journal_mode", "wal").unwrap();
        sql.busy_timeout(std::time::Duration::ZERO).unwrap();
        fill_and_delete(&sql, 1);
        let reader = Connection::open(&path).unwrap();
        let reading = reader.unchecked_transaction().unwrap();
        reading
            .query_row("SELECT count(*) FROM kept", [], |_| Ok(()))
            .unwrap();
        sql.execute_batch("DELETE FROM kept").unwrap();
        let error = clean(&sql, &keys()).unwrap_err();
        assert!(error.to_string().contains("another process"), "{error}");
        drop(reading);
        clean(&sql, &keys()).unwrap();
    }

    #[test]
    fn a_text_is_found_across_chunks() {
        let mut bytes = vec![0; (1 << 20) - 3];
        bytes.extend_from_slice(b"\"kim@example.com\"");
        let find = |text: &str| contains_any(&mut &bytes[..], &[text.to_owned()]).unwrap();
        assert!(find("\"kim@example.com\""));
        assert!(!find("\"lee@example.com\""));
    }
}
