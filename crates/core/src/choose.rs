//! Which record: R9 to R12 (docs/RULES.md §4).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Reason, Record, RecordId, RecordState, RuleId, Rules, Session, StatusChange};

/// What was found of the customer's records: the candidates of R9 and R10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates<'a> {
    /// The customer's records, in any order. Empty when the customer is not known.
    pub records: &'a [Record],
    /// Whether the customer is known in the CRM.
    pub customer_known: bool,
}

/// Which record a session that is due goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What to do.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The candidates that were not chosen, and why, in the order they were found.
    pub refused: Vec<Refused>,
}

/// What to do for a session that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append to an open record (R9).
    Append {
        /// The record.
        to: RecordId,
        /// What becomes of its status.
        status: StatusChange,
    },
    /// Append to a resolved record and open it again (R10).
    Reopen {
        /// The record.
        to: RecordId,
    },
    /// Create a record that follows up a closed one (R11).
    FollowUp {
        /// The closed record.
        of: RecordId,
    },
    /// Create a record (R12).
    Create,
    /// Write nothing: record creation is skipped.
    Nothing,
}

/// A candidate that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The record.
    pub record: RecordId,
    /// Why not.
    pub why: RefusedWhy,
}

/// Why a candidate was not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedWhy {
    /// It is of another leaf queue, or of none (R9).
    OtherQueue,
    /// It is closed, and `append_to_closed_within_days` is absent.
    Closed,
    /// It was closed before the window (R10).
    ClosedTooLongAgo,
    /// It is closed, and an open one is there (R9 before R10).
    OpenOneExists,
    /// Another open one was created later (R9).
    CreatedEarlier,
    /// Another one was closed later (R10).
    ClosedEarlier,
}

/// How far back R10 looks from `now`: the earliest time of closing that still counts.
pub(crate) fn closed_since(rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    if !rules.append_to_open {
        return None;
    }
    let days = rules.append_to_closed_within_days?;
    let window = SignedDuration::from_hours(24 * i64::from(days.get()));
    Some(now.checked_sub(window).unwrap_or(Timestamp::MIN))
}

/// Whether the customer's records matter at all for `session`: the precondition of R9, but for the
/// customer.
pub(crate) fn may_append(rules: &Rules, session: &Session) -> bool {
    rules.append_to_open
        && session.voicemail_at().is_none()
        && session.queue().is_some()
        && !session.is_anonymous()
        && !rules.skip_customer_lookup
}

/// Chooses the record for `session`, which became due at `now`, the time of the event that made it so
/// (R9 to R12).
pub fn choose(rules: &Rules, session: &Session, now: Timestamp, found: &Candidates<'_>) -> Choice {
    // R9: with append on, a known customer and no voicemail, look at that customer's records.
    let without_candidates = if !rules.append_to_open {
        Some("append_to_open is off")
    } else if session.voicemail_at().is_some() {
        // R1: as a record of its own.
        Some("a voicemail is a record of its own")
    } else if session.is_anonymous() {
        // R12: an anonymous customer never appends, nor does a session without a queue.
        Some("the customer is anonymous")
    } else if session.queue().is_none() {
        Some("the session has no queue")
    } else if rules.skip_customer_lookup {
        Some("skip_customer_lookup is on")
    } else if !found.customer_known {
        Some("the customer is new")
    } else {
        None
    };
    if let Some(why) = without_candidates {
        return create(rules, why, Vec::new());
    }

    let since = closed_since(rules, now);
    let chosen = Chosen::among(found.records, session, since);
    let refused = found
        .records
        .iter()
        .filter_map(|record| {
            let why = chosen.refuses(record, session, since)?;
            Some(Refused {
                record: record.id.clone(),
                why,
            })
        })
        .collect();
    match chosen {
        // R9: any open one: append to the one created last. Its status is left alone unless reset is on.
        Chosen::Open(record) => Choice {
            action: Action::Append {
                to: record.id.clone(),
                status: match rules.reset_status_on_append {
                    true => StatusChange::DefaultOpen,
                    false => StatusChange::Keep,
                },
            },
            reason: Reason {
                rule: RuleId::R9,
                text: "the customer's latest open record in the same leaf queue",
            },
            refused,
        },
        // R11: the chosen closed record can not be reopened: create a follow-up.
        Chosen::Closed(record) if record.state == RecordState::Closed => {
            match rules.skip_record_creation {
                true => create(
                    rules,
                    "the record closed last can not be opened again",
                    refused,
                ),
                false => Choice {
                    action: Action::FollowUp {
                        of: record.id.clone(),
                    },
                    reason: Reason {
                        rule: RuleId::R11,
                        text: "the record closed last can not be opened again: a follow-up is linked to it",
                    },
                    refused,
                },
            }
        }
        // R10: of those closed in time, append to the one closed last and open it.
        Chosen::Closed(record) => Choice {
            action: Action::Reopen {
                to: record.id.clone(),
            },
            reason: Reason {
                rule: RuleId::R10,
                text: "the customer's record in the same leaf queue that was closed last",
            },
            refused,
        },
        Chosen::None => create(rules, "no record of the customer qualifies", refused),
    }
}

