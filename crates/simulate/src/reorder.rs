//! Events in order of time, ties in the order they came, within a window.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use casewire_core::SessionEvent;
use jiff::{SignedDuration, Timestamp};

/// Holds events back until none that is earlier can be expected.
///
/// An event leaves when one later than it by more than the window has come. One that comes later still than that leaves at
/// once, out of order, and is counted.
#[derive(Debug)]
pub struct Reorder {
    window: SignedDuration,
    newest: Option<Timestamp>,
    released: Option<Timestamp>,
    taken: u64,
    late: u64,
    waiting: BinaryHeap<Reverse<(Timestamp, u8, u64, usize)>>,
    events: Vec<Option<(SessionEvent, Option<String>)>>,
    free: Vec<usize>,
}

impl Reorder {
    /// Holds events back for `window` of event time; [`SignedDuration::MAX`] for all of them.
    pub fn new(window: SignedDuration) -> Self {
        Self {
            window,
            newest: None,
            released: None,
            taken: 0,
            late: 0,
            waiting: BinaryHeap::new(),
            events: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Takes the next event of the input, with the warning that reading it gave.
    pub fn push(&mut self, event: SessionEvent, warning: Option<String>) {
        let time = event.time;
        self.newest = self.newest.max(Some(time));
        if self.released > Some(time) {
            self.late += 1;
        }
        let rank = event.rank;
        let place = match self.free.pop() {
            Some(place) => {
                self.events[place] = Some((event, warning));
                place
            }
            None => {
                self.events.push(Some((event, warning)));
                self.events.len() - 1
            }
        };
        self.waiting.push(Reverse((time, rank, self.taken, place)));
        self.taken += 1;
    }

    /// The next event that need not wait any longer.
    pub fn pop(&mut self) -> Option<(SessionEvent, Option<String>)> {
        let Reverse((time, ..)) = *self.waiting.peek()?;
        let waited = self.newest?.duration_since(time);
        if waited <= self.window {
            return None;
        }
        self.pop_any()
    }

    /// The next event when the input has ended.
    pub fn pop_any(&mut self) -> Option<(SessionEvent, Option<String>)> {
        let Reverse((time, _, _, place)) = self.waiting.pop()?;
        self.released = self.released.max(Some(time));
        self.free.push(place);
        self.events[place].take()
    }

    /// Events that came too late to be put in order.
    pub fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{EventData, EventId, EventKind, SessionKey};
    use std::sync::Arc;

    fn event(id: &str, second: i64) -> SessionEvent {
        SessionEvent {
            id: EventId(id.into()),
            session: SessionKey::parse(&Arc::from("//a"), "call/1").unwrap(),
            kind: EventKind::Updated,
            time: Timestamp::from_second(second).unwrap(),
            rank: 0,
            data: EventData::default(),
        }
    }

    fn order(window: i64, told: &[(&str, i64)]) -> (Vec<String>, u64) {
        let mut reorder = Reorder::new(SignedDuration::from_secs(window));
        let mut out = Vec::new();
        for (id, second) in told {
            reorder.push(event(id, *second), None);
            out.extend(std::iter::from_fn(|| reorder.pop()));
        }
        out.extend(std::iter::from_fn(|| reorder.pop_any()));
        let ids = out
            .iter()
            .map(|(event, _)| event.id.0.to_string())
            .collect();
        (ids, reorder.late())
    }

    #[test]
    fn sorts_within_the_window() {
        let told = [("b", 20), ("a", 10), ("c", 30)];
        assert_eq!(order(60, &told).0, ["a", "b", "c"]);
    }

    #[test]
    fn keeps_ties_in_file_order() {
        let told = [("b", 10), ("a", 10), ("c", 10)];
        assert_eq!(order(60, &told).0, ["b", "a", "c"]);
    }

    #[test]
    fn counts_what_comes_after_the_window() {
        let told = [("b", 100), ("c", 200), ("a", 10)];
        assert_eq!(
            order(50, &told),
            (vec!["b".into(), "a".into(), "c".into()], 1)
        );
    }
}
