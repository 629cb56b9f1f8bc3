//! Adding to conversations.
//!
//! One update, which fails when the conversation changed, brings what can be there once: status, owner, tags, and in the
//! sessions attribute what is about to be added. The notes follow, each known by its external id. So what stopped
//! half-way is seen, and what it lacks is added.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use casewire_core::{
    Append, Error, ErrorKind, Record, RecordState, Result, SessionNotes, StatusChange, Trace,
};
use casewire_http::{Repeat, Request};

use crate::body::ConversationWrite;
use crate::children::{Child, ExternalIds};
use crate::connector::{Kustomer, gone};
use crate::external_id::note_token;
use crate::limits::{CONVERSATION_UPDATE, part_of};
use crate::notes::half_done;
use crate::revision::Revision;
use crate::sessions::Sessions;
use crate::tags::{NewTags, united};
use crate::wire::{Conversation, Status};

/// How often an update is tried anew when only the revision has moved.
const MAX_MOVES: usize = 3;

/// The conversation after the first request of a write.
pub(crate) enum Begun {
    /// That request did it.
    Now(Conversation),
    /// An earlier one had, or one like it.
    Before(Conversation),
}

impl Kustomer {
    pub(crate) async fn update(&self, to: &Record, what: &Append) -> Result<Record> {
        if what.is_repeat(&to.trace) {
            return Ok(to.clone());
        }
        if to.state == RecordState::Closed {
            return Err(locked());
        }
        let missing = what.missing(&to.trace);
        let mut known = Sessions::of(&to.trace);
        if let Some(seen) = self.seen.find(&to.id) {
            known.doubt_as(&seen);
        }
        let was_begun = missing.iter().any(|joining| is_begun(joining, &known));
        let mut tags = self.sort_tags(&what.tags).await?;
        let mut updated = self.write_changes(to, what, &known, &tags).await;
        if !tags.ids.is_empty() && is_rejected(&updated) {
            // One of the tags may be deleted, a new one or one that is there, or they are too many. Ours go on their own.
            tags = NewTags::by_name(&what.tags);
            updated = self.write_changes(to, what, &known, &tags).await;
        }
        let updated = match (updated, &what.owner) {
            (Err(error), Some(owner)) if error.kind() == ErrorKind::Rejected => {
                return Err(self.decide_again_once(error, &owner.0));
            }
            (updated, _) => updated?,
        };
        let (conversation, is_new) = match updated {
            None => return Ok(to.clone()),
            Some(Begun::Now(conversation)) => (conversation, !was_begun),
            Some(Begun::Before(conversation)) => (conversation, false),
        };
        self.mind_dropped_tags(&conversation, &tags.ids).await;
        if what.status == StatusChange::DefaultOpen && !conversation.is_open(&self.config) {
            tracing::warn!(
                record = conversation.id,
                "Kustomer did not open the conversation"
            );
        }
        let noted = match is_new {
            true => None,
            false => {
                let noted = self.children(Child::Note, &to.id).await;
                Some(noted.map_err(half_done)?)
            }
        };
        let written = self
            .finish(conversation, &missing, noted.as_ref(), &tags.names)
            .await;
        written.map_err(half_done)
    }

    /// The update that goes before the notes of `what`; none when everything is there.
    async fn write_changes(
        &self,
        to: &Record,
        what: &Append,
        known: &Sessions,
        tags: &NewTags,
    ) -> Result<Option<Begun>> {
        let missing = what.missing(&to.trace);
        let mut sessions = known.clone();
        sessions.claim(&missing);
        // The tags of a write that stopped half-way, whosever it is, may be lacking as its notes do.
        let begun = match known.has_doubts() {
            true => known.tags(),
            false => Vec::new(),
        };
        sessions.set_tags(&united(&begun, &tags.names));
        let is_written = !missing.is_empty() || !tags.names.is_empty();
        match self.changes(to, what, is_written.then_some(sessions), tags) {
            Some(write) => Ok(Some(self.send_update(to, what, write).await?)),
            None => Ok(None),
        }
    }

