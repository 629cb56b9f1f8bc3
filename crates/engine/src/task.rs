//! A session with something to be written, and what came of it.

use std::borrow::Cow;

use casewire_core::{
    Note, Record, RecordId, RuleId, Rules, Session, SessionKey, Trace, TraceSearch,
};
use jiff::Timestamp;

use crate::{Intent, Receipt};

/// A session that a rule made due.
#[derive(Clone, Debug)]
pub struct DueSession {
    /// The session as it was when it became due: what is decided by.
    pub then: Session,
    /// The session as far as it is known: what notes and owner come from.
    pub latest: Session,
    /// The rule that made it due.
    pub rule: RuleId,
    /// What made the rule apply.
    pub reason: Cow<'static, str>,
    /// The time of the event that made it due.
    pub at: Timestamp,
}

/// A session that has something to be written.
#[derive(Clone, Debug)]
pub struct Task {
    /// The session.
    pub due: DueSession,
    /// The record it is on already: then only its notes are written.
    pub on: Option<RecordId>,
    /// Its own part of the trace of that record, as far as it is known to be written.
    pub written: Trace,
    /// How hard to look for it in the CRM.
    pub trace: TraceSearch,
    /// What a write, of which no answer is known, was to come to.
    pub intended: Option<Intent>,
}

impl Task {
    /// A session that is believed to be in no record yet.
    pub fn new(due: DueSession) -> Self {
        Self {
            due,
            on: None,
            written: Trace::default(),
            trace: TraceSearch::OnTheWay,
            intended: None,
        }
    }

    pub(crate) fn key(&self) -> &SessionKey {
        self.due.then.key()
    }

    /// Whether no write for it may have happened that is not known of.
    pub(crate) fn is_sure(&self) -> bool {
        self.intended.is_none() && self.trace == TraceSearch::OnTheWay
    }

    /// Its own part of the trace of `record`. A full record drops its oldest tokens, so what is known of them counts.
    pub(crate) fn trace_on(&self, record: &Record) -> Trace {
        let mut trace = record.trace.part_of(self.key());
        trace.merge(&self.written);
        trace
    }

    /// The notes that `trace`, its own part of a record's, lacks.
    pub(crate) fn missing(&self, rules: &Rules, trace: &Trace) -> Vec<Note> {
        let DueSession {
            then, latest, at, ..
        } = &self.due;
        Note::missing(then, latest, *at, &rules.timezone, trace)
    }
}

/// A task that is done.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The task.
    pub task: Task,
    /// What became of it this time.
    pub receipt: Receipt,
    /// The record it is on.
    pub record: Option<Record>,
    /// Its own part of that record's trace.
    pub trace: Trace,
}
