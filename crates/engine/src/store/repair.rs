//! Parked sessions: tried again or dropped by a person, from within the engine or from a command beside it.

use rusqlite::{Connection, params};

use super::Result;
use super::row::{Phase, day};
use super::tx::Tx;

/// So many sessions are repaired in one commit at most.
const AT_ONCE: usize = 500;

/// Which parked sessions are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParkedSessions {
    /// All of them, or all of one connector.
    All {
        /// The connector's name.
        connector: Option<String>,
    },
    /// Some of them.
    Named {
        /// Their names, for example `call/987`.
        sessions: Vec<String>,
        /// The source they are of; when absent, sessions of that name of every source.
        source: Option<String>,
    },
}

/// What becomes of parked sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// They are due again, at their old place in their lane.
    Retry,
    /// They are never written.
    Drop,
    /// They stay parked, and are only named.
    Nothing,
}

/// What was repaired, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The sessions that were parked, oldest first.
    pub sessions: Vec<String>,
    /// The named sessions that were not parked, or are not known.
    pub not_parked: Vec<String>,
}

/// Where a repair goes on: after this row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RepairedUpTo(i64);

impl Tx<'_> {
    /// The next part of a repair, see [`repair`].
    pub(crate) fn repair(
        &mut self,
        repair: Repair,
        which: &ParkedSessions,
        from: RepairedUpTo,
        now: i64,
    ) -> Result<(Vec<String>, Option<RepairedUpTo>)> {
        self.memory.wakes |= repair == Repair::Retry;
        self.memory.recent.clear();
        self::repair(&self.sql, repair, which, from, now)
    }
}

/// Repairs the sessions `which`, a bounded part of them after `from`. Answers with those it repaired, and where to go
/// on; none when it was the last part.
///
/// Touches nothing that a writing engine remembers, so another process may do it.
pub(crate) fn repair(
    sql: &Connection,
    repair: Repair,
    which: &ParkedSessions,
    from: RepairedUpTo,
    now: i64,
) -> Result<(Vec<String>, Option<RepairedUpTo>)> {
    let parked = match which {
        ParkedSessions::All { connector } => all(sql, connector.as_deref(), from)?,
        ParkedSessions::Named { sessions, source } => named(sql, sessions, source.as_deref())?,
    };
    let next = match which {
        ParkedSessions::All { .. } if parked.len() == AT_ONCE => {
            parked.last().map(|(no, _)| RepairedUpTo(*no))
        }
        _ => None,
    };
    for (no, _) in &parked {
        match repair {
            Repair::Retry => retry(sql, *no, now)?,
            Repair::Drop => drop_session(sql, *no, now)?,
            Repair::Nothing => {}
        }
    }
    let names = parked.into_iter().map(|(_, name)| name);
    Ok((names.collect(), next))
}

/// Those of `which` that are named and not among the `repaired`.
pub(crate) fn not_parked(which: &ParkedSessions, repaired: &[String]) -> Vec<String> {
    let ParkedSessions::Named { sessions, .. } = which else {
        return Vec::new();
    };
    let others = sessions.iter().filter(|name| !repaired.contains(name));
    others.cloned().collect()
}

fn all(
    sql: &Connection,
    connector: Option<&str>,
    from: RepairedUpTo,
) -> Result<Vec<(i64, String)>> {
    let mut query = sql.prepare_cached(
        "SELECT no, subject FROM sessions INDEXED BY sessions_parked
         WHERE phase = 'parked' AND no > ?1 AND (?2 IS NULL OR connector = ?2) ORDER BY no LIMIT ?3",
    )?;
    let found = query.query_map(params![from.0, connector, AT_ONCE as i64], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn named(
    sql: &Connection,
    sessions: &[String],
    source: Option<&str>,
) -> Result<Vec<(i64, String)>> {
    let mut query = sql.prepare_cached(
        "SELECT sessions.no, sessions.subject
         FROM sources CROSS JOIN sessions ON sessions.source = sources.no AND sessions.subject = ?1
         WHERE sessions.phase = 'parked' AND (?2 IS NULL OR sources.name = ?2)",
    )?;
    let mut found = Vec::new();
    for name in sessions {
        let rows = query.query_map(params![name, source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// It is decided anew, by what it was when it became due. It keeps its turn: that is the fairest, and no other has it.
fn retry(sql: &Connection, no: i64, now: i64) -> Result<()> {
    // What a parked write intended stays: it may have happened, and is looked for before it is repeated.
    let lane: Option<i64> = sql
        .prepare_cached(
            "UPDATE sessions SET phase = ?2, ready_at = ?3, receipt_json = CASE WHEN record IS NOT NULL THEN receipt_json END, attempts = 0, odd_tries = 0, error = NULL,
                 changed_at = ?3, changed_day = ?4
             WHERE no = ?1 RETURNING lane",
        )?
        .query_row(params![no, Phase::Due, now, day(now)], |row| row.get(0))?;
    // When the lane is being served, its end sees to the session.
    sql.prepare_cached("UPDATE lanes SET ready_at = ?2, retry_at = 0, failures = 0 WHERE no = ?1")?
        .execute(params![lane, now])?;
    Ok(())
}

fn drop_session(sql: &Connection, no: i64, now: i64) -> Result<()> {
    sql.prepare_cached(
        "UPDATE sessions SET phase = ?2, intended = NULL, changed_at = ?3, changed_day = ?4 WHERE no = ?1",
    )?
    .execute(params![no, Phase::Dropped, now, day(now)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_repaired_in_parts_and_none_of_them_twice() {
        let sql = Connection::open_in_memory().unwrap();
        sql.execute_batch(include_str!("schema.sql")).unwrap();
        sql.execute_batch("INSERT INTO sources VALUES (1, 'acme')")
            .unwrap();
        for no in 0..1_203 {
            let connector = if no % 3 == 0 { "other" } else { "crm" };
            sql.execute(
                "INSERT INTO sessions (source, subject, connector, phase, session_json, changed_at, changed_day)
                 VALUES (1, ?1, ?2, 'parked', '', 0, 0)",
                params![format!("call/{no}"), connector],
            )
            .unwrap();
        }
        let which = ParkedSessions::All {
            connector: Some("crm".to_owned()),
        };
        let (mut repaired, mut next) = (Vec::new(), Some(RepairedUpTo::default()));
        while let Some(from) = next {
            let (part, at) = repair(&sql, Repair::Retry, &which, from, 7).unwrap();
            assert!(part.len() <= 500);
            // The CRM refuses them again at once.
            sql.execute_batch("UPDATE sessions SET phase = 'parked'")
                .unwrap();
            repaired.extend(part);
            next = at;
        }
        assert_eq!(repaired.len(), 802);
        assert_eq!(repaired[..3], ["call/1", "call/2", "call/4"]);
        let ready = "SELECT count(*) FROM sessions WHERE ready_at = 7 AND connector = 'crm'";
        assert_eq!(sql.query_row(ready, [], |row| row.get(0)), Ok(802));
    }
}
