//! What an organisation holds, in the shape that every fake's state has.

use serde_json::{Value, json};

use super::Kustomer;
use super::conversation::{Conversation, Status};
use super::customer::Customer;
use super::id::Id;
use super::view::stamp;
use crate::control::RecordState;

/// The custom attributes of conversations that Casewire makes, with their display names.
pub(super) const LEAF_QUEUE: (&str, &str) = ("casewireLeafQueueStr", "Casewire leaf queue");
pub(super) const SESSIONS: (&str, &str) = ("casewireSessionsTxt", "Casewire sessions");
pub(super) const FOLLOWS_UP: (&str, &str) = ("casewireFollowsUpStr", "Casewire follows up");

impl Kustomer {
    pub(super) fn shown_records(&self) -> Vec<Value> {
        let all = self.store.conversations.values();
        all.filter(|conversation| !conversation.is_deleted)
            .map(|conversation| self.record(conversation))
            .collect()
    }

    pub(super) fn shown_customers(&self) -> Vec<Value> {
        let all = self.store.customers.values();
        all.filter(|customer| !customer.is_deleted)
            .map(address_book)
            .collect()
    }

    pub(super) fn record(&self, conversation: &Conversation) -> Value {
        let custom = |(name, _): (&str, _)| conversation.custom.get(name).and_then(Value::as_str);
        let state = state_of(conversation);
        let closed_at = conversation.last_done.map(stamp);
        json!({
            "id": conversation.id.to_string(),
            "title": conversation.name,
            "state": state.as_str(),
            "status": conversation.status.as_str(),
            "queue": custom(LEAF_QUEUE),
            "customer": self.store.customers.get(&conversation.customer).and_then(address),
            "tags": self.tag_names(conversation),
            "sessions": sessions(custom(SESSIONS).unwrap_or_default()),
            "notes": self.session_notes(conversation),
            "created_at": stamp(conversation.created_at),
            "closed_at": closed_at.filter(|_| state != RecordState::Open),
            "follow_up_of": custom(FOLLOWS_UP),
            "owner": conversation.assigned_users.first().map(Id::to_string),
            "public_notes": conversation.messages.len(),
        })
    }

    /// The notes that have external ids of Casewire's form, the parts of one put together.
    fn session_notes(&self, conversation: &Conversation) -> Vec<Value> {
        let all = conversation.notes.iter();
        let notes = all.filter_map(|id| {
            let note = self.store.notes.get(id)?;
            Some((note.external_id.as_deref()?, note.body.as_str()))
        });
        let notes: Vec<_> = notes.collect();
        let wholes = notes.iter().filter_map(|(external_id, body)| {
            let (session, kind) = note_name(external_id)?;
            let text = parts(&notes, external_id) + body;
            Some(json!({ "session": session, "kind": kind, "text": text }))
        });
        wholes.collect()
    }
}

/// The parts `~1`, `~2` and so on that go before the last part of a note.
fn parts(notes: &[(&str, &str)], external_id: &str) -> String {
    let part = |number: usize| {
        let wanted = format!("{external_id}~{number}");
        let found = notes.iter().find(|(external_id, _)| *external_id == wanted);
        found.map(|(_, body)| *body)
    };
    (1..).map_while(part).collect()
}

/// A locked conversation is closed, whatever its status.
pub(super) fn state_of(conversation: &Conversation) -> RecordState {
    match conversation.status {
        _ if conversation.is_locked => RecordState::Closed,
        Status::Done => RecordState::Resolved,
        Status::Open | Status::Snoozed => RecordState::Open,
    }
}

pub(super) fn address_book(customer: &Customer) -> Value {
    json!({
        "id": customer.id.to_string(), "phone": customer.phone(), "email": customer.email(),
        "external_id": customer.external_id(),
    })
}

/// What a person is told apart by.
fn address(customer: &Customer) -> Option<&str> {
    let phone = customer.phone().or_else(|| customer.email());
    phone.or_else(|| customer.external_id())
}

/// The distinct session keys of the trace. A word is `call/987@3f2a9c`, perhaps with `#` and a
/// note behind it and, as long as that note is in doubt, `?` before it.
fn sessions(trace: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    for word in trace.split_whitespace() {
        let word = word.trim_start_matches('?');
        let key = word.split(['@', '#']).next().unwrap_or(word);
        if is_kind(key.split('/').next()) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The end of an external id in place of one that was taken.
const AGAIN: &str = "~again";

/// Reads `casewire:call:987:3f2a9c#ended:1b2c3d` into the session's key and the note's kind; a
/// part that is not the last of its note is none.
fn note_name(external_id: &str) -> Option<(String, &str)> {
    let external_id = external_id.strip_suffix(AGAIN).unwrap_or(external_id);
    let (session, note) = external_id
        .split_once('#')
        .unwrap_or((external_id, "linked"));
    let (_, named) = session.split_once(':')?;
    let (kind, rest) = named.split_once(':')?;
    let (id, source) = rest.rsplit_once(':')?;
    let is_last = !source.contains('~') && !note.contains('~');
    let kind_of_note = note.split(':').next().unwrap_or(note);
    (is_kind(Some(kind)) && is_last).then(|| (format!("{kind}/{id}"), kind_of_note))
}

fn is_kind(word: Option<&str>) -> bool {
    matches!(word, Some("call" | "chat"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_sessions_of_a_trace() {
        let trace = "… call/987@3f2a9c call/987@3f2a9c#ended:1b2c3d ?call/988@3f2a9c";
        assert_eq!(sessions(trace), ["call/987", "call/988"]);
    }

    #[test]
    fn external_ids_name_session_and_kind() {
        for (external_id, name) in [
            ("casewire:call:987:3f2a9c", Some(("call/987", "linked"))),
            (
                "other:chat:5:x:3f2a9c#late:1b2c3d",
                Some(("chat/5:x", "late")),
            ),
            (
                "casewire:call:987:3f2a9c~again",
                Some(("call/987", "linked")),
            ),
            ("casewire:call:987:3f2a9c~1", None),
            ("casewire:call:987:3f2a9c#ended:1b2c3d~2", None),
            ("casewire:anonymous", None),
            ("crm-42", None),
        ] {
            let name = name.map(|(session, kind)| (session.to_owned(), kind));
            assert_eq!(note_name(external_id), name, "{external_id}");
        }
    }

    #[test]
    fn parts_of_a_note_are_put_together() {
        let notes = [
            ("a~1", "one "),
            ("a~2", "two "),
            ("b~1", "other"),
            ("a", "three"),
        ];
        assert_eq!(parts(&notes, "a"), "one two ");
    }
}
