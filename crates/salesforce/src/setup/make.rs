//! Carrying a plan out. What was made before a failure stays, and a second run goes on from there.

use casewire_core::Result;
use casewire_http::{Request, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Plan;
use super::granting::{Granting, Lacking};
use super::right::Right;
use crate::connector::Salesforce;
use crate::entry::ENTRY_OBJECT;
use crate::errors::Refused;
use crate::metadata::{self, PERMISSION_SET, PERMISSION_SET_DESCRIPTION};
use crate::schema::{ENTRY_LABEL, WantedField};

const DATA: &str = "/services/data/v{version}/sobjects/{sobject}";
const TOOLING: &str = "/services/data/v{version}/tooling/sobjects/{sobject}";

impl Salesforce {
    pub(super) async fn carry_out(&self, plan: &Plan<'_>) -> Result<()> {
        if plan.makes_entry_object {
            let body = json!({ "FullName": ENTRY_OBJECT, "Metadata": metadata::entry_object() });
            let made = self.make(TOOLING, "CustomObject", &body).await;
            made.map_err(|error| {
                error.context(format!(
                    "creating the custom object `{ENTRY_LABEL}`; `casewire setup --metadata DIR` writes it for an admin to deploy"
                ))
            })?;
        }
        for field in &plan.fields {
            self.make_field(field).await?;
        }
        match &plan.granting {
            Some(granting) => self.grant(granting).await,
            None => Ok(()),
        }
    }

    async fn make_field(&self, field: &WantedField) -> Result<()> {
        let body = json!({
            "FullName": field.full_name(),
            "Metadata": metadata::field(field),
        });
        let made = self.make(TOOLING, "CustomField", &body).await;
        made.map(|_| ()).map_err(|error| {
            error.context(format!(
                "creating the {} (it takes the permission Customize Application; `casewire setup --metadata DIR` writes it for an admin to deploy)",
                field.told()
            ))
        })
    }

    async fn grant(&self, granting: &Granting) -> Result<()> {
        let granted = self.grant_rights(granting).await;
        granted.map_err(|error| {
            error.context(format!(
                "granting with the permission set `{PERMISSION_SET}` (it takes the permissions Manage Profiles and Permission Sets and Assign Permission Sets)"
            ))
        })
    }

    async fn grant_rights(&self, granting: &Granting) -> Result<()> {
        let permission_set = match &granting.permission_set {
            Some(id) => id.clone(),
            None => self.make_permission_set().await?,
        };
        for lacking in &granting.rights {
            self.grant_right(&permission_set, lacking).await?;
        }
        let Some(user) = &granting.user else {
            return Ok(());
        };
        let body = json!({ "PermissionSetId": permission_set, "AssigneeId": user });
        self.make(DATA, "PermissionSetAssignment", &body).await?;
        Ok(())
    }

    async fn make_permission_set(&self) -> Result<String> {
        let body = json!({
            "Name": PERMISSION_SET,
            "Label": PERMISSION_SET,
            "Description": PERMISSION_SET_DESCRIPTION,
        });
        let made = self.make(DATA, "PermissionSet", &body).await?;
        let made: Made = made.json()?;
        Ok(made.id)
    }

    async fn grant_right(&self, permission_set: &str, lacking: &Lacking) -> Result<()> {
        let right = &lacking.right;
        let row = match right {
            Right::Tasks => Some(permission_set),
            Right::Object(_) | Right::Field { .. } => lacking.row.as_deref(),
        };
        let Some(row) = row else {
            let body = Value::Object(right.new_row(permission_set));
            self.make(DATA, right.sobject(), &body).await?;
            return Ok(());
        };
        let request = Request::patch("/services/data/v{version}/sobjects/{sobject}/{id}")
            .fill("version", &self.version)
            .fill("sobject", right.sobject())
            .fill("id", row)
            .json(&right.allowance());
        self.api.send(request).await?;
        Ok(())
    }

    /// Makes something, unless it is there.
    async fn make(&self, place: &'static str, sobject: &str, body: &Value) -> Result<Response> {
        let request = Request::post(place)
            .fill("version", &self.version)
            .fill("sobject", sobject)
            .json(body)
            .allow(StatusCode::BAD_REQUEST);
        let response = self.api.send(request).await?;
        if response.status() != StatusCode::BAD_REQUEST {
            return Ok(response);
        }
        let refused = Refused::read(&response.json()?);
        // Made by another meanwhile; and a right on tasks is one on events too.
        let is_there = ["DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"];
        match is_there.iter().any(|code| refused.has_code(code)) {
            true => Ok(response),
            false => Err(refused.error()),
        }
    }
}

/// The answer to something made.
#[derive(Deserialize)]
struct Made {
    id: String,
}
