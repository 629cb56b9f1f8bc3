//! Trying until a session is on its record, or until only a person can help.

use casewire_core::{
    Action, Append, Candidates, Choice, CustomerId, Error, ErrorKind, Found, NewRecord, Note,
    NoteId, Outcome, Queue, Reason, Record, RecordCustomer, RecordId, RecordState, Refused, Result,
    RuleId, Rules, StatusChange, Trace, TraceSearch, UserId, choose, tags, title, wanted,
};
use tracing::debug;

use crate::{DueSession, Flow, Lane};

/// One session on its way.
pub(crate) struct Attempt<'a> {
    flow: &'a Flow,
    due: &'a DueSession,
    rules: &'a Rules,
    trace: TraceSearch,
    /// A record that changed or went away under a write: to be read by its id before choosing again.
    doubted: Option<RecordId>,
    /// What a write of this attempt was to come to: it may have happened although its answer was lost.
    intended: Option<Outcome>,
    pub(crate) chosen: Option<Reason>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) warnings: Vec<String>,
}

/// What an attempt came to.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    pub(crate) rule_for_none: Option<Reason>,
    pub(crate) record: Option<Record>,
    pub(crate) notes_written: usize,
    pub(crate) repeated: bool,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(
        flow: &'a Flow,
        due: &'a DueSession,
        rules: &'a Rules,
        trace: TraceSearch,
    ) -> Self {
        Self {
            flow,
            due,
            rules,
            trace,
            doubted: None,
            intended: None,
            chosen: None,
            refused: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) async fn run(&mut self, lane: &mut Lane) -> Result<Done> {
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
        let wanted = query.records.map(|records| records.queue);
        let (Some(customer), Some(queue)) = (found.customer.clone(), wanted) else {
            return self.write(found, lane).await;
        };
        // The same customer may be served under another identity at this moment.
        let mut shared = self.flow.customers.enter(customer, queue).await;
        shared.unite(&mut found.records);
        let done = self.write(found, lane).await;
        match &done {
            Ok(Done {
                record: Some(record),
                ..
            }) => shared.remember(record.clone()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Some(gone) = &self.doubted {
                    shared.forget(gone);
                }
            }
            Ok(_) | Err(_) => {}
        }
        done
    }

    async fn write(&mut self, mut found: Found, lane: &mut Lane) -> Result<Done> {
        lane.unite(&mut found.records);
        if let Some(id) = self.doubted.take() {
            self.settle_doubt(id, &mut found.records, lane).await?;
        }
        // A person may have moved a record to another customer.
        if let Some(customer) = &found.customer {
            found.records.retain(|record| is_of(record, customer));
        }
        let choice = self.choose(&found);
        self.chosen = Some(choice.reason);
        let (to, status) = match choice.action {
            Action::Nothing => return Ok(Done::nothing(choice.reason)),
            Action::Create => return self.create(&found, None).await,
            Action::FollowUp { of } => return self.create(&found, Some(of)).await,
            Action::Append { to, status } => (to, status),
            Action::Reopen { to } => (to, StatusChange::DefaultOpen),
        };
        let place = found.records.iter().position(|record| record.id == to);
        let Some(place) = place else {
            let message = format!("record {to} was chosen and is not there");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let record = found.records.swap_remove(place);
        if record.trace.has_session(self.due.then.key()) {
            return self.complete(record).await;
        }
        let outcome = match record.state {
            RecordState::Open => Outcome::Appended,
            RecordState::Resolved | RecordState::Closed => Outcome::Reopened,
        };
        self.intended = self.intended.or(Some(outcome));
        let written = self.append(&record, status).await;
        if let Err(error) = &written
            && matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Uncertain
            )
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

    /// The session is on `own` already: adds only the notes that are missing there, and moves the owner
    /// when one of them tells of a transfer (R16).
    async fn complete(&mut self, own: Record) -> Result<Done> {
        let told = match own.trace.begins_with(self.due.then.key()) {
            true => Outcome::Created,
            false => Outcome::Appended,
        };
        // A write of this very attempt whose answer was lost is no repetition.
        let repeated = self.intended.is_none();
        let outcome = self.intended.unwrap_or(told);
        let notes = self.notes(&own);
        let (record, notes_written) = if notes.is_empty() {
            let by_this_attempt = match repeated {
                true => 0,
                false => self.missing(&Trace::default()).len(),
            };
            (own, by_this_attempt)
        } else if own.state == RecordState::Closed {
            self.warn("the record is closed for good: notes that came later were not added");
            (own, 0)
        } else {
            let notes_written = notes.len();
            let transferred = notes
                .iter()
                .any(|note| matches!(note.id, NoteId::Transferred { .. }));
            let owner = match transferred {
                true => self.owner().await?,
                false => None,
            };
            let what = Append {
                session: self.due.then.key().clone(),
                notes,
                tags: Vec::new(),
                owner,
                // R15: late data never reopens a record.
                status: StatusChange::Keep,
            };
            let record = self.flow.connector.append(&own, &what).await?;
            (record, notes_written)
        };
        Ok(Done {
            outcome,
            rule_for_none: None,
            record: Some(record),
            notes_written,
            repeated,
        })
    }

    /// Reads the record `id` by its id and puts it in its place among `records`, or takes it out when it is
    /// gone.
    async fn settle_doubt(
        &self,
        id: RecordId,
        records: &mut Vec<Record>,
        lane: &mut Lane,
    ) -> Result<()> {
        records.retain(|record| record.id != id);
        match self.flow.connector.read_record(&id).await? {
            Some(record) => records.push(record),
            None => lane.forget(&id),
        }
        Ok(())
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
        let customer = RecordCustomer::of(self.rules, session, found.customer.as_ref(), profile);
        let customer = match customer {
            Ok(customer) => customer,
            Err(unwritable) => {
                return Ok(Done::nothing(Reason {
                    rule: RuleId::R12,
                    text: unwritable.reason(),
                }));
            }
        };
        let outcome = match follow_up_of {
            Some(_) => Outcome::FollowUp,
            None => Outcome::Created,
        };
        let notes = self.missing(&Trace::default());
        let notes_written = notes.len();
        let new = NewRecord {
            session: session.key().clone(),
            customer,
            title: title(self.rules, session, profile),
            queue: session.queue().map(|queue: &Queue| queue.leaf().clone()),
            tags: tags(self.rules, session, profile),
            owner: self.owner().await?,
            notes,
            follow_up_of,
        };
        self.intended = self.intended.or(Some(outcome));
        let record = self.flow.connector.create_record(&new).await?;
        if !record.trace.begins_with(session.key()) || !self.notes(&record).is_empty() {
            // The CRM had the session's record from before, perhaps with fewer notes.
            self.intended = None;
            return self.complete(record).await;
        }
        Ok(Done {
            outcome,
            rule_for_none: None,
            record: Some(record),
            notes_written,
            repeated: false,
        })
    }

    fn notes(&self, record: &Record) -> Vec<Note> {
        self.missing(&record.trace)
    }

    fn missing(&self, trace: &Trace) -> Vec<Note> {
        let DueSession {
            then, latest, at, ..
        } = self.due;
        Note::missing(then, latest, *at, &self.rules.timezone, trace)
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
            self.warn("the agent has no user in the CRM with the same e-mail address (R16)");
        }
        Ok(user)
    }

    fn warn(&mut self, warning: &str) {
        if !self.warnings.iter().any(|known| known == warning) {
            self.warnings.push(warning.to_owned());
        }
    }
}

/// Whether `record` is of `customer`, as far as it says.
fn is_of(record: &Record, customer: &CustomerId) -> bool {
    record.customer.as_ref().is_none_or(|of| of == customer)
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
