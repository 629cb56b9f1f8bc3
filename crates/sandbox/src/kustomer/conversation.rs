use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::id::Id;
use super::view::{object, relationship, set, stamp, texts};

/// One conversation.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) id: Id,
    pub(super) customer: Id,
    pub(super) name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) status: Status,
    pub(super) is_locked: bool,
    pub(super) is_deleted: bool,
    pub(super) tags: Vec<Id>,
    pub(super) assigned_users: Vec<Id>,
    pub(super) custom: Map<String, Value>,
    /// Attributes that are shown as they were sent.
    pub(super) as_sent: Map<String, Value>,
    pub(super) notes: Vec<Id>,
    pub(super) messages: Vec<Id>,
    pub(super) outbound_messages: usize,
    pub(super) channels: BTreeSet<String>,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
    /// Also moved on by notes and messages.
    pub(super) updated_at: Timestamp,
    pub(super) status_at: Option<Timestamp>,
    pub(super) tags_at: Option<Timestamp>,
    pub(super) custom_at: Option<Timestamp>,
    pub(super) first_done: Option<Timestamp>,
    pub(super) last_done: Option<Timestamp>,
    done_count: u32,
    reopen_count: u32,
    reopen_from_done_count: u32,
    pub(super) rev: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    Open,
    Snoozed,
}

impl Status {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "done" => Some(Self::Done),
            "open" => Some(Self::Open),
            "snoozed" => Some(Self::Snoozed),
            _ => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Open => "open",
            Self::Snoozed => "snoozed",
        }
    }
}

/// The keys of bodies that are attributes as they stand.
pub(super) const AS_SENT: [&str; 13] = [
    "defaultLang",
    "direction",
    "ended",
    "endedAt",
    "endedBy",
    "endedByType",
    "endedReason",
    "importedAt",
    "priority",
    "queue",
    "replyChannel",
    "snooze",
    "subStatus",
];

impl Conversation {
    /// An open one without anything.
    pub(super) fn blank(id: Id, customer: Id, created_at: Timestamp) -> Self {
        Self {
            id,
            customer,
            name: None,
            external_id: None,
            status: Status::Open,
            is_locked: false,
            is_deleted: false,
            tags: Vec::new(),
            assigned_users: Vec::new(),
            custom: Map::new(),
            as_sent: Map::new(),
            notes: Vec::new(),
            messages: Vec::new(),
            outbound_messages: 0,
            channels: BTreeSet::new(),
            created_at,
            modified_at: created_at,
            updated_at: created_at,
            status_at: None,
            tags_at: None,
            custom_at: None,
            first_done: None,
            last_done: None,
            done_count: 0,
            reopen_count: 0,
            reopen_from_done_count: 0,
            rev: 1,
        }
    }

    pub(super) fn set_status(&mut self, status: Status, now: Timestamp) {
        if status == self.status {
            return;
        }
        match (self.status, status) {
            (_, Status::Done) => {
                self.done_count += 1;
                self.first_done.get_or_insert(now);
                self.last_done = Some(now);
            }
            (Status::Done, _) => {
                self.reopen_count += 1;
                self.reopen_from_done_count += 1;
            }
            (Status::Snoozed, Status::Open) => self.reopen_count += 1,
            _ => {}
        }
        self.status = status;
        self.status_at = Some(now);
    }

    /// Counts a change of the conversation itself.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.rev += 1;
        self.modified_at = now;
        self.updated_at = now;
    }

    pub(super) fn to_json(&self, organisation: Id, author: Id) -> Value {
        let path = format!("/v1/conversations/{}", self.id);
        json!({
            "type": "conversation",
            "id": self.id.to_string(),
            "attributes": self.attributes(),
            "relationships": {
                "org": relationship("org", organisation),
                "customer": relationship("customer", self.customer),
                "messages": { "links": { "self": format!("{path}/messages") } },
                "createdBy": relationship("user", author),
                "modifiedBy": relationship("user", author),
            },
            "links": { "self": path },
        })
    }

    fn attributes(&self) -> Value {
        let mut attributes = object(json!({
            "name": self.name.as_deref().unwrap_or_default(),
            "channels": self.channels,
            "status": self.status.as_str(),
            "messageCount": self.messages.len(),
            "noteCount": self.notes.len(),
            "satisfaction": 0,
            "createdAt": stamp(self.created_at),
            "updatedAt": stamp(self.updated_at),
            "modifiedAt": stamp(self.modified_at),
            "lastActivityAt": stamp(self.updated_at),
            "tags": texts(&self.tags),
            "suggestedTags": [],
            "sentiment": {},
            "lastMessageIn": {},
            "assignedUsers": texts(&self.assigned_users),
            "assignedTeams": [],
            "firstResponse": {},
            "outboundMessageCount": self.outbound_messages,
            "doneCount": self.done_count,
            "reopenCount": self.reopen_count,
            "reopenFromDoneCount": self.reopen_from_done_count,
            "rev": self.rev,
        }));
        attributes.extend(self.as_sent.clone());
        set(&mut attributes, "externalId", self.external_id.clone());
        if !self.custom.is_empty() {
            set(&mut attributes, "custom", self.custom.clone());
        }
        for (key, done) in [("firstDone", self.first_done), ("lastDone", self.last_done)] {
            let shown = done.map(|at| json!({ "createdAt": stamp(at) }));
            set(&mut attributes, key, shown);
        }
        let mut history = Map::new();
        for (key, at) in [
            ("customAt", self.custom_at),
            ("statusAt", self.status_at),
            ("tagsAt", self.tags_at),
        ] {
            set(&mut history, key, at.map(stamp));
        }
        if !history.is_empty() {
            set(&mut attributes, "modificationHistory", history);
        }
        for (key, holds) in [("locked", self.is_locked), ("deleted", self.is_deleted)] {
            set(&mut attributes, key, holds.then_some(true));
        }
        attributes.into()
    }
}
