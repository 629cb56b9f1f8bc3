//! The permission set: which rights it lacks, and whether the user has it.

use casewire_core::Result;

use super::right::Right;
use crate::connector::Salesforce;
use crate::inventory::Place;
use crate::metadata::PERMISSION_SET;
use crate::soql;

/// What is to be done about the permission set.
pub(super) struct Granting {
    /// None when it is to be created.
    pub(super) permission_set: Option<String>,
    pub(super) rights: Vec<Lacking>,
    /// The user to whom it is to be given, if it is not there already.
    pub(super) user: Option<String>,
}

/// A right that the permission set does not give.
pub(super) struct Lacking {
    pub(super) right: Right,
    /// The row that says less.
    pub(super) row: Option<String>,
}

impl Granting {
    /// In plain words.
    pub(super) fn told(&self) -> Vec<String> {
        if self.permission_set.is_none() {
            return vec![format!(
                "permission set `{PERMISSION_SET}` that lets the integration user read and write them"
            )];
        }
        let rights: Vec<_> = self
            .rights
            .iter()
            .map(|lacking| lacking.right.told())
            .collect();
        let rights = (!rights.is_empty()).then(|| {
            let rights = rights.join(", ");
            format!("rights in the permission set `{PERMISSION_SET}`: {rights}")
        });
        let assignment = self.user.is_some().then(|| {
            format!("assignment of the permission set `{PERMISSION_SET}` to the integration user")
        });
        rights.into_iter().chain(assignment).collect()
    }
}

impl Salesforce {
    /// What is to be done for the user to have `rights`; none when there is nothing to do.
    pub(super) async fn granting(&self, rights: Vec<Right>) -> Result<Option<Granting>> {
        if rights.is_empty() {
            return Ok(None);
        }
        let user = self.user_id().await?;
        let query = format!(
            "SELECT Id FROM PermissionSet WHERE Name = {}",
            soql::text(PERMISSION_SET)
        );
        let sets = self.rows(Place::Data, &query).await?;
        let Some(id) = sets.first().and_then(|row| row.text("Id")) else {
            let rights = rights.into_iter().map(|right| Lacking { right, row: None });
            return Ok(Some(Granting {
                permission_set: None,
                rights: rights.collect(),
                user: Some(user),
            }));
        };
        let granting = Granting {
            permission_set: Some(id.to_owned()),
            rights: self.lacking(id, rights).await?,
            user: (!self.is_assigned(id, &user).await?).then_some(user),
        };
        let is_needed = !granting.rights.is_empty() || granting.user.is_some();
        Ok(is_needed.then_some(granting))
    }

    /// Those of `rights` that the permission set does not give.
    async fn lacking(&self, permission_set: &str, rights: Vec<Right>) -> Result<Vec<Lacking>> {
        let of_set = soql::text(permission_set);
        let mut rows = Vec::new();
        for query in [
            format!(
                "SELECT Id, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit FROM ObjectPermissions WHERE ParentId = {of_set}"
            ),
            format!(
                "SELECT Id, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = {of_set}"
            ),
        ] {
            rows.extend(self.rows(Place::Data, &query).await?);
        }
        let lacking = rights.into_iter().filter_map(|right| {
            let row = rows.iter().find(|row| right.is_of(row));
            if row.is_some_and(|row| right.is_allowed_by(row)) {
                return None;
            }
            let row = row.and_then(|row| row.text("Id")).map(str::to_owned);
            Some(Lacking { right, row })
        });
        Ok(lacking.collect())
    }

    async fn is_assigned(&self, permission_set: &str, user: &str) -> Result<bool> {
        let query = format!(
            "SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = {} AND AssigneeId = {}",
            soql::text(permission_set),
            soql::text(user)
        );
        Ok(!self.rows(Place::Data, &query).await?.is_empty())
    }
}
