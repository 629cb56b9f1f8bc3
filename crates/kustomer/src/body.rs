//! What is written to Kustomer: the bodies of requests. No I/O. They hold customer data, so none has a Debug.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::wire::Status;

/// What is written on a conversation, new or not; what is absent stays as it is. An unknown key would be refused.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationWrite<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) direction: Option<Direction>,
    /// Ids. Replaces all tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assigned_users: Option<[String; 1]>,
    /// Other attributes stay as they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) custom: BTreeMap<&'a str, String>,
    /// Lets an update fail with 409 when the conversation is at another revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rev: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    In,
    Out,
}

impl Direction {
    pub(crate) fn of(is_outbound: bool) -> Self {
        match is_outbound {
            true => Self::Out,
            false => Self::In,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct NoteWrite<'a> {
    pub(crate) body: &'a str,
}

/// What was said elsewhere: nothing is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageWrite {
    pub(crate) channel: &'static str,
    pub(crate) app: &'static str,
    pub(crate) direction: Direction,
    pub(crate) status: MessageStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at: Option<String>,
    pub(crate) preview: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageStatus {
    Received,
    Sent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerWrite<'a> {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phones: Option<[PhoneWrite<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) emails: Option<[EmailWrite<'a>; 1]>,
}

/// The contact center does not tell what kind of number or address it is.
const KIND: &str = "other";

#[derive(Serialize)]
pub(crate) struct PhoneWrite<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    phone: &'a str,
}

#[derive(Serialize)]
pub(crate) struct EmailWrite<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    email: &'a str,
}

impl<'a> PhoneWrite<'a> {
    pub(crate) fn new(phone: &'a str) -> Self {
        Self { kind: KIND, phone }
    }
}

impl<'a> EmailWrite<'a> {
    pub(crate) fn new(email: &'a str) -> Self {
        Self { kind: KIND, email }
    }
}

#[derive(Serialize)]
pub(crate) struct MetadataWrite<'a> {
    pub(crate) properties: BTreeMap<&'a str, PropertyWrite>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PropertyWrite {
    pub(crate) display_name: &'static str,
}

/// `text` within `limit` UTF-16 units, the last one `…` when it was cut: which units Kustomer counts is not documented.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    if text.encode_utf16().count() <= limit {
        return text.to_owned();
    }
    format!("{}…", &text[..floor(text, limit - 1)])
}

/// Where `text` has to end so that it has at most `limit` UTF-16 units.
pub(crate) fn floor(text: &str, limit: usize) -> usize {
    let mut units = 0;
    let fits = |&(_, c): &(usize, char)| {
        units += c.len_utf16();
        units <= limit
    };
    let last = text.char_indices().take_while(fits).last();
    last.map_or(0, |(at, c)| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_update_writes_nothing_that_is_absent() {
        let write = ConversationWrite {
            status: Some(Status::Open),
            assigned_users: Some(["5849765dc41e372700cc84a3".to_owned()]),
            custom: [("casewireSessionsTxt", "call/987@3f2a9c".to_owned())].into(),
            rev: Some(7),
            ..ConversationWrite::default()
        };
        let expected = json!({
            "status": "open", "assignedUsers": ["5849765dc41e372700cc84a3"],
            "custom": { "casewireSessionsTxt": "call/987@3f2a9c" }, "rev": 7,
        });
        assert_eq!(serde_json::to_value(&write).unwrap(), expected);
        let nothing = ConversationWrite::default();
        assert_eq!(serde_json::to_value(&nothing).unwrap(), json!({}));
    }

    #[test]
    fn a_name_too_long_is_cut_between_characters() {
        assert_eq!(shortened("Kim", 3), "Kim");
        assert_eq!(shortened("Kim 🙂🙂", 7), "Kim 🙂…");
        assert_eq!(shortened("Kim 🙂🙂", 8), "Kim 🙂🙂");
        assert_eq!(floor("🙂", 1), 0);
    }
}
