//! Adding to records.

use casewire_core::{
    Append, CustomerId, Error, ErrorKind, Record, RecordId, RecordState, Result, SessionNotes,
    StatusChange, Trace, UserId,
};

use crate::composite::{Answers, Composite, Failure, Rows};
use crate::config::RecordObject;
use crate::connector::Salesforce;
use crate::entry::{self, Target};
use crate::errors::Refused;
use crate::row::{NewRow, Row};

/// A composite takes 25 requests, of which three are for customer, record and what it is then.
pub(crate) const MOST_ENTRIES: usize = 22;

/// The row that the comparison found.
const GUARDED: &str = "@{guard.records[0].Id}";

/// What came of one call.
enum Written {
    /// It was done; the record as it is now.
    Done(Record),
    /// The record is not as it was read.
    Changed,
    /// Some of the entries are there already; what Salesforce said.
    Known(Error),
    /// The owner can not be one.
    NoOwner,
}

impl Salesforce {
    /// One atomic call that begins with a comparison: the record is asked for as of the version that was read, and all
    /// else refers to what that finds. So a record that changed since takes nothing. Its stamps are whole seconds.
    pub(crate) async fn add(&self, to: &Record, what: &Append) -> Result<Record> {
        if to.state == RecordState::Closed {
            return Err(conflict("the record is closed for good"));
        }
        let mut now = to.clone();
        if let Some(written) = self.written.find(&to.id)
            && written.version == to.version
        {
            now.trace.merge(&written.trace);
        }
        let mut what = what.clone();
        loop {
            let missing = what.missing(&now.trace);
            if !has_more(&what, &missing, &now) {
                return Ok(now);
            }
            let part = first_of(&missing, MOST_ENTRIES);
            let known = match self.write(&now, &what, &part).await? {
                Written::Done(record) if part == missing => return Ok(record),
                Written::Done(record) => {
                    now = record;
                    continue;
                }
                Written::NoOwner => {
                    let owner = what.owner.take();
                    self.users.forget(|user| Some(user) == owner.as_ref());
                    continue;
                }
                Written::Changed => None,
                Written::Known(error) => Some(error),
            };
            let read = self.read(&to.id).await?;
            let mut read =
                read.ok_or_else(|| Error::new(ErrorKind::NotFound, "the record is gone"))?;
            if known.is_some() && now.trace.covers(&read.trace) {
                read.trace.merge(&self.entries_of(&to.id, &part).await?);
            }
            let still_missing = what.missing(&read.trace);
            if !has_more(&what, &still_missing, &read) {
                return Ok(read);
            }
            match known {
                // A session is on one record only: it is on another.
                Some(error) if now.trace.covers(&read.trace) => {
                    return Err(Error::new(ErrorKind::Uncertain, error.message()));
                }
                // An earlier try wrote a part of it.
                Some(_) if read.version == now.version => now = read,
                _ => return Err(conflict("the record changed since it was read")),
            }
        }
    }

    /// What of `part` the record has, also where a person moved an entry away from it.
    async fn entries_of(&self, RecordId(id): &RecordId, part: &[SessionNotes]) -> Result<Trace> {
        let soql = entry::known(id, part, &self.config);
        let asked = Composite::apart(&self.version).query("known", &soql);
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("known")?;
        Ok(self.records.trace_of(&rows.records))
    }

