//! One session's way through a connector.

use std::sync::Arc;

use casewire_core::{
    Action, Append, Candidates, Choice, CrmConnector, Error, ErrorKind, Found, NewRecord, Note,
    Outcome, Reason, Record, RecordCustomer, RecordId, Result, Rules, Session, Settings,
    StatusChange, TraceSearch, UserId, choose, tags, title, wanted,
};
use jiff::Timestamp;
use tracing::{debug, warn};

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

/// Takes sessions that are due through a connector.
#[derive(Clone, Debug)]
pub struct Flow {
    connector: Arc<dyn CrmConnector>,
    settings: Arc<Settings>,
    patience: Patience,
}

/// What one try came to.
struct Done {
    outcome: Outcome,
    rule_for_none: Option<Reason>,
    record: Option<Record>,
    notes_written: usize,
    repeated: bool,
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
        }
    }

    /// The settings it decides by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Links `due` to its record and writes its notes. `lane` is what was written in the session's lane
    /// so far; no other session of the lane may be in this method at the same time.
    pub async fn link(&self, due: &DueSession, trace: TraceSearch, lane: &mut Lane) -> Receipt {
        let mut attempt = Attempt {
            flow: self,
            due,
            rules: self
                .settings
                .rules_in(due.then.queue().map(casewire_core::Queue::leaf)),
            trace,
            doubted: None,
            refused: Vec::new(),
            warnings: Vec::new(),
        };
        let done = attempt.run(lane).await;
        let Attempt {
            refused, warnings, ..
        } = attempt;
        let mut receipt = Receipt {
            session: due.then.key().clone(),
            outcome: Outcome::Parked,
            rule: Some(due.reason.rule),
            reason: due.reason.text.to_owned(),
            decided_at: Some(due.at),
            settings: self.settings.version.clone(),
            record: None,
            refused,
            notes_written: 0,
            repeated: false,
            warnings,
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
                if let Some(record) = done.record {
                    lane.remember(record);
                }
            }
            Err(error) => {
                warn!(session = %receipt.session, %error, "session parked");
                receipt.reason = error.to_string();
            }
        }
        receipt
    }
}

/// One session on its way.
struct Attempt<'a> {
    flow: &'a Flow,
    due: &'a DueSession,
    rules: &'a Rules,
    trace: TraceSearch,
    /// A record that changed or went away under a write: to be read by its id before choosing again.
    doubted: Option<RecordId>,
    refused: Vec<casewire_core::Refused>,
    warnings: Vec<String>,
}

