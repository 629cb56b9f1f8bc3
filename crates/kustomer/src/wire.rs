//! Kustomer's JSON: conversations, customers, notes, tags, users. No I/O. What holds customer data has no Debug.
//!
//! Answers have nulls and empty objects where there is nothing, so little is required of them.

use std::collections::BTreeMap;

use casewire_core::{CustomerId, QueueId, Record, RecordId, RecordState, Trace};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::config::KustomerConfig;
use crate::fields::AttributeName;
use crate::sessions::Sessions;

/// A status of a conversation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Somebody works on it.
    Open,
    /// It waits for somebody, or for a time.
    Snoozed,
    /// It is done, and may be opened again.
    Done,
}

/// Whether `text` is an id of Kustomer's.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An answer about one thing.
#[derive(Deserialize)]
pub(crate) struct One<T> {
    pub(crate) data: T,
}

/// An answer with a page of things.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) data: Vec<T>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) links: PageLinks,
}

#[derive(Default, Deserialize)]
pub(crate) struct PageLinks {
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// Null, or what does not fit, as nothing.
fn or_default<'de, D: Deserializer<'de>, T>(json: D) -> Result<T, D::Error>
where
    T: Default + serde::de::DeserializeOwned,
{
    let json = Value::deserialize(json)?;
    Ok(serde_json::from_value(json).unwrap_or_default())
}

#[derive(Deserialize)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    attributes: ConversationAttributes,
    #[serde(default, deserialize_with = "or_default")]
    relationships: ConversationRelationships,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConversationAttributes {
    /// None for one this connector does not know.
    #[serde(default, deserialize_with = "or_default")]
    status: Option<Status>,
    #[serde(default)]
    external_id: Option<String>,
    created_at: Timestamp,
    #[serde(default)]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    custom: Map<String, Value>,
    #[serde(default, deserialize_with = "or_default")]
    last_done: Done,
    #[serde(default, deserialize_with = "or_default")]
    modification_history: ModificationHistory,
    #[serde(default, deserialize_with = "or_default")]
    locked: bool,
    #[serde(default, deserialize_with = "or_default")]
    deleted: bool,
    #[serde(default)]
    rev: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    created_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModificationHistory {
    status_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
struct ConversationRelationships {
    customer: Option<One<Reference>>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

impl Conversation {
    pub(crate) fn record_id(&self) -> RecordId {
        RecordId(self.id.clone())
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        self.attributes.external_id.as_deref()
    }

    pub(crate) fn tags(&self) -> &[String] {
        &self.attributes.tags
    }

    pub(crate) fn rev(&self) -> Option<u64> {
        self.attributes.rev
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.attributes.deleted
    }

    /// Whether it can be worked on, as far as its status says.
    pub(crate) fn is_open(&self, config: &KustomerConfig) -> bool {
        let status = self.attributes.status;
        status.is_some_and(|status| config.statuses.state_of(status) == RecordState::Open)
    }

    pub(crate) fn has_status(&self, status: Status) -> bool {
        self.attributes.status == Some(status)
    }

    pub(crate) fn sessions(&self, config: &KustomerConfig) -> Sessions {
        Sessions::parse(self.text(&config.fields.sessions).unwrap_or_default())
    }

    pub(crate) fn queue(&self, config: &KustomerConfig) -> Option<QueueId> {
        self.text(&config.fields.leaf_queue)
            .map(|text| QueueId(text.into()))
    }

    fn text(&self, attribute: &AttributeName) -> Option<&str> {
        let text = self.attributes.custom.get(attribute.as_str())?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// The record, with `trace` on it.
    pub(crate) fn into_record(self, trace: Trace, config: &KustomerConfig) -> Record {
        let queue = self.queue(config);
        let customer = self.relationships.customer.map(|customer| customer.data.id);
        let url = customer
            .as_ref()
            .map(|customer| format!("{}{customer}/event/{}", config.app_url(), self.id));
        let of = self.attributes;
        let state = match of.status {
            _ if of.locked => RecordState::Closed,
            Some(status) => config.statuses.state_of(status),
            None => RecordState::Closed,
        };
        let done_at = of.last_done.created_at;
        let closed_at = done_at
            .or(of.modification_history.status_at)
            .or(of.updated_at);
        Record {
            id: RecordId(self.id),
            customer: customer.map(CustomerId),
            queue,
            state,
            created_at: of.created_at,
            closed_at: closed_at.filter(|_| state != RecordState::Open),
            tags: of.tags,
            trace,
            version: of.rev.map(|rev| rev.to_string()),
            url,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    #[serde(default, deserialize_with = "or_default")]
    attributes: CustomerAttributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerAttributes {
    #[serde(default, deserialize_with = "or_default")]
    deleted: bool,
    #[serde(default, deserialize_with = "or_default")]
    conversation_counts: ConversationCounts,
}

#[derive(Default, Deserialize)]
struct ConversationCounts {
    all: Option<u64>,
}

impl Customer {
    pub(crate) fn customer_id(&self) -> CustomerId {
        CustomerId(self.id.clone())
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.attributes.deleted
    }

    /// Whether it says that it has no conversations.
    pub(crate) fn has_no_conversations(&self) -> bool {
        self.attributes.conversation_counts.all == Some(0)
    }
}

/// A note, a message or a tag, of which one attribute matters.
#[derive(Deserialize)]
pub(crate) struct Item<T> {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) attributes: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChildAttributes {
    #[serde(default)]
    pub(crate) external_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct TagAttributes {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) deleted: bool,
}

#[derive(Deserialize)]
pub(crate) struct TokenAttributes {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) roles: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct MetadataAttributes {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) properties: BTreeMap<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> KustomerConfig {
        let config = json!({ "org": "acme", "api_key": { "env": "KEY" } });
        serde_json::from_value(config).unwrap()
    }

    fn conversation(changes: Value) -> Conversation {
        let mut attributes = json!({
            "name": "Call", "status": "open", "externalId": "casewire:call:987:3f2a9c", "preview": { "$init": true },
            "createdAt": "2026-01-24T01:14:06.250Z", "updatedAt": "2026-01-25T02:00:00.000Z",
            "tags": ["5849765dc41e372700cc84a3"], "lastDone": {}, "modificationHistory": null, "rev": 7,
            "custom": { "casewireLeafQueueStr": "13", "casewireSessionsTxt": "call/987@3f2a9c", "otherNum": 4 },
        });
        for (key, value) in changes.as_object().unwrap() {
            attributes[key] = value.clone();
        }
        let conversation = json!({
            "type": "conversation", "id": "58228e05d4e96711004eccb7", "attributes": attributes,
            "relationships": { "customer": { "data": { "type": "customer", "id": "58210c3db0f09110006b7953" } } },
        });
        serde_json::from_value(conversation).unwrap()
    }

    fn record(changes: Value) -> Record {
        let conversation = conversation(changes);
        let sessions = conversation.sessions(&config());
        conversation.into_record(sessions.trace(), &config())
    }

    #[test]
    fn a_conversation_becomes_a_record() {
        let record = record(json!({}));
        assert_eq!(record.id.0, "58228e05d4e96711004eccb7");
        let customer = CustomerId("58210c3db0f09110006b7953".to_owned());
        assert_eq!(record.customer, Some(customer));
        assert_eq!(record.queue, Some(QueueId("13".into())));
        assert_eq!(record.state, RecordState::Open);
        assert_eq!(record.closed_at, None);
        assert_eq!(record.tags, ["5849765dc41e372700cc84a3"]);
        assert_eq!(record.version.as_deref(), Some("7"));
        assert_eq!(record.trace, Trace::parse("call/987@3f2a9c"));
        assert_eq!(
            record.url.as_deref(),
            Some(
                "https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/58228e05d4e96711004eccb7"
            )
        );
    }

    #[test]
    fn statuses_and_locks_say_what_can_be_done() {
        for (changes, state) in [
            (json!({ "status": "open" }), RecordState::Open),
            (
                json!({ "status": "snoozed", "locked": false }),
                RecordState::Open,
            ),
            (
                json!({ "status": "done", "locked": null }),
                RecordState::Resolved,
            ),
            (
                json!({ "status": "done", "locked": true }),
                RecordState::Closed,
            ),
            (
                json!({ "status": "open", "locked": true }),
                RecordState::Closed,
            ),
            (json!({ "status": "archived" }), RecordState::Closed),
            (json!({ "status": null }), RecordState::Closed),
        ] {
            assert_eq!(record(changes.clone()).state, state, "{changes}");
        }
    }

    #[test]
    fn the_best_known_time_of_closing_counts() {
        let closed_at = |changes: Value| {
            let mut all = json!({ "status": "done" });
            for (key, value) in changes.as_object().unwrap() {
                all[key] = value.clone();
            }
            record(all).closed_at.unwrap().to_string()
        };
        let history = json!({ "statusAt": "2026-01-24T20:00:00Z" });
        let done = json!({ "createdAt": "2026-01-24T19:00:00Z" });
        assert_eq!(closed_at(json!({})), "2026-01-25T02:00:00Z");
        let with_history = json!({ "modificationHistory": history });
        assert_eq!(closed_at(with_history), "2026-01-24T20:00:00Z");
        let with_both = json!({ "modificationHistory": history, "lastDone": done });
        assert_eq!(closed_at(with_both), "2026-01-24T19:00:00Z");
    }

    #[test]
    fn what_is_missing_is_nothing() {
        let record =
            record(json!({ "custom": null, "tags": null, "rev": null, "externalId": null }));
        assert_eq!(record.queue, None);
        assert_eq!(record.tags, [""; 0]);
        assert_eq!(record.version, None);
        assert_eq!(record.trace, Trace::default());
        assert!(conversation(json!({ "deleted": true })).is_deleted());
    }
}