    async fn write(&self, now: &Record, what: &Append, part: &[SessionNotes]) -> Result<Written> {
        let Some(version) = &now.version else {
            return Err(conflict("the record does not say as of when it was read"));
        };
        let sobject = self.records.sobject();
        let mut composite = Composite::as_one(&self.version)
            .query("guard", &self.records.unchanged(&now.id, version));
        let changes = self.changes(what).await?;
        if !changes.is_empty() {
            let headers = [("Sforce-Auto-Assign", "FALSE")];
            composite = composite.update("record", sobject, GUARDED, &headers, changes);
        }
        composite = composite.read("read", sobject, GUARDED, &self.records.fields());
        let owner = what.owner.as_ref();
        let target = Target {
            person: person_of(now.customer.as_ref()),
            owner: owner.filter(|owner| is_user(owner)),
            done_task: self.done_task().await?,
        };
        let rows = entry::rows(part, &now.trace, &self.config, &target);
        for (number, row) in rows.into_iter().enumerate() {
            let name = format!("entry{number}");
            composite = composite.insert(&name, entry::sobject(&self.config), &[], row);
        }
        let mut answers: Answers = self.api.read(composite.request()).await?;
        match answers.failure() {
            None => {}
            Some(Failure::NoReference) => {
                self.written.forget(|written| written.id == now.id);
                return Ok(Written::Changed);
            }
            Some(Failure::Refused { part, refused }) => {
                self.written.forget(|written| written.id == now.id);
                return self.refusal(&part, &refused, now, what);
            }
        }
        let row: Row = answers.body("read")?;
        let mut record = self.records.record(&row, &[]).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the record is not whole in the answer")
        })?;
        record.customer.clone_from(&now.customer);
        record.trace.merge(&now.trace);
        for SessionNotes { session, notes } in part {
            record.trace.add(session, notes);
        }
        self.written.remember(record.id.clone(), record.clone());
        Ok(Written::Done(record))
    }

    /// The fields of the record that change.
    async fn changes(&self, what: &Append) -> Result<NewRow> {
        let mut changes = NewRow::new();
        if what.status == StatusChange::DefaultOpen {
            let status = &self.statuses().await?.default_open;
            changes.set(self.records.status_field(), status);
        }
        if let Some(UserId(owner)) = &what.owner {
            changes.set("OwnerId", owner);
        }
        Ok(changes)
    }

    fn refusal(
        &self,
        part: &str,
        refused: &Refused,
        now: &Record,
        what: &Append,
    ) -> Result<Written> {
        if part.starts_with("entry") && refused.has_code("DUPLICATE_VALUE") {
            return Ok(Written::Known(refused.error()));
        }
        if refused.is_of_owner() && what.owner.is_some() {
            return Ok(Written::NoOwner);
        }
        let error = refused.error();
        let opens = now.state == RecordState::Resolved && what.status == StatusChange::DefaultOpen;
        Err(match part {
            "record" if opens && error.kind() == ErrorKind::Rejected => {
                error.context(match self.records.object {
                    RecordObject::Case => {
                        "opening the record again (if those of its status never are, name the status in `statuses.closed`)"
                    }
                    _ => {
                        "opening the record again (if closed ones never are, remove `append_to_closed_within_days`)"
                    }
                })
            }
            "record" => error.context("changing the record"),
            "guard" | "read" => error.context("reading the record"),
            _ => error.context("writing its entries"),
        })
    }
}

/// Whether there is anything of `what` that the record lacks.
fn has_more(what: &Append, missing: &[SessionNotes], now: &Record) -> bool {
    if what.is_repeat(&now.trace) {
        return false;
    }
    let opens = what.status == StatusChange::DefaultOpen && now.state != RecordState::Open;
    !missing.is_empty() || what.owner.is_some() || opens
}

/// The first of `sessions`, with at most `limit` entries.
fn first_of(sessions: &[SessionNotes], limit: usize) -> Vec<SessionNotes> {
    let mut left = limit;
    let mut first = Vec::new();
    for SessionNotes { session, notes } in sessions {
        // A session that joins has a row of its own unless the note of that is among its notes.
        let room = left.saturating_sub(1);
        if room == 0 {
            break;
        }
        let notes = notes[..notes.len().min(room)].to_vec();
        left -= notes.len() + 1;
        first.push(SessionNotes {
            session: session.clone(),
            notes,
        });
    }
    first
}

/// The customer, if it is a person on whom an entry can hang: a contact or a lead.
pub(crate) fn person_of(customer: Option<&CustomerId>) -> Option<String> {
    let CustomerId(id) = customer?;
    ["003", "00Q"]
        .iter()
        .any(|prefix| id.starts_with(prefix))
        .then(|| id.clone())
}

/// Whether it is a user: a queue owns no tasks of this kind.
pub(crate) fn is_user(UserId(id): &UserId) -> bool {
    id.starts_with("005")
}

fn conflict(why: &str) -> Error {
    Error::new(ErrorKind::Conflict, why)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use casewire_core::{Note, NoteId, SessionFacts, SessionKey};

    use super::*;

    #[test]
    fn a_call_takes_as_many_entries_as_it_may() {
        let joining = |number: usize, count: usize| SessionNotes {
            session: SessionKey::parse(&Arc::from("//a"), &format!("call/{number}")).unwrap(),
            notes: (0..count)
                .map(|note| Note {
                    id: NoteId::Late {
                        facts: note.to_string(),
                    },
                    text: "Updated".to_owned(),
                    facts: SessionFacts::default(),
                })
                .collect(),
        };
        let many: Vec<_> = (0..9).map(|number| joining(number, 4)).collect();
        let first = first_of(&many, 22);
        let rows = |sessions: &[SessionNotes]| {
            sessions
                .iter()
                .map(|joining| joining.notes.len() + 1)
                .sum::<usize>()
        };
        assert!((20..=22).contains(&rows(&first)), "{}", rows(&first));
        let long = [joining(1, 100)];
        assert_eq!(rows(&first_of(&long, 22)), 22);
        assert_eq!(first_of(&many[..2], 22), many[..2]);
    }
}
