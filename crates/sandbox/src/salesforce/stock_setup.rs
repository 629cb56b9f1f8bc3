use super::access::EDIT_TASKS;
use super::fields::{boolean, long_text, reference, restricted, text};
use super::schema::{Field, Kind, Object, Offers, Place};
use super::stock::object;

/// The objects that describe the org itself.
pub(super) fn objects() -> Vec<Object> {
    let reading = [
        organization(),
        case_status(),
        task_status(),
        opportunity_stage(),
        record_type(),
        entity_definition(),
        custom_field(),
        custom_object(),
        validation_rule(),
        duplicate_rule(),
    ];
    let written = [
        permission_set(),
        field_permissions(),
        object_permissions(),
        permission_set_assignment(),
    ];
    let reading = reading.into_iter().map(|object| Object {
        offers: Offers::Reading,
        ..object
    });
    reading.chain(written).collect()
}

fn organization() -> Object {
    let fields = vec![
        text("Name", "Name", 80),
        text("OrganizationType", "Edition", 40),
        boolean("IsSandbox", "Is Sandbox"),
        text("InstanceName", "Instance Name", 5),
    ];
    object("Organization", "Organization", "00D", fields)
}

fn case_status() -> Object {
    object("CaseStatus", "Case Status Value", "0sC", status())
}

fn task_status() -> Object {
    object("TaskStatus", "Task Status Value", "0sT", status())
}

fn status() -> Vec<Field> {
    let mut fields = value();
    fields.push(boolean("IsDefault", "Is Default"));
    fields.push(boolean("IsClosed", "Is Closed"));
    fields
}

fn opportunity_stage() -> Object {
    let mut fields = value();
    fields.extend([
        boolean("IsActive", "Is Active"),
        boolean("IsClosed", "Is Closed"),
        boolean("IsWon", "Is Won"),
    ]);
    object("OpportunityStage", "Opportunity Stage", "01J", fields)
}

fn value() -> Vec<Field> {
    vec![
        text("MasterLabel", "Master Label", 255),
        text("ApiName", "API Name", 255),
        Field::new("SortOrder", "Sort Order", Kind::Int),
    ]
}

fn record_type() -> Object {
    let fields = vec![
        text("Name", "Name", 80),
        text("DeveloperName", "Record Type Name", 80),
        text("SobjectType", "SObject Type Name", 40),
        boolean("IsActive", "Active"),
        boolean("IsPersonType", "Is Person Type"),
    ];
    object("RecordType", "Record Type", "012", fields)
}

fn permission_set() -> Object {
    let fields = vec![
        text("Name", "Permission Set Name", 80).required(),
        text("Label", "Permission Set Label", 80).required(),
        text("Description", "Description", 255),
        boolean("IsOwnedByProfile", "Is Owned By Profile").read_only(),
        boolean(EDIT_TASKS, "Edit Tasks"),
    ];
    object("PermissionSet", "Permission Set", "0PS", fields)
}

fn field_permissions() -> Object {
    let fields = vec![
        parent("FieldPerms"),
        text("SobjectType", "SObject Type Name", 255)
            .required()
            .create_only(),
        text("Field", "Field Name", 255).required().create_only(),
        boolean("PermissionsRead", "Read Field"),
        boolean("PermissionsEdit", "Edit Field"),
    ];
    object("FieldPermissions", "Field Permissions", "01k", fields)
}

fn object_permissions() -> Object {
    let fields = vec![
        parent("ObjectPerms"),
        text("SobjectType", "SObject Type Name", 255)
            .required()
            .create_only(),
        boolean("PermissionsCreate", "Create Records"),
        boolean("PermissionsRead", "Read Records"),
        boolean("PermissionsEdit", "Edit Records"),
        boolean("PermissionsDelete", "Delete Records"),
        boolean("PermissionsViewAllRecords", "Read All Records"),
        boolean("PermissionsModifyAllRecords", "Edit All Records"),
    ];
    object("ObjectPermissions", "Object Permissions", "110", fields)
}

fn parent(children: &str) -> Field {
    reference("ParentId", "Parent ID", &["PermissionSet"])
        .related("Parent", children)
        .required()
        .create_only()
}

fn permission_set_assignment() -> Object {
    let fields = vec![
        reference("PermissionSetId", "PermissionSet ID", &["PermissionSet"])
            .related("PermissionSet", "Assignments")
            .required()
            .create_only(),
        reference("AssigneeId", "Assignee ID", &["User"])
            .related("Assignee", "PermissionSetAssignments")
            .required()
            .create_only(),
    ];
    object(
        "PermissionSetAssignment",
        "Permission Set Assignment",
        "0Pa",
        fields,
    )
}

fn entity_definition() -> Object {
    let fields = vec![
        text("DurableId", "Durable ID", 80),
        text("QualifiedApiName", "Qualified API Name", 80),
        text("DeveloperName", "Developer Name", 80),
        text("Label", "Label", 80),
        text("KeyPrefix", "Key Prefix", 3),
    ];
    Object {
        place: Place::DataAndTooling,
        ..object("EntityDefinition", "Entity Definition", "4ie", fields)
    }
}

fn custom_field() -> Object {
    let fields = vec![
        text("DeveloperName", "Developer Name", 80),
        restricted("TableEnumOrId", "Table Enum Or ID", &[]),
        text("NamespacePrefix", "Namespace Prefix", 15),
        text("FullName", "Full Name", 255),
        long_text("Description", "Description", 1000),
    ];
    Object {
        place: Place::Tooling,
        ..object("CustomField", "Custom Field", "00N", fields)
    }
}

fn custom_object() -> Object {
    let fields = vec![
        text("DeveloperName", "Developer Name", 80),
        text("NamespacePrefix", "Namespace Prefix", 15),
        long_text("Description", "Description", 1000),
    ];
    Object {
        place: Place::Tooling,
        ..object("CustomObject", "Custom Object", "01I", fields)
    }
}

fn validation_rule() -> Object {
    let fields = vec![
        text("ValidationName", "Rule Name", 80),
        reference(
            "EntityDefinitionId",
            "Entity Definition ID",
            &["EntityDefinition"],
        )
        .related("EntityDefinition", "ValidationRules"),
        boolean("Active", "Active"),
        text("ErrorMessage", "Error Message", 255),
        text("ErrorDisplayField", "Error Location", 80),
    ];
    Object {
        place: Place::Tooling,
        ..object("ValidationRule", "Validation Rule", "03d", fields)
    }
}

fn duplicate_rule() -> Object {
    let fields = vec![
        text("DeveloperName", "Object Name", 80),
        text("MasterLabel", "Rule Name", 80),
        text("SobjectType", "Object", 80),
        boolean("IsActive", "Active"),
    ];
    object("DuplicateRule", "Duplicate Rule", "0Bm", fields)
}
