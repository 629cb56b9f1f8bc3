use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

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

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) audit_id: u64,
    pub(super) author_id: u64,
    pub(super) html: String,
    pub(super) plain: String,
    pub(super) public: bool,
    pub(super) channel: Channel,
    pub(super) created_at: Timestamp,
    pub(super) custom: Map<String, Value>,
}

#[derive(Clone, Debug)]
pub(super) struct Audit {
    pub(super) id: u64,
    pub(super) ticket_id: u64,
    pub(super) author_id: u64,
    pub(super) created_at: Timestamp,
    pub(super) channel: Channel,
    pub(super) custom: Map<String, Value>,
    pub(super) events: Vec<Value>,
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

    /// The audit events of a creation or a change, without their ids.
    pub(super) fn changes(&self, old: Option<&Self>) -> Vec<Value> {
        let Some(old) = old else {
            let facts = self.facts().into_iter();
            return facts
                .map(
                    |(name, value)| json!({ "type": "Create", "field_name": name, "value": value }),
                )
                .collect();
        };
        let before: BTreeMap<_, _> = old.facts().into_iter().collect();
        let mut after: BTreeMap<_, _> = self.facts().into_iter().collect();
        for name in before.keys() {
            after.entry(name.clone()).or_insert(Value::Null);
        }
        after
        .into_iter()
        .filter_map(|(name, value)| {
            let previous = before.get(&name).cloned().unwrap_or(Value::Null);
            (previous != value).then(|| {
                json!({ "type": "Change", "field_name": name, "value": value, "previous_value": previous })
            })
        })
        .collect()
    }

    /// What a change of the ticket is told by: field names as audits write them.
    fn facts(&self) -> Vec<(String, Value)> {
        let text = |id: Option<u64>| id.map(|id| id.to_string());
        let mut facts = vec![
            ("subject".to_owned(), json!(self.subject)),
            (
                "requester_id".to_owned(),
                json!(self.requester_id.to_string()),
            ),
            ("assignee_id".to_owned(), json!(text(self.assignee_id))),
            ("group_id".to_owned(), json!(text(self.group_id))),
            ("priority".to_owned(), json!(self.priority)),
            ("type".to_owned(), json!(self.kind)),
            ("status".to_owned(), json!(self.status.as_str())),
            ("external_id".to_owned(), json!(self.external_id)),
            ("tags".to_owned(), json!(self.tags)),
        ];
        let fields = self.custom_fields.iter();
        facts.extend(fields.map(|(id, value)| (id.to_string(), value.clone())));
        facts
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

impl Comment {
    /// The comment as an audit event; lists add `via`, `created_at` and `metadata`.
    pub(super) fn event(&self) -> Value {
        json!({
            "id": self.id, "type": "Comment", "author_id": self.author_id, "body": self.plain,
            "html_body": self.html, "plain_body": self.plain, "public": self.public, "attachments": [],
            "audit_id": self.audit_id,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut comment = self.event();
        comment["via"] = self.channel.to_json();
        comment["created_at"] = json!(stamp(self.created_at));
        comment["metadata"] = metadata(&self.custom);
        comment
    }
}

impl Audit {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id, "ticket_id": self.ticket_id, "created_at": stamp(self.created_at),
            "author_id": self.author_id, "metadata": metadata(&self.custom), "events": self.events,
            "via": self.channel.to_json(),
        })
    }
}

fn metadata(custom: &Map<String, Value>) -> Value {
    json!({ "system": { "client": "sandbox", "ip_address": "192.0.2.1" }, "custom": custom })
}
