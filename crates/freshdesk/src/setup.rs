//! Creating what the account lacks.

use casewire_core::{Apply, Change, Result};
use casewire_http::Request;

use crate::body::NewField;
use crate::connector::Freshdesk;
use crate::fields::{LEAF_QUEUE, SESSIONS, WantedField};
use crate::wire::TicketField;

impl Freshdesk {
    /// Creates the two ticket fields, or says that it would. Nothing when the config names fields.
    pub(crate) async fn set_up(&self, apply: Apply) -> Result<Vec<Change>> {
        if self.config.fields.is_some() {
            return Ok(Vec::new());
        }
        let fields = self.ticket_fields().await?;
        let mut changes = Vec::new();
        for field in [LEAF_QUEUE, SESSIONS] {
            if field.find(&fields).is_some() {
                continue;
            }
            let mut what = format!("{} field `{}`", field.kind, field.label);
            if apply == Apply::Write {
                let made = self.make(&field).await;
                let made = made.map_err(|error| {
                    error.context(format!("creating the {what} (it takes an admin's API key)"))
                })?;
                // Freshdesk makes up the name.
                what = format!("{what}, named `{}`", made.name);
            }
            changes.push(Change { what });
        }
        Ok(changes)
    }

    async fn make(&self, field: &WantedField) -> Result<TicketField> {
        let field = NewField {
            label: field.label,
            label_for_customers: field.label,
            kind: field.kind,
            customers_can_edit: false,
            displayed_to_customers: false,
        };
        let request = Request::post("/api/v2/admin/ticket_fields").json(&field);
        self.read_collection(request).await
    }
}
