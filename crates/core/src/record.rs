//! Records as Casewire sees them: a case, ticket or conversation of any CRM.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CustomerId, CustomerIdentity, Note, NoteId, QueueId, SessionKey, UserId};

/// A record's id in the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordId(pub String);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can be done with a record, whatever the CRM calls its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordState {
    /// Being worked on: sessions join it (R9).
    Open,
    /// Done, and may be opened again (R10).
    Resolved,
    /// Done for good: only a follow-up can continue it (R11).
    Closed,
}

impl RecordState {
    /// The word for it: `open`, `resolved` or `closed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

/// A record as read from the CRM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its customer, when it has one.
    pub customer: Option<CustomerId>,
    /// The leaf queue it came from (R14), when it has one.
    pub queue: Option<QueueId>,
    /// What can be done with it.
    pub state: RecordState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was resolved or closed.
    pub closed_at: Option<Timestamp>,
    /// Its tags as the CRM stores them.
    pub tags: Vec<String>,
    /// The sessions and notes that are on it (R14).
    pub trace: Trace,
    /// The CRM's own mark of this version of the record: a write that carries it fails with
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when the record has changed since.
    pub version: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
}

/// A record to create, with its customer if new, its tags and first notes: one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecord {
    /// The session that makes it.
    pub session: SessionKey,
    /// Its customer.
    pub customer: RecordCustomer,
    /// Its title, already cut to the CRM's limit.
    pub title: String,
    /// The leaf queue (R14).
    pub queue: Option<QueueId>,
    /// Tags (R13).
    pub tags: Vec<String>,
    /// Who owns it (R16). When absent: the connector's default user, or nobody.
    pub owner: Option<UserId>,
    /// The first notes (R15), oldest first; never empty.
    pub notes: Vec<Note>,
    /// The closed record that this one follows up (R11), as the CRM links them.
    pub follow_up_of: Option<RecordId>,
}

/// The customer of a record to create.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordCustomer {
    /// A customer the CRM has.
    Known(CustomerId),
    /// One to create. Creating the same identity twice gives the same customer where the CRM can tell.
    New(CustomerIdentity),
    /// A withheld caller: a new customer for this session.
    Anonymous,
    /// A withheld caller: the one customer that all of them share.
    SharedAnonymous,
    /// No customer.
    None,
}

/// What to add to a record: one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// What each session adds, in the order they joined; never empty, and each session once.
    pub sessions: Vec<SessionNotes>,
    /// Tags to add (R13); those on the record stay.
    pub tags: Vec<String>,
    /// The new owner (R16); the owner stays when absent.
    pub owner: Option<UserId>,
    /// What becomes of the status.
    pub status: StatusChange,
}

/// What one session adds to a record.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionNotes {
    /// The session.
    pub session: SessionKey,
    /// Its notes (R15), oldest first. May be empty: then the session only joins.
    pub notes: Vec<Note>,
}

impl Append {
    /// Whose it is, for errors: `session call/987`, or `sessions call/987, call/988`.
    pub fn named(&self) -> String {
        let sessions = self
            .sessions
            .iter()
            .map(|joining| joining.session.to_string());
        let sessions: Vec<_> = sessions.collect();
        match &sessions[..] {
            [one] => format!("session {one}"),
            several => format!("sessions {}", several.join(", ")),
        }
    }

    /// What `trace` does not show yet: the sessions that are not there or lack notes, each with the notes it lacks.
    pub fn missing(&self, trace: &Trace) -> Vec<SessionNotes> {
        let mut missing = self.sessions.clone();
        missing.retain_mut(|joining| {
            let SessionNotes { session, notes } = joining;
            notes.retain(|note| !trace.has_note(session, &note.id));
            !notes.is_empty() || !trace.has_session(session)
        });
        missing
    }

    /// Whether `trace` shows that this was written before: all its sessions and notes, and with them, as one unit,
    /// the rest. Without any note it never does: then the rest may be what is new.
    pub fn is_repeat(&self, trace: &Trace) -> bool {
        let has_notes = self
            .sessions
            .iter()
            .any(|joining| !joining.notes.is_empty());
        has_notes && self.missing(trace).is_empty()
    }
}

