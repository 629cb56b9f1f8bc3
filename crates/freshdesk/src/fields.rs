//! The two custom ticket fields that hold link data (R14).

use casewire_core::{Error, ErrorKind, Result};
use casewire_http::Request;

use crate::connector::Freshdesk;
use crate::wire::TicketField;

/// The names under which tickets have the two fields. Freshdesk makes them up, with a number at the end where the name
/// is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldNames {
    pub(crate) leaf_queue: String,
    pub(crate) sessions: String,
}

/// A field as it has to be.
#[derive(Debug)]
pub(crate) struct WantedField {
    pub(crate) label: &'static str,
    pub(crate) kind: &'static str,
}

pub(crate) const LEAF_QUEUE: WantedField = WantedField {
    label: "Casewire leaf queue",
    kind: "custom_text",
};

pub(crate) const SESSIONS: WantedField = WantedField {
    label: "Casewire sessions",
    kind: "custom_paragraph",
};

impl WantedField {
    /// The field of this label and type; people may have made others that share the label.
    pub(crate) fn find<'a>(&self, fields: &'a [TicketField]) -> Option<&'a TicketField> {
        let is_it = |field: &&TicketField| field.kind == self.kind && field.label == self.label;
        fields.iter().find(|field| !field.archived && is_it(field))
    }
}

impl Freshdesk {
    /// The fields' names: from the config, or else found by label, once.
    pub(crate) async fn field_names(&self) -> Result<&FieldNames> {
        let names = self.fields.get_or_try_init(async || {
            let fields = self.ticket_fields().await?;
            let name = |wanted: &WantedField| {
                let field = wanted.find(&fields).ok_or_else(|| missing(wanted))?;
                Ok(field.name.clone())
            };
            Ok(FieldNames {
                leaf_queue: name(&LEAF_QUEUE)?,
                sessions: name(&SESSIONS)?,
            })
        });
        names.await
    }

    pub(crate) async fn ticket_fields(&self) -> Result<Vec<TicketField>> {
        let fields = self
            .read_collection(Request::get("/api/v2/ticket_fields"))
            .await;
        fields.map_err(|error| error.context("reading the ticket fields"))
    }
}

fn missing(wanted: &WantedField) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "looking for the ticket field `{}`: Freshdesk has none of type {}; run `casewire setup`, or set `fields` to the names",
            wanted.label, wanted.kind
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_counts_when_label_and_type_fit() {
        for (kind, label, archived, fits) in [
            ("custom_text", "Casewire leaf queue", false, true),
            ("custom_text", "Casewire leaf queue", true, false),
            ("custom_dropdown", "Casewire leaf queue", false, false),
            ("custom_text", "Leaf queue", false, false),
        ] {
            let field = json!({ "name": "cf_casewire_leaf_queue_297457", "label": label, "type": kind,
                "archived": archived, "choices": { "2": ["Open"] } });
            let fields: [TicketField; 1] = [serde_json::from_value(field).unwrap()];
            assert_eq!(LEAF_QUEUE.find(&fields).is_some(), fits, "{kind} {label}");
        }
    }
}
