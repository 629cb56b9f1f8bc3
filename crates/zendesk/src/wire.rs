//! Zendesk's JSON: tickets, comments, fields. No I/O. What holds customer data has no Debug.

use casewire_core::{CustomerId, QueueId, Record, RecordId, RecordState, Trace};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::config::Statuses;
use crate::fields::FieldIds;
use crate::user::User;

/// How much of a trace the sessions field keeps. The field takes 65,536 characters, but a ticket shows it twice, and a
/// page of a hundred tickets has to be read in one answer.
const MAX_TRACE_BYTES: usize = 8_000;

/// A status of a ticket. With custom statuses on, its category.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has looked at it; it can not become new again.
    New,
    /// Somebody works on it.
    Open,
    /// It waits for the customer.
    Pending,
    /// It waits for somebody else; not every account has this status.
    Hold,
    /// It is done, and may be opened again.
    Solved,
    /// It is done for good.
    Closed,
}

#[derive(Deserialize)]
pub(crate) struct TicketAnswer {
    pub(crate) ticket: Ticket,
}

#[derive(Deserialize)]
pub(crate) struct TicketList {
    pub(crate) tickets: Vec<Ticket>,
}

#[derive(Deserialize)]
pub(crate) struct Ticket {
    pub(crate) id: u64,
    /// None for one this connector does not know, such as `deleted`.
    #[serde(deserialize_with = "known_status")]
    pub(crate) status: Option<Status>,
    pub(crate) requester_id: Option<u64>,
    #[serde(default)]
    pub(crate) external_id: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    custom_fields: Vec<FieldValue>,
    #[serde(default)]
    via: Via,
}

fn known_status<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Status>, D::Error> {
    let word = Value::deserialize(json)?;
    Ok(Status::deserialize(word).ok())
}

/// Documented as a list or, in places, as one string with spaces.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tags {
    List(Vec<String>),
    Words(String),
}

impl Default for Tags {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Default, Deserialize)]
struct Via {
    #[serde(default)]
    source: ViaSource,
}

#[derive(Default, Deserialize)]
struct ViaSource {
    rel: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct FieldValue {
    pub(crate) id: u64,
    pub(crate) value: Value,
}

impl FieldValue {
    pub(crate) fn text(id: u64, value: impl Into<String>) -> Self {
        Self {
            id,
            value: Value::String(value.into()),
        }
    }

