//! What only a log as a whole tells.

use std::collections::BTreeMap;

use casewire_core::{EventData, EventId, EventKind, SessionEvent, SessionKey};
use jiff::Timestamp;

use crate::read::Incoming;

/// The sessions of a log, as far as their entries leave open who connected.
///
/// Some logs have nothing but the session's own milestones. There, a connection that is not before the
/// assignment to an agent is that agent's, unless a virtual agent shows anywhere. This holds for the whole
/// log only, so it is concluded when the input ends, whatever the order of its entries.
#[derive(Debug, Default)]
pub(crate) struct Clues(BTreeMap<SessionKey, Clue>);

#[derive(Debug, Default)]
struct Clue {
    assigned_at: Option<Timestamp>,
    connected_at: Option<Timestamp>,
    settled: bool,
}

impl Clues {
    fn of(&mut self, session: &SessionKey) -> &mut Clue {
        self.0.entry(session.clone()).or_default()
    }

    pub(crate) fn assigned(&mut self, session: &SessionKey, time: Timestamp) {
        let clue = self.of(session);
        clue.assigned_at = Some(clue.assigned_at.map_or(time, |seen| seen.min(time)));
    }

    pub(crate) fn connected(&mut self, session: &SessionKey, time: Timestamp) {
        let clue = self.of(session);
        clue.connected_at = Some(clue.connected_at.map_or(time, |seen| seen.min(time)));
    }

    /// A human agent's connection is told by an entry of its own.
    pub(crate) fn human(&mut self, session: &SessionKey) {
        self.of(session).settled = true;
    }

    /// A virtual agent takes part: the session's own milestone may be its.
    pub(crate) fn virtual_agent(&mut self, session: &SessionKey) {
        self.of(session).settled = true;
    }

    /// The connections that follow from the log as a whole.
    pub(crate) fn conclude(&mut self) -> impl Iterator<Item = Incoming> {
        std::mem::take(&mut self.0)
            .into_iter()
            .filter_map(|(session, clue)| {
                let time = clue.connected_at?;
                let agent_s = !clue.settled && clue.assigned_at? <= time;
                agent_s.then(|| {
                    Incoming::from(SessionEvent {
                        id: EventId(format!("{session}/connected/{time}").into()),
                        session,
                        kind: EventKind::Connected,
                        time,
                        rank: 4,
                        data: EventData::default(),
                    })
                })
            })
    }
}
