//! Notes: what is written on a record over a session's life (R15).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::title::{push_path, push_time};
use crate::{Agent, EventId, Session, SessionKey, Trace, Transfer, digest};

/// Which note of a session, so that none is written twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoteId {
    /// The session was linked to the record.
    Linked,
    /// The session was handed over.
    Transferred {
        /// A digest of the event that told of it.
        event: String,
    },
    /// The session ended.
    Ended {
        /// A digest of what the note says of the end.
        facts: String,
    },
    /// Data arrived after the end.
    Late {
        /// A digest of what the note says.
        facts: String,
    },
}

impl fmt::Display for NoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linked => f.write_str("linked"),
            Self::Transferred { event } => write!(f, "transferred:{event}"),
            Self::Ended { facts } => write!(f, "ended:{facts}"),
            Self::Late { facts } => write!(f, "late:{facts}"),
        }
    }
}

/// An internal note: never shown to the customer. Its `Debug` hides the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// Which note of the session.
    pub id: NoteId,
    /// What it says: plain lines.
    pub text: String,
    /// What is known of the session as the note is written, for CRMs that have fields for it.
    pub facts: SessionFacts,
}

/// What is known of a session, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// The session type as the contact center names it.
    pub session_type: Option<String>,
    /// Whether agents dial out in this kind of session.
    pub is_outbound: bool,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it lasted, in seconds.
    pub duration_seconds: Option<u64>,
    /// How long the customer waited, in seconds.
    pub wait_seconds: Option<u64>,
    /// The customer's rating.
    pub rating: Option<i64>,
    /// The agent's disposition, on one line.
    pub disposition: Option<String>,
}

impl SessionFacts {
    fn of(session: &Session) -> Self {
        let text = |value: Option<&str>| value.map(|value| one_line(value).into_owned());
        Self {
            session_type: text(session.session_type()),
            is_outbound: session.is_outbound(),
            started_at: session.started_at(),
            ended_at: session.ended_at(),
            // Before the end it would be a guess.
            duration_seconds: session.ended_at().and(session.duration_seconds()),
            wait_seconds: session.wait_seconds(),
            rating: session.rating(),
            disposition: text(session.disposition()),
        }
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Note({})", self.id)
    }
}

impl Note {
    /// The text followed by a line that names session and note, `[casewire call/987@3f2a9c linked]`: what
    /// a person or a program can tell the note by.
    pub fn marked(&self, session: &SessionKey) -> String {
        format!("{}\n[casewire {} {}]", self.text, session.token(), self.id)
    }

    /// The token, as in a [`Trace`], of the note that the line `[casewire call/987@3f2a9c ended:1b2c3d]` names: what
    /// [`Note::marked`] ends with. None for any other line.
    pub fn token_of(line: &str) -> Option<String> {
        let marker = line.trim().strip_prefix("[casewire ")?.strip_suffix(']')?;
        let (session, note) = marker.split_once(' ')?;
        Some(match note {
            "linked" => session.to_owned(),
            note => format!("{session}#{note}"),
        })
    }

    /// How long each of several texts of these `lengths` can be for all to fit in `room`: what short ones leave of their
    /// share is for the others.
    ///
    /// ```
    /// use casewire_core::Note;
    ///
    /// assert_eq!(Note::share(&[10, 80, 90], 100), 45);
    /// assert_eq!(Note::share(&[10, 80], 100), 100);
    /// ```
    pub fn share(lengths: &[usize], room: usize) -> usize {
        let mut lengths = lengths.to_vec();
        lengths.sort_unstable();
        let mut left = room;
        for (place, length) in lengths.iter().enumerate() {
            let share = left / (lengths.len() - place);
            if *length > share {
                return share;
            }
            left -= length;
        }
        room
    }

    /// The notes that a session calls for so far and `trace` does not show yet, oldest first: one that it
    /// was linked, as it was `then`, `linked_at`; and by what is known at the `latest`, one per transfer
    /// since, one that it ended, and one when something else is known now than the last one said.
    pub fn missing(
        then: &Session,
        latest: &Session,
        linked_at: Timestamp,
        zone: &TimeZone,
        trace: &Trace,
    ) -> Vec<Self> {
        let session = latest;
        let transfers = session
            .transfers()
            .iter()
            .filter(|transfer| transfer.at > linked_at)
            .map(|transfer| Self::transferred(session, transfer, zone));
        let end = match trace.has_end(session.key()) {
            false => Self::ended(session, zone),
            true => Self::late(session, trace),
        };
        [Self::linked(then, latest, zone)]
            .into_iter()
            .chain(transfers)
            .chain(end)
            .filter(|note| !trace.has_note(session.key(), &note.id))
            .collect()
    }

