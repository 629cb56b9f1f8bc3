//! The sessions attribute of a conversation: its trace, with what is not known to be there yet.

use casewire_core::{SessionNotes, Trace};

use percent_encoding::percent_decode_str;

use crate::external_id::{in_path, note_token};

/// How long an attribute can be, in UTF-16 units: which units are meant is not documented, and this is the most careful.
const MAX_UNITS: usize = 1_024;

/// The first word when words were dropped.
const CUT: &str = "…";

/// Before the name of a tag that is added in a request of its own, between the session's word and its note.
const TAG: &str = "tag:";

/// The words of the attribute, oldest first. A word is a token of a trace, `call/987@3f2a9c` or
/// `call/987@3f2a9c#ended:1b2c3d`; one with a question mark before it was written before its note.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sessions {
    words: Vec<Word>,
    is_cut: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Word {
    token: String,
    /// Whether its note is known to be there.
    is_sure: bool,
}

impl Sessions {
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = text.split_whitespace().peekable();
        let is_cut = words.next_if_eq(&CUT).is_some();
        let words = words.map(|word| match word.strip_prefix('?') {
            Some(token) => Word::new(token, false),
            None => Word::new(word, true),
        });
        Self {
            words: words.collect(),
            is_cut,
        }
    }

    /// Of a record's trace.
    pub(crate) fn of(trace: &Trace) -> Self {
        Self::parse(&trace.to_text(usize::MAX - 1))
    }

    /// The trace of what is there. What is not known to be keeps its question mark, and so is no session's token.
    pub(crate) fn trace(&self) -> Trace {
        Trace::parse(&self.text())
    }

    /// The trace as if all notes were there, as they nearly always are.
    pub(crate) fn believed(&self) -> Trace {
        let mut believed = self.clone();
        believed.settle(|_| true);
        believed.trace()
    }

    /// What was about to be there, whether it is or not.
    pub(crate) fn claimed(&self) -> Trace {
        let tokens: Vec<_> = self.words.iter().map(|word| &*word.token).collect();
        Trace::parse(&tokens.join(" "))
    }

    pub(crate) fn has_doubts(&self) -> bool {
        self.words.iter().any(|word| !word.is_sure)
    }

    /// Whether none of the words is missing, as after some were dropped or a person cleared the attribute: `maker` is
    /// among them.
    pub(crate) fn is_complete(&self, maker: Option<&str>) -> bool {
        let has_maker = maker.is_none_or(|maker| self.words.iter().any(|word| word.token == maker));
        has_maker && !self.is_cut
    }

    /// Whether none of the words is missing and each is sure.
    pub(crate) fn is_whole(&self, maker: Option<&str>) -> bool {
        self.is_complete(maker) && !self.has_doubts()
    }

    /// Whether `token` is there, as far as is known; none when it is not even claimed.
    pub(crate) fn is_sure_of(&self, token: &str) -> Option<bool> {
        let mut words = self.words.iter();
        words
            .find(|word| word.token == token)
            .map(|word| word.is_sure)
    }

    /// Makes sure of those words whose note `is_there`.
    pub(crate) fn settle(&mut self, is_there: impl Fn(&str) -> bool) {
        for word in &mut self.words {
            word.is_sure = word.is_sure || is_there(&word.token);
        }
    }

    /// Takes back what `known` is not sure of.
    pub(crate) fn doubt_as(&mut self, known: &Self) {
        for word in &mut self.words {
            word.is_sure = known.is_sure_of(&word.token).unwrap_or(word.is_sure);
        }
    }

    /// Adds, before their notes are written, the sessions and notes of `joining`.
    pub(crate) fn claim(&mut self, joining: &[SessionNotes]) {
        for SessionNotes { session, notes } in joining {
            let tokens: Vec<_> = notes
                .iter()
                .map(|note| note_token(session, &note.id))
                .collect();
            let session = session.token();
            // A session that joins without its first note has nothing to wait for.
            if !tokens.contains(&session) {
                self.add(Word::new(&session, true));
            }
            for token in tokens {
                self.add(Word::new(&token, false));
            }
        }
    }

    /// The names of the tags to add before the last notes.
    pub(crate) fn tags(&self) -> Vec<String> {
        let names = self
            .words
            .iter()
            .filter_map(|word| word.token.strip_prefix(TAG));
        names
            .map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned())
            .collect()
    }

    pub(crate) fn set_tags(&mut self, names: &[String]) {
        self.words.retain(|word| !word.token.starts_with(TAG));
        for name in names {
            self.add(Word::new(&format!("{TAG}{}", in_path(name)), true));
        }
    }

    /// Adds what a conversation shows although the attribute does not: who made it, first, and notes.
    pub(crate) fn complete(
        &mut self,
        maker: Option<&str>,
        notes: impl IntoIterator<Item = String>,
    ) {
        for token in notes {
            self.add(Word::new(&token, true));
        }
        if let Some(maker) = maker {
            let known = self.words.iter().position(|word| word.token == maker);
            let word = match known {
                Some(place) => self.words.remove(place),
                None => Word::new(maker, false),
            };
            self.words.insert(0, word);
        }
        self.is_cut = false;
    }

    fn add(&mut self, word: Word) {
        match self
            .words
            .iter_mut()
            .find(|known| known.token == word.token)
        {
            Some(known) => known.is_sure |= word.is_sure,
            None => self.words.push(word),
        }
    }

    /// The attribute. When it would be too long, notes that are there go first, then sessions, the oldest before others.
    pub(crate) fn to_text(&self) -> String {
        let mut kept = self.clone();
        while kept.text().encode_utf16().count() > MAX_UNITS {
            kept.is_cut = true;
            let is_note = |word: &Word| word.is_sure && word.token.contains('#');
            let oldest = kept.words.iter().position(is_note);
            let oldest = oldest.or_else(|| kept.words.iter().position(|word| word.is_sure));
            kept.words.remove(oldest.unwrap_or(0));
        }
        kept.text()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if self.is_cut {
            text.push_str(CUT);
        }
        for Word { token, is_sure } in &self.words {
            if !text.is_empty() {
                text.push(' ');
            }
            if !is_sure {
                text.push('?');
            }
            text.push_str(token);
        }
        text
    }
}

