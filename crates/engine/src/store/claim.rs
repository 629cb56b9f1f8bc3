//! What can be worked on.

use std::collections::HashSet;

use casewire_core::{CustomerId, QueueId, RecordId, Session, Trace};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Result;
use super::row::{DueThen, LaneNo, SessionNo};
use crate::{Intent, Receipt, Remembered};

/// The most sessions that are taken from a lane at once: with their notes they fit into one write of any CRM.
const AT_ONCE: u32 = 50;

/// How many of a lane's own records are remembered as candidates.
const CANDIDATES: u32 = 20;

/// A lane that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) lane: LaneNo,
    pub(crate) person: i64,
    /// Whether an agent waits for its record.
    pub(crate) live: bool,
}

/// A lane's work as it stands.
#[derive(Debug)]
pub(crate) struct LaneWork {
    pub(crate) failures: u32,
    pub(crate) sessions: Vec<SessionWork>,
    /// What was written in the lane.
    pub(crate) written: Vec<Remembered>,
}

/// A session that has something to be written.
#[derive(Debug)]
pub(crate) struct SessionWork {
    pub(crate) no: SessionNo,
    pub(crate) latest: Session,
    pub(crate) due: DueThen,
    /// The record it is on, as last written.
    pub(crate) on: Option<RecordId>,
    pub(crate) trace: Trace,
    /// What a write, of which no answer is known, was to come to.
    pub(crate) intended: Option<Intent>,
    pub(crate) receipt: Option<Receipt>,
    /// Since when it has work.
    pub(crate) ready_at: i64,
    /// How often it failed in a way that is only its own.
    pub(crate) odd_tries: u32,
}

/// How many lanes are claimed at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) all: usize,
    /// With a live session.
    pub(crate) live: usize,
    /// Without one.
    pub(crate) others: usize,
}

/// Some lanes of `connector` that are ready at `now`: those with live sessions first, newest first; then the others, longest
/// ready first. Leaves out lanes of people in `busy`.
pub(crate) fn claim(
    sql: &Connection,
    connector: &str,
    now: i64,
    limits: Limits,
    busy: &HashSet<i64>,
) -> Result<Vec<Claim>> {
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    let live =
        "SELECT no, person FROM lanes WHERE connector = ?1 AND live IS NOT NULL AND ready_at <= ?2
                ORDER BY live DESC";
    let rest =
        "SELECT no, person FROM lanes WHERE connector = ?1 AND live IS NULL AND ready_at <= ?2
                ORDER BY ready_at";
    // What nobody else wants is for live ones again.
    for (query, live, limit) in [
        (live, true, limits.live),
        (rest, false, limits.others),
        (live, true, limits.all),
    ] {
        let limit = limits.all.min(found.len() + limit);
        let mut statement = sql.prepare_cached(query)?;
        let mut rows = statement.query(params![connector, now])?;
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            let (lane, person) = (LaneNo(row.get(0)?), row.get(1)?);
            if !busy.contains(&person) && taken.insert(person) {
                found.push(Claim { lane, person, live });
            }
        }
    }
    Ok(found)
}

/// When the next lane of `connector` is ready, of those that are not ready at `now`.
pub(crate) fn next_ready(sql: &Connection, connector: &str, now: i64) -> Result<Option<i64>> {
    let live = "SELECT min(ready_at) FROM lanes WHERE connector = ?1 AND live IS NOT NULL AND ready_at > ?2";
    let rest =
        "SELECT min(ready_at) FROM lanes WHERE connector = ?1 AND live IS NULL AND ready_at > ?2";
    let mut next: Option<i64> = None;
    for query in [live, rest] {
        let of_these: Option<i64> = sql
            .prepare_cached(query)?
            .query_row(params![connector, now], |row| row.get(0))?;
        next = [next, of_these].into_iter().flatten().min();
    }
    Ok(next)
}

/// The work of a lane, in its order.
pub(crate) fn work(sql: &Connection, lane: LaneNo) -> Result<LaneWork> {
    let failures = sql
        .prepare_cached("SELECT failures FROM lanes WHERE no = ?1")?
        .query_row([lane.0], |row| row.get(0))
        .optional()?
        // Its last session was erased a moment ago.
        .unwrap_or_default();
    let mut query = sql.prepare_cached(
        "SELECT no, session_json, due_json, record, trace, intended, receipt_json, ready_at, odd_tries
         FROM sessions WHERE lane = ?1 AND ready_at IS NOT NULL ORDER BY turn LIMIT ?2",
    )?;
    let mut rows = query.query(params![lane.0, AT_ONCE])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        sessions.push(session_work(row)?);
    }
    let mut query = sql.prepare_cached(
        "SELECT record_json, in_doubt FROM records WHERE lane = ?1 ORDER BY changed_at DESC LIMIT ?2",
    )?;
    let written = records(query.query(params![lane.0, CANDIDATES])?)?;
    Ok(LaneWork {
        failures,
        sessions,
        written,
    })
}

fn session_work(row: &Row<'_>) -> Result<SessionWork> {
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?);
    let required = |column| {
        let text = text(column)?;
        text.ok_or(rusqlite::Error::InvalidQuery)
    };
    Ok(SessionWork {
        no: SessionNo(row.get(0)?),
        latest: serde_json::from_str(required(1)?)?,
        due: serde_json::from_str(required(2)?)?,
        on: row.get::<_, Option<String>>(3)?.map(RecordId),
        trace: Trace::parse(text(4)?.unwrap_or_default()),
        intended: text(5)?.map(serde_json::from_str).transpose()?,
        receipt: text(6)?.map(serde_json::from_str).transpose()?,
        ready_at: row.get(7)?,
        odd_tries: row.get(8)?,
    })
}

/// What was written for a customer of the CRM in a leaf queue, newest first.
pub(crate) fn recall(
    sql: &Connection,
    connector: &str,
    customer: &CustomerId,
    queue: &QueueId,
) -> Result<Vec<Remembered>> {
    let mut query = sql.prepare_cached(
        "SELECT record_json, in_doubt FROM records WHERE connector = ?1 AND customer = ?2 AND queue = ?3
         ORDER BY changed_at DESC LIMIT ?4",
    )?;
    records(query.query(params![connector, customer.0, &*queue.0, CANDIDATES])?)
}

/// The record `id` as last written.
pub(crate) fn remembered(
    sql: &Connection,
    connector: &str,
    id: &RecordId,
) -> Result<Option<Remembered>> {
    let mut query = sql.prepare_cached(
        "SELECT record_json, in_doubt FROM records WHERE connector = ?1 AND id = ?2",
    )?;
    Ok(records(query.query(params![connector, id.0])?)?.pop())
}

fn records(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Remembered>> {
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let json = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        records.push(Remembered {
            record: serde_json::from_str(json)?,
            in_doubt: row.get(1)?,
        });
    }
    Ok(records)
}