impl Attempt<'_> {
    /// Tries until it is done, until patience ends, or until only a person can help.
    async fn run(&mut self, lane: &mut Lane) -> Result<Done> {
        let mut failures = 0;
        let mut gone = false;
        loop {
            let error = match self.decide_and_write(lane).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let session = self.due.then.key();
            match error.kind() {
                // R12: a record that was merged or deleted meanwhile: the choice is made again, once.
                ErrorKind::NotFound if !gone => {
                    gone = true;
                    debug!(%session, %error, "deciding again");
                    continue;
                }
                // People and other programs write to records too: read it again, decide again.
                ErrorKind::Conflict => {}
                // The write may have happened: look for the session's own trace before repeating it.
                ErrorKind::Uncertain => self.trace = TraceSearch::Thorough,
                _ if error.is_transient() => {}
                _ => return Err(error),
            }
            failures += 1;
            if failures >= self.flow.patience.tries {
                return Err(error);
            }
            let wait = self.flow.patience.wait(failures, &error);
            debug!(%session, %error, wait_ms = wait.as_millis(), "trying again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn decide_and_write(&mut self, lane: &mut Lane) -> Result<Done> {
        let due = self.due;
        let query = wanted(self.rules, &due.then, due.at, self.trace);
        let mut found = self.flow.connector.look_up(&query).await?;
        if let Some(own) = found.own.take() {
            return self.complete(own).await;
        }
        let mut fresh = found.records.len();
        lane.unite(&mut found.records);
        if let Some(id) = self.doubted.take() {
            fresh = self
                .settle_doubt(id, &mut found.records, fresh, lane)
                .await?;
        }
        let choice = self.choose(&found);
        let (to, status) = match choice.action {
            Action::Nothing => return Ok(Done::nothing(choice.reason)),
            Action::Create => return self.create(&found, None).await,
            Action::FollowUp { of } => return self.create(&found, Some(of)).await,
            Action::Append { to, status } => (to, status),
            Action::Reopen { to } => (to, StatusChange::DefaultOpen),
        };
        let place = found.records.iter().position(|record| record.id == to);
        let Some(place) = place else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("record {to} was chosen and is not there"),
            ));
        };
        let mut record = found.records.swap_remove(place);
        if place >= fresh {
            // Only our own memory of it: read it by its id before writing to it.
            record = match self.flow.connector.read_record(&to).await? {
                Some(read) if read.state == record.state && read.queue == record.queue => read,
                Some(_) => return Err(self.doubt(to, ErrorKind::Conflict, "changed")),
                None => return Err(self.doubt(to, ErrorKind::NotFound, "is gone")),
            };
        }
        let outcome = match record.state {
            casewire_core::RecordState::Open => Outcome::Appended,
            _ => Outcome::Reopened,
        };
        let written = self.append(&record, status).await;
        if let Err(error) = &written
            && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
        {
            self.doubted = Some(to);
        }
        let (record, notes_written) = written?;
        Ok(Done {
            outcome,
            rule_for_none: None,
            record: Some(record),
            notes_written,
            repeated: false,
        })
    }

    fn choose(&mut self, found: &Found) -> Choice {
        let candidates = Candidates {
            records: &found.records,
            customer_known: found.customer.is_some() || !found.records.is_empty(),
        };
        let mut choice = choose(self.rules, &self.due.then, self.due.at, &candidates);
        self.refused = std::mem::take(&mut choice.refused);
        choice
    }

    /// The session is on `own` already: adds only the notes that are missing there.
    async fn complete(&mut self, own: Record) -> Result<Done> {
        let outcome = match own.trace.begins_with(self.due.then.key()) {
            true => Outcome::Created,
            false => Outcome::Appended,
        };
        let notes = self.notes(&own);
        let notes_written = notes.len();
        let record = match notes_written {
            0 => own,
            _ => {
                let what = Append {
                    session: self.due.then.key().clone(),
                    notes,
                    tags: Vec::new(),
                    owner: None,
                    // R15: late data never reopens a record.
                    status: StatusChange::Keep,
                };
                self.flow.connector.append(&own, &what).await?
            }
        };
        Ok(Done {
            outcome,
            rule_for_none: None,
            record: Some(record),
            notes_written,
            repeated: true,
        })
    }

    fn doubt(&mut self, id: RecordId, kind: ErrorKind, what: &str) -> Error {
        let error = Error::new(kind, format!("record {id} {what} since it was written"));
        self.doubted = Some(id);
        error
    }

    /// Reads the record `id` by its id and puts it in its place among the first `fresh` of `records`, or
    /// takes it out when it is gone. Answers with the number of fresh ones.
    async fn settle_doubt(
        &self,
        id: RecordId,
        records: &mut Vec<Record>,
        mut fresh: usize,
        lane: &mut Lane,
    ) -> Result<usize> {
        if let Some(place) = records.iter().position(|record| record.id == id) {
            records.remove(place);
            fresh -= usize::from(place < fresh);
        }
        match self.flow.connector.read_record(&id).await? {
            Some(record) => {
                records.insert(0, record);
                fresh += 1;
            }
            None => lane.forget(&id),
        }
        Ok(fresh)
    }

    async fn append(&mut self, record: &Record, status: StatusChange) -> Result<(Record, usize)> {
        let notes = self.notes(record);
        let notes_written = notes.len();
        let what = Append {
            session: self.due.then.key().clone(),
            notes,
            tags: tags(self.rules, &self.due.then, self.flow.connector.profile()),
            owner: self.owner().await?,
            status,
        };
        let record = self.flow.connector.append(record, &what).await?;
        Ok((record, notes_written))
    }

    async fn create(&mut self, found: &Found, follow_up_of: Option<RecordId>) -> Result<Done> {
        let session = &self.due.then;
        let profile = self.flow.connector.profile();
        let customer =
            match RecordCustomer::of(self.rules, session, found.customer.as_ref(), profile) {
                Ok(customer) => customer,
                Err(unwritable) => {
                    return Ok(Done::nothing(Reason {
                        rule: casewire_core::RuleId::R12,
                        text: unwritable.reason(),
                    }));
                }
            };
        let outcome = match follow_up_of {
            Some(_) => Outcome::FollowUp,
            None => Outcome::Created,
        };
        let notes = Note::missing(
            &self.due.latest,
            self.due.at,
            &self.rules.timezone,
            &casewire_core::Trace::default(),
        );
        let notes_written = notes.len();
        let new = NewRecord {
            session: session.key().clone(),
            customer,
            title: title(self.rules, session, profile),
            queue: session.queue().map(|queue| queue.leaf().clone()),
            tags: tags(self.rules, session, profile),
            owner: self.owner().await?,
            notes,
            follow_up_of,
        };
        let record = self.flow.connector.create_record(&new).await?;
        Ok(Done {
            outcome,
            rule_for_none: None,
            record: Some(record),
            notes_written,
            repeated: false,
        })
    }

    fn notes(&self, record: &Record) -> Vec<Note> {
        Note::missing(
            &self.due.latest,
            self.due.at,
            &self.rules.timezone,
            &record.trace,
        )
    }

    /// R16: the agent's CRM user by e-mail.
    async fn owner(&mut self) -> Result<Option<UserId>> {
        let email = self
            .due
            .latest
            .agent()
            .and_then(|agent| agent.email.as_ref());
        let Some(email) = email else { return Ok(None) };
        let user = self.flow.connector.find_user(email).await?;
        if user.is_none() {
            let warning = "the agent has no user in the CRM with the same e-mail address (R16)";
            if !self.warnings.iter().any(|known| known == warning) {
                self.warnings.push(warning.to_owned());
            }
        }
        Ok(user)
    }
}

impl Done {
    fn nothing(reason: Reason) -> Self {
        Self {
            outcome: Outcome::None,
            rule_for_none: Some(reason),
            record: None,
            notes_written: 0,
            repeated: false,
        }
    }
}
