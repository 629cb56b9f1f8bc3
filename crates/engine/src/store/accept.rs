//! Events into sessions: the inbox.

use std::sync::Arc;

use casewire_core::{Due, Note, Reason, Session, SessionEvent, Settings, Trace, due};
use rusqlite::{OptionalExtension as _, params};

use super::row::{DueThen, LaneNo, Phase, day};
use super::tx::Tx;
use super::{Result, StoreError};

/// An event with what decides about its session.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) event: SessionEvent,
    pub(crate) connector: Arc<str>,
    pub(crate) settings: Arc<Settings>,
}

/// When arrivals are worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settling {
    pub(crate) now: i64,
    /// How long a note waits for others to join it, in milliseconds.
    pub(crate) note_window: i64,
}

/// What became of a request's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events that are new.
    pub new: usize,
    /// Events that were there already, and changed nothing.
    pub repeated: usize,
}

/// A session's row while events are folded into it.
#[derive(Debug)]
pub(super) struct OpenSession {
    /// None until it is inserted.
    pub(super) no: Option<i64>,
    /// Whether more than the session's facts changed.
    moved: bool,
    changed_day: i64,
    source: i64,
    connector: Arc<str>,
    pub(super) phase: Phase,
    pub(super) session: Session,
    person: Option<i64>,
    due: Option<DueThen>,
    became_due: bool,
    left: bool,
    lane: Option<i64>,
    turn: Option<i64>,
    pub(super) ready_at: Option<i64>,
    pub(super) live: bool,
    pub(super) has_record: bool,
    pub(super) trace: Trace,
}

