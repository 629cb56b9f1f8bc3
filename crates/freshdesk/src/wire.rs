//! Freshdesk's JSON: tickets, conversations, fields. No I/O. What holds customer data has no Debug.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use casewire_core::{CustomerId, QueueId, Record, RecordId, RecordState, Trace, UserId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::Statuses;
use crate::fields::FieldNames;

#[derive(Deserialize)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    pub(crate) status: u32,
    pub(crate) requester_id: Option<u64>,
    pub(crate) responder_id: Option<u64>,
    pub(crate) created_at: Timestamp,
    updated_at: Timestamp,
    pub(crate) tags: Option<Vec<String>>,
    custom_fields: Option<Map<String, Value>>,
    /// Only when asked for.
    stats: Option<Stats>,
    /// Only when asked for, and of them the ten oldest.
    #[serde(default)]
    pub(crate) conversations: Vec<Conversation>,
    spam: Option<bool>,
    deleted: Option<bool>,
}

#[derive(Deserialize)]
struct Stats {
    closed_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct Conversation {
    body: Option<String>,
    private: Option<bool>,
}

impl Conversation {
    /// The HTML of a private note. A customer could write a marker too, but not in private.
    pub(crate) fn private_note(&self) -> Option<&str> {
        self.body.as_deref().filter(|_| self.private == Some(true))
    }
}

impl Ticket {
    pub(crate) fn record_id(&self) -> RecordId {
        RecordId(self.id.to_string())
    }

    /// Whether it is in the trash or among the spam, where nothing can be written to it.
    pub(crate) fn is_gone(&self) -> bool {
        self.deleted == Some(true) || self.spam == Some(true)
    }

    /// Whether all is shown that a write replaces. Some documented lists and answers show neither tags nor custom fields.
    pub(crate) fn shows_all(&self) -> bool {
        self.tags.is_some() && self.custom_fields.is_some()
    }

    pub(crate) fn owner(&self) -> Option<UserId> {
        self.responder_id.map(|id| UserId(id.to_string()))
    }

    /// The sessions field as it stands.
    pub(crate) fn sessions(&self, names: &FieldNames) -> &str {
        self.text(&names.sessions).unwrap_or_default()
    }

