//! One write: what is looked up for it, who joins it, and what came of it.

use std::collections::BTreeMap;

use casewire_core::{
    Action, Append, Candidates, Choice, CustomerId, Error, ErrorKind, Found, NewRecord, NoteId,
    Outcome, Queue, Reason, Record, RecordCustomer, RecordId, RecordState, Result, RuleId,
    SessionNotes, StatusChange, Trace, TraceSearch, UserId, choose, tags, title, wanted,
};
use tracing::info;

use crate::lane::HeldLane;
use crate::{Flow, Intent, Journal, Lane, Receipt, Settled, Task};

/// The first of some tasks on its way, and those that join it.
pub(crate) struct Advance<'a> {
    flow: &'a Flow,
    tasks: &'a mut Vec<Task>,
    lane: &'a mut Lane,
    journal: &'a mut dyn Journal,
    /// The most sessions whose notes go into one write.
    together: usize,
    written_together: usize,
    /// Records that were in doubt, as they are now; none when they are gone.
    read: BTreeMap<RecordId, Option<Record>>,
    warnings: Vec<String>,
}

/// A task that takes part in a write, and how.
struct Member {
    /// Its place among the tasks.
    place: usize,
    intent: Intent,
    /// Whether it is not on the record yet.
    joins: bool,
    /// Whether it was on the record already, and no write of this engine was under way.
    repeated: bool,
}

