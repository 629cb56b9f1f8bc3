//! What came of work: intents, outcomes, failures.

use std::sync::Arc;

use casewire_core::{Note, Record, RecordId, Session, Trace};
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension as _, params};

use super::Result;
use super::row::{DueThen, LaneNo, Phase, SessionNo, day};
use super::tx::Tx;
use crate::{CrmCall, Intent, Receipt};

/// What a session came to, or how its record was added to.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) no: SessionNo,
    pub(crate) phase: Phase,
    /// Why it is parked.
    pub(crate) error: Option<String>,
    pub(crate) receipt: Receipt,
    pub(crate) calls: Vec<CrmCall>,
    /// The record it is on, as written.
    pub(crate) record: Option<Record>,
    /// Its own part of that record's trace.
    pub(crate) trace: Trace,
    /// The session as it was known when this was decided; others of its events may have come since.
    pub(crate) seen: Session,
    pub(crate) due: DueThen,
    /// The zone of times in its notes.
    pub(crate) zone: TimeZone,
    /// Messages to send: endpoint, id and body of each.
    pub(crate) messages: Vec<Message>,
}

/// A message for an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) endpoint: Arc<str>,
    pub(crate) id: String,
    pub(crate) body: String,
}

/// Work that did not succeed this time.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The lane's head, which was tried.
    pub(crate) session: SessionNo,
    pub(crate) error: String,
    pub(crate) calls: Vec<CrmCall>,
    /// Whether that was about this session alone.
    pub(crate) is_odd: bool,
    /// Sessions whose intent came to nothing: no write of them happened.
    pub(crate) withdrawn: Vec<SessionNo>,
    /// The record that they meant to write to: it is as it was remembered.
    pub(crate) untouched: Option<RecordId>,
    /// When the lane is served again.
    pub(crate) retry_at: i64,
    /// How often its head has failed in a row.
    pub(crate) failures: u32,
}

/// How many calls a session's receipt keeps: the latest.
const CALLS: usize = 50;

