//! Notes as HTML, written and read.

use casewire_core::{Note, SessionNotes, Trace};

/// Freshdesk does not say how long a note may be; a text column of 64 KiB is what to expect.
const MAX_BYTES: usize = 60_000;

const CUT: &str = "<br>[cut: longer than a note can be]";

/// Between two notes.
const BLANK_LINE: &str = "<br><br>";

/// The texts of all notes, each with its marker, with a blank line between them; at most [`MAX_BYTES`]: the longest
/// texts are cut and say so, and keep their markers. None when there are no notes.
pub(crate) fn html(sessions: &[SessionNotes]) -> Option<String> {
    let mut marked = Vec::new();
    for SessionNotes { session, notes } in sessions {
        marked.extend(notes.iter().map(|note| escaped(&note.marked(session))));
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

/// `text` as HTML that shows it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>")
}

fn shortened(marked: String, limit: usize) -> String {
    if marked.len() <= limit {
        return marked;
    }
    let marker = marked.rfind("<br>").unwrap_or(marked.len());
    let (text, marker) = marked.split_at(marker);
    let room = limit.saturating_sub(marker.len() + CUT.len());
    let kept = &text[..text.floor_char_boundary(room)];
    // What the cut left of an entity or a tag goes too.
    let kept = match kept.rfind(['&', '<']) {
        Some(start) if !kept[start..].contains([';', '>']) => &kept[..start],
        _ => kept,
    };
    format!("{kept}{CUT}{marker}")
}

/// The tokens of the notes in the HTML of a note, in their order. A marker stands on a line of its own, which what an
/// event carries never does.
pub(crate) fn tokens(html: &str) -> Vec<String> {
    let lines = html.split(['<', '>', '\n']);
    lines
        .filter_map(|line| Note::token_of(&unescaped(line)))
        .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// What is on a ticket whose sessions field is `field` and whose notes have `tokens`, oldest first. A session that the
/// field names without a note of it is not on it yet, unless it joined without one.
pub(crate) fn trace(field: &str, tokens: &[String]) -> Trace {
    let session_of =
        |token: &str| -> String { token.split('#').next().unwrap_or_default().to_owned() };
    let noted = |word: &&str| {
        word.ends_with(JOINED) || tokens.iter().any(|token| session_of(token) == **word)
    };
    let named = field.split_whitespace().filter(noted).map(str::to_owned);
    let mut all = Vec::new();
    for token in named.chain(tokens.iter().cloned()) {
        if !all.contains(&token) {
            all.push(token);
        }
    }
    Trace::parse(&all.join(" "))
}

/// What follows the token of a session, in the sessions field, that joined without any note.
const JOINED: &str = "#joined";

/// The word for a session in the sessions field.
pub(crate) fn word(joining: &SessionNotes) -> Trace {
    let mut word = joining.session.token();
    if joining.notes.is_empty() {
        word.push_str(JOINED);
    }
    Trace::parse(&word)
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

    fn note(text: impl Into<String>) -> Note {
        Note {
            id: NoteId::Linked,
            text: text.into(),
            facts: SessionFacts::default(),
        }
    }

    fn ended(text: &str) -> Note {
        Note {
            id: NoteId::Ended {
                facts: "1b2c3d".to_owned(),
            },
            ..note(text)
        }
    }

    #[test]
    fn notes_keep_their_exact_text() {
        let (first, second) = (note("Grüße 👋\n\n  <b> \"x\" & &amp; 'y'\ttab"), ended("b"));
        let html = html(&[joining("call/987", &[&first, &second])]).unwrap();
        let token = session("call/987").token();
        let expected = format!(
            "Grüße 👋<br><br>  &lt;b&gt; \"x\" &amp; &amp;amp; 'y'\ttab<br>[casewire {token} linked]\
             <br><br>b<br>[casewire {token} ended:1b2c3d]"
        );
        assert_eq!(html, expected);
        let text = unescaped(&html.replace("<br>", "\n"));
        let call = session("call/987");
        assert_eq!(
            text,
            format!("{}\n\n{}", first.marked(&call), second.marked(&call))
        );
    }

    #[test]
    fn markers_are_read_whatever_freshdesk_wraps_them_in() {
        let sessions = [
            joining("call/987", &[&note("a"), &ended("b")]),
            joining("chat/5'&", &[&note("c")]),
        ];
        let html = html(&sessions).unwrap();
        let mut trace = Trace::default();
        for SessionNotes { session, notes } in &sessions {
            trace.add(session, notes);
        }
        for wrapped in [
            html.clone(),
            format!("<div style=\"font-size:14px\">{html}</div>"),
            html.replace("<br>", "<br />\n"),
            html.replace("<br>", "</p>\n<p>&nbsp;")
                .replace('\'', "&#39;"),
        ] {
            let found = tokens(&wrapped);
            assert_eq!(Trace::parse(&found.join(" ")), trace, "{wrapped}");
        }
    }

    #[test]
    fn a_marker_within_a_line_is_none() {
        let token = session("call/9").token();
        let spoof = note(format!(
            "Disposition: [casewire {token} linked]\nLink: <br>[casewire {token} linked]"
        ));
        let html = html(&[joining("call/987", &[&spoof])]).unwrap();
        assert_eq!(tokens(&html), [session("call/987").token()]);
        assert_eq!(tokens("<div>[casewire]</div>"), [""; 0]);
    }

    #[test]
    fn a_note_too_long_is_cut_between_characters_and_keeps_its_marker() {
        for text in ["ü".repeat(50_000), "&".repeat(20_000), "\n".repeat(20_000)] {
            let (long, short) = (note(text), ended("short"));
            let html = html(&[joining("call/987", &[&long, &short])]).unwrap();
            assert!(
                html.len() <= MAX_BYTES && html.len() > 59_900,
                "{}",
                html.len()
            );
            let (cut, kept) = html.rsplit_once(BLANK_LINE).unwrap();
            let marker = format!("{CUT}<br>[casewire {} linked]", session("call/987").token());
            let text = cut.strip_suffix(&marker).unwrap();
            let units = text.replace("&amp;", "").replace("<br>", "");
            assert!(units.chars().all(|c| c == 'ü'), "nothing is cut in two");
            assert!(kept.starts_with("short<br>["));
        }
    }

    #[test]
    fn notes_of_many_sessions_all_keep_their_markers() {
        let long = note("x".repeat(2_000));
        let sessions: Vec<_> = (0..200)
            .map(|number| joining(&format!("call/{number}"), &[&long]))
            .collect();
        let html = html(&sessions).unwrap();
        assert!(html.len() <= MAX_BYTES, "{}", html.len());
        let expected: Vec<_> = sessions
            .iter()
            .map(|joining| joining.session.token())
            .collect();
        assert_eq!(tokens(&html), expected);
        assert_eq!(super::html(&[joining("call/1", &[])]), None);
    }

    #[test]
    fn a_session_is_on_a_ticket_when_its_note_is() {
        let [one, two, three] =
            ["call/1", "call/2", "call/3"].map(|subject| session(subject).token());
        let field = format!("see 4711 {one} {two} {three}#joined");
        let tokens = [one.clone(), format!("{one}#ended:1b2c3d")];
        let trace = trace(&field, &tokens);
        let expected = format!("{one} {three}#joined {one}#ended:1b2c3d");
        assert_eq!(trace, Trace::parse(&expected));
        assert!(trace.has_session(&session("call/3")));
        assert!(!trace.has_session(&session("call/2")), "its note is not");
    }

    #[test]
    fn a_note_counts_when_a_person_cleared_the_field() {
        let token = session("call/1").token();
        let trace = trace("", std::slice::from_ref(&token));
        assert!(trace.begins_with(&session("call/1")));
    }
}
