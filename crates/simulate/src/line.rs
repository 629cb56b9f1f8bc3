//! One session's decision, as `casewire simulate --format json` prints it.

use casewire_core::{Outcome, RuleId, SessionKey};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What the rules decide for one session. Its fields are part of the public interface.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// The session with its source, which is not printed.
    #[serde(skip)]
    pub key: SessionKey,
    /// The session, for example `call/987`.
    pub session: String,
    /// How it ends up: `created`, `appended`, `reopened`, `follow_up` or `none`.
    pub outcome: Outcome,
    /// The rule that made it due, or that decided against a record; null while it waits.
    pub rule: Option<RuleId>,
    /// The rule's reason, or what the session waits for.
    pub reason: String,
    /// The time of the event that decided; null while it waits.
    #[schemars(with = "Option<String>")]
    pub decided_at: Option<Timestamp>,
    /// The record: a given one's id, or `sim-N` for one that would be created; null for `none`.
    pub record: Option<String>,
    /// The title that would be written; null when no record would be created.
    pub title: Option<String>,
    /// The tags that would be added.
    pub tags: Vec<String>,
    /// The leaf queue's id.
    pub queue: Option<String>,
    /// The customer's phone number in E.164, e-mail address or external id.
    pub customer: Option<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("session", &self.session)
            .field("outcome", &self.outcome)
            .field("rule", &self.rule)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}
