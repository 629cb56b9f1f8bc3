//! Creating what the account lacks.

use casewire_core::{Apply, Change, Result};
use casewire_http::Request;

use crate::api::Api;
use crate::body::{FieldBody, FieldWrite};
use crate::connector::Zendesk;
use crate::fields::{LEAF_QUEUE, SESSIONS};

/// Creating ticket fields has no narrow scope of its own.
const SETUP_SCOPES: &[&str] = &["read", "write"];

impl Zendesk {
    /// Creates the two ticket fields, or says that it would. Nothing when the config names fields by id.
    pub(crate) async fn set_up(&self, apply: Apply) -> Result<Vec<Change>> {
        if self.config.fields.is_some() {
            return Ok(Vec::new());
        }
        let fields = self.ticket_fields().await?;
        let wanted = [LEAF_QUEUE, SESSIONS];
        let missing = wanted
            .iter()
            .filter(|wanted| wanted.find(&fields).is_none());
        let admin = Api::new(self.config.client(SETUP_SCOPES)?);
        let mut changes = Vec::new();
        for field in missing {
            let what = format!("{} field `{}`", field.kind, field.title);
            if apply == Apply::Write {
                let ticket_field = FieldWrite {
                    kind: field.kind,
                    title: field.title,
                    description: field.description,
                };
                let request =
                    Request::post("/api/v2/ticket_fields").json(&FieldBody { ticket_field });
                let created = admin.send(request).await;
                created.map_err(|error| {
                    error.context(format!(
                        "creating the {what} (it takes an admin, and with OAuth the scope `write`)"
                    ))
                })?;
            }
            changes.push(Change { what });
        }
        Ok(changes)
    }
}
