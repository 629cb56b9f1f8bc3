//! Adding to tickets.

use std::time::Duration;

use casewire_core::{
    Append, Error, ErrorKind, Record, RecordState, Result, SessionNotes, StatusChange, Trace,
};
use casewire_http::Request;
use http::StatusCode;

use crate::body::{CustomFields, NewNote, TicketChange};
use crate::connector::{Freshdesk, Named, gone, owner_id, united};
use crate::limits::TICKET_UPDATE;
use crate::look::Look;
use crate::note;
use crate::wire::{NoteAnswer, Ticket};

impl Freshdesk {
    /// The ticket's fields first and then the note, as on creation. Freshdesk has no conditional update: what is known is
    /// compared with the ticket as it is before the first of the two.
    pub(crate) async fn add(&self, to: &Record, what: &Append) -> Result<Record> {
        let (mut now, is_as_read) = match self.fresh(to) {
            Some(look) => (look, true),
            None => {
                let look = self.whole(&to.id).await?.ok_or_else(gone)?;
                let is_as_read = look.record.version == to.version;
                (look, is_as_read)
            }
        };
        if what.is_repeat(&now.record.trace) {
            return Ok(now.record);
        }
        if now.record.state == RecordState::Closed {
            return Err(conflict("the ticket is closed for good"));
        }
        let mut missing = what.missing(&now.record.trace);
        let change = self.change(&now, what, &missing).await?;
        let is_changed = change.is_some();
        if let Some((change, claims)) = change {
            if !is_as_read {
                return Err(conflict("the ticket changed since it was read"));
            }
            now = self.write(now, change, claims, what).await?;
            missing = what.missing(&now.record.trace);
        }
        match is_changed {
            true => self.complete(now, &missing).await,
            // Nothing of it is done if the note is not.
            false => self.add_note(now, &missing).await,
        }
    }

    /// `to`, if it is what this process saw of it last and that is not long ago.
    fn fresh(&self, to: &Record) -> Option<Look> {
        let limit = Duration::from_secs(u64::from(self.config.reread_after_seconds));
        let look = self.looks.find(&to.id)?;
        // A record from before a note has the same version.
        let is_last = look.record.version == to.version && to.trace.covers(&look.record.trace);
        (is_last && look.at.elapsed() < limit).then(|| Look {
            record: to.clone(),
            ..look
        })
    }

    /// What has to change on the ticket beside the note, and the sessions that its field names then; none when all is as
    /// wanted.
    async fn change(
        &self,
        now: &Look,
        what: &Append,
        missing: &[SessionNotes],
    ) -> Result<Option<(TicketChange, Trace)>> {
        let names = self.field_names().await?;
        let mut claims = now.claims.clone();
        let is_on = |joining: &&SessionNotes| {
            let session = &joining.session;
            now.claims.has_session(session) || now.record.trace.has_session(session)
        };
        let joining: Vec<_> = missing.iter().filter(|joining| !is_on(joining)).collect();
        for joining in &joining {
            claims.merge(&note::word(joining));
        }
        let tags = united(&now.record.tags, &what.tags);
        let status = self.config.statuses.default_open();
        let opens = what.status == StatusChange::DefaultOpen && now.status != status;
        let change = TicketChange {
            status: opens.then_some(status),
            tags: (tags.len() > now.record.tags.len()).then_some(tags),
            responder_id: match what.owner == now.owner {
                true => None,
                false => owner_id(what.owner.as_ref())?,
            },
            custom_fields: match joining.is_empty() {
                true => CustomFields::default(),
                false => CustomFields::sessions(names, &claims),
            },
        };
        Ok((!change.is_empty()).then_some((change, claims)))
    }

    async fn write(
        &self,
        was: Look,
        change: TicketChange,
        claims: Trace,
        what: &Append,
    ) -> Result<Look> {
        let id = &was.record.id;
        self.looks.forget(|look| look.record.id == *id);
        // Not repeated: in the meantime the ticket may be another. What became of a lost one is read from the ticket.
        let request = Request::put("/api/v2/tickets/{id}")
            .fill("id", id)
            .json(&change)
            .bucket(TICKET_UPDATE)
            .allow(StatusCode::BAD_REQUEST);
        let error = match self.client.send(request).await {
            Ok(answer) if !answer.status().is_success() => {
                let named = Named {
                    requester: None,
                    owner: change.responder_id,
                };
                return Err(self.refused(&answer, &what.sessions[0].session, &named));
            }
            Ok(answer) => {
                let ticket: Ticket = answer.json()?;
                let mut now = self.seen(&ticket, None).await?;
                // Not every documented answer shows the custom fields and the tags.
                now.record.queue = now.record.queue.or(was.record.queue);
                if ticket.tags.is_none() {
                    now.record.tags = change.tags.unwrap_or(was.record.tags);
                }
                now.claims = claims;
                let missing = what.missing(&was.record.trace);
                now.record.trace = was.record.trace;
                for joining in missing.iter().filter(|joining| joining.notes.is_empty()) {
                    now.record.trace.merge(&note::word(joining));
                }
                return Ok(now);
            }
            Err(error) => error,
        };
        if error.kind() != ErrorKind::Uncertain {
            return Err(error);
        }
        tokio::time::sleep(self.config.settle).await;
        if let Ok(Some(now)) = self.whole(id).await {
            let missing = what.missing(&now.record.trace);
            if matches!(self.change(&now, what, &missing).await, Ok(None)) {
                return Ok(now);
            }
        }
        Err(error)
    }

    /// Adds the note to a ticket that is written. A failure leaves a part to be done, so who tries again has to look first.
    pub(crate) async fn complete(&self, now: Look, notes: &[SessionNotes]) -> Result<Record> {
        let added = self.add_note(now, notes).await;
        added.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::Protocol => error,
            _ => Error::new(
                ErrorKind::Uncertain,
                format!(
                    "the ticket was written and its note may not be: {}",
                    error.message()
                ),
            )
            .with_source(error),
        })
    }

    async fn add_note(&self, mut now: Look, sessions: &[SessionNotes]) -> Result<Record> {
        if let Some(html) = note::html(sessions) {
            self.looks.forget(|look| look.record.id == now.record.id);
            let request = Request::post("/api/v2/tickets/{id}/notes")
                .fill("id", &now.record.id)
                .json(&NewNote::private(html));
            if let Err(error) = self.read::<NoteAnswer>(request).await {
                self.settle(&now, sessions, error).await?;
            }
        }
        for SessionNotes { session, notes } in sessions {
            if !notes.is_empty() {
                now.record.trace.add(session, notes);
            }
        }
        self.looks.remember(now.record.id.clone(), now.clone());
        Ok(now.record)
    }

    /// Whether the note whose answer was lost is there after all, once what was on its way has arrived.
    async fn settle(&self, now: &Look, sessions: &[SessionNotes], error: Error) -> Result<()> {
        if error.kind() != ErrorKind::Uncertain {
            return Err(error);
        }
        tokio::time::sleep(self.config.settle).await;
        let Ok(tokens) = self.notes_of(&now.record.id).await else {
            return Err(error);
        };
        let noted = Trace::parse(&tokens.join(" "));
        let mut notes = sessions.iter().flat_map(|joining| {
            let all = joining.notes.iter();
            all.map(|note| (&joining.session, &note.id))
        });
        match notes.all(|(session, id)| noted.has_note(session, id)) {
            true => Ok(()),
            false => Err(error),
        }
    }
}

fn conflict(why: &str) -> Error {
    Error::new(ErrorKind::Conflict, why)
}
