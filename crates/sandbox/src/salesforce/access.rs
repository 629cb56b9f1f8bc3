use std::collections::{BTreeMap, BTreeSet};

use super::database::Database;
use super::org::Permission;
use super::schema::{Field, Object};

/// The permission set's own field that grants tasks and events.
pub(super) const EDIT_TASKS: &str = "PermissionsEditTask";

/// Who looks or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    /// The user the API's credentials run as.
    Integration,
    /// An admin in the browser, who may do everything.
    Person,
}

/// What somebody wants to do with an object's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Create,
    Delete,
    Edit,
    Read,
}

/// What the permission sets of the integration user grant.
#[derive(Debug, Default)]
pub(super) struct Access {
    readable: BTreeSet<String>,
    editable: BTreeSet<String>,
    objects: BTreeMap<String, Vec<Use>>,
}

impl Access {
    fn reads(&self, object: &Object, field: &Field) -> bool {
        self.readable.contains(&full_name(object, field))
    }

    fn edits(&self, object: &Object, field: &Field) -> bool {
        self.editable.contains(&full_name(object, field))
    }
}

fn full_name(object: &Object, field: &Field) -> String {
    format!("{}.{}", object.name, field.name)
}

impl Database {
    /// Whether the actor may use an object so; what nobody may see is not there.
    pub(super) fn may(&self, actor: Actor, wanted: Use, object: &Object) -> bool {
        if actor == Actor::Person {
            return true;
        }
        let name = object.name.clone();
        let permission = match wanted {
            Use::Create => Permission::Create(name),
            Use::Delete => Permission::Delete(name),
            Use::Edit => Permission::Edit(name),
            Use::Read => Permission::Read(name),
        };
        // A permission set gives what the user's profile lacks, never takes.
        let by_profile = !object.is_custom() && self.org.may(&permission);
        let granted = self.access.objects.get(&object.name);
        by_profile || granted.is_some_and(|uses| uses.contains(&wanted))
    }

    pub(super) fn sees(&self, actor: Actor, object: &Object, field: &Field) -> bool {
        actor == Actor::Person || field.always_visible || self.access.reads(object, field)
    }

    pub(super) fn edits(&self, actor: Actor, object: &Object, field: &Field) -> bool {
        actor == Actor::Person || field.always_visible || self.access.edits(object, field)
    }

    /// Reads again what the user's permission sets grant.
    pub(super) fn refresh_access(&mut self) {
        let mut access = Access::default();
        let assigned: BTreeSet<_> = self
            .rows_of("PermissionSetAssignment")
            .filter(|row| row.reference("AssigneeId") == Some(self.user))
            .filter_map(|row| row.reference("PermissionSetId"))
            .collect();
        let is_assigned = |id| assigned.contains(&id);
        for row in self.rows_of("FieldPermissions") {
            let field = row.text("Field").unwrap_or_default().to_owned();
            if !row.reference("ParentId").is_some_and(is_assigned) {
                continue;
            }
            if row.is("PermissionsEdit") {
                access.editable.insert(field.clone());
            }
            if row.is("PermissionsRead") {
                access.readable.insert(field);
            }
        }
        for row in self.rows_of("ObjectPermissions") {
            if !row.reference("ParentId").is_some_and(is_assigned) {
                continue;
            }
            let object = row.text("SobjectType").unwrap_or_default().to_owned();
            let uses = access.objects.entry(object).or_default();
            for (name, granted) in [
                ("PermissionsCreate", Use::Create),
                ("PermissionsDelete", Use::Delete),
                ("PermissionsEdit", Use::Edit),
                ("PermissionsRead", Use::Read),
            ] {
                if row.is(name) {
                    uses.push(granted);
                }
            }
        }
        let mut sets = assigned.iter().filter_map(|set| self.row(*set));
        if sets.any(|set| set.is(EDIT_TASKS)) {
            for object in ["Task", "Event"] {
                let uses = access.objects.entry(object.to_owned()).or_default();
                uses.extend([Use::Create, Use::Delete, Use::Edit, Use::Read]);
            }
        }
        self.access = access;
    }
}
