use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::Fields;
use super::stamp;
use super::statuses::CustomStatuses;

/// A ticket's status category, in the vendor's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    New,
    Open,
    Pending,
    Hold,
    Solved,
    Closed,
}

impl Status {
    pub(super) const WORDS: &[&str] = &["new", "open", "pending", "hold", "solved", "closed"];
    const ALL: [Self; 6] = [
        Self::New,
        Self::Open,
        Self::Pending,
        Self::Hold,
        Self::Solved,
        Self::Closed,
    ];

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    pub(super) fn as_str(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    pub(super) fn is_done(self) -> bool {
        self >= Self::Solved
    }
}

/// What search can see of a ticket, and everything else but its comments and audits.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) id: u64,
    pub(super) external_id: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) description: String,
    pub(super) kind: Option<&'static str>,
    pub(super) priority: Option<&'static str>,
    pub(super) status: Status,
    pub(super) requester_id: u64,
    pub(super) submitter_id: u64,
    pub(super) assignee_id: Option<u64>,
    pub(super) group_id: Option<u64>,
    pub(super) tags: Vec<String>,
    pub(super) custom_fields: BTreeMap<u64, Value>,
    pub(super) is_public: bool,
    pub(super) channel: Channel,
    pub(super) follow_up_of: Option<u64>,
    pub(super) followup_ids: Vec<u64>,
    /// In whole seconds, as the vendor keeps times.
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) metrics: Metrics,
}

/// Where a change came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Api,
    Web,
}

impl Channel {
    pub(super) fn to_json(self) -> Value {
        let name = match self {
            Self::Api => "api",
            Self::Web => "web",
        };
        json!({ "channel": name, "source": { "from": {}, "to": {}, "rel": null } })
    }
}

/// When things happened to a ticket.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    pub(super) status_updated_at: Timestamp,
    pub(super) initially_assigned_at: Option<Timestamp>,
    pub(super) assigned_at: Option<Timestamp>,
    pub(super) solved_at: Option<Timestamp>,
    pub(super) latest_comment_added_at: Option<Timestamp>,
    pub(super) reopens: u32,
    pub(super) replies: u32,
}

impl Ticket {
    /// A new ticket without content.
    pub(super) fn blank(user: u64, at: Timestamp, channel: Channel) -> Self {
        Self {
            id: 0,
            external_id: None,
            subject: None,
            description: String::new(),
            kind: None,
            priority: None,
            status: Status::New,
            requester_id: user,
            submitter_id: user,
            assignee_id: None,
            group_id: None,
            tags: Vec::new(),
            custom_fields: BTreeMap::new(),
            is_public: true,
            channel,
            follow_up_of: None,
            followup_ids: Vec::new(),
            created_at: at,
            updated_at: at,
            metrics: Metrics {
                status_updated_at: at,
                initially_assigned_at: None,
                assigned_at: None,
                solved_at: None,
                latest_comment_added_at: None,
                reopens: 0,
                replies: 0,
            },
        }
    }

    /// What a change of the ticket is told by: field names as audits write them.
    pub(super) fn facts(&self) -> Vec<(Cow<'static, str>, Value)> {
        let text = |id: Option<u64>| id.map(|id| id.to_string());
        let facts = [
            ("subject", json!(self.subject)),
            ("requester_id", json!(self.requester_id.to_string())),
            ("assignee_id", json!(text(self.assignee_id))),
            ("group_id", json!(text(self.group_id))),
            ("priority", json!(self.priority)),
            ("type", json!(self.kind)),
            ("status", json!(self.status.as_str())),
            ("external_id", json!(self.external_id)),
            ("tags", json!(self.tags)),
        ];
        let facts = facts
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), value));
        let fields = self.custom_fields.iter();
        let fields = fields.map(|(id, value)| (Cow::Owned(id.to_string()), value.clone()));
        facts.chain(fields).collect()
    }

    /// Moves the status, keeping the times that hang on it.
    pub(super) fn set_status(&mut self, status: Status, at: Timestamp) {
        if status == self.status {
            return;
        }
        match (self.status.is_done(), status.is_done()) {
            (false, true) => self.metrics.solved_at = Some(at),
            (true, false) => {
                self.metrics.solved_at = None;
                self.metrics.reopens += 1;
            }
            _ => {}
        }
        self.status = status;
        self.metrics.status_updated_at = at;
    }

    pub(super) fn to_json(
        &self,
        origin: &str,
        fields: &Fields,
        statuses: &CustomStatuses,
    ) -> Value {
        let custom: Vec<_> = fields
            .custom()
            .map(|field| json!({ "id": field.id, "value": self.custom_fields.get(&field.id) }))
            .collect();
        json!({
            "url": format!("{origin}/api/v2/tickets/{}.json", self.id), "id": self.id, "external_id": self.external_id,
            "via": self.via(), "created_at": stamp(self.created_at), "updated_at": stamp(self.updated_at),
            "generated_timestamp": self.updated_at.as_second(), "type": self.kind, "subject": self.subject,
            "raw_subject": self.subject, "description": self.description, "priority": self.priority,
            "status": self.status.as_str(), "recipient": null, "requester_id": self.requester_id,
            "submitter_id": self.submitter_id, "assignee_id": self.assignee_id, "organization_id": null,
            "group_id": self.group_id, "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [],
            "forum_topic_id": null, "problem_id": null, "has_incidents": false, "is_public": self.is_public,
            "due_at": null, "tags": self.tags, "custom_fields": custom, "satisfaction_rating": null,
            "sharing_agreement_ids": [], "custom_status_id": statuses.default_of(self.status), "fields": custom,
            "followup_ids": self.followup_ids, "ticket_form_id": null, "brand_id": null, "allow_channelback": false,
            "allow_attachments": true, "from_messaging_channel": false,
        })
    }

    fn via(&self) -> Value {
        let mut via = self.channel.to_json();
        if let Some(source) = self.follow_up_of {
            via["source"] =
                json!({ "from": { "ticket_id": source }, "to": {}, "rel": "follow_up" });
        }
        via
    }

    pub(super) fn metrics_json(&self, origin: &str) -> Value {
        let minutes = json!({ "calendar": null, "business": null });
        let metrics = &self.metrics;
        let resolution = metrics
            .solved_at
            .map(|at| at.duration_since(self.created_at).as_mins());
        let resolution = json!({ "calendar": resolution, "business": resolution });
        json!({
            "url": format!("{origin}/api/v2/ticket_metrics/{}.json", self.id), "id": self.id, "ticket_id": self.id,
            "created_at": stamp(self.created_at), "updated_at": stamp(self.updated_at),
            "group_stations": u8::from(self.group_id.is_some()), "assignee_stations": u8::from(self.assignee_id.is_some()),
            "reopens": metrics.reopens, "replies": metrics.replies, "assignee_updated_at": null,
            "requester_updated_at": stamp(self.created_at), "status_updated_at": stamp(metrics.status_updated_at),
            "initially_assigned_at": metrics.initially_assigned_at.map(stamp), "assigned_at": metrics.assigned_at.map(stamp),
            "solved_at": metrics.solved_at.map(stamp), "latest_comment_added_at": metrics.latest_comment_added_at.map(stamp),
            "custom_status_updated_at": stamp(metrics.status_updated_at), "reply_time_in_minutes": minutes,
            "first_resolution_time_in_minutes": resolution, "full_resolution_time_in_minutes": resolution,
            "agent_wait_time_in_minutes": minutes, "requester_wait_time_in_minutes": minutes,
            "on_hold_time_in_minutes": minutes, "reply_time_in_seconds": { "calendar": null },
        })
    }
}