    fn changes(
        &self,
        to: &Record,
        what: &Append,
        sessions: Option<Sessions>,
        tags: &NewTags,
    ) -> Option<ConversationWrite<'_>> {
        let all_tags = united(&to.tags, &tags.ids);
        let has_new_tags = all_tags.len() > to.tags.len();
        let opens = what.status == StatusChange::DefaultOpen;
        let is_changed = sessions.is_some()
            || has_new_tags
            || what.owner.is_some()
            || (opens && to.state != RecordState::Open);
        if !is_changed {
            return None;
        }
        let fields = &self.config.fields;
        let mut custom = BTreeMap::new();
        if let Some(sessions) = sessions {
            custom.insert(fields.sessions.as_str(), sessions.to_text());
            // That attributes stay which an update leaves out is likely, and not documented.
            let queue = to.queue.as_ref();
            custom.extend(queue.map(|queue| (fields.leaf_queue.as_str(), queue.0.to_string())));
        }
        Some(ConversationWrite {
            status: opens.then_some(Status::Open),
            tags: has_new_tags.then_some(all_tags),
            assigned_users: what.owner.clone().map(|owner| [owner.0]),
            custom,
            ..ConversationWrite::default()
        })
    }

    /// A refusal because of the revision is looked into: when nothing has changed that a record shows, as when a note
    /// moved it, the update is sent again at the new one.
    async fn send_update(
        &self,
        to: &Record,
        what: &Append,
        mut write: ConversationWrite<'_>,
    ) -> Result<Begun> {
        let revision = to.version.as_deref().and_then(Revision::parse);
        let revision = revision.ok_or_else(unversioned)?;
        let is_old = revision.has_notes_after && self.notes_move_revisions.load(Ordering::Relaxed);
        let mut now = match is_old {
            true => Some(self.conversation(&to.id).await?.ok_or_else(gone)?),
            false => None,
        };
        write.rev = Some(revision.number);
        for _ in 0..=MAX_MOVES {
            if let Some(now) = now.take() {
                let sessions = now.sessions(&self.config);
                if what.is_repeat(&sessions.claimed()) {
                    return Ok(Begun::Before(now));
                }
                write.rev = Some(now.rev().ok_or_else(unversioned)?);
                let now = now.into_record(sessions.believed(), &self.config);
                if !is_same(to, &now) {
                    return Err(changed(&now));
                }
            }
            let request = Request::put("/v1/conversations/{id}")
                .fill("id", &to.id)
                .json(&write)
                .repeat(Repeat::Guarded)
                .bucket(part_of(CONVERSATION_UPDATE, &to.id.0));
            let error = match self.api.read(request).await {
                Ok(conversation) => return Ok(Begun::Now(conversation)),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Conflict => {
                    let read = self.conversation(&to.id).await?.ok_or_else(gone)?;
                    let has_moved = read.rev() != write.rev;
                    if !has_moved && !what.is_repeat(&read.sessions(&self.config).claimed()) {
                        return Err(error);
                    }
                    if has_moved && revision.has_notes_after {
                        self.notes_move_revisions.store(true, Ordering::Relaxed);
                    }
                    now = Some(read);
                }
                ErrorKind::Uncertain => {
                    return match self.conversation(&to.id).await {
                        Ok(Some(now)) if what.is_repeat(&now.sessions(&self.config).claimed()) => {
                            Ok(Begun::Before(now))
                        }
                        _ => Err(error),
                    };
                }
                ErrorKind::NotFound => return Err(gone()),
                kind @ (ErrorKind::Auth | ErrorKind::Rejected) => {
                    if kind == ErrorKind::Rejected {
                        self.forget_ids().await;
                    }
                    return Err(self.locked_since(to).await.unwrap_or(error));
                }
                _ => return Err(error),
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the conversation changes all the time",
        ))
    }

    /// Which code refuses an update of what was locked in the meantime is not documented.
    async fn locked_since(&self, to: &Record) -> Option<Error> {
        let now = self.conversation(&to.id).await.ok()??;
        let now = now.into_record(Trace::default(), &self.config);
        (now.state == RecordState::Closed).then(locked)
    }

    /// After a write that named them: adds the tags that have no ids yet, those of `names` and any that were to be added
    /// before, and the messages and notes of `joining` but for those `noted`: what was there when the write had been begun
    /// before.
    pub(crate) async fn finish(
        &self,
        conversation: Conversation,
        joining: &[SessionNotes],
        noted: Option<&ExternalIds>,
        names: &[String],
    ) -> Result<Record> {
        let id = conversation.record_id();
        let names = united(&self.sessions(&conversation).tags(), names);
        let conversation = self.add_tags(conversation, &names).await?;
        // As of this revision: another session may have joined just now. What was claimed an answer need not show.
        let mut sessions = self.sessions(&conversation);
        sessions.claim(joining);
        self.write_messages(&conversation, joining, noted).await?;
        let notes_written = self.write_notes(&id, joining, noted).await?;
        let mut written = Trace::default();
        for SessionNotes { session, notes } in joining {
            written.add(session, notes);
        }
        sessions.settle(|token| written.covers(&Trace::parse(token)));
        self.see(&id, &sessions);
        let revision = conversation.rev().map(|number| Revision {
            number,
            has_notes_after: notes_written > 0,
        });
        // What others only began stays in doubt, for the record may be written to by who has not seen that.
        let mut record = conversation.into_record(sessions.trace(), &self.config);
        record.version = revision.map(|revision| revision.to_string());
        Ok(record)
    }
}

/// Whether some of its notes were about to be written before.
fn is_begun(joining: &SessionNotes, known: &Sessions) -> bool {
    let SessionNotes { session, notes } = joining;
    let mut tokens = notes.iter().map(|note| note_token(session, &note.id));
    tokens.any(|token| known.is_sure_of(&token).is_some())
}

/// Whether nothing has changed that a decision is made by. Of the trace it is compared what was about to be there, for
/// whether it is can be known better for one than for the other.
fn is_same(read: &Record, now: &Record) -> bool {
    let claimed = |record: &Record| Sessions::of(&record.trace).claimed();
    let (before, after) = (claimed(read), claimed(now));
    let tags = |record: &Record| record.tags.iter().cloned().collect::<BTreeSet<_>>();
    before.covers(&after)
        && tags(read) == tags(now)
        && (&read.customer, &read.queue, read.state, read.closed_at)
            == (&now.customer, &now.queue, now.state, now.closed_at)
}

pub(crate) fn is_rejected<T>(begun: &Result<T>) -> bool {
    let error = begun.as_ref().err();
    error.is_some_and(|error| error.kind() == ErrorKind::Rejected)
}

fn changed(now: &Record) -> Error {
    match now.state {
        RecordState::Closed => locked(),
        RecordState::Open | RecordState::Resolved => Error::new(
            ErrorKind::Conflict,
            "the conversation changed since it was read",
        ),
    }
}

fn unversioned() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "the record does not say as of which revision it was read",
    )
}

fn locked() -> Error {
    Error::new(ErrorKind::Conflict, "the conversation is closed for good")
}
