//! One lane's way through a connector.

use std::sync::Arc;

use casewire_core::{CrmConnector, ErrorKind, Outcome, Result, Rules, Settings, TraceSearch};
use tracing::{debug, info};

use crate::advance::Advance;
use crate::lane::CustomerLanes;
use crate::{DueSession, Journal, Lane, NoJournal, Patience, Receipt, Settled, Task};

/// The most sessions whose notes go into one write.
const JOINING: usize = 50;

/// How often a decision is made again at once, because the record it was about changed or went away under it.
const DECISIONS: u32 = 4;

/// Takes sessions that are due through a connector. Clones share what they know of lanes.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(crate) connector: Arc<dyn CrmConnector>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) customers: CustomerLanes,
}

impl Flow {
    /// A flow by `settings` into `connector`.
    pub fn new(connector: Arc<dyn CrmConnector>, settings: Arc<Settings>) -> Self {
        Self {
            connector,
            settings,
            customers: CustomerLanes::default(),
        }
    }

    /// The settings it decides by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn rules_of(&self, due: &DueSession) -> &Rules {
        self.settings.rules_of(&due.then)
    }

    /// Writes the first of `tasks`, which are of one lane and in its order, and those that join its write: at most one
    /// write that changes anything. Takes them out of `tasks`.
    ///
    /// `lane` is what was written in the lane so far; nothing else of the lane may be in this method at the same time.
    ///
    /// # Errors
    /// When the first task could not be written. `tasks` are as before, and know whether they have to be looked for.
    pub async fn advance(
        &self,
        tasks: &mut Vec<Task>,
        lane: &mut Lane,
        journal: &mut dyn Journal,
    ) -> Result<Vec<Settled>> {
        let mut decisions = 1;
        let mut together = JOINING;
        loop {
            let mut advance = Advance::new(self, tasks, lane, journal, together);
            let error = match advance.run().await {
                Ok(settled) => return Ok(settled),
                Err(error) => error,
            };
            if error.kind() == ErrorKind::Rejected && advance.written_together() > 1 {
                // It may be another's note that is refused: the first one is written alone.
                together = 1;
                continue;
            }
            // R12: a record that was merged, deleted or changed meanwhile: the choice is made again.
            let again = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound);
            if !again || decisions >= DECISIONS {
                return Err(error);
            }
            decisions += 1;
            debug!(session = %tasks[0].key(), %error, "deciding again");
        }
    }

    /// Writes one session, with the notes it calls for, and answers with its receipt. What can pass with time is tried
    /// again as `patience` says; then the session is parked.
    pub async fn link(&self, due: &DueSession, patience: &Patience, lane: &mut Lane) -> Receipt {
        let mut tasks = vec![Task {
            trace: TraceSearch::Thorough,
            ..Task::new(due.clone())
        }];
        let mut failures = 0;
        loop {
            let error = match self.advance(&mut tasks, lane, &mut NoJournal).await {
                Ok(mut settled) => match settled.pop() {
                    Some(settled) => return settled.receipt,
                    None => continue,
                },
                Err(error) => error,
            };
            failures += 1;
            if !patience.is_worth_waiting(&error) || failures >= patience.tries {
                info!(session = %due.then.key(), %error, "session parked");
                return Receipt::parked(due, &error, &self.settings.version);
            }
            let wait = patience.wait(failures, &error);
            debug!(session = %due.then.key(), %error, wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
        }
    }
}

impl Receipt {
    /// The receipt of a session that could not be written.
    pub(crate) fn parked(due: &DueSession, error: &casewire_core::Error, settings: &str) -> Self {
        Self {
            session: due.then.key().clone(),
            outcome: Outcome::Parked,
            rule: Some(due.rule),
            reason: error.to_string(),
            decided_at: Some(due.at),
            settings: settings.to_owned(),
            chosen: None,
            record: None,
            url: None,
            refused: Vec::new(),
            notes_written: 0,
            repeated: false,
            warnings: Vec::new(),
            error: Some(error.kind()),
        }
    }
}
