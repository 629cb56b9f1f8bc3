//! Messages on their way out.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Result;
use super::row::SessionNo;
use super::settle::Message;
use super::tx::Tx;
use crate::Linked;

/// A message that is to be sent to an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    pub(crate) no: i64,
    /// The endpoint, as the engine was given it.
    pub endpoint: String,
    /// The message's id: the same at each attempt.
    pub id: String,
    /// The body, JSON.
    pub body: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was sent before.
    pub attempts: u32,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivery({}, attempt {})", self.id, self.attempts + 1)
    }
}

/// The id of the message that tells `endpoint` of `linked`: the same whenever it is told again.
pub(crate) fn message_id(linked: &Linked, endpoint: &str) -> String {
    let session = format!("{} {}", linked.source, linked.session);
    let digest = super::tx::digest(&session, endpoint);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("msg_{hex}")
}

/// At most `limit` messages for `endpoint` whose time has come, longest due first.
pub(crate) fn deliveries(
    sql: &Connection,
    endpoint: &str,
    now: i64,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut query = sql.prepare_cached(
        "SELECT no, endpoint, message_id, body, created_at, attempts FROM deliveries
         WHERE endpoint = ?1 AND next_at <= ?2 ORDER BY next_at, no LIMIT ?3",
    )?;
    let rows = query.query_map(params![endpoint, now, limit], |row| {
        Ok(Delivery {
            no: row.get(0)?,
            endpoint: row.get(1)?,
            id: row.get(2)?,
            body: row.get(3)?,
            created_at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
            attempts: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Tx<'_> {
    pub(super) fn post(&mut self, message: &Message, session: SessionNo, now: i64) -> Result<()> {
        self.sql
            .prepare_cached(
                "INSERT INTO deliveries (endpoint, session, message_id, body, created_at, next_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .execute(params![
                &*message.endpoint,
                session.0,
                message.id,
                message.body,
                now
            ])?;
        Ok(())
    }

    pub(crate) fn delivered(&mut self, no: i64) -> Result<()> {
        self.sql
            .prepare_cached("DELETE FROM deliveries WHERE no = ?1")?
            .execute([no])?;
        Ok(())
    }

    /// Gives up what is to be sent to others than `endpoints`, and says how many messages that were.
    pub(crate) fn give_up_others(&mut self, endpoints: &[String], why: &str) -> Result<usize> {
        let given_up = self
            .sql
            .prepare_cached(
                "UPDATE deliveries SET next_at = NULL, error = ?2
                 WHERE next_at IS NOT NULL AND endpoint NOT IN (SELECT value FROM json_each(?1))",
            )?
            .execute(params![serde_json::to_string(endpoints)?, why])?;
        Ok(given_up)
    }

    /// `next_at` is none when it is given up.
    pub(crate) fn undelivered(&mut self, no: i64, error: &str, next_at: Option<i64>) -> Result<()> {
        self.sql
            .prepare_cached(
                "UPDATE deliveries SET attempts = attempts + 1, error = ?2, next_at = ?3 WHERE no = ?1",
            )?
            .execute(params![no, error, next_at])?;
        Ok(())
    }
}