/// What becomes of a record's status when sessions join it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusChange {
    /// It stays as it is.
    Keep,
    /// It becomes the connector's default open status.
    DefaultOpen,
}

/// Which sessions and notes are on a record: what tells a repeated write from a new one, and what a lost
/// local store is rebuilt from (R14).
///
/// Its text form, for a field of the record, is a list of tokens with spaces between them: `call/987@3f2a9c`
/// for a session (the digits are a digest of its source), `call/987@3f2a9c#ended:1b2c3d` for a note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace(Vec<Box<str>>);

impl Trace {
    /// Reads the text form. Words that are no tokens (a person may have typed there) are kept.
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().map(Into::into).collect())
    }

    /// Whether `session` is on the record.
    pub fn has_session(&self, session: &SessionKey) -> bool {
        let token = session.token();
        self.0.iter().any(|known| session_of(known) == token)
    }

    /// Whether `session` is the first on the record: the one that made it.
    pub fn begins_with(&self, session: &SessionKey) -> bool {
        let token = session.token();
        self.0.first().is_some_and(|first| **first == *token)
    }

    /// Whether the note `id` of `session` is on the record.
    pub fn has_note(&self, session: &SessionKey, id: &NoteId) -> bool {
        if *id == NoteId::Linked {
            return self.has_session(session);
        }
        let token = note_token(session, id);
        self.0.iter().any(|known| **known == *token)
    }

    /// Whether a note that `session` ended is on the record.
    pub fn has_end(&self, session: &SessionKey) -> bool {
        let ended = format!("{}#ended:", session.token());
        self.0.iter().any(|known| known.starts_with(&ended))
    }

    /// What of it is about `session`.
    #[must_use]
    pub fn part_of(&self, session: &SessionKey) -> Self {
        let token = session.token();
        let own = self.0.iter().filter(|known| session_of(known) == token);
        Self(own.cloned().collect())
    }

    /// Adds what `other` has; what is there already stays where it is.
    pub fn merge(&mut self, other: &Self) {
        for token in &other.0 {
            if !self.0.contains(token) {
                self.0.push(token.clone());
            }
        }
    }

    /// Whether every session and note of `other` is here too.
    pub fn covers(&self, other: &Self) -> bool {
        let known: HashSet<&str> = self.0.iter().map(AsRef::as_ref).collect();
        other.0.iter().all(|token| known.contains(&**token))
    }

    /// Adds `session` and its `notes`; what is there already stays as it is.
    pub fn add(&mut self, session: &SessionKey, notes: &[Note]) {
        let tokens = [session.token()]
            .into_iter()
            .chain(notes.iter().map(|note| note_token(session, &note.id)));
        for token in tokens {
            if !self.0.iter().any(|known| **known == *token) {
                self.0.push(token.into());
            }
        }
    }

    /// The text form, at most `limit` bytes: what is oldest goes first, a session with all its notes.
    pub fn to_text(&self, limit: usize) -> String {
        let mut kept: Vec<&str> = self.0.iter().map(AsRef::as_ref).collect();
        let length = |tokens: &[&str]| tokens.iter().map(|token| token.len() + 1).sum::<usize>();
        while length(&kept) > limit + 1 {
            let oldest = session_of(kept[0]);
            kept.retain(|token| session_of(token) != oldest);
        }
        kept.join(" ")
    }
}

/// The session of a token.
fn session_of(token: &str) -> &str {
    token.split_once('#').map_or(token, |(session, _)| session)
}