/// R12: otherwise create; with record creation skipped, write nothing.
fn create(rules: &Rules, why: &'static str, refused: Vec<Refused>) -> Choice {
    let (action, text) = match rules.skip_record_creation {
        true => (
            Action::Nothing,
            "skip_record_creation is on, and no record to append to was found",
        ),
        false => (Action::Create, why),
    };
    Choice {
        action,
        reason: Reason {
            rule: RuleId::R12,
            text,
        },
        refused,
    }
}

/// The candidate that wins.
enum Chosen<'a> {
    Open(&'a Record),
    Closed(&'a Record),
    None,
}

impl<'a> Chosen<'a> {
    fn among(records: &'a [Record], session: &Session, since: Option<Timestamp>) -> Self {
        let in_queue = || records.iter().filter(|record| same_queue(record, session));
        let open = in_queue()
            .filter(|record| record.state == RecordState::Open)
            .max_by_key(|record| (record.created_at, id_order(&record.id)));
        if let Some(record) = open {
            return Self::Open(record);
        }
        in_queue()
            .filter(|record| record.state != RecordState::Open)
            .filter(|record| since.is_some_and(|since| record.closed_at >= Some(since)))
            .max_by_key(|record| (record.closed_at, id_order(&record.id)))
            .map_or(Self::None, Self::Closed)
    }

    /// Why this choice leaves `record` out; `None` when it is the chosen one.
    fn refuses(
        &self,
        record: &Record,
        session: &Session,
        since: Option<Timestamp>,
    ) -> Option<RefusedWhy> {
        let chosen = match self {
            Self::Open(chosen) | Self::Closed(chosen) => Some(&chosen.id),
            Self::None => None,
        };
        if chosen == Some(&record.id) {
            return None;
        }
        if !same_queue(record, session) {
            return Some(RefusedWhy::OtherQueue);
        }
        if record.state == RecordState::Open {
            return Some(RefusedWhy::CreatedEarlier);
        }
        if matches!(self, Self::Open(_)) {
            return Some(RefusedWhy::OpenOneExists);
        }
        Some(match since {
            None => RefusedWhy::Closed,
            Some(since) if record.closed_at >= Some(since) => RefusedWhy::ClosedEarlier,
            Some(_) => RefusedWhy::ClosedTooLongAgo,
        })
    }
}

/// R9: exactly the same leaf queue; a sibling, a parent or a same-named queue elsewhere does not count.
fn same_queue(record: &Record, session: &Session) -> bool {
    let leaf = session.queue().map(crate::Queue::leaf);
    leaf.is_some() && record.queue.as_ref() == leaf
}

/// Orders ids of records made in the same second: CRMs count up, so a longer or greater id is later.
fn id_order(id: &RecordId) -> (usize, &str) {
    (id.0.len(), &id.0)
}
