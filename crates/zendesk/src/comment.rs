//! Notes as a ticket's comments, written and read.

use std::collections::HashSet;

use casewire_core::{Note, Record, RecordId, Result, SessionNotes, Trace};
use casewire_http::Request;

use crate::connector::Zendesk;
use crate::wire::{CommentList, Ticket};

/// Zendesk refuses comments beyond about 64 KiB; the exact limit is not documented.
const MAX_BYTES: usize = 60_000;

const CUT: &str = "\n[cut: longer than a Zendesk comment can be]";

/// A comment is shown in three forms, so a page of more could be too long an answer.
const PAGE: usize = 25;

/// Zendesk takes 5,000 comments for a ticket.
const MAX_PAGES: usize = 5_000 / PAGE;

/// Between two notes.
const BLANK_LINE: &str = "\n\n";

/// The marked texts of all notes with a blank line between them, at most [`MAX_BYTES`]: the longest notes' texts are
/// cut and say so, and keep their markers. None when there are no notes.
pub(crate) fn body(sessions: &[SessionNotes]) -> Option<String> {
    let mut marked = Vec::new();
    for SessionNotes { session, notes } in sessions {
        marked.extend(notes.iter().map(|note| note.marked(session)));
    }
    if marked.is_empty() {
        return None;
    }
    let lengths: Vec<_> = marked
        .iter()
        .map(|note| note.len() + BLANK_LINE.len())
        .collect();
    let share = Note::share(&lengths, MAX_BYTES).saturating_sub(BLANK_LINE.len());
    let cut: Vec<_> = marked
        .into_iter()
        .map(|note| shortened(note, share))
        .collect();
    Some(cut.join(BLANK_LINE))
}

fn shortened(marked: String, limit: usize) -> String {
    if marked.len() <= limit {
        return marked;
    }
    let marker = marked.rfind('\n').unwrap_or(marked.len());
    let (text, marker) = marked.split_at(marker);
    let room = limit.saturating_sub(marker.len() + CUT.len());
    format!("{}{CUT}{marker}", &text[..text.floor_char_boundary(room)])
}

impl Zendesk {
    /// The ticket with all sessions and notes that are on it. A person may have edited the sessions field, or it was
    /// too long and cut: then the session that made the ticket, which its external id tells, is not in it any more,
    /// and the comments are read instead.
    pub(crate) async fn whole(&self, ticket: Ticket) -> Result<Record> {
        let fields = self.field_ids().await?;
        let known = ticket.sessions(fields).to_owned();
        let maker = ticket.maker().map(str::to_owned);
        let mut record = self.record(ticket, fields);
        let Some(maker) = maker.filter(|maker| known.split_whitespace().all(|word| word != maker))
        else {
            return Ok(record);
        };
        let noted = self.noted(&record.id).await?;
        let known = known.split_whitespace().map(str::to_owned);
        let mut tokens: Vec<_> = [maker].into_iter().chain(noted).chain(known).collect();
        let mut seen = HashSet::new();
        tokens.retain(|token| seen.insert(token.clone()));
        record.trace = Trace::parse(&tokens.join(" "));
        Ok(record)
    }

    /// The tokens of the notes in a ticket's private comments, oldest first.
    async fn noted(&self, id: &RecordId) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let mut request = Request::get("/api/v2/tickets/{id}/comments")
                .fill("id", id)
                .query("page[size]", PAGE);
            if let Some(cursor) = &after {
                request = request.query("page[after]", cursor);
            }
            let list: CommentList =
                self.api.read(request).await.map_err(|error| {
                    error.context(format!("reading the comments of ticket {id}"))
                })?;
            // A customer could write a marker too, but not in private.
            let private = list.comments.into_iter().filter(|comment| !comment.public);
            for body in private.filter_map(|comment| comment.body) {
                tokens.extend(body.lines().filter_map(Note::token_of));
            }
            after = list.meta.after_cursor;
            if !list.meta.has_more || after.is_none() {
                break;
            }
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{NoteId, SessionFacts, SessionKey};
    use std::sync::Arc;

    fn session(subject: &str) -> SessionKey {
        SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
    }

