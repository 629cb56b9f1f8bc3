//! What came of a write: receipts.

use casewire_core::{Outcome, Reason, Record, RecordId, SessionNotes};
use tracing::info;

use super::{Advance, Member};
use crate::{Intent, Receipt, Settled, Task};

impl Advance<'_> {
    pub(super) fn settle_without_record(&mut self, head: Member, reason: Reason) -> Settled {
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
    pub(super) fn settle_on_gone(&mut self, id: &RecordId) -> Vec<Settled> {
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
    pub(super) fn settle_all(
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
