use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::stamp;
use super::text::html_of_plain;
use super::ticket::{Channel, Ticket};

/// What one write did to a ticket.
#[derive(Clone, Debug)]
pub(super) struct Audit {
    pub(super) id: u64,
    pub(super) ticket_id: u64,
    pub(super) author_id: u64,
    pub(super) created_at: Timestamp,
    pub(super) channel: Channel,
    /// What the client sent as the ticket's `metadata`.
    pub(super) custom: Map<String, Value>,
    pub(super) comment: Option<Comment>,
    pub(super) changes: Vec<Change>,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) author_id: u64,
    pub(super) plain: String,
    /// Absent when it follows from the plain text.
    pub(super) html: Option<String>,
    pub(super) public: bool,
}

/// One field of a ticket that was set.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) id: u64,
    name: Cow<'static, str>,
    value: Value,
    /// Absent when the ticket was created.
    previous: Option<Value>,
}

impl Change {
    /// The fields in which a ticket differs from what it was, or all of a new one. The ids are
    /// left to the caller.
    pub(super) fn all(old: Option<&Ticket>, new: &Ticket) -> Vec<Self> {
        let Some(old) = old else {
            let facts = new.facts().into_iter();
            return facts
                .map(|(name, value)| Self::new(name, value, None))
                .collect();
        };
        let before: BTreeMap<_, _> = old.facts().into_iter().collect();
        let mut after: BTreeMap<_, _> = new.facts().into_iter().collect();
        for name in before.keys() {
            after.entry(name.clone()).or_insert(Value::Null);
        }
        after
            .into_iter()
            .filter_map(|(name, value)| {
                let previous = before.get(&name).cloned().unwrap_or(Value::Null);
                (previous != value).then(|| Self::new(name, value, Some(previous)))
            })
            .collect()
    }

    fn new(name: Cow<'static, str>, value: Value, previous: Option<Value>) -> Self {
        Self {
            id: 0,
            name,
            value,
            previous,
        }
    }

    fn to_json(&self) -> Value {
        let mut event = json!({ "id": self.id, "type": "Create", "field_name": self.name, "value": self.value });
        if let Some(previous) = &self.previous {
            event["type"] = json!("Change");
            event["previous_value"] = previous.clone();
        }
        event
    }
}

impl Audit {
    pub(super) fn to_json(&self) -> Value {
        let comment = self
            .comment
            .iter()
            .map(|comment| self.comment_event(comment));
        let events: Vec<_> = comment
            .chain(self.changes.iter().map(Change::to_json))
            .collect();
        json!({
            "id": self.id, "ticket_id": self.ticket_id, "created_at": stamp(self.created_at),
            "author_id": self.author_id, "metadata": self.metadata(), "events": events, "via": self.channel.to_json(),
        })
    }

    /// The comment as a list of comments shows it.
    pub(super) fn comment_json(&self, comment: &Comment) -> Value {
        let mut shown = self.comment_event(comment);
        shown["via"] = self.channel.to_json();
        shown["created_at"] = json!(stamp(self.created_at));
        shown["metadata"] = self.metadata();
        shown
    }

    fn comment_event(&self, comment: &Comment) -> Value {
        let derived;
        let html = match &comment.html {
            Some(html) => html,
            None => {
                derived = html_of_plain(&comment.plain);
                &derived
            }
        };
        json!({
            "id": comment.id, "type": "Comment", "author_id": comment.author_id, "body": comment.plain,
            "html_body": html, "plain_body": comment.plain, "public": comment.public, "attachments": [],
            "audit_id": self.id,
        })
    }

    fn metadata(&self) -> Value {
        json!({ "system": { "client": "sandbox", "ip_address": "192.0.2.1" }, "custom": self.custom })
    }
}
