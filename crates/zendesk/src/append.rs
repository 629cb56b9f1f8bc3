//! Adding to tickets.

use casewire_core::{
    Append, Error, ErrorKind, Note, Record, RecordState, Result, StatusChange, Trace,
};
use casewire_http::Request;

use crate::body::{Comment, Guard, TicketBody, TicketWrite};
use crate::comment;
use crate::connector::{Zendesk, assignee, united};
use crate::fields::FieldIds;
use crate::limits::TICKETS_UPDATE;
use crate::wire::{FieldValue, TicketAnswer};

impl Zendesk {
    pub(crate) async fn update(&self, to: &Record, what: &Append) -> Result<Record> {
        if let Some(written) = self.written.find(&to.id)
            && written.version == to.version
            && !to.trace.covers(&written.trace)
        {
            return settled(written, what);
        }
        let fields = self.field_ids().await?;
        let Some(write) = self.changes(to, what, fields)? else {
            return Ok(to.clone());
        };
        // Not `Repeat::Guarded`: a stamp is exact to the second only, so a repeat within that second could apply
        // twice. What became of a write whose answer is lost is read from the ticket instead.
        let request = Request::put("/api/v2/tickets/{id}")
            .fill("id", &to.id)
            .json(&TicketBody { ticket: write })
            .bucket(TICKETS_UPDATE);
        let error = match self.api.read::<TicketAnswer>(request).await {
            Ok(TicketAnswer { ticket }) => return Ok(self.wrote(ticket, fields, &what.tags)),
            Err(error) => error,
        };
        // What is remembered of the ticket may be older than it is now.
        self.written.forget(|written| written.id == to.id);
        match error.kind() {
            ErrorKind::Conflict => match self.read(&to.id).await? {
                Some(now) => settled(now, what),
                None => Err(gone()),
            },
            ErrorKind::Uncertain => match self.read(&to.id).await {
                Ok(Some(now)) if is_done(&now.trace, what) => Ok(now),
                _ => Err(error),
            },
            _ => Err(error),
        }
    }

    /// What has to be written; none when everything is there.
    fn changes(&self, to: &Record, what: &Append, fields: FieldIds) -> Result<Option<TicketWrite>> {
        let mut trace = to.trace.clone();
        trace.add(&what.session, &what.notes);
        let tags = united(&to.tags, &what.tags);
        let (has_new_trace, has_new_tags) = (trace != to.trace, tags.len() > to.tags.len());
        let opens = what.status == StatusChange::DefaultOpen;
        let is_changed = has_new_trace
            || has_new_tags
            || what.owner.is_some()
            || (opens && to.state != RecordState::Open);
        if is_done(&to.trace, what) || !is_changed {
            return Ok(None);
        }
        let Some(stamp) = to.version.clone() else {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the record does not say as of when it was read",
            ));
        };
        let known = |note: &&Note| to.trace.has_note(&what.session, &note.id);
        let notes: Vec<_> = what.notes.iter().filter(|note| !known(note)).collect();
        let comment = (!notes.is_empty()).then(|| comment::body(&what.session, &notes));
        let custom_status_id = self.config.reopen_custom_status_id.filter(|_| opens);
        let status = self.config.statuses.default_open();
        let trace = has_new_trace.then(|| FieldValue::trace(fields, &trace));
        Ok(Some(TicketWrite {
            comment: comment.map(Comment::private),
            assignee_id: assignee(what.owner.as_ref())?,
            status: (opens && custom_status_id.is_none()).then_some(status),
            custom_status_id,
            tags: has_new_tags.then_some(tags),
            custom_fields: trace.into_iter().collect(),
            guard: Some(Guard::new(stamp)),
            ..TicketWrite::default()
        }))
    }
}

/// Whether the notes are on the record, and with them, as one unit, the rest.
fn is_done(trace: &Trace, what: &Append) -> bool {
    !what.notes.is_empty()
        && what
            .notes
            .iter()
            .all(|note| trace.has_note(&what.session, &note.id))
}

/// The record after a refused write: as wanted when the write, or one like it, was done before.
fn settled(now: Record, what: &Append) -> Result<Record> {
    if is_done(&now.trace, what) {
        return Ok(now);
    }
    let why = match now.state {
        RecordState::Closed => "the ticket is closed for good",
        RecordState::Open | RecordState::Resolved => "the ticket changed since it was read",
    };
    Err(Error::new(ErrorKind::Conflict, why))
}

pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::NotFound, "the ticket is gone")
}
