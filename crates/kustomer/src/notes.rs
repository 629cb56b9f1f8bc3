//! Notes of conversations, and the parts of long ones.

use casewire_core::{Error, ErrorKind, RecordId, Result, SessionNotes};

use crate::body::{NoteWrite, floor};
use crate::children::{Child, ExternalIds};
use crate::connector::Kustomer;
use crate::external_id::note_token;

/// How long a note can be, in UTF-16 units: which units are meant is not documented.
const MAX_NOTE: usize = 10_240;

impl Kustomer {
    /// Writes the notes of `joining` to `id`, oldest first, but for those `noted` already (none is when the write is new);
    /// and says how many that were.
    pub(crate) async fn write_notes(
        &self,
        id: &RecordId,
        joining: &[SessionNotes],
        noted: Option<&ExternalIds>,
    ) -> Result<usize> {
        let mut written = 0;
        for SessionNotes { session, notes } in joining {
            for note in notes {
                let token = note_token(session, &note.id);
                let whole = self.config.external_id_prefix.of_token(&token);
                for (external_id, body) in parts(&whole, &note.text) {
                    if !noted.is_some_and(|noted| noted.have(&external_id)) {
                        self.write_child(Child::Note, id, &external_id, &NoteWrite { body })
                            .await?;
                        written += 1;
                    }
                }
            }
        }
        Ok(written)
    }
}

/// What is left to do of a write whose first part is done: to look first, and to add what is not there.
pub(crate) fn half_done(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Auth
        | ErrorKind::Conflict
        | ErrorKind::RateLimited { .. }
        | ErrorKind::Unavailable
        | ErrorKind::Uncertain => {
            let message = format!(
                "the conversation is written, and not all of its notes: {}",
                error.message()
            );
            Error::new(ErrorKind::Uncertain, message).with_source(error)
        }
        _ => error,
    }
}

/// The note `text` in parts that Kustomer takes, with their external ids. Put together they are the text; the last one
/// has the note's own id, so when that is there, all are.
fn parts<'a>(external_id: &str, text: &'a str) -> Vec<(String, &'a str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.encode_utf16().count() > MAX_NOTE {
        let (part, after) = rest.split_at(cut(rest));
        parts.push((format!("{external_id}~{}", parts.len() + 1), part));
        rest = after;
    }
    parts.push((external_id.to_owned(), rest));
    parts
}

/// Where to cut: between two visible characters if there are any, for white space at an end may be lost.
fn cut(text: &str) -> usize {
    let end = floor(text, MAX_NOTE);
    let is_inside = |at: &usize| {
        let (before, after) = text.split_at(*at);
        let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
        !is_blank(before.chars().next_back()) && !is_blank(after.chars().next())
    };
    let mut places = text[..end]
        .char_indices()
        .map(|(at, _)| at)
        .rev()
        .take(MAX_NOTE / 2);
    match is_inside(&end) {
        true => end,
        false => places.find(is_inside).unwrap_or(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_note_is_one_part() {
        let text = "Grüße 👋\n\tQueue";
        assert_eq!(
            parts("casewire:call:987:3f2a9c", text),
            [("casewire:call:987:3f2a9c".to_owned(), text)]
        );
    }

    #[test]
    fn the_parts_of_a_long_note_are_its_exact_text() {
        for text in [
            "long ñ ".repeat(2_500) + "end",
            "🙂".repeat(20_000),
            " ".repeat(25_000),
        ] {
            let parts = parts("id", &text);
            let whole: String = parts.iter().map(|(_, part)| *part).collect();
            assert_eq!(whole, text);
            let fits = |part: &str| (1..=MAX_NOTE).contains(&part.encode_utf16().count());
            assert!(parts.iter().all(|(_, part)| fits(part)));
            let ids: Vec<_> = parts.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(ids[0], "id~1");
            assert_eq!(ids.last(), Some(&"id"));
        }
    }

    #[test]
    fn no_part_ends_in_white_space_where_that_can_be() {
        let text = "long ñ ".repeat(2_500) + "end";
        for (_, part) in parts("id", &text) {
            assert_eq!(part.trim(), part);
        }
    }

    #[test]
    fn what_passes_is_looked_at_before_it_is_repeated() {
        let error = |kind| half_done(Error::new(kind, "slow down")).kind();
        assert_eq!(error(ErrorKind::Unavailable), ErrorKind::Uncertain);
        assert_eq!(error(ErrorKind::Rejected), ErrorKind::Rejected);
        assert_eq!(error(ErrorKind::NotFound), ErrorKind::NotFound);
        assert_eq!(error(ErrorKind::Protocol), ErrorKind::Protocol);
    }
}
