//! One commit of the writing thread.

use std::collections::HashMap;
use std::sync::Arc;

use casewire_core::{CustomerIdentity, CustomerKey, SessionKind};
use rusqlite::{OptionalExtension as _, Transaction, params};
use sha2::{Digest, Sha256};

use super::Result;
use super::recent::Recent;
use super::row::LaneNo;

/// What the writing thread remembers between commits.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    sources: HashMap<Arc<str>, i64>,
    turn: Option<i64>,
    person: Option<i64>,
    has_counted: bool,
    pub(super) recent: Recent,
    /// What SQLite counts when another connection changes the file.
    data_version: Option<i64>,
    /// Whether this commit made work ready.
    pub(super) wakes: bool,
}

/// A commit while work is done in it.
pub(crate) struct Tx<'a> {
    pub(super) sql: Transaction<'a>,
    pub(super) memory: &'a mut Memory,
}

impl Tx<'_> {
    /// To be called first in a commit: what another process changed is not remembered.
    pub(super) fn begin(&mut self) -> Result<()> {
        let version = self
            .sql
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.memory.data_version.replace(version) != Some(version) {
            self.memory.recent.clear();
        }
        Ok(())
    }

    /// To be called last in a commit.
    pub(super) fn end(self) -> Result<()> {
        if std::mem::take(&mut self.memory.has_counted) {
            self.sql
                .prepare_cached(
                    "UPDATE counters SET turn = coalesce(?1, turn), person = coalesce(?2, person)",
                )?
                .execute([self.memory.turn, self.memory.person])?;
        }
        self.sql.commit()?;
        Ok(())
    }

    /// Has the commit write something.
    pub(crate) fn touch(&mut self) -> Result<()> {
        self.sql
            .prepare_cached("UPDATE counters SET turn = turn")?
            .execute([])?;
        Ok(())
    }

    /// The row of a source.
    pub(super) fn source(&mut self, name: &Arc<str>) -> Result<i64> {
        if let Some(no) = self.memory.sources.get(name) {
            return Ok(*no);
        }
        self.sql
            .prepare_cached("INSERT OR IGNORE INTO sources (name) VALUES (?1)")?
            .execute([&**name])?;
        let no = self
            .sql
            .prepare_cached("SELECT no FROM sources WHERE name = ?1")?
            .query_row([&**name], |row| row.get(0))?;
        self.memory.sources.insert(Arc::clone(name), no);
        Ok(no)
    }

    /// The next place in the order of lanes.
    pub(super) fn next_turn(&mut self) -> Result<i64> {
        let turn = 1 + match self.memory.turn {
            Some(turn) => turn,
            None => self.counter("SELECT turn FROM counters")?,
        };
        self.memory.turn = Some(turn);
        self.memory.has_counted = true;
        Ok(turn)
    }

    fn next_person(&mut self) -> Result<i64> {
        let person = 1 + match self.memory.person {
            Some(person) => person,
            None => self.counter("SELECT person FROM counters")?,
        };
        self.memory.person = Some(person);
        self.memory.has_counted = true;
        Ok(person)
    }

    fn counter(&self, query: &str) -> Result<i64> {
        Ok(self.sql.query_row(query, [], |row| row.get(0))?)
    }

    /// The person with one of the keys of `customer`; the one known longest when the keys are of several, a new one when
    /// there is none. All keys are theirs from now on, and so are those of the others.
    pub(super) fn person(&mut self, customer: &CustomerIdentity, kind: SessionKind) -> Result<i64> {
        let keys: Vec<_> = customer.keys(kind).map(|key| digest_of(&key)).collect();
        let mut known = Vec::with_capacity(keys.len());
        for key in &keys {
            let person: Option<i64> = self
                .sql
                .prepare_cached("SELECT person FROM people WHERE key = ?1")?
                .query_row([&key[..]], |row| row.get(0))
                .optional()?;
            known.push(person);
        }
        let person = match known.iter().flatten().min() {
            Some(person) => *person,
            None => self.next_person()?,
        };
        // Several turn out to be one.
        for other in known.iter().flatten().filter(|other| **other != person) {
            self.sql
                .prepare_cached("UPDATE people SET person = ?1 WHERE person = ?2")?
                .execute([person, *other])?;
        }
        let new = keys.iter().zip(&known).filter(|(_, known)| known.is_none());
        for (key, _) in new {
            self.sql
                .prepare_cached("INSERT INTO people (key, person) VALUES (?1, ?2)")?
                .execute(params![&key[..], person])?;
        }
        Ok(person)
    }

    /// The lane of `person` in `queue`, which has work at `ready_at` and not before its back-off ends; `live` is the turn
    /// of a live session.
    pub(super) fn ready_lane(
        &mut self,
        connector: &str,
        person: i64,
        queue: &str,
        ready_at: i64,
        live: Option<i64>,
    ) -> Result<LaneNo> {
        let no = self
            .sql
            .prepare_cached(
                "INSERT INTO lanes (connector, person, queue, ready_at, live) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (connector, person, queue) DO UPDATE SET
                     ready_at = max(min(coalesce(ready_at, ?4), ?4), retry_at),
                     live = coalesce(max(live, ?5), live, ?5)
                 RETURNING no",
            )?
            .query_row(params![connector, person, queue, ready_at, live], |row| {
                row.get(0)
            })?;
        self.memory.wakes = true;
        Ok(LaneNo(no))
    }

    /// The lane has work at `ready_at` and not before its back-off ends.
    pub(super) fn wake_lane(&mut self, lane: LaneNo, ready_at: i64) -> Result<LaneNo> {
        self.sql
            .prepare_cached(
                "UPDATE lanes SET ready_at = max(min(coalesce(ready_at, ?2), ?2), retry_at) WHERE no = ?1",
            )?
            .execute([lane.0, ready_at])?;
        self.memory.wakes = true;
        Ok(lane)
    }

    /// Leaves a lane alone until then.
    pub(crate) fn postpone(&mut self, lane: LaneNo, until: i64) -> Result<()> {
        self.sql
            .prepare_cached("UPDATE lanes SET ready_at = ?2, retry_at = ?2 WHERE no = ?1")?
            .execute([lane.0, until])?;
        Ok(())
    }

    /// Lanes and sessions that wait for a time later than `far` after `now` are ready now.
    pub(crate) fn pull_in(&mut self, now: i64, far: i64) -> Result<()> {
        for table in ["lanes", "sessions"] {
            self.sql.execute(
                &format!("UPDATE {table} SET ready_at = ?1 WHERE ready_at > ?1 + ?2"),
                [now, far],
            )?;
        }
        self.sql.execute(
            "UPDATE lanes SET retry_at = 0 WHERE retry_at > ?1 + ?2",
            [now, far],
        )?;
        self.memory.recent.clear();
        self.memory.wakes = true;
        Ok(())
    }

    /// Sets a lane's work and priority by what its sessions say.
    pub(super) fn refresh_lane(&mut self, lane: LaneNo) -> Result<()> {
        let ready = self
            .sql
            .prepare_cached(
                "UPDATE lanes SET
                     ready_at = max((SELECT min(ready_at) FROM sessions
                                     WHERE lane = ?1 AND ready_at IS NOT NULL), retry_at),
                     live = (SELECT max(turn) FROM sessions
                             WHERE lane = ?1 AND ready_at IS NOT NULL AND live = 1)
                 WHERE no = ?1 RETURNING ready_at",
            )?
            .query_row([lane.0], |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        self.memory.wakes |= ready.flatten().is_some();
        Ok(())
    }
}

/// What a customer's key is known by: its text is not kept.
pub(super) fn digest_of(key: &CustomerKey) -> [u8; 16] {
    let kind = match key {
        CustomerKey::ExternalId(_) => "id",
        CustomerKey::Phone(_) => "phone",
        CustomerKey::Email(_) => "email",
    };
    digest(kind, key.as_str())
}

/// The first half of the SHA-256 of two texts.
pub(super) fn digest(first: &str, second: &str) -> [u8; 16] {
    let whole = Sha256::new()
        .chain_update(first)
        .chain_update([0])
        .chain_update(second)
        .finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}
