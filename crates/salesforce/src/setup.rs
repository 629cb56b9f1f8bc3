//! Creating what the org lacks.
//!
//! Source: Tooling API Developer Guide, `CustomField` and `CustomObject`; Object Reference, `FieldPermissions`,
//! `ObjectPermissions` and `PermissionSetAssignment`.

mod granting;
mod make;
mod right;

use casewire_core::{Apply, Change, Result};

use crate::connector::Salesforce;
use crate::schema::{ENTRY_LABEL, Maker, Schema, WantedField, schema};
use granting::Granting;

/// What is to be made, in this order.
struct Plan<'s> {
    makes_entry_object: bool,
    fields: Vec<&'s WantedField>,
    /// None when the user has all rights already.
    granting: Option<Granting>,
}

impl Salesforce {
    /// Creates the fields, the object and the permission set that are not there, or says that it would.
    pub(crate) async fn set_up(&self, apply: Apply) -> Result<Vec<Change>> {
        let schema = schema(&self.config);
        let plan = self.plan(&schema).await?;
        if apply == Apply::Write {
            self.carry_out(&plan).await?;
        }
        Ok(plan.changes())
    }

    async fn plan<'s>(&self, schema: &'s Schema) -> Result<Plan<'s>> {
        let mut inventory = self.inventory(schema).await?;
        if inventory.lacks_any(schema) {
            let hidden = self.hidden(schema, &inventory).await.map_err(|error| {
                error.context(
                    "asking which custom fields there are, to tell hidden ones from missing ones (it takes the permission View Setup and Configuration)",
                )
            })?;
            inventory = inventory.with(hidden);
        }
        let missing = |field: &&WantedField| {
            let is_there = inventory.field(field).is_some() || inventory.hides(field);
            field.maker == Maker::Casewire && !is_there
        };
        Ok(Plan {
            makes_entry_object: schema.has_entry_object && !inventory.has_entry_object(),
            fields: schema.fields.iter().filter(missing).collect(),
            granting: self.granting(right::missing(schema, &inventory)).await?,
        })
    }
}

impl Plan<'_> {
    fn changes(&self) -> Vec<Change> {
        let object = self
            .makes_entry_object
            .then(|| format!("custom object `{ENTRY_LABEL}`"));
        let fields = self.fields.iter().map(|field| field.told());
        let granting = self.granting.iter().flat_map(Granting::told);
        let all = object.into_iter().chain(fields).chain(granting);
        all.map(|what| Change { what }).collect()
    }
}
