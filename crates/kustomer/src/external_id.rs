//! External ids: what Kustomer tells conversations, notes and withheld callers of ours by (R14).

use std::time::Duration;

use casewire_core::{NoteId, SessionKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

use crate::config::ExternalIdPrefix;
use crate::connector::Kustomer;

/// The end of an external id in place of one that something deleted keeps.
const AGAIN: &str = "~again";

/// After so long, what has an external id and is not shown is no write that can not be read yet: it is deleted.
const TAKEN_FOR_GOOD: Duration = Duration::from_secs(10);

/// What may stand in a path segment as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The token of the note `id` of `session`, as in a trace.
pub(crate) fn note_token(session: &SessionKey, id: &NoteId) -> String {
    match id {
        NoteId::Linked => session.token(),
        id => format!("{}#{id}", session.token()),
    }
}

impl ExternalIdPrefix {
    /// Of what is known by `token`: `casewire:call:987:3f2a9c` for a session or the note that it was linked,
    /// `casewire:call:987:3f2a9c#ended:1b2c3d` for another note. An id is part of a path, so it has no slashes.
    pub(crate) fn of_token(&self, token: &str) -> String {
        let (session, note) = match token.split_once('#') {
            Some((session, _)) => token.split_at(session.len()),
            None => (token, ""),
        };
        format!("{self}:{}{note}", session.replace(['/', '@'], ":"))
    }

    pub(crate) fn of_session(&self, session: &SessionKey) -> String {
        self.of_token(&session.token())
    }

    /// Of the conversation that `session` makes, and of one in its place.
    pub(crate) fn of_conversations(&self, session: &SessionKey) -> [String; 2] {
        let first = self.of_session(session);
        let second = again(&first);
        [first, second]
    }

    /// Of the customer that all withheld callers share.
    pub(crate) fn of_anonymous(&self) -> String {
        format!("{self}:anonymous")
    }

    /// The token of a session or note, unless `external_id` is none of ours, or of a part of a note.
    pub(crate) fn token_of(&self, external_id: &str) -> Option<String> {
        let external_id = external_id.strip_suffix(AGAIN).unwrap_or(external_id);
        let ours = external_id.strip_prefix(&**self)?.strip_prefix(':')?;
        let (session, note) = match ours.split_once('#') {
            Some((session, _)) => ours.split_at(session.len()),
            None => (ours, ""),
        };
        let (kind, rest) = session.split_once(':')?;
        let (id, source) = rest.rsplit_once(':')?;
        let is_digest = source.len() == 6 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_whole = is_digest && matches!(kind, "call" | "chat") && !note.contains('~');
        is_whole.then(|| format!("{kind}/{id}@{source}{note}"))
    }
}

/// The external id in place of one that something deleted keeps.
pub(crate) fn again(external_id: &str) -> String {
    format!("{external_id}{AGAIN}")
}

impl Kustomer {
    /// Whether an external id that was refused as taken, and that nothing shows, is so for good. Not when it is the first
    /// time: whether a deleted conversation or note keeps its external id is not documented, nor is how soon a new one is
    /// shown.
    pub(crate) fn is_taken_for_good(&self, external_id: &str) -> bool {
        let Some(since) = self.taken.find(&external_id.to_owned()) else {
            self.taken.remember(external_id.to_owned(), Instant::now());
            return false;
        };
        since.elapsed() >= TAKEN_FOR_GOOD
    }
}

/// `value` for a path: a literal `+` would be read as a space by some.
pub(crate) fn in_path(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn session(subject: &str) -> SessionKey {
        SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
    }

    #[test]
    fn tokens_survive_their_external_ids() {
        let prefix: ExternalIdPrefix = "acme-eu".parse().unwrap();
        for subject in ["call/987", "chat/a:b~1", "call/Zoë"] {
            let session = session(subject);
            let ended = NoteId::Ended {
                facts: "1b2c3d".to_owned(),
            };
            for token in [session.token(), note_token(&session, &ended)] {
                let external_id = prefix.of_token(&token);
                assert!(!external_id.contains(['/', '@']), "{external_id}");
                assert_eq!(prefix.token_of(&again(&external_id)), Some(token.clone()));
                assert_eq!(prefix.token_of(&external_id), Some(token));
            }
        }
    }

    #[test]
    fn ids_of_others_and_of_parts_are_no_tokens() {
        let prefix = ExternalIdPrefix::default();
        let whole = prefix.of_session(&session("call/987"));
        assert!(whole.starts_with("casewire:call:987:"), "{whole}");
        for other in [
            "",
            "casewire",
            "casewire:anonymous",
            "order-7",
            "casewire:call:987",
            "casewire:fax:987:3f2a9c",
            &format!("other-{whole}"),
            &format!("{whole}~1"),
            &format!("{whole}~1~again"),
            &format!("{whole}#ended:1b2c3d~2"),
        ] {
            assert_eq!(prefix.token_of(other), None, "{other}");
        }
    }

    #[test]
    fn nothing_leaves_its_path_segment() {
        assert_eq!(in_path("+15550100100"), "%2B15550100100");
        assert_eq!(
            in_path("kim/..@example.com?a=b#c"),
            "kim%2F..%40example.com%3Fa%3Db%23c"
        );
    }
}
