//! The receipt of a session: what was decided and done, and why.

use casewire_core::{ErrorKind, Outcome, Reason, RecordId, Refused, RuleId, SessionKey};
use jiff::Timestamp;

/// What became of one session. Carries no customer data.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The session.
    pub session: SessionKey,
    /// How it ended up; for a repeated one as far as its record tells: `created` when it is the first on it,
    /// else `appended`.
    pub outcome: Outcome,
    /// The rule that made it due, or that decided against a record; absent while it waits.
    pub rule: Option<RuleId>,
    /// The rule's reason, what it waits for, or for a parked session the error.
    pub reason: String,
    /// The time of the event that decided; absent while it waits.
    pub decided_at: Option<Timestamp>,
    /// The settings it was decided by.
    pub settings: String,
    /// Which record was chosen, by which rule and why (R9 to R12); absent when it was not decided this time.
    pub chosen: Option<Reason>,
    /// The record it is on.
    pub record: Option<RecordId>,
    /// The candidates that were not chosen, and why.
    pub refused: Vec<Refused>,
    /// Notes written this time.
    pub notes_written: usize,
    /// Whether the CRM already had the session: its record was not decided again.
    pub repeated: bool,
    /// For a parked session, what kind of error parked it.
    pub error: Option<ErrorKind>,
    /// What a person should know, for example an agent without a CRM user.
    pub warnings: Vec<String>,
}

impl Receipt {
    /// Whether anything was written to the CRM this time.
    pub fn changed(&self) -> bool {
        let written = matches!(
            self.outcome,
            Outcome::Created | Outcome::Appended | Outcome::Reopened | Outcome::FollowUp
        );
        self.notes_written > 0 || (written && !self.repeated)
    }
}
