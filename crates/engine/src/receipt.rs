//! The receipt of a session: what was decided and done, and why.

use casewire_core::{ErrorKind, Outcome, Reason, RecordId, Refused, RuleId, SessionKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What became of one session. Carries no customer data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub chosen: Option<Why>,
    /// The record it is on.
    pub record: Option<RecordId>,
    /// Where people see the record.
    pub url: Option<String>,
    /// The candidates that were not chosen, and why.
    pub refused: Vec<Refused>,
    /// Notes written for it.
    pub notes_written: usize,
    /// Whether the CRM already had the session: its record was not decided again.
    pub repeated: bool,
    /// For a parked session, what kind of error parked it. Not stored: the reason tells.
    #[serde(skip)]
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

/// A rule and its reason, as a receipt keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Why {
    /// The rule.
    pub rule: RuleId,
    /// What made it apply.
    pub text: String,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self {
            rule: reason.rule,
            text: reason.text.to_owned(),
        }
    }
}

/// What a write is to come to for a session, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The outcome.
    pub outcome: Outcome,
    /// Which record was chosen, by which rule and why (R9 to R12); absent when only notes are added.
    pub chosen: Option<Why>,
    /// The candidates that were not chosen, and why.
    pub refused: Vec<Refused>,
}

/// One HTTP call to the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CrmCall {
    /// The method.
    pub method: String,
    /// The path with its placeholders unfilled: no ids, no query.
    pub path: String,
    /// The answer's status; absent when no answer came.
    pub status: Option<u16>,
    /// When the call began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl From<casewire_http::Call> for CrmCall {
    fn from(call: casewire_http::Call) -> Self {
        Self {
            method: call.method.to_string(),
            path: call.path.to_owned(),
            status: call.status.map(|status| status.as_u16()),
            started_at: call.started_at,
            elapsed_ms: u64::try_from(call.elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