    pub(crate) fn trace(fields: FieldIds, trace: &Trace) -> Self {
        Self::text(fields.sessions, trace.to_text(MAX_TRACE_BYTES))
    }
}

impl Ticket {
    pub(crate) fn record_id(&self) -> RecordId {
        RecordId(self.id.to_string())
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        match &self.tags {
            Tags::List(tags) => tags.clone(),
            Tags::Words(tags) => tags.split_whitespace().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn queue(&self, fields: FieldIds) -> Option<QueueId> {
        self.text(fields.leaf_queue)
            .map(|text| QueueId(text.into()))
    }

    /// The token of the session that made it, as its external id tells.
    pub(crate) fn maker(&self) -> Option<&str> {
        self.external_id.as_deref()?.strip_prefix("casewire:")
    }

    /// The sessions field as it stands.
    pub(crate) fn sessions(&self, fields: FieldIds) -> &str {
        self.text(fields.sessions).unwrap_or_default()
    }

    fn text(&self, field: u64) -> Option<&str> {
        let mut values = self.custom_fields.iter();
        let value = values.find(|value| value.id == field)?.value.as_str()?;
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.status.is_none()
    }

    /// Whether it was merged into another ticket, which Zendesk marks by a tag.
    pub(crate) fn is_merged(&self) -> bool {
        self.status == Some(Status::Closed)
            && self.tags().iter().any(|tag| tag == "closed_by_merge")
    }

    /// Whether Zendesk linked it to the ticket that it follows up.
    pub(crate) fn is_follow_up(&self) -> bool {
        self.via.source.rel.as_deref() == Some("follow_up")
    }

    /// The record. A ticket does not say when it was resolved: `closed_at` is its last change, which is not
    /// before that.
    pub(crate) fn into_record(
        self,
        fields: FieldIds,
        statuses: &Statuses,
        agent_url: &str,
    ) -> Record {
        let state = self
            .status
            .map_or(RecordState::Closed, |status| statuses.state_of(status));
        Record {
            id: self.record_id(),
            customer: self.requester_id.map(|id| CustomerId(id.to_string())),
            queue: self.queue(fields),
            state,
            created_at: self.created_at,
            closed_at: (state != RecordState::Open).then_some(self.updated_at),
            tags: self.tags(),
            trace: Trace::parse(self.sessions(fields)),
            version: Some(self.updated_at.to_string()),
            url: Some(format!("{agent_url}{}", self.id)),
        }
    }
}

/// The metrics of one ticket: an object in the documentation's example, a list in its schema.
#[derive(Debug, Deserialize)]
pub(crate) struct MetricsAnswer {
    ticket_metric: OneOrMany<Metrics>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

#[derive(Debug, Deserialize)]
struct Metrics {
    solved_at: Option<Timestamp>,
}

impl MetricsAnswer {
    pub(crate) fn solved_at(&self) -> Option<Timestamp> {
        match &self.ticket_metric {
            OneOrMany::One(metrics) => metrics.solved_at,
            OneOrMany::Many(metrics) => metrics.first()?.solved_at,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct CommentList {
    pub(crate) comments: Vec<TicketComment>,
    #[serde(default)]
    pub(crate) meta: PageMeta,
}

#[derive(Deserialize)]
pub(crate) struct TicketComment {
    pub(crate) body: Option<String>,
    pub(crate) public: bool,
}

#[derive(Default, Deserialize)]
pub(crate) struct PageMeta {
    pub(crate) has_more: bool,
    pub(crate) after_cursor: Option<String>,
}

/// Results of a search for tickets, with the users that are named in them.
#[derive(Deserialize)]
pub(crate) struct TicketSearch {
    pub(crate) results: Vec<Ticket>,
    #[serde(default)]
    pub(crate) users: Vec<User>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FieldList {
    pub(crate) ticket_fields: Vec<TicketField>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TicketField {
    pub(crate) id: u64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) title: String,
    #[serde(default = "yes")]
    pub(crate) active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) token: GrantedToken,
}

#[derive(Debug, Deserialize)]
pub(crate) struct GrantedToken {
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CustomStatusList {
    pub(crate) custom_statuses: Vec<CustomStatus>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CustomStatus {
    pub(crate) id: u64,
    pub(crate) status_category: Option<String>,
    #[serde(default = "yes")]
    pub(crate) active: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: FieldIds = FieldIds {
        leaf_queue: 71,
        sessions: 72,
    };

    fn ticket(changes: Value) -> Ticket {
        let mut ticket = json!({
            "id": 11_007_314_541_595_u64, "status": "open", "requester_id": 9, "assignee_id": null,
            "external_id": "casewire:call/987@3f2a9c", "subject": "Call", "priority": null,
            "created_at": "2026-01-24T01:14:06Z", "updated_at": "2026-01-25T02:00:00Z",
            "tags": ["ujet", "vip"], "via": { "channel": 45, "source": { "rel": null, "from": {} } },
            "custom_fields": [{ "id": 71, "value": "13" }, { "id": 72, "value": "call/987@3f2a9c" }, { "id": 73, "value": true }],
        });
        for (key, value) in changes.as_object().unwrap() {
            ticket[key] = value.clone();
        }
        serde_json::from_value(ticket).unwrap()
    }

    fn record(changes: Value) -> Record {
        ticket(changes).into_record(
            FIELDS,
            &Statuses::default(),
            "https://acme.zendesk.com/agent/tickets/",
        )
    }

    #[test]
    fn a_ticket_becomes_a_record() {
        let record = record(json!({}));
        assert_eq!(record.id.0, "11007314541595");
        assert_eq!(record.customer, Some(CustomerId("9".to_owned())));
        assert_eq!(record.queue, Some(QueueId("13".into())));
        assert_eq!(record.state, RecordState::Open);
        assert_eq!(record.closed_at, None);
        assert_eq!(record.tags, ["ujet", "vip"]);
        assert_eq!(record.version.as_deref(), Some("2026-01-25T02:00:00Z"));
        assert_eq!(record.trace, Trace::parse("call/987@3f2a9c"));
        let url = "https://acme.zendesk.com/agent/tickets/11007314541595";
        assert_eq!(record.url.as_deref(), Some(url));
    }

    #[test]
    fn statuses_say_what_can_be_done() {
        for (status, state) in [
            ("new", RecordState::Open),
            ("open", RecordState::Open),
            ("pending", RecordState::Open),
            ("hold", RecordState::Open),
            ("solved", RecordState::Resolved),
            ("closed", RecordState::Closed),
            ("deleted", RecordState::Closed),
        ] {
            assert_eq!(record(json!({ "status": status })).state, state, "{status}");
        }
    }

    #[test]
    fn a_closed_ticket_may_be_a_merged_one() {
        assert!(ticket(json!({ "status": "closed", "tags": ["closed_by_merge"] })).is_merged());
        assert!(!ticket(json!({ "status": "closed" })).is_merged());
        assert!(!ticket(json!({ "tags": ["closed_by_merge"] })).is_merged());
        assert!(ticket(json!({ "status": "deleted" })).is_deleted());
    }

    #[test]
    fn tags_may_be_one_string_and_fields_empty() {
        let record =
            record(json!({ "tags": "a b", "custom_fields": [{ "id": 71, "value": null }] }));
        assert_eq!(record.tags, ["a", "b"]);
        assert_eq!(record.queue, None);
        assert_eq!(record.trace, Trace::default());
    }

    #[test]
    fn metrics_are_an_object_or_a_list() {
        let solved_at = Some("2026-01-25T02:00:00Z".parse().unwrap());
        for metrics in [
            json!({ "ticket_metric": { "solved_at": "2026-01-25T02:00:00Z" } }),
            json!({ "ticket_metric": [{ "solved_at": "2026-01-25T02:00:00Z" }] }),
        ] {
            let metrics: MetricsAnswer = serde_json::from_value(metrics).unwrap();
            assert_eq!(metrics.solved_at(), solved_at);
        }
    }
}
