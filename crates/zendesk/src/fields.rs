//! The two custom ticket fields that hold link data (R14).

use casewire_core::{Error, ErrorKind, Result};
use casewire_http::Request;

use crate::connector::Zendesk;
use crate::wire::{FieldList, TicketField};

/// The ids of the two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldIds {
    pub(crate) leaf_queue: u64,
    pub(crate) sessions: u64,
}

/// A field as it has to be.
#[derive(Debug)]
pub(crate) struct WantedField {
    pub(crate) title: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) description: &'static str,
}

pub(crate) const LEAF_QUEUE: WantedField = WantedField {
    title: "Casewire leaf queue",
    kind: "text",
    description: "The id of the contact center queue this ticket came from. Written by Casewire; do not edit.",
};

pub(crate) const SESSIONS: WantedField = WantedField {
    title: "Casewire sessions",
    kind: "textarea",
    description: "The calls and chats that are on this ticket. Written by Casewire; do not edit.",
};

impl WantedField {
    /// The active field of this title and type; people may have made others that share the title.
    pub(crate) fn find<'a>(&self, fields: &'a [TicketField]) -> Option<&'a TicketField> {
        fields
            .iter()
            .find(|field| field.active && field.kind == self.kind && field.title == self.title)
    }
}

impl Zendesk {
    /// The fields' ids: from the config, or else found by title, once.
    pub(crate) async fn field_ids(&self) -> Result<FieldIds> {
        let ids = self.fields.get_or_try_init(async || {
            let fields = self.ticket_fields().await?;
            let id = |wanted: &WantedField| {
                let field = wanted.find(&fields).ok_or_else(|| missing(wanted))?;
                Ok(field.id)
            };
            Ok(FieldIds {
                leaf_queue: id(&LEAF_QUEUE)?,
                sessions: id(&SESSIONS)?,
            })
        });
        ids.await.copied()
    }

    pub(crate) async fn ticket_fields(&self) -> Result<Vec<TicketField>> {
        // Without page parameters Zendesk lists all fields at once.
        let list: FieldList = self.api.read(Request::get("/api/v2/ticket_fields")).await?;
        Ok(list.ticket_fields)
    }
}

fn missing(wanted: &WantedField) -> Error {
    Error::new(
        ErrorKind::Config,
        format!(
            "looking for the ticket field `{}`: Zendesk has no active one of type {}; run `casewire setup`, or set `fields` to the ids",
            wanted.title, wanted.kind
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str, title: &str, active: bool) -> TicketField {
        TicketField {
            id: 1,
            kind: kind.to_owned(),
            title: title.to_owned(),
            active,
        }
    }

    #[test]
    fn a_field_counts_when_title_and_type_fit_and_it_is_active() {
        for (kind, title, active, fits) in [
            ("text", "Casewire leaf queue", true, true),
            ("text", "Casewire leaf queue", false, false),
            ("tagger", "Casewire leaf queue", true, false),
            ("text", "Leaf queue", true, false),
        ] {
            let fields = [field(kind, title, active)];
            assert_eq!(LEAF_QUEUE.find(&fields).is_some(), fits, "{kind} {title}");
        }
    }
}