impl Tx<'_> {
    /// Takes `arrivals`: all of them are in their sessions, and their lanes know of the work they make.
    pub(crate) fn accept(&mut self, arrivals: &[Arrival], when: Settling) -> Result<Accepted> {
        // What can not be read is found out before anything is written.
        for arrival in arrivals {
            if !self.memory.recent.contains(&arrival.event.session) {
                let row = self.open(arrival).map_err(StoreError::before_anything)?;
                self.memory.recent.insert(row);
            }
        }
        let mut accepted = Accepted::default();
        let mut open: Option<Box<OpenSession>> = None;
        for arrival in arrivals {
            if !self.is_new(&arrival.event, when.now)? {
                accepted.repeated += 1;
                continue;
            }
            accepted.new += 1;
            // Events of one session often come one after another: it is saved once.
            let is_other = |row: &mut Box<OpenSession>| *row.session.key() != arrival.event.session;
            if let Some(done) = open.take_if(is_other) {
                self.save(done, when.now)?;
            }
            let row = match &mut open {
                Some(row) => row,
                none => none.insert(self.open(arrival)?),
            };
            self.observe(row, arrival, when)?;
        }
        if let Some(done) = open {
            self.save(done, when.now)?;
        }
        Ok(accepted)
    }

    fn is_new(&mut self, event: &SessionEvent, now: i64) -> Result<bool> {
        let digest = super::tx::digest(event.session.source(), &event.id.0);
        let inserted = self
            .sql
            .prepare_cached("INSERT OR IGNORE INTO events (digest, received_day) VALUES (?1, ?2)")?
            .execute(params![&digest[..], day(now)])?;
        Ok(inserted == 1)
    }

    fn open(&mut self, arrival: &Arrival) -> Result<Box<OpenSession>> {
        let key = &arrival.event.session;
        if let Some(recent) = self.memory.recent.remove(key) {
            return Ok(recent);
        }
        let source = self.source(key.source())?;
        let mut query = self.sql.prepare_cached(
            "SELECT no, connector, phase, session_json, person, due_json, lane, turn, ready_at, live, record IS NOT NULL, trace,
                 changed_day
             FROM sessions WHERE source = ?1 AND subject = ?2",
        )?;
        let found = query
            .query_row(params![source, key.to_string()], |row| {
                Ok((
                    row.get_ref(3)?.as_str().map(serde_json::from_str),
                    row.get_ref(5)?.as_str_or_null()?.map(serde_json::from_str),
                    Box::new(OpenSession {
                        no: row.get(0)?,
                        moved: false,
                        changed_day: row.get(12)?,
                        source,
                        connector: row.get::<_, String>(1)?.into(),
                        phase: row.get(2)?,
                        session: Session::new(key.clone()),
                        person: row.get(4)?,
                        due: None,
                        became_due: false,
                        left: false,
                        lane: row.get(6)?,
                        turn: row.get(7)?,
                        ready_at: row.get(8)?,
                        live: row.get(9)?,
                        has_record: row.get(10)?,
                        trace: Trace::parse(row.get_ref(11)?.as_str_or_null()?.unwrap_or_default()),
                    }),
                ))
            })
            .optional()?;
        let Some((session, due, mut open)) = found else {
            return Ok(Box::new(OpenSession {
                no: None,
                moved: true,
                changed_day: 0,
                source,
                connector: Arc::clone(&arrival.connector),
                phase: Phase::Waiting,
                session: Session::new(key.clone()),
                person: None,
                due: None,
                became_due: false,
                left: false,
                lane: None,
                turn: None,
                ready_at: None,
                live: false,
                has_record: false,
                trace: Trace::default(),
            }));
        };
        open.session = session.map_err(rusqlite::Error::from)??;
        open.due = due.transpose()?;
        Ok(open)
    }

    fn observe(&mut self, row: &mut OpenSession, arrival: &Arrival, when: Settling) -> Result<()> {
        let event = &arrival.event;
        let is_news = row.session.lacks_key_of(&event.data.customer);
        row.session.observe(event);
        if is_news {
            let customer = row.session.customer();
            row.person = Some(self.person(&customer, event.session.kind())?);
            row.moved = true;
        }
        let rules = arrival.settings.rules_of(&row.session);
        match row.phase {
            Phase::Waiting | Phase::Never => match due(rules, &row.session) {
                Due::Now(reason) => self.become_due(row, reason, arrival, when)?,
                Due::Wait(_) => row.step_to(Phase::Waiting),
                Due::Never(_) => row.step_to(Phase::Never),
            },
            Phase::Due if row.live && row.session.ended_at().is_some() => {
                // Its agent has left: it waits in line with the rest.
                row.live = false;
                row.left = true;
                row.moved = true;
            }
            Phase::Done if row.has_record && row.ready_at.is_none() => {
                let Some(due) = &row.due else { return Ok(()) };
                let (zone, latest) = (&rules.timezone, &row.session);
                if !Note::missing(&due.then, latest, due.at, zone, &row.trace).is_empty() {
                    let ready_at = when.now + when.note_window;
                    self.queue(row, ready_at)?;
                }
            }
            // A parked session is decided again by a person, with what is known by then.
            Phase::Due | Phase::Done | Phase::Parked | Phase::Dropped => {}
        }
        Ok(())
    }

    fn become_due(
        &mut self,
        row: &mut OpenSession,
        reason: Reason,
        arrival: &Arrival,
        when: Settling,
    ) -> Result<()> {
        row.step_to(Phase::Due);
        row.live = row.session.ended_at().is_none();
        row.due = Some(DueThen {
            then: row.session.clone(),
            rule: reason.rule,
            reason: reason.text.to_owned(),
            at: arrival.event.time,
        });
        row.became_due = true;
        self.queue(row, when.now)
    }

    /// Puts the session at the end of its lane.
    fn queue(&mut self, row: &mut OpenSession, ready_at: i64) -> Result<()> {
        let Some(due) = &row.due else { return Ok(()) };
        let kind = row.session.key().kind();
        let turn = self.next_turn()?;
        let queue = due.then.queue().map_or("", |queue| &queue.leaf().0);
        let live = row.live.then_some(turn);
        let LaneNo(lane) = match row.lane {
            // It stays in the lane where it was decided.
            Some(lane) => self.wake_lane(LaneNo(lane), ready_at)?,
            None => {
                let customer = row.session.customer();
                let person = match row.person {
                    // Others may have turned out to be the same since; a withheld caller is nobody's lane but their own.
                    Some(person) if customer.is_anonymous() => person,
                    _ => *row.person.insert(self.person(&customer, kind)?),
                };
                self.ready_lane(&row.connector, person, queue, ready_at, live)?
            }
        };
        row.lane = Some(lane);
        row.turn = Some(turn);
        row.ready_at = Some(ready_at);
        row.moved = true;
        Ok(())
    }

    fn save(&mut self, mut row: Box<OpenSession>, now: i64) -> Result<()> {
        let session = serde_json::to_string(&row.session)?;
        match row.no {
            None => {
                self.insert(&row, &session, now)?;
                row.no = Some(self.sql.last_insert_rowid());
            }
            Some(no) if row.moved || row.changed_day != day(now) => {
                self.update(no, &row, &session, now)?;
            }
            // Most events: what is indexed stays as it is.
            Some(no) => {
                self.sql
                    .prepare_cached(
                        "UPDATE sessions SET session_json = ?2, changed_at = ?3 WHERE no = ?1",
                    )?
                    .execute(params![no, session, now])?;
            }
        }
        if row.left
            && let Some(lane) = row.lane
        {
            self.refresh_lane(LaneNo(lane))?;
        }
        row.saved(now);
        self.memory.recent.insert(row);
        Ok(())
    }

    fn insert(&mut self, row: &OpenSession, session: &str, now: i64) -> Result<()> {
        let due = row.due.as_ref().map(serde_json::to_string).transpose()?;
        self.sql
            .prepare_cached(
                "INSERT INTO sessions (source, subject, connector, phase, person, session_json, due_json, lane, turn,
                     ready_at, live, changed_at, changed_day)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                row.source,
                row.session.key().to_string(),
                &*row.connector,
                row.phase,
                row.person,
                session,
                due,
                row.lane,
                row.turn,
                row.ready_at,
                row.live,
                now,
                day(now),
            ])?;
        Ok(())
    }

    fn update(&mut self, no: i64, row: &OpenSession, session: &str, now: i64) -> Result<()> {
        let due = match row.became_due {
            true => row.due.as_ref().map(serde_json::to_string).transpose()?,
            false => None,
        };
        self.sql
            .prepare_cached(
                "UPDATE sessions SET phase = ?2, person = ?3, session_json = ?4, due_json = coalesce(?5, due_json),
                     lane = ?6, turn = ?7, ready_at = ?8, live = ?9, changed_at = ?10, changed_day = ?11
                 WHERE no = ?1",
            )?
            .execute(params![
                no,
                row.phase,
                row.person,
                session,
                due,
                row.lane,
                row.turn,
                row.ready_at,
                row.live,
                now,
                day(now),
            ])?;
        Ok(())
    }
}

impl OpenSession {
    fn saved(&mut self, now: i64) {
        self.moved = false;
        self.became_due = false;
        self.left = false;
        self.changed_day = day(now);
    }

    fn step_to(&mut self, phase: Phase) {
        self.moved |= self.phase != phase;
        self.phase = phase;
    }
}