    fn text(&self, field: &str) -> Option<&str> {
        let value = self.custom_fields.as_ref()?.get(field)?.as_str()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// A digest of all that a write is decided by or replaces. The time of the last change would be no mark: it has whole
    /// seconds, in which automations do much, and every note moves it.
    fn version(&self, names: &FieldNames) -> String {
        let mut tags = self.tags.clone().unwrap_or_default();
        tags.sort();
        let fields = [&names.leaf_queue, &names.sessions].map(|name| self.text(name));
        let mut hasher = DefaultHasher::new();
        (self.status, self.requester_id, self.responder_id).hash(&mut hasher);
        (tags, fields).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// The record, with the sessions of its field as trace. A status other than open has a time only when it was asked
    /// for; else it is that of the last change, which is not before it.
    pub(crate) fn record(
        &self,
        names: &FieldNames,
        statuses: &Statuses,
        agent_url: &str,
    ) -> Record {
        let state = statuses.state_of(self.status);
        let stats = self.stats.as_ref();
        let closed_at = stats.and_then(|stats| stats.closed_at.or(stats.resolved_at));
        let closed_at = closed_at.unwrap_or(self.updated_at);
        Record {
            id: self.record_id(),
            customer: self.requester_id.map(|id| CustomerId(id.to_string())),
            queue: self
                .text(&names.leaf_queue)
                .map(|queue| QueueId(queue.into())),
            state,
            created_at: self.created_at,
            closed_at: (state != RecordState::Open).then_some(closed_at),
            tags: self.tags.clone().unwrap_or_default(),
            trace: Trace::parse(self.sessions(names)),
            version: Some(self.version(names)),
            url: Some(format!("{agent_url}{}", self.id)),
        }
    }
}

/// The answer to a new note. What is in it is known.
#[derive(Deserialize)]
pub(crate) struct NoteAnswer {}

#[derive(Deserialize)]
pub(crate) struct Agent {
    pub(crate) id: u64,
    contact: Option<AgentContact>,
    deactivated: Option<bool>,
}

#[derive(Deserialize)]
struct AgentContact {
    email: Option<String>,
}

impl Agent {
    pub(crate) fn email(&self) -> Option<&str> {
        self.contact.as_ref()?.email.as_deref()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.deactivated != Some(true)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct TicketField {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) default: bool,
    #[serde(default)]
    pub(crate) archived: bool,
    #[serde(default)]
    pub(crate) required_for_agents: bool,
    /// Of the status field an object whose keys are the statuses' numbers; of others anything.
    #[serde(default)]
    pub(crate) choices: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ticket(changes: Value) -> Ticket {
        let mut ticket = json!({
            "id": 41, "status": 2, "source": 3, "priority": 1, "requester_id": 501_001_204_168_u64, "responder_id": null,
            "subject": "Call", "spam": false, "type": null, "due_by": null,
            "created_at": "2026-01-24T01:14:06Z", "updated_at": "2026-01-25T07:30:00+05:30",
            "tags": ["Voice Inbound (IVR)", "vip"],
            "custom_fields": { "cf_casewire_leaf_queue": " 13 ", "cf_casewire_sessions_2": "call/987@3f2a9c call/988@3f2a9c#joined",
                "cf_vip": true },
        });
        for (key, value) in changes.as_object().unwrap() {
            ticket[key] = value.clone();
        }
        serde_json::from_value(ticket).unwrap()
    }

    fn record(changes: Value) -> Record {
        let names = FieldNames {
            leaf_queue: "cf_casewire_leaf_queue".to_owned(),
            sessions: "cf_casewire_sessions_2".to_owned(),
        };
        ticket(changes).record(
            &names,
            &Statuses::default(),
            "https://acme.freshdesk.com/a/tickets/",
        )
    }

    #[test]
    fn a_ticket_becomes_a_record() {
        let record = record(json!({}));
        assert_eq!(record.id.0, "41");
        assert_eq!(
            record.customer,
            Some(CustomerId("501001204168".to_owned())),
            "ids are longer than 32 bits"
        );
        assert_eq!(record.queue, Some(QueueId("13".into())));
        assert_eq!(record.state, RecordState::Open);
        assert_eq!(record.closed_at, None);
        assert_eq!(record.tags, ["Voice Inbound (IVR)", "vip"]);
        assert_eq!(
            record.trace,
            Trace::parse("call/987@3f2a9c call/988@3f2a9c#joined")
        );
        let url = "https://acme.freshdesk.com/a/tickets/41";
        assert_eq!(record.url.as_deref(), Some(url));
    }

    #[test]
    fn a_version_is_of_what_a_write_is_decided_by() {
        let version = |changes| record(changes).version.unwrap();
        let before = version(json!({}));
        for same in [
            json!({ "updated_at": "2026-02-01T00:00:00Z", "due_by": "2026-02-01T00:00:00Z" }),
            json!({ "tags": ["vip", "Voice Inbound (IVR)"] }),
        ] {
            assert_eq!(version(same.clone()), before, "{same}");
        }
        for other in [
            json!({ "status": 4 }),
            json!({ "requester_id": 9 }),
            json!({ "responder_id": 9 }),
            json!({ "tags": ["vip"] }),
            json!({ "custom_fields": { "cf_casewire_leaf_queue": "13" } }),
            json!({ "custom_fields": null }),
        ] {
            assert_ne!(version(other.clone()), before, "{other}");
        }
    }

    #[test]
    fn r10_the_time_of_closing_is_the_closing_or_the_solution_or_the_last_change() {
        let times = |closed: Option<&str>, resolved: Option<&str>| json!({ "closed_at": closed, "resolved_at": resolved });
        let (closed, resolved) = ("2026-01-24T11:00:00Z", "2026-01-24T10:00:00Z");
        for (stats, closed_at) in [
            (times(Some(closed), Some(resolved)), closed),
            (times(None, Some(resolved)), resolved),
            (times(None, None), "2026-01-25T02:00:00Z"),
            (Value::Null, "2026-01-25T02:00:00Z"),
        ] {
            for status in [4, 5] {
                let record = record(json!({ "status": status, "stats": stats }));
                assert_eq!(record.closed_at, Some(closed_at.parse().unwrap()));
                assert_eq!(record.state, RecordState::Resolved);
            }
        }
    }

    #[test]
    fn a_ticket_in_the_trash_or_among_the_spam_is_gone() {
        assert!(ticket(json!({ "deleted": true })).is_gone());
        assert!(ticket(json!({ "spam": true })).is_gone());
        assert!(!ticket(json!({})).is_gone());
    }

    #[test]
    fn blank_fields_are_absent() {
        for fields in [
            json!({ "cf_casewire_leaf_queue": null }),
            json!({ "cf_casewire_leaf_queue": " " }),
            Value::Null,
        ] {
            let record = record(json!({ "custom_fields": fields, "tags": null }));
            assert_eq!(record.queue, None);
            assert_eq!(record.trace, Trace::default());
            assert_eq!(record.tags, [""; 0]);
        }
    }

    #[test]
    fn only_private_notes_are_read() {
        let note = |private: Value| -> Conversation {
            serde_json::from_value(json!({ "body": "<div>a</div>", "private": private, "id": 1 }))
                .unwrap()
        };
        assert_eq!(note(json!(true)).private_note(), Some("<div>a</div>"));
        assert_eq!(note(json!(false)).private_note(), None);
        assert_eq!(note(json!(null)).private_note(), None);
    }
}
