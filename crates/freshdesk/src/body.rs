//! What is written to Freshdesk: the bodies of requests. No I/O. They hold customer data, so none has a Debug.

use std::collections::BTreeMap;

use casewire_core::Trace;
use serde::Serialize;
use serde_json::Value;

use crate::config::Literal;
use crate::fields::FieldNames;

/// How much of a trace the sessions field keeps; how much it can is not documented.
const MAX_FIELD_BYTES: usize = 4_000;

#[derive(Serialize)]
pub(crate) struct NewTicket<'a> {
    #[serde(flatten)]
    pub(crate) requester: Requester,
    pub(crate) subject: &'a str,
    /// The customer can read it, so no note is in it.
    pub(crate) description: String,
    pub(crate) status: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) responder_id: Option<u64>,
    pub(crate) custom_fields: CustomFields,
    /// Of the fields that the config may give, `priority` and `source` have a value in any case.
    #[serde(flatten)]
    pub(crate) values: BTreeMap<&'a str, Literal>,
}

/// Who a ticket is from: a contact by its id, or what a contact is found by and otherwise made of.
#[derive(Clone, Default, Serialize)]
pub(crate) struct Requester {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requester_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl Requester {
    /// The same without the keys that were refused, as long as it has another.
    pub(crate) fn without(mut self, refused: &[&str]) -> Self {
        let is_refused = |key| refused.contains(&key);
        if is_refused("email") && (self.phone.is_some() || self.unique_external_id.is_some()) {
            self.email = None;
        }
        if is_refused("unique_external_id") && (self.phone.is_some() || self.email.is_some()) {
            self.unique_external_id = None;
        }
        self
    }
}

/// What changes on a ticket; what is absent stays as it is.
#[derive(Serialize)]
pub(crate) struct TicketChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u32>,
    /// Replaces all tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) responder_id: Option<u64>,
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub(crate) custom_fields: CustomFields,
}

impl TicketChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.tags.is_none()
            && self.responder_id.is_none()
            && self.custom_fields.is_empty()
    }
}

/// Values of custom fields by name.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(crate) struct CustomFields(BTreeMap<String, Value>);

impl CustomFields {
    pub(crate) fn sessions(names: &FieldNames, claims: &Trace) -> Self {
        let mut fields = Self::default();
        fields.set(&names.sessions, claims.to_text(MAX_FIELD_BYTES));
        fields
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Flag(flag) => Self::from(*flag),
            Literal::Number(number) => Self::from(*number),
            Literal::Text(text) => Self::from(text.as_str()),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct NewNote {
    body: String,
    private: bool,
}

impl NewNote {
    /// A note for agents only.
    pub(crate) fn private(body: String) -> Self {
        Self {
            body,
            private: true,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct NewField {
    pub(crate) label: &'static str,
    pub(crate) label_for_customers: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) customers_can_edit: bool,
    pub(crate) displayed_to_customers: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_writes_nothing_that_is_absent() {
        let names = FieldNames {
            leaf_queue: "cf_queue".to_owned(),
            sessions: "cf_sessions".to_owned(),
        };
        let mut change = TicketChange {
            status: None,
            tags: None,
            responder_id: None,
            custom_fields: CustomFields::default(),
        };
        assert!(change.is_empty());
        assert_eq!(serde_json::to_value(&change).unwrap(), json!({}));
        change.custom_fields = CustomFields::sessions(&names, &Trace::parse("call/1@3f2a9c"));
        change.status = Some(2);
        let expected = json!({ "status": 2, "custom_fields": { "cf_sessions": "call/1@3f2a9c" } });
        assert_eq!(serde_json::to_value(&change).unwrap(), expected);
    }
}
