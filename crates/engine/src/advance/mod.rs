//! One write: what is looked up for it, who joins it, and what came of it.

mod settled;
mod write;

use std::collections::BTreeMap;

use crate::lane::HeldLane;
use crate::{Flow, Intent, Journal, Lane, Settled, Task};
use casewire_core::{
    Action, Candidates, Choice, CustomerId, Error, ErrorKind, Found, Outcome, Record, RecordId,
    RecordState, Result, StatusChange, choose, wanted,
};

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
        let was_interrupted = head.intended.is_some();
        if let Some(own) = self.lane.record_of(head.key()) {
            let own = match was_interrupted {
                // Another session's write may have shown it there before all of it was.
                true => self.read_again(own.clone()).await?,
                false => own.clone(),
            };
            return self.complete(own).await;
        }
        let query = wanted(
            self.flow.rules_of(&head.due),
            &head.due.then,
            head.due.at,
            head.trace,
        );
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
