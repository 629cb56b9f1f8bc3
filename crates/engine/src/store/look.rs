//! What people ask the store about sessions.

use casewire_core::{Due, Outcome, Queue, Session, Settings, due};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::row::{DueThen, Phase, SessionNo};
use super::{Result, StoreError};
use crate::view::{RefusedRecord, SessionView, Step};
use crate::{CrmCall, Receipt};

/// So many of the newest sessions are looked through where no index leads to those that are wanted.
const SEARCHED: usize = 100_000;

/// Which sessions are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFilter {
    /// Only those that have come so far.
    pub phase: Option<Phase>,
    /// Only those of this connector.
    pub connector: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// The sessions that were found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSessions {
    /// Newest first, by when they were first heard of.
    pub sessions: Vec<SessionView>,
    /// Whether older sessions were not looked at, so that there may be more.
    pub older_not_searched: bool,
}

/// The sessions `subject`: one for each source that has it, or that of `source` alone. `settings` are those of a
/// connector, none when it is not in the config.
pub(crate) fn read_session<'s>(
    sql: &Connection,
    subject: &str,
    source: Option<&str>,
    settings: impl Fn(&str) -> Option<&'s Settings>,
) -> Result<Vec<SessionView>> {
    let mut query = sql.prepare_cached(
        "SELECT sessions.no FROM sources CROSS JOIN sessions ON sessions.source = sources.no AND sessions.subject = ?1
         WHERE ?2 IS NULL OR sources.name = ?2 ORDER BY sources.name",
    )?;
    let numbers = query.query_map(params![subject, source], |row| row.get(0).map(SessionNo))?;
    let mut views = Vec::new();
    for no in numbers {
        views.extend(view(sql, no?, &settings)?);
    }
    Ok(views)
}

const PARKED: &str =
    "SELECT no FROM sessions INDEXED BY sessions_parked WHERE phase = 'parked' ORDER BY no DESC";

const PENDING: &str =
    "SELECT no FROM sessions INDEXED BY sessions_ready WHERE ready_at IS NOT NULL ORDER BY no DESC";

const NEWEST: &str = "SELECT no FROM sessions ORDER BY no DESC";

/// The sessions that `filter` wants.
pub(crate) fn find_sessions<'s>(
    sql: &Connection,
    filter: &SessionFilter,
    settings: impl Fn(&str) -> Option<&'s Settings>,
) -> Result<FoundSessions> {
    let (query, searched) = match filter.phase {
        Some(Phase::Parked) => (PARKED, usize::MAX),
        Some(Phase::Due) => (PENDING, usize::MAX),
        _ => (NEWEST, SEARCHED),
    };
    let mut query = sql.prepare_cached(query)?;
    let mut numbers = query.query([])?;
    let mut is_wanted =
        sql.prepare_cached("SELECT phase, connector FROM sessions WHERE no = ?1")?;
    let mut found = FoundSessions {
        sessions: Vec::new(),
        older_not_searched: false,
    };
    let mut looked_at = 0;
    while found.sessions.len() < filter.limit
        && let Some(row) = numbers.next()?
    {
        if looked_at == searched {
            found.older_not_searched = true;
            break;
        }
        looked_at += 1;
        let no: i64 = row.get(0)?;
        let wanted = is_wanted.query_row([no], |row| {
            let (phase, connector) = (row.get::<_, Phase>(0)?, row.get_ref(1)?.as_str()?);
            Ok(filter.phase.is_none_or(|wanted| wanted == phase)
                && filter
                    .connector
                    .as_deref()
                    .is_none_or(|wanted| wanted == connector))
        });
        if wanted.optional()? == Some(true) {
            found.sessions.extend(view(sql, SessionNo(no), &settings)?);
        }
    }
    Ok(found)
}

fn view<'s>(
    sql: &Connection,
    no: SessionNo,
    settings: &impl Fn(&str) -> Option<&'s Settings>,
) -> Result<Option<SessionView>> {
    let mut query = sql.prepare_cached(
        "SELECT sessions.subject, sources.name, sessions.connector, phase, sessions.live, session_json, due_json, record,
             receipt_json, calls_json, attempts, error, max(sessions.ready_at, lanes.ready_at), changed_at
         FROM sessions JOIN sources ON sources.no = sessions.source LEFT JOIN lanes ON lanes.no = sessions.lane
         WHERE sessions.no = ?1",
    )?;
    let mut rows = query.query([no.0])?;
    match rows.next()? {
        Some(row) => stored(row, steps(sql, no)?, settings).map(Some),
        None => Ok(None),
    }
}

fn stored<'s>(
    row: &Row<'_>,
    steps: Vec<Step>,
    settings: &impl Fn(&str) -> Option<&'s Settings>,
) -> Result<SessionView> {
    let connector: String = row.get(2)?;
    let settings = settings(&connector);
    let session: Session = json(row, 5)?.ok_or_else(|| StoreError::new("a session is empty"))?;
    let due: Option<DueThen> = json(row, 6)?;
    let receipt: Option<Receipt> = json(row, 8)?;
    let decided = due.as_ref().map_or(&session, |due| &due.then);
    let view = SessionView {
        session: row.get(0)?,
        source: row.get(1)?,
        connector,
        phase: row.get(3)?,
        live: row.get(4)?,
        outcome: None,
        rule: due.as_ref().map(|due| due.rule),
        reason: String::new(),
        decided_at: due.as_ref().map(|due| due.at),
        settings: settings.map(|settings| settings.version.clone()),
        chosen: None,
        record: row.get(7)?,
        url: None,
        queue: decided
            .queue()
            .map(|queue: &Queue| queue.leaf().0.to_string()),
        refused: Vec::new(),
        notes_written: 0,
        repeated: false,
        warnings: Vec::new(),
        attempts: row.get(10)?,
        error: row.get(11)?,
        next_try_at: row.get::<_, Option<i64>>(12)?.map(at),
        steps,
        calls: json::<Vec<CrmCall>>(row, 9)?.unwrap_or_default(),
        changed_at: at(row.get(13)?),
    };
    Ok(match (view.phase, due, receipt) {
        (Phase::Waiting | Phase::Never, _, _) => view.undecided(&session, settings),
        (Phase::Due, Some(due), _) => view.due(&due, settings.is_some()),
        (Phase::Done | Phase::Parked, _, Some(receipt)) => view.settled(receipt),
        (Phase::Dropped, _, Some(receipt)) => view.dropped(receipt),
        (_, _, _) => return Err(StoreError::new("a session is incomplete; restore a backup")),
    })
}

