//! One session's way through a connector.

use std::sync::Arc;

use casewire_core::{CrmConnector, Outcome, Reason, Session, Settings, TraceSearch};
use jiff::Timestamp;
use tracing::info;

use crate::attempt::Attempt;
use crate::lane::CustomerLanes;
use crate::{Lane, Patience, Receipt};

/// A session that a rule made due.
#[derive(Clone, Debug)]
pub struct DueSession {
    /// The session as it was when it became due: what is decided by.
    pub then: Session,
    /// The session as far as it is known: what notes and owner come from.
    pub latest: Session,
    /// The rule that made it due.
    pub reason: Reason,
    /// The time of the event that made it due.
    pub at: Timestamp,
}

/// Takes sessions that are due through a connector. Clones share what they know of lanes.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(crate) connector: Arc<dyn CrmConnector>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) patience: Patience,
    pub(crate) customers: CustomerLanes,
}

impl Flow {
    /// A flow by `settings` into `connector`.
    pub fn new(
        connector: Arc<dyn CrmConnector>,
        settings: Arc<Settings>,
        patience: Patience,
    ) -> Self {
        Self {
            connector,
            settings,
            patience,
            customers: CustomerLanes::default(),
        }
    }

    /// The settings it decides by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Links `due` to its record and writes its notes. `lane` is what was written in the session's lane
    /// so far; no other session of the lane may be in this method at the same time.
    pub async fn link(&self, due: &DueSession, trace: TraceSearch, lane: &mut Lane) -> Receipt {
        let rules = self.settings.rules_of(&due.then);
        let mut attempt = Attempt::new(self, due, rules, trace);
        let done = attempt.run(lane).await;
        let mut receipt = Receipt {
            session: due.then.key().clone(),
            outcome: Outcome::Parked,
            rule: Some(due.reason.rule),
            reason: due.reason.text.to_owned(),
            decided_at: Some(due.at),
            settings: self.settings.version.clone(),
            chosen: attempt.chosen,
            record: None,
            refused: attempt.refused,
            notes_written: 0,
            repeated: false,
            warnings: attempt.warnings,
            error: None,
        };
        match done {
            Ok(done) => {
                if let Some(reason) = done.rule_for_none {
                    receipt.rule = Some(reason.rule);
                    receipt.reason = reason.text.to_owned();
                }
                receipt.outcome = done.outcome;
                receipt.record = done.record.as_ref().map(|record| record.id.clone());
                receipt.notes_written = done.notes_written;
                receipt.repeated = done.repeated;
                info!(
                    session = %receipt.session,
                    outcome = receipt.outcome.as_str(),
                    record = receipt.record.as_ref().map(|record| record.0.as_str()),
                    repeated = receipt.repeated,
                    "session done"
                );
                if let Some(record) = done.record {
                    lane.remember(record);
                }
            }
            Err(error) => {
                info!(session = %receipt.session, %error, "session parked");
                receipt.reason = error.to_string();
                receipt.error = Some(error.kind());
            }
        }
        receipt
    }
}
