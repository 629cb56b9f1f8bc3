use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::html;
use super::time::stamp;

pub(super) const OPEN: u64 = 2;
const PENDING: u64 = 3;
pub(super) const RESOLVED: u64 = 4;
pub(super) const CLOSED: u64 = 5;

/// A closed ticket that nothing happened to for so long is archived.
const ARCHIVED_AFTER: Duration = Duration::from_secs(120 * 24 * 60 * 60);

/// The vendor fills the due times in seconds after it made the ticket.
const DUE_AFTER: Duration = Duration::from_secs(3 * 24 * 60 * 60);
const FIRST_RESPONSE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) id: u64,
    pub(super) requester_id: u64,
    pub(super) responder_id: Option<u64>,
    pub(super) subject: String,
    pub(super) description: String,
    pub(super) status: u64,
    pub(super) priority: u64,
    pub(super) source: u64,
    pub(super) kind: Option<String>,
    pub(super) cc_emails: Vec<String>,
    pub(super) tags: Vec<String>,
    /// Those that were given a value.
    pub(super) custom_fields: Map<String, Value>,
    pub(super) is_deleted: bool,
    pub(super) is_spam: bool,
    pub(super) stats: Stats,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// When things happened to a ticket.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    pub(super) agent_responded_at: Option<Timestamp>,
    pub(super) closed_at: Option<Timestamp>,
    first_responded_at: Option<Timestamp>,
    pending_since: Option<Timestamp>,
    reopened_at: Option<Timestamp>,
    pub(super) resolved_at: Option<Timestamp>,
    status_updated_at: Option<Timestamp>,
}

impl Ticket {
    pub(super) fn blank(id: u64, requester_id: u64, at: Timestamp) -> Self {
        Self {
            id,
            requester_id,
            responder_id: None,
            subject: String::new(),
            description: String::new(),
            status: OPEN,
            priority: 1,
            source: 2,
            kind: None,
            cc_emails: Vec::new(),
            tags: Vec::new(),
            custom_fields: Map::new(),
            is_deleted: false,
            is_spam: false,
            stats: Stats::default(),
            created_at: at,
            updated_at: at,
        }
    }

    /// Whether it is neither in the trash nor among the spam.
    pub(super) fn is_current(&self) -> bool {
        !self.is_deleted && !self.is_spam
    }