impl SessionView {
    /// No rule made it due: which rule decided so, or what it waits for, by the settings of now.
    fn undecided(mut self, session: &Session, settings: Option<&Settings>) -> Self {
        if self.phase == Phase::Never {
            self.outcome = Some(Outcome::None);
            self.decided_at = session.ended_at();
        }
        let Some(settings) = settings else {
            self.reason = format!("its connector `{}` is not in the config", self.connector);
            return self;
        };
        self.reason = match due(settings.rules_of(session), session) {
            Due::Wait(what) => what.to_owned(),
            Due::Never(reason) => {
                self.rule = Some(reason.rule);
                reason.text.to_owned()
            }
            // The settings changed since its last event.
            Due::Now(reason) => format!(
                "the settings of now make it due with its next event: {} ({})",
                reason.text, reason.rule
            ),
        };
        self
    }

    /// A rule made it due, and it is not settled.
    fn due(mut self, due: &DueThen, has_connector: bool) -> Self {
        self.reason = match &self.error {
            _ if !has_connector => {
                format!(
                    "{}; its connector `{}` is not in the config",
                    due.reason, self.connector
                )
            }
            Some(error) => format!("{}; not written yet: {error}", due.reason),
            None => format!("{}; waits for its turn", due.reason),
        };
        self
    }

    fn settled(self, receipt: Receipt) -> Self {
        Self {
            outcome: Some(receipt.outcome),
            rule: receipt.rule,
            reason: receipt.reason,
            decided_at: receipt.decided_at,
            settings: Some(receipt.settings),
            chosen: receipt.chosen,
            url: receipt.url,
            refused: receipt
                .refused
                .into_iter()
                .map(|refused| RefusedRecord {
                    record: refused.record.0,
                    why: refused.why,
                })
                .collect(),
            notes_written: receipt.notes_written,
            repeated: receipt.repeated,
            warnings: receipt.warnings,
            ..self
        }
    }

    /// A person decided against writing it, or what was missing of it on its record.
    fn dropped(self, receipt: Receipt) -> Self {
        let written = self.steps.iter().rev().find_map(|step| {
            let outcome = outcome_of(step.result.as_deref()?)?;
            (!matches!(outcome, Outcome::None | Outcome::Parked)).then_some(outcome)
        });
        let mut view = self.settled(receipt);
        view.outcome = written.or(Some(Outcome::None));
        view.reason = format!("dropped by a person; it was parked: {}", view.reason);
        view
    }
}

fn steps(sql: &Connection, no: SessionNo) -> Result<Vec<Step>> {
    let mut query = sql.prepare_cached(
        "SELECT intended, intended_at, result, finished_at FROM steps WHERE session = ?1 ORDER BY no",
    )?;
    let steps = query.query_map([no.0], |row| {
        let intended = outcome_of(row.get_ref(0)?.as_str()?);
        Ok(Step {
            intended: intended.ok_or(rusqlite::types::FromSqlError::InvalidType)?,
            intended_at: at(row.get(1)?),
            result: row.get(2)?,
            finished_at: row.get::<_, Option<i64>>(3)?.map(at),
        })
    })?;
    Ok(steps.collect::<rusqlite::Result<_>>()?)
}

fn outcome_of(word: &str) -> Option<Outcome> {
    serde_json::from_value(word.into()).ok()
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null();
    let text = text.map_err(rusqlite::Error::from)?;
    Ok(text.map(serde_json::from_str).transpose()?)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan;

    #[test]
    fn open_work_is_found_by_an_index() {
        for (query, index) in [(PARKED, "sessions_parked"), (PENDING, "sessions_ready")] {
            assert!(plan(query).contains(index), "{query}");
        }
        assert!(!plan(NEWEST).contains("TEMP B-TREE"));
    }

    #[test]
    fn a_search_without_an_index_ends_and_says_so() {
        let sql = Connection::open_in_memory().unwrap();
        sql.execute_batch(include_str!("schema.sql")).unwrap();
        sql.execute_batch("INSERT INTO sources VALUES (1, 'acme')")
            .unwrap();
        let fill = "
            WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
            INSERT INTO sessions (source, subject, connector, phase, session_json, changed_at, changed_day)
            SELECT 1, 'call/' || n, 'crm', 'waiting', '', 0, 0 FROM numbers";
        sql.execute(fill, [SEARCHED as i64]).unwrap();
        let dropped = SessionFilter {
            phase: Some(Phase::Dropped),
            connector: None,
            limit: 5,
        };
        let found = || find_sessions(&sql, &dropped, |_| None).unwrap();
        assert!(!found().older_not_searched);
        sql.execute("UPDATE sessions SET subject = 'chat/0' WHERE no = 1", [])
            .unwrap();
        sql.execute(fill, [1]).unwrap();
        assert!(found().older_not_searched);
        assert_eq!(found().sessions, []);
    }
}
