//! What a person asks about one session.

use casewire_core::{Outcome, RefusedWhy, RuleId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CrmCall, Phase, Why};

/// What the store knows of one session: what was decided and done, and why; or what it waits for. Carries no customer
/// data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The session, for example `call/987`.
    pub session: String,
    /// Where its events come from.
    pub source: String,
    /// The connector that takes it, by its name in the config.
    pub connector: String,
    /// How far it has come.
    pub phase: Phase,
    /// Whether an agent waits for its record at this moment.
    pub live: bool,
    /// How it ended up; absent while it is waiting or due.
    pub outcome: Option<Outcome>,
    /// The rule that made it due, or that decided against a record; absent while no rule decides.
    pub rule: Option<RuleId>,
    /// The rule's reason, what it waits for, or for a parked session the error.
    pub reason: String,
    /// The time of the event that decided; absent while none did.
    #[schemars(with = "Option<String>")]
    pub decided_at: Option<Timestamp>,
    /// The settings it was decided by, or that count while it is not decided; absent when its connector is not in the
    /// config.
    pub settings: Option<String>,
    /// Which record was chosen, by which rule and why (R9 to R12); absent when none was chosen.
    pub chosen: Option<Why>,
    /// The record it is on.
    pub record: Option<String>,
    /// Where people see the record.
    pub url: Option<String>,
    /// The leaf queue's id.
    pub queue: Option<String>,
    /// The candidates that were not chosen, and why.
    pub refused: Vec<RefusedRecord>,
    /// Notes written for it.
    pub notes_written: usize,
    /// Whether the CRM already had it: its record was not decided again.
    pub repeated: bool,
    /// What a person should know, for example an agent without a CRM user.
    pub warnings: Vec<String>,
    /// How often it was tried in vain since it last succeeded.
    pub attempts: u32,
    /// What went wrong the last time, while that is not mended.
    pub error: Option<String>,
    /// When it is written next, at the earliest; absent when nothing is to be written.
    #[schemars(with = "Option<String>")]
    pub next_try_at: Option<Timestamp>,
    /// The writes that were begun, oldest first.
    pub steps: Vec<Step>,
    /// The latest calls to the CRM, oldest first.
    pub calls: Vec<CrmCall>,
    /// When it last changed.
    #[schemars(with = "String")]
    pub changed_at: Timestamp,
}

/// A candidate that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedRecord {
    /// The record.
    pub record: String,
    /// Why not.
    #[schemars(with = "String")]
    pub why: RefusedWhy,
}

/// A write that was begun: written down before it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What it was to come to.
    pub intended: Outcome,
    /// When it was begun.
    #[schemars(with = "String")]
    pub intended_at: Timestamp,
    /// What it came to: an outcome, or `not written`; absent while that is not known.
    pub result: Option<String>,
    /// When that was known.
    #[schemars(with = "Option<String>")]
    pub finished_at: Option<Timestamp>,
}
