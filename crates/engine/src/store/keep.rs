//! What is old goes, in small steps.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use casewire_core::{CustomerKey, Session};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::Result;
use super::tx::{Tx, digest_of};

/// So many sessions, events or records are looked at in one commit, and at most so many are deleted, with what belongs
/// to them.
pub(crate) const AT_ONCE: usize = 500;

/// What was deleted because it was old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expired {
    /// Sessions with nothing left to do.
    pub sessions: u64,
    /// Events that were remembered so that a second delivery changes nothing.
    pub events: u64,
    /// Records that were remembered as candidates.
    pub records: u64,
    /// Lanes without a session.
    pub lanes: u64,
    /// Keys of people without a session.
    pub people: u64,
    /// Messages about these sessions that were not delivered.
    pub deliveries: u64,
}

impl AddAssign for Expired {
    fn add_assign(&mut self, more: Self) {
        self.sessions += more.sessions;
        self.events += more.events;
        self.records += more.records;
        self.lanes += more.lanes;
        self.people += more.people;
        self.deliveries += more.deliveries;
    }
}

/// Where looking for what is old goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// At the sessions of this day after this row: those that stay are not looked at twice.
    Sessions {
        /// The day they were last touched on.
        day: i64,
        /// The row looked at last.
        after: i64,
    },
    /// At the events whose digests begin so.
    Events {
        /// The first 12 bits.
        slice: u16,
    },
    /// At the records.
    Records,
}

impl Expiry {
    pub(crate) const START: Self = Self::of_day(i64::MIN);

    const fn of_day(day: i64) -> Self {
        Self::Sessions { day, after: 0 }
    }
}

/// The sessions that were last touched on a day, after a row, each with whether it may go: nothing is to be written for it,
/// and no person has to look at it. A message that was not taken for so long, perhaps of an endpoint that is not in the
/// config any more, keeps nobody's data.
const SESSIONS_OF_DAY: &str = "
    SELECT no, ready_at IS NULL AND phase <> 'parked'
    FROM sessions WHERE changed_day = ?1 AND no > ?2 ORDER BY no LIMIT ?3";

const NEXT_DAY: &str =
    "SELECT min(changed_day) FROM sessions WHERE changed_day > ?1 AND changed_day < ?2";

/// Events have no index by age: once a day all are looked at, a slice after another.
const OLD_EVENTS: &str =
    "DELETE FROM events WHERE digest >= ?2 AND digest < ?3 AND received_day < ?1";

/// So many slices there are.
const SLICES: u16 = 1 << 12;

const OLD_RECORDS: &str = "
    DELETE FROM records WHERE (connector, id) IN
        (SELECT connector, id FROM records WHERE changed_day < ?1 ORDER BY changed_day LIMIT ?2)";

/// A lane that no session is in; a session that only waits for late data is in its lane all the same.
const EMPTY_LANE: &str = "
    DELETE FROM lanes WHERE no = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE lane = ?1) RETURNING person";

const FORGOTTEN_PERSON: &str = "
    DELETE FROM people WHERE person = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE person = ?1)";

impl Tx<'_> {
    /// Deletes a part of what was not touched since the beginning of day `before`. Answers with what it was, and where
    /// to go on; none at the end.
    pub(crate) fn expire(&mut self, at: Expiry, before: i64) -> Result<(Expired, Option<Expiry>)> {
        let mut expired = Expired::default();
        self.memory.recent.clear();
        let next = match at {
            Expiry::Sessions { day, after } => {
                let last = expire_sessions(&self.sql, day, after, &mut expired)?;
                let next = match last {
                    Some(after) => Some(Expiry::Sessions { day, after }),
                    None => self.next_day(day, before)?.map(Expiry::of_day),
                };
                let done_today = self.events_kept_since()? >= before;
                Some(next.unwrap_or(match done_today {
                    true => Expiry::Records,
                    false => Expiry::Events { slice: 0 },
                }))
            }
            Expiry::Events { slice } => {
                expired.events = delete_events(&self.sql, slice, before)?;
                Some(match slice + 1 {
                    SLICES => {
                        self.keep_events_since(before)?;
                        Expiry::Records
                    }
                    slice => Expiry::Events { slice },
                })
            }
            Expiry::Records => {
                expired.records = delete_oldest(&self.sql, OLD_RECORDS, before)?;
                (expired.records == AT_ONCE as u64).then_some(Expiry::Records)
            }
        };
        Ok((expired, next))
    }

    fn events_kept_since(&self) -> Result<i64> {
        let mut query = self
            .sql
            .prepare_cached("SELECT events_kept_since FROM counters")?;
        Ok(query.query_row([], |row| row.get(0))?)
    }

    fn keep_events_since(&self, day: i64) -> Result<()> {
        self.sql
            .prepare_cached("UPDATE counters SET events_kept_since = ?1")?
            .execute([day])?;
        Ok(())
    }

    fn next_day(&self, day: i64, before: i64) -> Result<Option<i64>> {
        let mut query = self.sql.prepare_cached(NEXT_DAY)?;
        Ok(query.query_row([day, before], |row| row.get(0))?)
    }
}