impl Word {
    fn new(token: &str, is_sure: bool) -> Self {
        Self {
            token: token.to_owned(),
            is_sure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{Note, NoteId, SessionFacts, SessionKey};
    use std::sync::Arc;

    fn joining(subject: &str, ids: &[NoteId]) -> SessionNotes {
        let note = |id: &NoteId| Note {
            id: id.clone(),
            text: "text".to_owned(),
            facts: SessionFacts::default(),
        };
        SessionNotes {
            session: session(subject),
            notes: ids.iter().map(note).collect(),
        }
    }

    fn session(subject: &str) -> SessionKey {
        SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
    }

    fn ended() -> NoteId {
        NoteId::Ended {
            facts: "1b2c3d".to_owned(),
        }
    }

    #[test]
    fn a_note_is_in_the_trace_when_it_is_there() {
        let both = joining("call/987", &[NoteId::Linked, ended()]);
        let (session, note) = (both.session.clone(), ended());
        let mut sessions = Sessions::default();
        sessions.claim(&[both]);
        let token = session.token();
        assert_eq!(
            sessions.to_text(),
            format!("?{token} ?{token}#ended:1b2c3d")
        );
        assert!(sessions.claimed().has_note(&session, &note));
        assert!(!sessions.trace().has_session(&session));

        assert!(sessions.believed().has_session(&session));
        assert_eq!(sessions.is_sure_of(&token), Some(false));
        let mut doubted = Sessions::of(&sessions.believed());
        assert_eq!(doubted.is_sure_of(&token), Some(true));
        doubted.doubt_as(&sessions);
        assert_eq!(doubted, sessions);

        let mut read = Sessions::of(&sessions.trace());
        assert_eq!(read, sessions);
        read.settle(|known| known == token);
        assert!(read.trace().has_session(&session));
        assert!(!read.trace().has_note(&session, &note));
        assert!(!read.is_whole(None));
        read.settle(|_| true);
        assert!(read.is_whole(Some(&token)));
        assert_eq!(read.to_text(), format!("{token} {token}#ended:1b2c3d"));
    }

    #[test]
    fn a_session_without_its_first_note_is_sure() {
        let mut sessions = Sessions::default();
        sessions.claim(&[joining("call/987", &[]), joining("chat/5", &[ended()])]);
        assert!(sessions.trace().has_session(&session("call/987")));
        assert!(sessions.trace().has_session(&session("chat/5")));
        assert!(!sessions.trace().has_note(&session("chat/5"), &ended()));
    }

    #[test]
    fn tags_that_are_to_be_added_are_words_too() {
        let names = ["Voice Inbound - IVR".to_owned(), "Zoë/<x>".to_owned()];
        let mut sessions = Sessions::parse("call/1@aaaaaa tag:old");
        sessions.set_tags(&names);
        let read = Sessions::parse(&sessions.to_text());
        assert_eq!(read.tags(), names);
        assert_eq!(Sessions::of(&read.trace()), sessions);
        sessions.set_tags(&[]);
        assert_eq!(sessions.to_text(), "call/1@aaaaaa");
    }

    #[test]
    fn claiming_again_changes_nothing() {
        let mut sessions = Sessions::parse("call/1@aaaaaa see ?call/2@aaaaaa");
        let before = sessions.clone();
        sessions.claim(&[]);
        assert_eq!(sessions, before);
        let both = [joining("call/987", &[NoteId::Linked])];
        sessions.claim(&both);
        sessions.settle(|_| true);
        let settled = sessions.clone();
        sessions.claim(&both);
        assert_eq!(sessions, settled);
    }

    #[test]
    fn a_full_attribute_drops_old_notes_and_then_old_sessions() {
        let mut sessions = Sessions::default();
        for number in 0..40 {
            sessions.claim(&[joining(
                &format!("call/{number}"),
                &[NoteId::Linked, ended()],
            )]);
            sessions.settle(|_| true);
        }
        sessions.claim(&[joining("call/40", &[NoteId::Linked, ended()])]);
        let text = sessions.to_text();
        assert!(text.starts_with("… call/0@"), "{text}");
        assert!(text.encode_utf16().count() <= MAX_UNITS);
        let kept = Sessions::parse(&text);
        assert!(!kept.is_whole(None));
        assert!((0..40).all(|number| {
            kept.trace()
                .has_session(&session(&format!("call/{number}")))
        }));
        assert!(kept.claimed().has_note(&session("call/40"), &ended()));

        for number in 41..120 {
            sessions.claim(&[joining(&format!("call/{number}"), &[])]);
        }
        let kept = Sessions::parse(&sessions.to_text());
        assert!(!kept.trace().has_session(&session("call/0")));
        assert!(kept.trace().has_session(&session("call/119")));
        assert!(kept.claimed().has_session(&session("call/40")));
    }

    #[test]
    fn what_the_conversation_shows_completes_it() {
        let mut sessions = Sessions::parse("… chat/5@aaaaaa");
        let (maker, note) = ("call/1@aaaaaa", "call/1@aaaaaa#ended:1b2c3d");
        assert!(!sessions.is_whole(Some(maker)));
        sessions.complete(Some(maker), [maker.to_owned(), note.to_owned()]);
        assert_eq!(sessions.to_text(), format!("{maker} chat/5@aaaaaa {note}"));
        // It made the conversation, and its note is not there.
        let mut sessions = Sessions::parse("");
        sessions.complete(Some(maker), []);
        assert_eq!(sessions.to_text(), format!("?{maker}"));
    }
}