    /// The note that `session` was linked. Its agent may have been told of only after that, in the `latest`;
    /// not when the session was handed over since.
    fn linked(session: &Session, latest: &Session, zone: &TimeZone) -> Self {
        let kind = session
            .session_type()
            .unwrap_or(match session.key().kind() {
                crate::SessionKind::Call => "Call",
                crate::SessionKind::Chat => "Chat",
            });
        let mut text = format!("{} {}", one_line(kind), session.key().id());
        if let Some(queue) = session.queue() {
            text.push_str("\nQueue: ");
            push_path(&mut text, queue);
        }
        if let Some(language) = session.language() {
            let _ = write!(text, "\nLanguage: {}", one_line(language));
        }
        let told_later = latest.agent().filter(|_| latest.transfers().is_empty());
        if let Some(agent) = session.agent().or(told_later).and_then(agent_name) {
            let _ = write!(text, "\nAgent: {agent}");
        }
        if let Some(at) = session.started_at() {
            text.push_str("\nStarted: ");
            push_time(&mut text, at, zone);
        }
        Self {
            id: NoteId::Linked,
            text,
            facts: SessionFacts::of(session),
        }
    }

    /// The note that the session was handed over.
    fn transferred(session: &Session, transfer: &Transfer, zone: &TimeZone) -> Self {
        let mut text = String::from("Transferred");
        if let Some(agent) = transfer.agent.as_ref().and_then(agent_name) {
            let _ = write!(text, " to {agent}");
        }
        text.push_str(", ");
        push_time(&mut text, transfer.at, zone);
        let EventId(event) = &transfer.event;
        Self {
            id: NoteId::Transferred {
                event: digest::short(event),
            },
            text,
            facts: SessionFacts::of(session),
        }
    }

    /// The note that `session` ended; `None` while it has not.
    fn ended(session: &Session, zone: &TimeZone) -> Option<Self> {
        let ended_at = session.ended_at()?;
        let facts = end_facts(session);
        let mut text = String::from("Ended: ");
        push_time(&mut text, ended_at, zone);
        text.push_str(&facts);
        Some(Self {
            id: NoteId::Ended {
                facts: digest::short(&facts),
            },
            text,
            facts: SessionFacts::of(session),
        })
    }

    /// The note of what is known now, unless the note of the end said the same. It never reopens a
    /// record.
    fn late(session: &Session, trace: &Trace) -> Option<Self> {
        let known = end_facts(session);
        let facts = digest::short(&known);
        let said = NoteId::Ended {
            facts: facts.clone(),
        };
        (!trace.has_note(session.key(), &said)).then(|| Self {
            id: NoteId::Late { facts },
            text: format!("Updated after the end{known}"),
            facts: SessionFacts::of(session),
        })
    }
}

/// What is told of a session's end, a line each, every line begun with a line break.
fn end_facts(session: &Session) -> String {
    let mut text = String::new();
    if let Some(outcome) = session.outcome() {
        let _ = write!(text, "\nOutcome: {}", outcome.as_str());
    }
    if let Some(seconds) = session.duration_seconds() {
        let _ = write!(text, "\nDuration: {}", in_minutes(seconds));
    }
    if let Some(seconds) = session.wait_seconds() {
        let _ = write!(text, "\nWait: {}", in_minutes(seconds));
    }
    if let Some(rating) = session.rating() {
        let _ = write!(text, "\nRating: {rating}");
    }
    if let Some(disposition) = session.disposition() {
        let _ = write!(text, "\nDisposition: {}", one_line(disposition));
    }
    for link in session.links() {
        let (rel, href) = (capitalised(&link.rel), one_line(&link.href));
        let _ = write!(text, "\n{}: {href}", one_line(&rel));
    }
    text
}

/// A value without line breaks and other control characters: what an event carries can not look like a line of ours.
pub(crate) fn one_line(value: &str) -> Cow<'_, str> {
    match value.contains(char::is_control) {
        true => Cow::Owned(value.replace(char::is_control, " ")),
        false => Cow::Borrowed(value),
    }
}

fn in_minutes(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

fn agent_name(agent: &Agent) -> Option<String> {
    if let Some(name) = &agent.name {
        return Some(one_line(name.as_str()).into_owned());
    }
    if let Some(email) = &agent.email {
        return Some(email.as_str().to_owned());
    }
    agent.id.as_ref().map(|id| format!("agent {id}"))
}