    fn joining(subject: &str, notes: &[&Note]) -> SessionNotes {
        SessionNotes {
            session: session(subject),
            notes: notes.iter().map(|&note| note.clone()).collect(),
        }
    }

    fn note(text: String) -> Note {
        Note {
            id: NoteId::Linked,
            text,
            facts: SessionFacts::default(),
        }
    }

    #[test]
    fn notes_keep_their_exact_text() {
        let (first, second) = (note("Grüße 👋\n\tQueue".to_owned()), note("b".to_owned()));
        let session = session("call/987");
        let body = body(&[joining("call/987", &[&first, &second])]);
        let expected = format!("{}\n\n{}", first.marked(&session), second.marked(&session));
        assert_eq!(body.unwrap(), expected);
    }

    #[test]
    fn each_note_is_marked_with_its_own_session() {
        let (first, second) = (note("a".to_owned()), note("b".to_owned()));
        let sessions = [
            joining("call/987", &[&first]),
            joining("call/988", &[]),
            joining("chat/5", &[&first, &second]),
        ];
        let (call, chat) = (session("call/987"), session("chat/5"));
        let expected = [
            first.marked(&call),
            first.marked(&chat),
            second.marked(&chat),
        ];
        assert_eq!(body(&sessions).unwrap(), expected.join("\n\n"));
        assert_eq!(body(&sessions[1..2]), None);
    }

    #[test]
    fn a_note_too_long_is_cut_between_characters_and_keeps_its_marker() {
        let (long, short) = (note("ü".repeat(50_000)), note("short".to_owned()));
        let session = session("call/987");
        let body = body(&[joining("call/987", &[&long, &short])]).unwrap();
        assert!(body.len() <= MAX_BYTES, "{}", body.len());
        let (cut, kept) = body.split_once("\n\n").unwrap();
        assert!(cut.contains(CUT));
        assert!(cut.ends_with(&format!("[casewire {} linked]", session.token())));
        assert_eq!(kept, short.marked(&session));
    }

    #[test]
    fn long_notes_share_what_short_ones_leave() {
        let (long, short) = (note("x".repeat(50_000)), note("short".to_owned()));
        let mut sessions = vec![
            joining("call/1", &[&long]),
            joining("call/2", &[&short]),
            joining("call/3", &[&long]),
        ];
        let text = body(&sessions).unwrap();
        assert!((MAX_BYTES - 10..=MAX_BYTES).contains(&text.len()));
        let notes: Vec<_> = text.split(BLANK_LINE).collect();
        assert_eq!(notes[0].len(), notes[2].len());
        assert_eq!(notes[1], short.marked(&session("call/2")));
        assert_eq!(text.matches(CUT).count(), 2);

        sessions.pop();
        let whole = body(&sessions).unwrap();
        assert!(!whole.contains(CUT), "there is room for both");
    }

    #[test]
    fn notes_of_many_sessions_all_keep_their_markers() {
        let long = note("x".repeat(2_000));
        let sessions: Vec<_> = (0..200)
            .map(|number| joining(&format!("call/{number}"), &[&long]))
            .collect();
        let body = body(&sessions).unwrap();
        assert!(body.len() <= MAX_BYTES, "{}", body.len());
        let tokens: Vec<_> = body.lines().filter_map(Note::token_of).collect();
        let expected: Vec<_> = sessions
            .iter()
            .map(|joining| joining.session.token())
            .collect();
        assert_eq!(tokens, expected);
    }

    #[test]
    fn a_marker_is_the_token_of_a_trace() {
        let session = session("call/987");
        let ended = Note {
            id: NoteId::Ended {
                facts: "1b2c3d".to_owned(),
            },
            text: "Ended".to_owned(),
            facts: SessionFacts::default(),
        };
        let linked = note("Queue: Billing".to_owned());
        let mut trace = Trace::default();
        trace.add(&session, &[linked.clone(), ended.clone()]);
        let body = body(&[joining("call/987", &[&linked, &ended])]).unwrap();
        let tokens: Vec<_> = body.lines().filter_map(Note::token_of).collect();
        assert_eq!(Trace::parse(&tokens.join(" ")), trace);
        assert_eq!(Note::token_of("[casewire]"), None);
    }
}
