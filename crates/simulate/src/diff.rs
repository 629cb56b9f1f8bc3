//! What another config would change.

use std::collections::HashMap;

use casewire_core::SessionKey;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Line;

/// A session that two configs decide differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// What the config decides.
    pub before: Line,
    /// What the other config decides.
    pub after: Line,
}

/// Pairs the lines of two simulations over the same events, and keeps those that differ.
///
/// Ids of created records are counted per simulation, so `sim-7` in one and `sim-8` in the other are the same to it.
#[derive(Debug, Default)]
pub struct Diff {
    before: HashMap<SessionKey, Line>,
    after: HashMap<SessionKey, Line>,
    same: usize,
}

impl Diff {
    /// Takes a line of the first simulation; answers when its twin was there and differs.
    pub fn before(&mut self, line: Line) -> Option<Change> {
        match self.after.remove(&line.key) {
            Some(after) => self.compare(line, after),
            None => {
                self.before.insert(line.key.clone(), line);
                None
            }
        }
    }

    /// Takes a line of the second simulation; answers when its twin was there and differs.
    pub fn after(&mut self, line: Line) -> Option<Change> {
        match self.before.remove(&line.key) {
            Some(before) => self.compare(before, line),
            None => {
                self.after.insert(line.key.clone(), line);
                None
            }
        }
    }

    /// Sessions that both decide alike.
    pub fn same(&self) -> usize {
        self.same
    }

    fn compare(&mut self, before: Line, after: Line) -> Option<Change> {
        let named = |line: &Line| {
            let created = line
                .record
                .as_deref()
                .is_some_and(|id| id.starts_with("sim-"));
            let mut line = line.clone();
            line.record = line.record.filter(|_| !created);
            line
        };
        if named(&before) == named(&after) {
            self.same += 1;
            return None;
        }
        Some(Change { before, after })
    }
}