/// Deletes the events before that day whose digests begin with `slice`.
fn delete_events(sql: &Connection, slice: u16, before: i64) -> Result<u64> {
    let first = |slice: u16| (slice << 4).to_be_bytes();
    let after = match slice + 1 {
        // Beyond every digest.
        SLICES => vec![0xff; 17],
        next => first(next).to_vec(),
    };
    let mut query = sql.prepare_cached(OLD_EVENTS)?;
    Ok(query.execute(params![before, &first(slice)[..], after])? as u64)
}

fn delete_oldest(sql: &Connection, query: &str, before: i64) -> Result<u64> {
    let mut query = sql.prepare_cached(query)?;
    Ok(query.execute(params![before, AT_ONCE as i64])? as u64)
}

/// Answers with the last row it looked at when there may be more of that day.
fn expire_sessions(
    sql: &Connection,
    day: i64,
    after: i64,
    expired: &mut Expired,
) -> Result<Option<i64>> {
    let looked_at: Vec<(i64, bool)> = sql
        .prepare_cached(SESSIONS_OF_DAY)?
        .query_map(params![day, after, AT_ONCE as i64], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut lanes = BTreeSet::new();
    let mut people = BTreeSet::new();
    for (no, _) in looked_at.iter().filter(|(_, may_go)| *may_go) {
        let gone = delete_session(sql, *no)?;
        expired.sessions += 1;
        expired.deliveries += gone.deliveries;
        lanes.extend(gone.lane);
        people.extend(gone.people(sql)?);
    }
    for lane in lanes {
        let person = delete_empty_lane(sql, lane)?;
        expired.lanes += u64::from(person.is_some());
        people.extend(person);
    }
    for person in people {
        expired.people += forget_person(sql, person)?;
    }
    let is_last = looked_at.len() < AT_ONCE;
    Ok(looked_at.last().filter(|_| !is_last).map(|(no, _)| *no))
}

/// A session that was deleted.
pub(super) struct Gone {
    pub(super) connector: String,
    /// Whether something was to be written for it.
    pub(super) was_pending: bool,
    pub(super) lane: Option<i64>,
    pub(super) record: Option<String>,
    pub(super) person: Option<i64>,
    /// What its customer was known by.
    pub(super) keys: Vec<CustomerKey>,
    pub(super) deliveries: u64,
}

impl Gone {
    /// Whose it was: by its row, and by each key.
    pub(super) fn people(&self, sql: &Connection) -> Result<BTreeSet<i64>> {
        let mut people: BTreeSet<_> = self.person.into_iter().collect();
        for key in &self.keys {
            people.extend(person_of(sql, key)?);
        }
        Ok(people)
    }
}

/// Deletes a session with its steps and messages.
pub(super) fn delete_session(sql: &Connection, no: i64) -> Result<Gone> {
    let deliveries = sql
        .prepare_cached("DELETE FROM deliveries WHERE session = ?1")?
        .execute([no])?;
    let (mut gone, session) = sql
        .prepare_cached(
            "DELETE FROM sessions WHERE no = ?1
             RETURNING connector, ready_at IS NOT NULL OR phase = 'parked', lane, record, person, session_json",
        )?
        .query_row([no], |row| {
            let gone = Gone {
                connector: row.get(0)?,
                was_pending: row.get(1)?,
                lane: row.get(2)?,
                record: row.get(3)?,
                person: row.get(4)?,
                keys: Vec::new(),
                deliveries: deliveries as u64,
            };
            Ok((gone, row.get::<_, String>(5)?))
        })?;
    // One that can not be read any more goes all the same.
    if let Ok(session) = serde_json::from_str::<Session>(&session) {
        gone.keys = session.customer().keys(session.key().kind()).collect();
    }
    Ok(gone)
}

/// Whose `key` is.
pub(super) fn person_of(sql: &Connection, key: &CustomerKey) -> Result<Option<i64>> {
    Ok(sql
        .prepare_cached("SELECT person FROM people WHERE key = ?1")?
        .query_row([&digest_of(key)[..]], |row| row.get(0))
        .optional()?)
}

/// Deletes a lane when no session is in it, and says whose it was.
pub(super) fn delete_empty_lane(sql: &Connection, lane: i64) -> Result<Option<i64>> {
    Ok(sql
        .prepare_cached(EMPTY_LANE)?
        .query_row([lane], |row| row.get(0))
        .optional()?)
}

/// Deletes the keys of a person without sessions, and counts them.
pub(super) fn forget_person(sql: &Connection, person: i64) -> Result<u64> {
    Ok(sql.prepare_cached(FORGOTTEN_PERSON)?.execute([person])? as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan;

    #[test]
    fn what_is_old_is_found_by_an_index() {
        for (query, index) in [
            (
                SESSIONS_OF_DAY,
                "sessions_by_age (changed_day=? AND rowid>?)",
            ),
            (
                NEXT_DAY,
                "sessions_by_age (changed_day>? AND changed_day<?)",
            ),
            (OLD_RECORDS, "records_by_age"),
            (EMPTY_LANE, "sessions_by_lane"),
            (FORGOTTEN_PERSON, "sessions_by_person"),
            (
                "DELETE FROM deliveries WHERE session = ?1",
                "deliveries_by_session",
            ),
        ] {
            let plan = plan(query);
            assert!(plan.contains(index), "{query}\n{plan}");
            assert!(!plan.contains("SCAN"), "{query}\n{plan}");
        }
        // A slice, not all of them.
        let plan = plan(OLD_EVENTS);
        let slice = "SEARCH events USING PRIMARY KEY (digest>? AND digest<?)";
        assert!(plan.contains(slice), "{plan}");
    }

    #[test]
    fn more_than_one_part_is_expired_and_what_stays_is_passed_by() {
        let mut sql = Connection::open_in_memory().unwrap();
        sql.execute_batch(include_str!("schema.sql")).unwrap();
        sql.execute_batch("INSERT INTO sources VALUES (1, 'acme')")
            .unwrap();
        // Two days of 700 parked and 700 done sessions each, a day that is too young, and old events.
        for (no, day) in (0..4_200).map(|no| (no, no / 1_400)) {
            let phase = if no % 2 == 0 { "parked" } else { "done" };
            sql.execute(
                "INSERT INTO sessions (source, subject, connector, phase, session_json, changed_at, changed_day)
                 VALUES (1, ?1, 'crm', ?2, '', 0, ?3)",
                params![format!("call/{no}"), phase, day],
            )
            .unwrap();
            sql.execute(
                "INSERT INTO events (digest, received_day) VALUES (?1, ?2)",
                params![&crate::store::tx::digest("acme", &no.to_string())[..], day],
            )
            .unwrap();
        }
        let mut memory = super::super::Memory::default();
        let (mut expired, mut next) = (Expired::default(), Some(Expiry::START));
        while let Some(at) = next {
            let mut tx = Tx {
                sql: sql.transaction().unwrap(),
                memory: &mut memory,
            };
            let step = tx.expire(at, 2).unwrap();
            tx.sql.commit().unwrap();
            assert!(step.0.sessions <= 500 && step.0.events <= 500);
            expired += step.0;
            next = step.1;
        }
        let expected = Expired {
            sessions: 1_400,
            events: 2_800,
            ..Expired::default()
        };
        assert_eq!(expired, expected);
        let left = "SELECT count(*), sum(phase = 'parked') FROM sessions";
        let left = sql.query_row(left, [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(left, Ok((2_800_i64, 2_100_i64)));
    }
}