fn note_token(session: &SessionKey, id: &NoteId) -> String {
    match id {
        NoteId::Linked => session.token(),
        _ => format!("{}#{id}", session.token()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionFacts;
    use std::sync::Arc;

    fn session(source: &str, id: &str) -> SessionKey {
        SessionKey::new(&Arc::from(source), crate::SessionKind::Call, id).unwrap()
    }

    #[test]
    fn a_trace_tells_sessions_of_two_sources_apart() {
        let (here, there) = (session("//a", "9"), session("//b", "9"));
        let mut trace = Trace::default();
        trace.add(&here, &[]);
        assert!(trace.has_session(&here));
        assert!(!trace.has_session(&there));
        assert!(!trace.has_session(&session("//a", "98")));
    }

    #[test]
    fn a_trace_survives_its_text_form_and_a_persons_typing() {
        let key = session("//a", "9");
        let mut trace = Trace::parse("see also  4711\n");
        trace.add(&key, &[]);
        trace.add(&key, &[]);
        let text = trace.to_text(1_000);
        assert!(text.starts_with("see also 4711 call/9@"), "{text}");
        assert_eq!(Trace::parse(&text), trace);
    }

    #[test]
    fn a_part_of_a_trace_is_about_one_session() {
        let (one, two) = (session("//a", "1"), session("//a", "2"));
        let mut trace = Trace::default();
        trace.add(&one, &[]);
        trace.add(&two, &[]);
        let part = trace.part_of(&two);
        assert!(part.has_session(&two));
        assert!(!part.has_session(&one));
    }

    #[test]
    fn a_trace_covers_what_it_has() {
        let (one, two) = (session("//a", "1"), session("//a", "2"));
        let (mut less, mut more) = (Trace::default(), Trace::default());
        less.add(&one, &[]);
        more.add(&two, &[]);
        assert!(!more.covers(&less));
        more.add(&one, &[]);
        assert!(more.covers(&less));
        assert!(!less.covers(&more));
    }

    #[test]
    fn an_append_lacks_what_a_trace_does_not_show() {
        let note = |id| Note {
            id,
            text: String::new(),
            facts: SessionFacts::default(),
        };
        let ended = note(NoteId::Ended {
            facts: "abcdef".to_owned(),
        });
        let joining = |id, notes: &[&Note]| SessionNotes {
            session: session("//a", id),
            notes: notes.iter().map(|&note| note.clone()).collect(),
        };
        let linked = note(NoteId::Linked);
        let what = Append {
            sessions: vec![
                joining("1", &[&linked, &ended]),
                joining("2", &[&linked]),
                joining("3", &[]),
            ],
            tags: Vec::new(),
            owner: None,
            status: StatusChange::Keep,
        };
        let mut trace = Trace::default();
        assert_eq!(what.missing(&trace), what.sessions);
        trace.add(&session("//a", "1"), &[]);
        trace.add(&session("//a", "2"), &[]);
        let missing = what.missing(&trace);
        assert_eq!(missing, [joining("1", &[&ended]), joining("3", &[])]);
        assert!(!what.is_repeat(&trace));
        for SessionNotes { session, notes } in &missing {
            trace.add(session, notes);
        }
        assert_eq!(what.missing(&trace), []);
        assert!(what.is_repeat(&trace));
        let owner_alone = Append {
            sessions: vec![joining("3", &[])],
            ..what
        };
        assert!(!owner_alone.is_repeat(&trace));
    }

    #[test]
    fn a_full_trace_drops_its_oldest_tokens() {
        let mut trace = Trace::default();
        for id in ["1", "2", "3"] {
            trace.add(&session("//a", id), &[]);
        }
        let two = trace.to_text(27);
        assert_eq!(two.len(), 27);
        assert!(Trace::parse(&two).has_session(&session("//a", "3")));
        assert!(!Trace::parse(&two).has_session(&session("//a", "1")));
        assert_eq!(trace.to_text(0), "");
    }

    #[test]
    fn a_full_trace_drops_a_session_with_all_its_notes() {
        let (first, second) = (session("//a", "1"), session("//a", "2"));
        let ended = Note {
            id: NoteId::Ended {
                facts: "abcdef".to_owned(),
            },
            text: String::new(),
            facts: SessionFacts::default(),
        };
        let mut trace = Trace::default();
        trace.add(&first, &[]);
        trace.add(&second, &[]);
        trace.add(&first, std::slice::from_ref(&ended));
        let text = trace.to_text(30);
        assert_eq!(text, second.token());
    }
}
