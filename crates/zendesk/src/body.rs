//! What is written to Zendesk: the bodies of requests. No I/O. They hold customer data, so none has a Debug.

use serde::Serialize;

use crate::wire::{FieldValue, Status};

#[derive(Serialize)]
pub(crate) struct TicketBody {
    pub(crate) ticket: TicketWrite,
}

/// What is written on a ticket, new or not; what is absent stays as it is.
#[derive(Default, Serialize)]
pub(crate) struct TicketWrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<Comment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requester_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assignee_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_status_id: Option<u64>,
    /// Replaces all tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom_fields: Vec<FieldValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) via_followup_source_id: Option<u64>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) guard: Option<Guard>,
}

/// Lets an update fail with 409 when the ticket changed after the stamp.
#[derive(Serialize)]
pub(crate) struct Guard {
    safe_update: bool,
    updated_stamp: String,
}

impl Guard {
    /// `safe_update: false` would mean the same as `true`, so it is never written.
    pub(crate) fn new(updated_stamp: String) -> Self {
        Self {
            safe_update: true,
            updated_stamp,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Comment {
    #[serde(flatten)]
    body: CommentBody,
    public: bool,
}

#[derive(Serialize)]
enum CommentBody {
    #[serde(rename = "body")]
    Plain(String),
    #[serde(rename = "html_body")]
    Html(String),
}

impl Comment {
    /// A comment for agents only. Without `public` it would be as public as the ticket's last one.
    pub(crate) fn private(text: String) -> Self {
        // Zendesk drops from a plain body what looks like HTML.
        let body = match text.contains('<') {
            true => CommentBody::Html(escaped(&text)),
            false => CommentBody::Plain(text),
        };
        Self {
            body,
            public: false,
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>")
}

#[derive(Serialize)]
pub(crate) struct UserBody<T> {
    pub(crate) user: T,
}

#[derive(Serialize)]
pub(crate) struct UserWrite {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    pub(crate) role: &'static str,
    /// Otherwise Zendesk writes to the customer.
    pub(crate) skip_verify_email: bool,
}

/// Names a user and changes nothing about it.
#[derive(Serialize)]
pub(crate) struct UserWithEmail {
    pub(crate) email: String,
    pub(crate) skip_verify_email: bool,
}

#[derive(Serialize)]
pub(crate) struct FieldBody {
    pub(crate) ticket_field: FieldWrite,
}

#[derive(Serialize)]
pub(crate) struct FieldWrite {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_note_that_looks_like_html_is_escaped() {
        let comment = |text: &str| serde_json::to_value(Comment::private(text.to_owned())).unwrap();
        let plain = json!({ "body": "a & b\nc", "public": false });
        assert_eq!(comment("a & b\nc"), plain);
        let html = json!({ "html_body": "&lt;b&gt; &amp;<br>c", "public": false });
        assert_eq!(comment("<b> &\nc"), html);
    }

    #[test]
    fn an_update_writes_nothing_that_is_absent() {
        let body = TicketBody {
            ticket: TicketWrite {
                comment: Some(Comment::private("text".to_owned())),
                guard: Some(Guard::new("2026-01-25T02:00:00Z".to_owned())),
                ..TicketWrite::default()
            },
        };
        let expected = json!({ "ticket": {
            "comment": { "body": "text", "public": false },
            "safe_update": true, "updated_stamp": "2026-01-25T02:00:00Z",
        }});
        assert_eq!(serde_json::to_value(&body).unwrap(), expected);
    }
}