impl<'a> Advance<'a> {
    pub(crate) fn new(
        flow: &'a Flow,
        tasks: &'a mut Vec<Task>,
        lane: &'a mut Lane,
        journal: &'a mut dyn Journal,
        together: usize,
    ) -> Self {
        Self {
            together,
            written_together: 0,
            flow,
            tasks,
            lane,
            journal,
            read: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// Of how many sessions the write was that was tried.
    pub(crate) fn written_together(&self) -> usize {
        self.written_together
    }

    pub(crate) async fn run(&mut self) -> Result<Vec<Settled>> {
        self.settle_doubts().await?;
        let Some(head) = self.tasks.first() else {
            return Ok(Vec::new());
        };
        if let Some(record) = head.on.clone() {
            return self.add_notes(record).await;
        }
        if let Some(own) = self.lane.record_of(head.key()) {
            let own = own.clone();
            return self.complete(own).await;
        }
        let query = wanted(
            self.flow.rules_of(&head.due),
            &head.due.then,
            head.due.at,
            head.trace,
        );
        let was_interrupted = head.intended.is_some();
        let mut found = self.flow.connector.look_up(&query).await?;
        if let Some(own) = found.own.take() {
            let own = match was_interrupted {
                // A search may lag behind the write that is looked for.
                true => self.read_again(own).await?,
                false => own,
            };
            return self.complete(own).await;
        }
        let queue = query.records.map(|records| records.queue);
        let (Some(customer), Some(queue)) = (found.customer.clone(), queue) else {
            return self.decide(found).await;
        };
        // The same customer may be served under another identity at this moment.
        let mut held = self
            .flow
            .customers
            .enter(customer.clone(), queue.clone())
            .await;
        let shared = match &mut *held {
            Some(shared) => shared,
            empty => empty.insert(Lane::new(self.journal.recall(&customer, &queue).await?)),
        };
        self.learn_from(shared).await?;
        shared.unite(&mut found.records);
        let done = self.decide(found).await;
        self.share(&mut held, &done);
        done
    }

    /// Reads the records that are in doubt by their ids, which never lags.
    async fn settle_doubts(&mut self) -> Result<()> {
        let doubted: Vec<_> = self.lane.doubted().cloned().collect();
        for id in doubted {
            let now = self.flow.connector.read_record(&id).await?;
            self.lane.settle_doubt(&id, now.as_ref());
            self.read.insert(id, now);
        }
        Ok(())
    }

    async fn read_again(&mut self, record: Record) -> Result<Record> {
        if !self.read.contains_key(&record.id) {
            self.lane.doubt(record.id.clone());
            self.settle_doubts().await?;
        }
        let now = self.read.get(&record.id).cloned().flatten();
        now.ok_or_else(|| {
            let message = format!("record {} was found and is gone", record.id);
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// Tells the customer's lane of the records that were read, unless it knows of a later write to them; and reads what
    /// is in doubt there.
    async fn learn_from(&mut self, shared: &mut Lane) -> Result<()> {
        for (id, now) in &self.read {
            shared.learn(id, now.as_ref());
        }
        self.lane.doubt_as(shared);
        let doubted: Vec<_> = shared.doubted().cloned().collect();
        self.settle_doubts().await?;
        for id in doubted {
            let now = self.read.get(&id).and_then(Option::as_ref);
            shared.settle_doubt(&id, now);
        }
        // Gone records are counted once, by the lane that is served.
        shared.take_gone();
        Ok(())
    }

    /// Tells the customer's lane what came of a write.
    fn share(&self, held: &mut HeldLane, done: &Result<Vec<Settled>>) {
        let Some(shared) = &mut **held else { return };
        match done {
            Ok(settled) => {
                let records = settled.iter().filter_map(|settled| settled.record.clone());
                records.for_each(|record| shared.remember(record));
            }
            Err(error) if may_be_written(error) => shared.doubt_as(self.lane),
            // What it holds of them is not so any more.
            Err(_) => self.lane.doubted().for_each(|id| shared.forget(id)),
        }
    }

    async fn decide(&mut self, mut found: Found) -> Result<Vec<Settled>> {
        self.lane.unite(&mut found.records);
        for (id, now) in &self.read {
            let place = found.records.iter().position(|record| record.id == *id);
            if let Some(place) = place {
                found.records.remove(place);
                found.records.extend(now.clone());
            }
        }
        // A person may have moved a record to another customer.
        if let Some(customer) = &found.customer {
            found.records.retain(|record| is_of(record, customer));
        }
        let Choice {
            action,
            reason,
            refused,
        } = self.choose_again(&found);
        let head = Member {
            place: 0,
            intent: Intent {
                outcome: Outcome::from(&action),
                chosen: Some(reason.into()),
                refused,
            },
            joins: true,
            repeated: false,
        };
        let (to, status) = match action {
            Action::Nothing => return Ok(vec![self.settle_without_record(head, reason)]),
            Action::Create => return self.create(head, &found, None).await,
            Action::FollowUp { of } => return self.create(head, &found, Some(of)).await,
            Action::Append { to, status } => (to, status),
            Action::Reopen { to } => (to, StatusChange::DefaultOpen),
        };
        let Some(record) = found.records.iter().find(|record| record.id == to).cloned() else {
            let message = format!("record {to} was chosen and is not there");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        if record.trace.has_session(self.tasks[0].key()) {
            return self.complete(record).await;
        }
        let members = self.joining(head, &record, found);
        self.append(record, members, status).await
    }

    /// The choice for the first task. A new record of which no answer is known is made again, whatever came to be since: it
    /// may still be on its way, and the CRM takes the second one for the first.
    fn choose_again(&self, found: &Found) -> Choice {
        let head = &self.tasks[0];
        let choice = self.choose(head, found);
        let intended = head.intended.as_ref().map(|intent| intent.outcome);
        if intended == Some(Outcome::Created) && choice.action != Action::Nothing {
            return Choice {
                action: Action::Create,
                ..choice
            };
        }
        choice
    }

    fn choose(&self, task: &Task, found: &Found) -> Choice {
        let candidates = Candidates {
            records: &found.records,
            customer_known: found.customer.is_some() || !found.records.is_empty(),
        };
        let rules = self.flow.rules_of(&task.due);
        choose(rules, &task.due.then, task.due.at, &candidates)
    }

    /// Who takes part in the write of `head` to `record`: the tasks after it that would be decided the same, up to the
    /// first that would not, and those that are on the record already.
    fn joining(&self, head: Member, record: &Record, mut found: Found) -> Vec<Member> {
        for known in found
            .records
            .iter_mut()
            .filter(|known| known.id == record.id)
        {
            known.state = RecordState::Open;
        }
        let keys = |task: &Task| {
            let kind = task.key().kind();
            task.due.then.customer().keys(kind).collect::<Vec<_>>()
        };
        let person = keys(&self.tasks[0]);
        let mut members = vec![head];
        let mut is_same = true;
        for (place, task) in self.tasks.iter().enumerate().skip(1) {
            if members.len() >= self.together {
                break;
            }
            if task.on.is_some() {
                members.extend(self.on_record(place, task, record));
                continue;
            }
            is_same = is_same && task.is_sure() && keys(task) == person;
            if !is_same {
                continue;
            }
            let choice = self.choose(task, &found);
            match choice.action {
                Action::Append { to, .. } if to == record.id => members.push(Member {
                    place,
                    intent: Intent {
                        outcome: Outcome::Appended,
                        chosen: Some(choice.reason.into()),
                        refused: choice.refused,
                    },
                    joins: true,
                    repeated: false,
                }),
                _ => is_same = false,
            }
        }
        members
    }

    /// The task at `place`, if it is on `record` already; the first one is.
    fn on_record(&self, place: usize, task: &Task, record: &Record) -> Option<Member> {
        let is_on = match &task.on {
            _ if place == 0 => true,
            // It is to be looked for first.
            _ if !task.is_sure() => false,
            Some(on) => *on == record.id,
            None => record.trace.has_session(task.key()),
        };
        let told = || match record.trace.begins_with(task.key()) {
            true => Intent::noted(Outcome::Created),
            false => Intent::noted(Outcome::Appended),
        };
        is_on.then(|| Member {
            place,
            intent: task.intended.clone().unwrap_or_else(told),
            joins: false,
            // A write whose answer was lost is no repetition.
            repeated: task.intended.is_none(),
        })
    }

    /// The first task is on `own` already: adds only the notes that are missing there, its own and those of others.
    async fn complete(&mut self, own: Record) -> Result<Vec<Settled>> {
        let tasks = self.tasks.iter().enumerate();
        let members = tasks.filter_map(|(place, task)| self.on_record(place, task, &own));
        let members = members.take(self.together).collect();
        // R15: late data never reopens a record.
        self.append(own, members, StatusChange::Keep).await
    }

    /// The first task is on the record `id`, and has notes for it.
    async fn add_notes(&mut self, id: RecordId) -> Result<Vec<Settled>> {
        if !self.tasks[0].is_sure() {
            self.lane.doubt(id.clone());
        } else if self.lane.find(&id).is_none() {
            match self.journal.remembered(&id).await? {
                Some(known) if !known.in_doubt => self.lane.remember(known.record),
                _ => self.lane.doubt(id.clone()),
            }
        }
        self.settle_doubts().await?;
        let record = self.lane.find(&id).cloned();
        let Some(record) = record else {
            self.warn("the record is gone: notes that came later were not added");
            return Ok(self.settle_on_gone(&id));
        };
        // Another identity of the customer may write to the record at this moment.
        let mut held = match (&record.customer, &record.queue) {
            (Some(customer), Some(queue)) => {
                let lane = self.flow.customers.enter(customer.clone(), queue.clone());
                Some(lane.await)
            }
            _ => None,
        };
        if let Some(shared) = held.as_deref_mut().and_then(Option::as_mut) {
            self.learn_from(shared).await?;
        }
        let newer = held.as_ref().and_then(|held| held.as_ref()?.find(&id));
        let record = match newer {
            Some(newer) if newer.trace.covers(&record.trace) => newer.clone(),
            _ => record,
        };
        let done = self.complete(record).await;
        if let Some(mut held) = held {
            self.share(&mut held, &done);
        }
        done
    }

    /// Writes what the members bring to `record`: one write, or none when all of it is there.
    async fn append(
        &mut self,
        record: Record,
        members: Vec<Member>,
        status: StatusChange,
    ) -> Result<Vec<Settled>> {
        let mut sessions = Vec::new();
        let mut new_tags: Vec<String> = Vec::new();
        let mut owner = None;
        let mut status = status;
        for member in &members {
            let task = &self.tasks[member.place];
            let rules = self.flow.rules_of(&task.due);
            let notes = task.missing(rules, &task.trace_on(&record));
            if member.joins {
                let brings = tags(rules, &task.due.then, self.flow.connector.profile());
                for tag in brings {
                    if !new_tags.contains(&tag) {
                        new_tags.push(tag);
                    }
                }
                if rules.reset_status_on_append {
                    status = StatusChange::DefaultOpen;
                }
            }
            if notes.is_empty() && !member.joins {
                continue;
            }
            // R16: a transfer moves the owner.
            let is_handed_over = notes
                .iter()
                .any(|note| matches!(note.id, NoteId::Transferred { .. }));
            if member.joins || is_handed_over {
                let (found, warning) = self.owner_of(member.place).await?;
                owner = found.or(owner);
                if let Some(warning) = warning {
                    self.warn(warning);
                }
            }
            sessions.push(SessionNotes {
                session: self.tasks[member.place].key().clone(),
                notes,
            });
        }
        let joins = members.iter().any(|member| member.joins);
        if sessions.is_empty() {
            return Ok(self.settle_all(members, record, &[]));
        }
        if record.state == RecordState::Closed && !joins {
            self.warn("the record is closed for good: notes that came later were not added");
            return Ok(self.settle_all(members, record, &[]));
        }
        let what = Append {
            sessions,
            tags: new_tags,
            owner,
            status,
        };
        self.written_together = what.sessions.len();
        let steps = what.sessions.iter().filter_map(|joining| {
            let member = members
                .iter()
                .find(|member| *self.tasks[member.place].key() == joining.session)?;
            Some((joining.session.clone(), member.intent.clone()))
        });
        self.journal.intend(steps.collect(), Some(&record)).await?;
        for member in members.iter().filter(|member| member.joins) {
            let intended = &mut self.tasks[member.place].intended;
            intended.get_or_insert_with(|| member.intent.clone());
        }
        match self.flow.connector.append(&record, &what).await {
            Ok(written) => Ok(self.settle_all(members, written, &what.sessions)),
            Err(error) => {
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound
                        | ErrorKind::Conflict
                        | ErrorKind::Uncertain
                        | ErrorKind::Protocol
                ) {
                    self.lane.doubt(record.id);
                }
                self.after_failure(&members, &error);
                Err(error)
            }
        }
    }

    async fn create(
        &mut self,
        head: Member,
        found: &Found,
        follow_up_of: Option<RecordId>,
    ) -> Result<Vec<Settled>> {
        let rules = self.flow.rules_of(&self.tasks[0].due);
        let session = &self.tasks[0].due.then;
        let profile = self.flow.connector.profile();
        let customer = RecordCustomer::of(rules, session, found.customer.as_ref(), profile);
        let customer = match customer {
            Ok(customer) => customer,
            Err(unwritable) => {
                let reason = Reason {
                    rule: RuleId::R12,
                    text: unwritable.reason(),
                };
                return Ok(vec![self.settle_without_record(head, reason)]);
            }
        };
        let notes = self.tasks[0].missing(rules, &Trace::default());
        let (owner, warning) = self.owner_of(0).await?;
        let session = &self.tasks[0].due.then;
        let new = NewRecord {
            session: session.key().clone(),
            customer,
            title: title(rules, session, profile),
            queue: session.queue().map(|queue: &Queue| queue.leaf().clone()),
            tags: tags(rules, session, profile),
            owner,
            notes,
            follow_up_of,
        };
        if let Some(warning) = warning {
            self.warn(warning);
        }
        self.journal
            .intend(vec![(new.session.clone(), head.intent.clone())], None)
            .await?;
        let before = self.tasks[0].intended.clone();
        let intended = &mut self.tasks[0].intended;
        intended.get_or_insert_with(|| head.intent.clone());
        let record = match self.flow.connector.create_record(&new).await {
            Ok(record) => record,
            Err(error) => {
                if error.kind() == ErrorKind::NotFound
                    && let Some(parent) = new.follow_up_of
                {
                    self.lane.doubt(parent);
                }
                self.after_failure(&[head], &error);
                return Err(error);
            }
        };
        let trace = self.tasks[0].trace_on(&record);
        if !record.trace.begins_with(&new.session)
            || !self.tasks[0].missing(rules, &trace).is_empty()
        {
            // The CRM had the session's record from before, perhaps with fewer notes.
            self.tasks[0].intended = before;
            return self.complete(record).await;
        }
        let written = [SessionNotes {
            session: new.session,
            notes: new.notes,
        }];
        Ok(self.settle_all(vec![head], record, &written))
    }

    /// What the tasks have to know of a write that failed.
    fn after_failure(&mut self, members: &[Member], error: &Error) {
        let may_be_written = may_be_written(error);
        for member in members {
            let task = &mut self.tasks[member.place];
            match may_be_written {
                true => task.trace = TraceSearch::Thorough,
                // Unless an earlier one may have been.
                false if task.trace == TraceSearch::OnTheWay => task.intended = None,
                false => {}
            }
        }
    }

    fn settle_without_record(&mut self, head: Member, reason: Reason) -> Settled {
        let task = self.tasks.remove(head.place);
        let mut receipt = self.receipt(&task, &head);
        receipt.outcome = Outcome::None;
        receipt.rule = Some(reason.rule);
        reason.text.clone_into(&mut receipt.reason);
        told(&receipt);
        Settled {
            trace: task.written.clone(),
            task,
            receipt,
            record: None,
        }
    }

    /// Tasks on a record that is gone: nothing can be added any more.
    fn settle_on_gone(&mut self, id: &RecordId) -> Vec<Settled> {
        let all = std::mem::take(self.tasks);
        let (on_it, others) = all
            .into_iter()
            .partition(|task| task.on.as_ref() == Some(id));
        *self.tasks = others;
        let on_it: Vec<Task> = on_it;
        let settle = |task: Task| {
            let member = Member {
                place: 0,
                intent: Intent::noted(Outcome::Appended),
                joins: false,
                repeated: true,
            };
            let mut receipt = self.receipt(&task, &member);
            receipt.record.clone_from(&task.on);
            Settled {
                trace: task.written.clone(),
                task,
                receipt,
                record: None,
            }
        };
        on_it.into_iter().map(settle).collect()
    }

    /// The members are on `record`, to which `written` was written.
    fn settle_all(
        &mut self,
        mut members: Vec<Member>,
        record: Record,
        written: &[SessionNotes],
    ) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(members.len());
        members.sort_by_key(|member| member.place);
        for member in members.into_iter().rev() {
            let task = self.tasks.remove(member.place);
            let added = written.iter().find(|notes| notes.session == *task.key());
            let mut trace = task.trace_on(&record);
            let mut receipt = self.receipt(&task, &member);
            match added {
                Some(added) => {
                    trace.add(task.key(), &added.notes);
                    receipt.notes_written = added.notes.len();
                }
                // A write whose answer was lost did it.
                None if !member.repeated => {
                    let rules = self.flow.rules_of(&task.due);
                    receipt.notes_written = task.missing(rules, &task.written).len();
                }
                None => {}
            }
            receipt.record = Some(record.id.clone());
            receipt.url.clone_from(&record.url);
            if task.on.is_none() {
                told(&receipt);
            }
            settled.push(Settled {
                task,
                receipt,
                record: Some(record.clone()),
                trace,
            });
        }
        settled.reverse();
        self.lane.remember(record);
        settled
    }

    fn receipt(&self, task: &Task, member: &Member) -> Receipt {
        let Intent {
            outcome,
            chosen,
            refused,
        } = member.intent.clone();
        Receipt {
            session: task.key().clone(),
            outcome,
            rule: Some(task.due.rule),
            reason: task.due.reason.clone().into_owned(),
            decided_at: Some(task.due.at),
            settings: self.flow.settings.version.clone(),
            chosen,
            record: None,
            url: None,
            refused,
            notes_written: 0,
            repeated: member.repeated,
            warnings: self.warnings.clone(),
            error: None,
        }
    }

    /// R16: the agent's CRM user by e-mail; and what is to be told when there is none.
    async fn owner_of(&self, place: usize) -> Result<(Option<UserId>, Option<&'static str>)> {
        let agent = self.tasks[place].due.latest.agent();
        let Some(email) = agent.and_then(|agent| agent.email.as_ref()) else {
            return Ok((None, None));
        };
        let user = self.flow.connector.find_user(email).await?;
        let warning = match user {
            Some(_) => None,
            None => Some("the agent has no user in the CRM with the same e-mail address (R16)"),
        };
        Ok((user, warning))
    }

    fn warn(&mut self, warning: &str) {
        if !self.warnings.iter().any(|known| known == warning) {
            self.warnings.push(warning.to_owned());
        }
    }
}

/// Whether a write that ended in `error` may have happened.
pub(crate) fn may_be_written(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Uncertain | ErrorKind::Protocol)
}

fn told(receipt: &Receipt) {
    info!(
        session = %receipt.session,
        outcome = receipt.outcome.as_str(),
        record = receipt.record.as_ref().map(|record| record.0.as_str()),
        repeated = receipt.repeated,
        "session done"
    );
}

/// Whether `record` is of `customer`, as far as it says.
fn is_of(record: &Record, customer: &CustomerId) -> bool {
    record.customer.as_ref().is_none_or(|of| of == customer)
}

impl Intent {
    /// Notes for a session that is on its record.
    fn noted(outcome: Outcome) -> Self {
        Self {
            outcome,
            chosen: None,
            refused: Vec::new(),
        }
    }
}
