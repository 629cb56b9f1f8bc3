//! How much waits, for gauges and people.

use std::fs;
use std::path::PathBuf;

use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::Serialize;

use super::Result;

/// How much waits, and how large the store is. What it costs to count grows with open work, not with what is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Depth {
    /// The connectors that have sessions, by name.
    pub connectors: Vec<ConnectorDepth>,
    /// Sessions that wait for a person.
    pub parked_sessions: u64,
    /// Messages that are to be delivered.
    pub deliveries_waiting: u64,
    /// Messages that were given up.
    pub deliveries_given_up: u64,
    /// The file's size, without its log.
    pub store_bytes: u64,
    /// How much of that is free to be used again.
    pub free_bytes: u64,
    /// The size of the write-ahead log beside the file.
    pub log_bytes: u64,
}

/// How much waits for one connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConnectorDepth {
    /// Its name in the config.
    pub connector: String,
    /// Lanes with work that could be done now, those being served included.
    pub ready_lanes: u64,
    /// Lanes whose work waits for its time: a note for others, or a failed write for its next try.
    pub waiting_lanes: u64,
    /// Lanes in which an agent waits for a record.
    pub live_lanes: u64,
    /// For how long the longest ready lane has been ready, in milliseconds; 0 when none is.
    pub oldest_ready_ms: u64,
}

/// The names of the connectors that have lanes: found by leaps in an index, not by reading it.
const CONNECTORS: &str = "
    WITH RECURSIVE names (name) AS (
        SELECT min(connector) FROM lanes
        UNION ALL
        SELECT (SELECT min(connector) FROM lanes WHERE connector > name) FROM names WHERE name IS NOT NULL)
    SELECT name FROM names WHERE name IS NOT NULL";

const PARKED_SESSIONS: &str = "SELECT count(*) FROM sessions WHERE phase = 'parked'";
const MESSAGES: &str = "SELECT count(*) FROM deliveries";
const MESSAGES_WAITING: &str = "SELECT count(*) FROM deliveries WHERE next_at IS NOT NULL";
// Lanes with live sessions have an index of their own, so each half of these finds its lanes in one.
const READY_LANES: &str = "
    SELECT count(*), min(ready_at) FROM (
        SELECT ready_at FROM lanes WHERE connector = ?1 AND live IS NULL AND ready_at <= ?2
        UNION ALL
        SELECT ready_at FROM lanes WHERE connector = ?1 AND live IS NOT NULL AND ready_at <= ?2)";
const WAITING_LANES: &str = "
    SELECT count(*) FROM (
        SELECT 1 FROM lanes WHERE connector = ?1 AND live IS NULL AND ready_at > ?2
        UNION ALL
        SELECT 1 FROM lanes WHERE connector = ?1 AND live IS NOT NULL AND ready_at > ?2)";
const LIVE_LANES: &str =
    "SELECT count(*) FROM lanes WHERE connector = ?1 AND live IS NOT NULL AND ready_at IS NOT NULL";

/// Counts what waits at `now`.
pub(crate) fn depth(sql: &Connection, now: i64) -> Result<Depth> {
    let pragma = |name| sql.pragma_query_value(None, name, |row| row.get(0).map(i64::unsigned_abs));
    let page = pragma("page_size")?;
    let messages = count(sql, MESSAGES, [])?;
    let deliveries_waiting = count(sql, MESSAGES_WAITING, [])?;
    let mut names = sql.prepare_cached(CONNECTORS)?;
    let names = names.query_map([], |row| row.get(0))?;
    Ok(Depth {
        connectors: names
            .map(|name| depth_of(sql, name?, now))
            .collect::<Result<_>>()?,
        parked_sessions: count(sql, PARKED_SESSIONS, [])?,
        deliveries_waiting,
        deliveries_given_up: messages.saturating_sub(deliveries_waiting),
        store_bytes: page * pragma("page_count")?,
        free_bytes: page * pragma("freelist_count")?,
        log_bytes: log_bytes(sql),
    })
}

fn depth_of(sql: &Connection, connector: String, now: i64) -> Result<ConnectorDepth> {
    let (ready, oldest): (i64, Option<i64>) = sql
        .prepare_cached(READY_LANES)?
        .query_row(params![connector, now], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(ConnectorDepth {
        ready_lanes: ready.unsigned_abs(),
        waiting_lanes: count(sql, WAITING_LANES, params![connector, now])?,
        live_lanes: count(sql, LIVE_LANES, params![connector])?,
        oldest_ready_ms: oldest.map_or(0, |ready_at| (now - ready_at).unsigned_abs()),
        connector,
    })
}

fn count(sql: &Connection, query: &str, params: impl rusqlite::Params) -> Result<u64> {
    Ok(sql
        .prepare_cached(query)?
        .query_row(params, |row| row.get(0).map(i64::unsigned_abs))?)
}

/// The log's size; 0 when there is none.
fn log_bytes(sql: &Connection) -> u64 {
    let Some(path) = sql.path() else { return 0 };
    let log = PathBuf::from(format!("{path}-wal"));
    fs::metadata(log).map_or(0, |log| log.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan;

    #[test]
    fn what_is_counted_is_found_by_an_index_of_open_work() {
        for (query, index) in [
            (PARKED_SESSIONS, "sessions_parked"),
            (MESSAGES, "deliveries_by_session"),
            (MESSAGES_WAITING, "deliveries_next"),
            (READY_LANES, "lanes_ready"),
            (READY_LANES, "lanes_live"),
            (WAITING_LANES, "lanes_ready"),
            (WAITING_LANES, "lanes_live"),
            (LIVE_LANES, "lanes_live"),
        ] {
            let plan = plan(query);
            assert!(plan.contains(index), "{query}\n{plan}");
            assert!(!plan.contains("autoindex"), "{query}\n{plan}");
        }
        let names = plan(CONNECTORS);
        assert!(
            names.contains("SEARCH lanes USING COVERING INDEX"),
            "{names}"
        );
        assert!(!names.contains("SCAN lanes"), "{names}");
    }
}
