use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::id::Id;
use super::store::Name;
use super::view::stamp;

/// One customer.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) id: Id,
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) external_ids: Vec<String>,
    pub(super) emails: Vec<Contact>,
    pub(super) phones: Vec<Contact>,
    pub(super) custom: Map<String, Value>,
    /// In the order in which they came to be here.
    pub(super) conversations: Vec<Id>,
    pub(super) is_deleted: bool,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
    pub(super) rev: u64,
}

/// An e-mail address or a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) kind: String,
    pub(super) value: String,
}

impl Contact {
    /// One that nobody has verified.
    fn to_json(&self, key: &str) -> Value {
        json!({ "type": self.kind, "verified": false, key: self.value })
    }
}

/// The lists that the fake's customers have nothing in.
const EMPTY: [&str; 17] = [
    "accessOverride",
    "activeUsers",
    "facebookIds",
    "instagramIds",
    "locations",
    "roleGroupVersions",
    "sharedEmails",
    "sharedExternalIds",
    "sharedPhones",
    "sharedSocials",
    "smoochIds",
    "socials",
    "tags",
    "urls",
    "watchers",
    "whatsapps",
    "recentItems",
];

/// How many conversations of a customer have each status.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) done: usize,
    pub(super) open: usize,
    pub(super) snoozed: usize,
}

impl Counts {
    fn to_json(self) -> Value {
        let all = self.done + self.open + self.snoozed;
        json!({ "all": all, "done": self.done, "open": self.open, "snoozed": self.snoozed })
    }

    /// The status that is the farthest from done.
    fn progressive_status(self) -> Option<&'static str> {
        match self {
            Self { open: 1.., .. } => Some("open"),
            Self { snoozed: 1.., .. } => Some("snoozed"),
            Self { done: 1.., .. } => Some("done"),
            _ => None,
        }
    }
}

impl Customer {
    pub(super) fn blank(id: Id, created_at: Timestamp) -> Self {
        Self {
            id,
            name: None,
            username: None,
            external_ids: Vec::new(),
            emails: Vec::new(),
            phones: Vec::new(),
            custom: Map::new(),
            conversations: Vec::new(),
            is_deleted: false,
            created_at,
            modified_at: created_at,
            rev: 1,
        }
    }

    pub(super) fn touch(&mut self, now: Timestamp) {
        self.rev += 1;
        self.modified_at = now;
    }

    pub(super) fn phone(&self) -> Option<&str> {
        Some(&self.phones.first()?.value)
    }

    pub(super) fn email(&self) -> Option<&str> {
        Some(&self.emails.first()?.value)
    }

    pub(super) fn external_id(&self) -> Option<&str> {
        self.external_ids.first().map(String::as_str)
    }

    /// All that the customer is found by. Addresses count in no case.
    pub(super) fn names(&self) -> Vec<Name> {
        let phones = self.phones.iter();
        let phones = phones.map(|phone| Name::CustomerPhone(phone.value.clone()));
        let emails = self.emails.iter();
        let emails = emails.map(|email| Name::CustomerEmail(email.value.to_lowercase()));
        let external_ids = self.external_ids.iter().cloned();
        let external_ids = external_ids.map(Name::CustomerExternalId);
        phones.chain(emails).chain(external_ids).collect()
    }

    /// The attributes, but for those that objects of others give.
    pub(super) fn attributes(&self, counts: Counts) -> Value {
        let display_name = [self.name.as_deref(), self.email(), self.phone()];
        let mut display_names = display_name.into_iter().flatten();
        let emails = self.emails.iter().map(|email| email.to_json("email"));
        let phones = self.phones.iter().map(|phone| phone.to_json("phone"));
        let external_ids = self.external_ids.iter();
        let external_ids = external_ids.map(|id| json!({ "verified": true, "externalId": id }));
        let mut attributes = json!({
            "name": self.name,
            "displayName": display_names.find(|name| !name.is_empty()).unwrap_or("Customer"),
            "displayColor": "blue",
            "displayIcon": "plane",
            "externalId": self.external_id(),
            "externalIds": external_ids.collect::<Vec<_>>(),
            "signedUpAt": null,
            "username": self.username,
            "emails": emails.collect::<Vec<_>>(),
            "phones": phones.collect::<Vec<_>>(),
            "recentLocation": { "updatedAt": stamp(self.created_at) },
            "createdAt": stamp(self.created_at),
            "updatedAt": stamp(self.modified_at),
            "modifiedAt": stamp(self.modified_at),
            "lastActivityAt": stamp(self.modified_at),
            "lastCustomerActivityAt": stamp(self.created_at),
            "deleted": self.is_deleted,
            "lastMessageIn": { "sentiment": {} },
            "lastMessageOut": {},
            "lastMessageUnrespondedTo": {},
            "lastConversation": self.last_conversation(),
            "conversationCounts": counts.to_json(),
            "preview": { "$init": true },
            "sentiment": {},
            "progressiveStatus": counts.progressive_status(),
            "verified": !self.external_ids.is_empty(),
            "rev": self.rev,
            "satisfactionLevel": { "firstSatisfaction": { "sentByTeams": [] }, "lastSatisfaction": { "sentByTeams": [] } },
        });
        for key in EMPTY {
            attributes[key] = json!([]);
        }
        attributes
    }

    fn last_conversation(&self) -> Value {
        let mut shown = json!({ "sentiment": {}, "channels": [], "tags": [] });
        if let Some(last) = self.conversations.last() {
            shown["id"] = last.to_string().into();
        }
        shown
    }
}