    pub(super) fn is_archived(&self, now: Timestamp) -> bool {
        let idle = now.duration_since(self.updated_at);
        self.status == CLOSED && !idle.is_negative() && idle.unsigned_abs() >= ARCHIVED_AFTER
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.status, RESOLVED | CLOSED)
    }

    /// Gives it a status, which its stats tell of.
    pub(super) fn set_status(&mut self, status: u64, at: Timestamp) {
        if status == self.status {
            return;
        }
        let was_done = self.is_done();
        self.status = status;
        let stats = &mut self.stats;
        stats.status_updated_at = Some(at);
        stats.pending_since = (status == PENDING).then_some(at);
        match status {
            RESOLVED => {
                stats.resolved_at = Some(at);
                stats.closed_at = None;
            }
            CLOSED => {
                stats.resolved_at.get_or_insert(at);
                stats.closed_at = Some(at);
            }
            _ => {
                stats.resolved_at = None;
                stats.closed_at = None;
                if was_done {
                    stats.reopened_at = Some(at);
                }
            }
        }
    }

    pub(super) fn agent_responds(&mut self, at: Timestamp) {
        self.stats.agent_responded_at = Some(at);
        self.stats.first_responded_at.get_or_insert(at);
    }

    /// As in a list.
    pub(super) fn item(&self, fields: &Fields, now: Timestamp) -> Value {
        let mut item = self.common(fields, now);
        item["associated_tickets_count"] = Value::Null;
        item["initial_sentiment_score"] = Value::Null;
        item["sentiment_score"] = Value::Null;
        item
    }

    /// As on its own.
    pub(super) fn shown(&self, fields: &Fields, now: Timestamp) -> Value {
        let mut shown = self.common(fields, now);
        shown["attachments"] = json!([]);
        shown["description"] = json!(self.description);
        shown["description_text"] = json!(html::plain(&self.description));
        shown["internal_agent_id"] = Value::Null;
        shown["internal_group_id"] = Value::Null;
        shown["source_additional_info"] = Value::Null;
        shown
    }

    fn common(&self, fields: &Fields, now: Timestamp) -> Value {
        let due = |after: Duration| {
            let due = self.created_at.saturating_add(after).ok()?;
            (now.duration_since(self.created_at).as_secs() >= 2).then(|| stamp(due))
        };
        let mut custom_fields = fields.blank_values();
        custom_fields.extend(self.custom_fields.clone());
        let mut common = json!({
            "association_type": null,
            "cc_emails": self.cc_emails,
            "company_id": null,
            "created_at": stamp(self.created_at),
            "custom_fields": custom_fields,
            "due_by": due(DUE_AFTER),
            "email_config_id": null,
            "fr_due_by": due(FIRST_RESPONSE_AFTER),
            "fr_escalated": false,
            "fwd_emails": [],
            "group_id": null,
            "id": self.id,
            "is_escalated": false,
            "nr_due_by": null,
            "nr_escalated": false,
            "priority": self.priority,
            "product_id": null,
            "reply_cc_emails": self.cc_emails,
            "requester_id": self.requester_id,
            "responder_id": self.responder_id,
            "source": self.source,
            "spam": self.is_spam,
            "status": self.status,
            "subject": self.subject,
            "support_email": null,
            "tags": self.tags,
            "ticket_cc_emails": self.cc_emails,
            "to_emails": null,
            "type": self.kind,
            "updated_at": stamp(self.updated_at),
        });
        // Other tickets do not have the key.
        if self.is_deleted {
            common["deleted"] = json!(true);
        }
        common
    }
}

impl Stats {
    pub(super) fn shown(&self) -> Value {
        let at = |at: Option<Timestamp>| at.map(stamp);
        json!({
            "agent_responded_at": at(self.agent_responded_at),
            "closed_at": at(self.closed_at),
            "first_responded_at": at(self.first_responded_at),
            "pending_since": at(self.pending_since),
            "reopened_at": at(self.reopened_at),
            "requester_responded_at": null,
            "resolved_at": at(self.resolved_at),
            "status_updated_at": at(self.status_updated_at),
        })
    }
}

/// A note or a reply on a ticket.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) id: u64,
    pub(super) ticket_id: u64,
    pub(super) body: String,
    pub(super) kind: ConversationKind,
    pub(super) is_incoming: bool,
    pub(super) user_id: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConversationKind {
    PrivateNote,
    PublicNote,
    /// Sent to these addresses.
    Reply {
        to: Vec<String>,
        cc: Vec<String>,
    },
}

impl Conversation {
    pub(super) fn is_private(&self) -> bool {
        self.kind == ConversationKind::PrivateNote
    }

    pub(super) fn shown(&self) -> Value {
        let (source, to, cc) = match &self.kind {
            ConversationKind::PrivateNote | ConversationKind::PublicNote => {
                (2, [].as_slice(), [].as_slice())
            }
            ConversationKind::Reply { to, cc } => (0, to.as_slice(), cc.as_slice()),
        };
        json!({
            "attachments": [],
            "bcc_emails": [],
            "body": self.body,
            "body_text": html::plain(&self.body),
            "cc_emails": cc,
            "created_at": stamp(self.created_at),
            "from_email": null,
            "id": self.id,
            "incoming": self.is_incoming,
            "private": self.is_private(),
            "source": source,
            "support_email": null,
            "ticket_id": self.ticket_id,
            "to_emails": to,
            "updated_at": stamp(self.updated_at),
            "user_id": self.user_id,
        })
    }
}