impl Tx<'_> {
    /// Notes what is about to be written, and to which record: once this is durable, a later life knows.
    pub(crate) fn intend(
        &mut self,
        sessions: &[(SessionNo, Intent)],
        to: Option<&Record>,
        connector: &str,
        lane: LaneNo,
        now: i64,
    ) -> Result<()> {
        if let Some(record) = to {
            self.doubt(record, connector, lane, now)?;
        }
        for (no, intent) in sessions {
            self.sql
                .prepare_cached("UPDATE sessions SET intended = ?2 WHERE no = ?1")?
                .execute(params![no.0, serde_json::to_string(intent)?])?;
            self.sql
                // It may have been erased meanwhile.
                .prepare_cached(
                    "INSERT INTO steps (session, intended, intended_at) SELECT no, ?2, ?3 FROM sessions WHERE no = ?1",
                )?
                .execute(params![no.0, intent.outcome.as_str(), now])?;
        }
        Ok(())
    }

    /// A session's work is done.
    pub(crate) fn settle(
        &mut self,
        settled: &Settlement,
        connector: &str,
        lane: LaneNo,
        when: super::Settling,
    ) -> Result<()> {
        let now = when.now;
        let stored: Option<(i64, Option<String>)> = self
            .sql
            .prepare_cached("SELECT changed_day, calls_json FROM sessions WHERE no = ?1")?
            .query_row([settled.no.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        // It was erased meanwhile.
        let Some((changed_day, calls)) = stored else {
            return Ok(());
        };
        if let Some(record) = &settled.record {
            self.remember(record, connector, lane, now)?;
        }
        let has_more = settled.record.is_some() && self.has_more_notes(settled)?;
        let ready_at = has_more.then_some(now + when.note_window);
        // An index that need not change is not touched.
        let query = match changed_day == day(now) {
            true => {
                "UPDATE sessions SET phase = ?2, ready_at = ?3, live = 0, record = coalesce(?4, record), trace = ?5,
                     intended = CASE WHEN ?2 = 'parked' THEN intended END, receipt_json = ?6, calls_json = ?7,
                     attempts = 0, odd_tries = 0, error = ?8, changed_at = ?9
                 WHERE no = ?1 AND ?10 IS NOT NULL"
            }
            false => {
                "UPDATE sessions SET phase = ?2, ready_at = ?3, live = 0, record = coalesce(?4, record), trace = ?5,
                     intended = CASE WHEN ?2 = 'parked' THEN intended END, receipt_json = ?6, calls_json = ?7,
                     attempts = 0, odd_tries = 0, error = ?8, changed_at = ?9, changed_day = ?10
                 WHERE no = ?1"
            }
        };
        self.sql.prepare_cached(query)?.execute(params![
            settled.no.0,
            settled.phase,
            ready_at,
            settled.receipt.record.as_ref().map(|record| &record.0),
            settled.trace.to_text(usize::MAX - 1),
            serde_json::to_string(&settled.receipt)?,
            with_calls(calls.as_deref(), &settled.calls)?,
            settled.error,
            now,
            day(now),
        ])?;
        if let Some(mut row) = self.memory.recent.remove(settled.seen.key()) {
            row.phase = settled.phase;
            row.ready_at = ready_at;
            row.live = false;
            row.has_record |= settled.receipt.record.is_some();
            row.trace = settled.trace.clone();
            self.memory.recent.insert(row);
        }
        self.finish_steps(settled.no, settled.receipt.outcome.as_str(), now)?;
        for message in &settled.messages {
            self.post(message, settled.no, now)?;
        }
        Ok(())
    }

    /// The lane was served: what is left in it decides when it is again.
    pub(crate) fn release(&mut self, lane: LaneNo) -> Result<()> {
        self.sql
            .prepare_cached(
                "UPDATE lanes SET failures = 0, retry_at = 0 WHERE no = ?1 AND retry_at > 0",
            )?
            .execute([lane.0])?;
        self.refresh_lane(lane)
    }

    /// The lane's head could not be written this time.
    pub(crate) fn fail(
        &mut self,
        lane: LaneNo,
        connector: &str,
        failed: &Failed,
        now: i64,
    ) -> Result<()> {
        let no = failed.session;
        let calls: Option<Option<String>> = self
            .sql
            .prepare_cached("SELECT calls_json FROM sessions WHERE no = ?1")?
            .query_row([no.0], |row| row.get(0))
            .optional()?;
        let calls = with_calls(calls.flatten().as_deref(), &failed.calls)?;
        self.sql
            .prepare_cached(
                "UPDATE sessions SET error = ?2, calls_json = ?3, attempts = attempts + 1, odd_tries = odd_tries + ?4
                 WHERE no = ?1",
            )?
            .execute(params![no.0, failed.error, calls, failed.is_odd])?;
        for no in &failed.withdrawn {
            self.sql
                .prepare_cached("UPDATE sessions SET intended = NULL WHERE no = ?1")?
                .execute([no.0])?;
            // Of many tries that came to nothing the last is kept; the calls tell of the others.
            self.sql
                .prepare_cached("DELETE FROM steps WHERE session = ?1 AND result = 'not written'")?
                .execute([no.0])?;
            self.finish_steps(*no, "not written", now)?;
        }
        if let Some(record) = &failed.untouched {
            self.sql
                .prepare_cached("UPDATE records SET in_doubt = 0 WHERE connector = ?1 AND id = ?2")?
                .execute([connector, &record.0])?;
        }
        self.sql
            .prepare_cached("UPDATE lanes SET failures = ?2, retry_at = ?3 WHERE no = ?1")?
            .execute(params![lane.0, failed.failures, failed.retry_at])?;
        self.refresh_lane(lane)
    }

    /// The record is gone from the CRM.
    pub(crate) fn forget(&mut self, record: &RecordId, connector: &str) -> Result<()> {
        self.sql
            .prepare_cached("DELETE FROM records WHERE connector = ?1 AND id = ?2")?
            .execute([connector, &record.0])?;
        Ok(())
    }

    fn finish_steps(&mut self, no: SessionNo, result: &str, now: i64) -> Result<()> {
        self.sql
            .prepare_cached("UPDATE steps SET result = ?2, finished_at = ?3 WHERE session = ?1 AND result IS NULL")?
            .execute(params![no.0, result, now])?;
        Ok(())
    }

    /// From now on it is not known what is on `record`, until it is written to or read again.
    fn doubt(&mut self, record: &Record, connector: &str, lane: LaneNo, now: i64) -> Result<()> {
        let known = self
            .sql
            .prepare_cached(
                "UPDATE records SET in_doubt = 1, lane = ?3 WHERE connector = ?1 AND id = ?2",
            )?
            .execute(params![connector, record.id.0, lane.0])?;
        if known == 0 {
            self.remember(record, connector, lane, now)?;
            self.doubt(record, connector, lane, now)?;
        }
        Ok(())
    }

    /// Whether events came for the session while it was written that call for more notes.
    fn has_more_notes(&mut self, settled: &Settlement) -> Result<bool> {
        let key = settled.seen.key();
        if let Some(row) = self.memory.recent.remove(key) {
            let has_more = settled.lacks_notes(&row.session);
            self.memory.recent.insert(row);
            return Ok(has_more);
        }
        let latest: String = self
            .sql
            .prepare_cached("SELECT session_json FROM sessions WHERE no = ?1")?
            .query_row([settled.no.0], |row| row.get(0))?;
        Ok(settled.lacks_notes(&serde_json::from_str(&latest)?))
    }

    fn remember(&mut self, record: &Record, connector: &str, lane: LaneNo, now: i64) -> Result<()> {
        let (customer, queue) = (record.customer.as_ref(), record.queue.as_ref());
        let (customer, queue) = (customer.map(|id| &id.0), queue.map(|id| &*id.0));
        let body = serde_json::to_string(record)?;
        let updated = self
            .sql
            .prepare_cached(
                "UPDATE records SET record_json = ?3, changed_at = ?4, in_doubt = 0
                 WHERE connector = ?1 AND id = ?2 AND lane = ?5 AND customer IS ?6 AND queue IS ?7 AND changed_day = ?8",
            )?
            .execute(params![connector, record.id.0, body, now, lane.0, customer, queue, day(now)])?;
        if updated == 1 {
            return Ok(());
        }
        self.sql
            .prepare_cached(
                "INSERT INTO records (connector, id, lane, customer, queue, record_json, changed_at, changed_day)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (connector, id) DO UPDATE SET lane = excluded.lane, customer = excluded.customer,
                     queue = excluded.queue, record_json = excluded.record_json, in_doubt = 0, changed_at = excluded.changed_at,
                     changed_day = excluded.changed_day",
            )?
            .execute(params![
                connector,
                record.id.0,
                lane.0,
                customer,
                queue,
                body,
                now,
                day(now),
            ])?;
        Ok(())
    }
}

fn with_calls(known: Option<&str>, new: &[CrmCall]) -> Result<String> {
    let mut calls: Vec<CrmCall> = known
        .map(serde_json::from_str)
        .transpose()?
        .unwrap_or_default();
    calls.extend_from_slice(new);
    calls.drain(..calls.len().saturating_sub(CALLS));
    Ok(serde_json::to_string(&calls)?)
}

impl Settlement {
    /// Whether notes are missing by what is known now, which may be more than when it was decided.
    fn lacks_notes(&self, latest: &Session) -> bool {
        if *latest == self.seen {
            return false;
        }
        let DueThen { then, at, .. } = &self.due;
        !Note::missing(then, latest, *at, &self.zone, &self.trace).is_empty()
    }
}
