//! Adding to tickets.

use casewire_core::{
    Append, Error, ErrorKind, Record, RecordState, Result, SessionNotes, StatusChange,
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
                Ok(Some(now)) if what.is_repeat(&now.trace) => Ok(now),
                _ => Err(error),
            },
            _ => Err(error),
        }
    }

    /// What has to be written; none when everything is there.
    fn changes(&self, to: &Record, what: &Append, fields: FieldIds) -> Result<Option<TicketWrite>> {
        let missing = what.missing(&to.trace);
        let tags = united(&to.tags, &what.tags);
        let (joins, has_new_tags) = (!missing.is_empty(), tags.len() > to.tags.len());
        let opens = what.status == StatusChange::DefaultOpen;
        let is_changed = joins
            || has_new_tags
            || what.owner.is_some()
            || (opens && to.state != RecordState::Open);
        if what.is_repeat(&to.trace) || !is_changed {
            return Ok(None);
        }
        let Some(stamp) = to.version.clone() else {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the record does not say as of when it was read",
            ));
        };
        let mut trace = to.trace.clone();
        for SessionNotes { session, notes } in &missing {
            trace.add(session, notes);
        }
        let comment = comment::body(&missing);
        let custom_status_id = self.config.reopen_custom_status_id.filter(|_| opens);
        let status = self.config.statuses.default_open();
        let trace = joins.then(|| FieldValue::trace(fields, &trace));
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

/// The record after a refused write: as wanted when the write, or one like it, was done before.
fn settled(now: Record, what: &Append) -> Result<Record> {
    if what.is_repeat(&now.trace) {
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
