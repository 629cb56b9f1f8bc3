//! What statuses count as.

use std::collections::BTreeSet;

use casewire_core::RecordState;
use schemars::JsonSchema;
use serde::Deserialize;

/// What each status of a ticket counts as, by its number. Freshdesk opens any of its tickets again as long as it is not
/// archived, so by default none is closed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "StatusLists")]
#[schemars(with = "StatusLists")]
pub struct Statuses(StatusLists);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct StatusLists {
    /// Sessions join a ticket in one of these (R9). Default: every status that is not in another list, so that an
    /// account's own ones are open.
    open: Option<BTreeSet<u32>>,
    /// A ticket in one of these may be opened again (R10).
    resolved: BTreeSet<u32>,
    /// A ticket in one of these is not opened again, but followed up (R11).
    closed: BTreeSet<u32>,
    /// What a new ticket and a re-opened one get.
    default_open: u32,
}

impl Default for StatusLists {
    fn default() -> Self {
        Self {
            open: None,
            resolved: [4, 5].into(),
            closed: BTreeSet::new(),
            default_open: 2,
        }
    }
}

impl TryFrom<StatusLists> for Statuses {
    type Error = &'static str;

    fn try_from(lists: StatusLists) -> Result<Self, &'static str> {
        let open = lists.open.iter().flatten();
        let mentions = open.clone().chain(&lists.resolved).chain(&lists.closed);
        let distinct: BTreeSet<_> = mentions.clone().collect();
        if distinct.len() != mentions.count() {
            return Err(
                "no status may stand in two of `open`, `resolved` and `closed`; 4 and 5 stand in `resolved` unless that is given",
            );
        }
        if distinct.iter().any(|status| **status < 2) {
            return Err("statuses are Freshdesk's numbers, which begin with 2");
        }
        let statuses = Self(lists);
        if statuses.state_of(statuses.default_open()) != RecordState::Open {
            return Err("`default_open` has to be an open status");
        }
        Ok(statuses)
    }
}

impl Statuses {
    /// What `status` counts as. One that no list has is open; when there is a list of the open ones, it is resolved.
    pub fn state_of(&self, status: u32) -> RecordState {
        let lists = &self.0;
        if lists.closed.contains(&status) {
            return RecordState::Closed;
        }
        let is_open = match &lists.open {
            Some(open) => open.contains(&status),
            None => !lists.resolved.contains(&status),
        };
        match is_open {
            true => RecordState::Open,
            false => RecordState::Resolved,
        }
    }

    /// What a new ticket and a re-opened one get.
    pub fn default_open(&self) -> u32 {
        self.0.default_open
    }

    /// All statuses that the lists name.
    pub(crate) fn named(&self) -> BTreeSet<u32> {
        let lists = &self.0;
        let open = lists.open.iter().flatten();
        let closed = lists.resolved.iter().chain(&lists.closed);
        open.chain(closed)
            .chain([&lists.default_open])
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn statuses(given: Value) -> Result<Statuses, String> {
        serde_json::from_value(given).map_err(|error| error.to_string())
    }

    #[test]
    fn r10_freshdesk_opens_what_is_resolved_or_closed() {
        let statuses = Statuses::default();
        for (status, state) in [
            (2, RecordState::Open),
            (3, RecordState::Open),
            (4, RecordState::Resolved),
            (5, RecordState::Resolved),
            (6, RecordState::Open),
            (17, RecordState::Open),
        ] {
            assert_eq!(statuses.state_of(status), state, "{status}");
        }
        assert_eq!(statuses.default_open(), 2);
    }

    #[test]
    fn r11_an_account_may_keep_closed_tickets_closed() {
        let statuses = statuses(json!({ "resolved": [4, 9], "closed": [5], "default_open": 8 }));
        let statuses = statuses.unwrap();
        assert_eq!(statuses.state_of(9), RecordState::Resolved);
        assert_eq!(statuses.state_of(5), RecordState::Closed);
        assert_eq!(statuses.state_of(8), RecordState::Open);
        assert_eq!(statuses.named(), [4, 5, 8, 9].into());
    }

    #[test]
    fn with_a_list_of_open_ones_the_others_are_done() {
        let statuses = statuses(json!({ "open": [2, 3] })).unwrap();
        assert_eq!(statuses.state_of(3), RecordState::Open);
        assert_eq!(statuses.state_of(6), RecordState::Resolved);
    }

    #[test]
    fn lists_that_contradict_each_other_are_refused() {
        for (given, reason) in [
            (json!({ "closed": [5] }), "stand in two"),
            (json!({ "open": [2, 4] }), "stand in two"),
            (json!({ "default_open": 4 }), "an open status"),
            (json!({ "open": [3] }), "an open status"),
            (json!({ "resolved": [1] }), "begin with 2"),
            (json!({ "solved": [4] }), "unknown field"),
        ] {
            let error = statuses(given.clone()).unwrap_err();
            assert!(error.contains(reason), "{given}: {error}");
        }
    }
}
