//! Notes as a ticket's comment.

use casewire_core::{Note, SessionKey};

/// Zendesk refuses comments beyond about 64 KiB; the exact limit is not documented.
const MAX_BYTES: usize = 60_000;

const CUT: &str = "\n[cut: longer than a Zendesk comment can be]";

/// The notes' marked texts with a blank line between them, at most [`MAX_BYTES`]: a longer note's text is cut and
/// says so, and keeps its marker.
pub(crate) fn body(session: &SessionKey, notes: &[&Note]) -> String {
    let marked: Vec<_> = notes.iter().map(|note| note.marked(session)).collect();
    let whole = marked.join("\n\n");
    if whole.len() <= MAX_BYTES {
        return whole;
    }
    let share = MAX_BYTES / marked.len() - 2;
    let cut: Vec<_> = marked
        .into_iter()
        .map(|note| shortened(note, share))
        .collect();
    cut.join("\n\n")
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

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::NoteId;
    use std::sync::Arc;

    fn session() -> SessionKey {
        SessionKey::parse(&Arc::from("//contact-center/acme"), "call/987").unwrap()
    }

    fn note(text: String) -> Note {
        Note {
            id: NoteId::Linked,
            text,
        }
    }

    #[test]
    fn notes_keep_their_exact_text() {
        let (first, second) = (note("Grüße 👋\n\tQueue".to_owned()), note("b".to_owned()));
        let session = session();
        let body = body(&session, &[&first, &second]);
        let expected = format!("{}\n\n{}", first.marked(&session), second.marked(&session));
        assert_eq!(body, expected);
    }

    #[test]
    fn a_note_too_long_is_cut_between_characters_and_keeps_its_marker() {
        let (long, short) = (note("ü".repeat(50_000)), note("short".to_owned()));
        let session = session();
        let body = body(&session, &[&long, &short]);
        assert!(body.len() <= MAX_BYTES, "{}", body.len());
        let (cut, kept) = body.split_once("\n\n").unwrap();
        assert!(cut.contains(CUT));
        assert!(cut.ends_with(&format!("[casewire {} linked]", session.token())));
        assert_eq!(kept, short.marked(&session));
    }
}
