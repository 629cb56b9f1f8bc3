//! The write itself: to a record that is there, or as a new one.

use casewire_core::{
    Append, Error, ErrorKind, Found, NewRecord, NoteId, Queue, Reason, Record, RecordCustomer,
    RecordId, RecordState, Result, RuleId, SessionNotes, StatusChange, Trace, TraceSearch, UserId,
    tags, title,
};

use super::{Advance, Member, may_be_written};
use crate::Settled;

impl Advance<'_> {
    /// Writes what the members bring to `record`: one write, or none when all of it is there.
    pub(super) async fn append(
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

    pub(super) async fn create(
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
            return self.complete(record).await;
        }
        let written = [SessionNotes {
            session: new.session,
            notes: new.notes,
        }];
        Ok(self.settle_all(vec![head], record, &written))
    }

    /// What the tasks have to know of a write that failed: that it may have happened, and what it was to come to.
    fn after_failure(&mut self, members: &[Member], error: &Error) {
        if !may_be_written(error) {
            return;
        }
        for member in members {
            let task = &mut self.tasks[member.place];
            task.trace = TraceSearch::Thorough;
            if member.joins {
                task.intended.get_or_insert_with(|| member.intent.clone());
            }
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
}
