use super::accept::Accepted;
use super::access::Actor;
use super::database::Database;
use super::org::Permission;
use super::problem::Problem;
use super::schema::Object;
use super::store::Row;

/// Objects whose access no permission set grants row by row.
const NOT_GRANTED: &[&str] = &["Task", "Event", "CaseComment", "User", "Group"];

impl Database {
    /// What must hold of rows that grant something, before they are saved.
    pub(super) fn check_setup_row(
        &self,
        object: &Object,
        values: &Accepted,
        actor: Actor,
    ) -> Result<(), Problem> {
        let text = |field: &str| values.get(field).and_then(|value| value.as_str());
        let permission = match object.name.as_str() {
            "PermissionSet" | "FieldPermissions" | "ObjectPermissions" => {
                Permission::ManagePermissionSets
            }
            "PermissionSetAssignment" => Permission::AssignPermissionSets,
            _ => return Ok(()),
        };
        if actor == Actor::Integration && !self.org.may(&permission) {
            return Err(Problem::new(
                http::StatusCode::FORBIDDEN,
                "INSUFFICIENT_ACCESS_OR_READONLY",
                "insufficient access rights on cross-reference id",
            )
            .on([]));
        }
        match object.name.as_str() {
            "PermissionSet" => self.check_new_name(text("Name")),
            "FieldPermissions" => {
                self.check_once(object, values, ["ParentId", "Field"])?;
                self.check_granted_field(text("SobjectType"), text("Field"))
            }
            "ObjectPermissions" => {
                self.check_once(object, values, ["ParentId", "SobjectType"])?;
                self.check_granted_object(text("SobjectType"))
            }
            _ => self.check_once(object, values, ["PermissionSetId", "AssigneeId"]),
        }
    }

    /// Called after any row was saved; grants take effect at once.
    pub(super) fn after_setup_write(&mut self, object: &Object) {
        if matches!(
            object.name.as_str(),
            "PermissionSet" | "FieldPermissions" | "ObjectPermissions" | "PermissionSetAssignment"
        ) {
            self.refresh_access();
        }
    }

    fn check_new_name(&self, name: Option<&str>) -> Result<(), Problem> {
        let mut sets = self.rows_of("PermissionSet");
        match name.is_some() && sets.any(|set| set.text("Name") == name) {
            true => Err(Problem::bad(
                "DUPLICATE_DEVELOPER_NAME",
                "The name you entered is already used on another permission set",
            )
            .on(["Name"])),
            false => Ok(()),
        }
    }

    fn check_granted_field(&self, object: Option<&str>, name: Option<&str>) -> Result<(), Problem> {
        // Without them the missing keys are what is refused.
        let (Some(object), Some(name)) = (object, name) else {
            return Ok(());
        };
        let refused = |label: &str, value: &str, field: &'static str| {
            Err(Problem::bad(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                format!("{label}: bad value for restricted picklist field: {value}"),
            )
            .on([field]))
        };
        let Some(described) = self.schema.object(object) else {
            return refused("SObject Type Name", object, "SobjectType");
        };
        let field = name
            .strip_prefix(object)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|field| described.field(field));
        match field {
            // What everybody sees cannot be granted.
            Some(field) if !(field.is_custom() && field.always_visible) => Ok(()),
            _ => refused("Field Name", name, "Field"),
        }
    }

    fn check_granted_object(&self, object: Option<&str>) -> Result<(), Problem> {
        let Some(object) = object else {
            return Ok(());
        };
        let known = self.schema.object(object);
        match known.is_some_and(|known| known.is_in_data()) && !NOT_GRANTED.contains(&object) {
            true => Ok(()),
            false => Err(Problem::bad(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                format!("SObject Type Name: bad value for restricted picklist field: {object}"),
            )
            .on(["SobjectType"])),
        }
    }

    /// Refuses a second row with the same values.
    fn check_once(
        &self,
        object: &Object,
        values: &Accepted,
        fields: [&str; 2],
    ) -> Result<(), Problem> {
        let same = |row: &&Row| {
            fields.iter().all(|field| {
                values
                    .get(*field)
                    .is_some_and(|value| row.value(field) == value)
            })
        };
        match self.store.rows(object).find(same) {
            None => Ok(()),
            Some(other) => Err(Problem::bad(
                "DUPLICATE_VALUE",
                format!(
                    "duplicate value found: {} duplicates value on record with id: {}",
                    fields.join(", "),
                    other.id
                ),
            )
            .on([])),
        }
    }
}
