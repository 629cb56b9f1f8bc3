//! Voice messages: what shows a call on the timeline as a phone call. They record that it was; nothing is sent.

use casewire_core::{Note, NoteId, Result, SessionKey, SessionKind, SessionNotes};

use crate::body::{Direction, MessageStatus, MessageWrite, shortened};
use crate::children::{Child, ExternalIds};
use crate::connector::Kustomer;
use crate::wire::{Conversation, Status};

/// How long a preview can be.
const MAX_PREVIEW: usize = 10_240;

impl Kustomer {
    /// Writes the messages of the calls that are linked with `joining`, but for those whose notes are `noted`. They go
    /// before the notes, so that a note tells that its call's message was written. When the write was begun before, the
    /// messages are read first.
    pub(crate) async fn write_messages(
        &self,
        to: &Conversation,
        joining: &[SessionNotes],
        noted: Option<&ExternalIds>,
    ) -> Result<()> {
        if !self.config.call_messages {
            return Ok(());
        }
        let id = to.record_id();
        let linked = joining.iter().filter_map(linked_call);
        let mut wanted: Vec<_> = linked
            .map(|(session, note)| {
                let external_id = self.config.external_id_prefix.of_session(session);
                (external_id, message_of(note))
            })
            .collect();
        wanted.retain(|(external_id, message)| {
            let is_noted = noted.is_some_and(|noted| noted.have(external_id));
            // An incoming message opens what is snoozed or done, which a call that joins does not.
            let opens = message.direction == Direction::In && !to.has_status(Status::Open);
            !is_noted && !opens
        });
        let there = match noted {
            Some(_) if !wanted.is_empty() => self.children(Child::Message, &id).await?,
            _ => ExternalIds::default(),
        };
        for (external_id, message) in wanted {
            if !there.have(&external_id) {
                self.write_child(Child::Message, &id, &external_id, &message)
                    .await?;
            }
        }
        Ok(())
    }
}

/// The call that `joining` links, with the note of that.
fn linked_call(joining: &SessionNotes) -> Option<(&SessionKey, &Note)> {
    let SessionNotes { session, notes } = joining;
    let mut notes = notes.iter();
    let linked = notes.find(|note| note.id == NoteId::Linked)?;
    (session.kind() == SessionKind::Call).then_some((session, linked))
}

/// Of the note only the first line, which says what kind of session it is and its id: who sees messages is the
/// organisation's matter, and it may be the customer.
fn message_of(linked: &Note) -> MessageWrite {
    let facts = &linked.facts;
    let first_line = linked.text.lines().next().unwrap_or_default();
    MessageWrite {
        channel: "voice",
        app: "casewire",
        direction: Direction::of(facts.is_outbound),
        status: match facts.is_outbound {
            true => MessageStatus::Sent,
            false => MessageStatus::Received,
        },
        sent_at: facts.started_at.map(|at| format!("{at:.3}")),
        preview: shortened(first_line, MAX_PREVIEW),
    }
}
