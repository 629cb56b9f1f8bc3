//! The rights that the user of the credentials needs.

use serde_json::{Map, Value, json};

use crate::inventory::Inventory;
use crate::row::Row;
use crate::schema::{Access, Maker, Schema};

/// Something that the permission set allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// To use an object.
    Object(Access),
    /// To write tasks.
    Tasks,
    /// To read and edit a field.
    Field { object: &'static str, name: String },
}

/// Those that the user does not have, by what it is shown.
pub(super) fn missing(schema: &Schema, inventory: &Inventory) -> Vec<Right> {
    let has = |access: &Access| {
        let object = inventory.object(access.object);
        object.is_some_and(|object| match access.writes {
            true => object.is_writable(),
            false => object.queryable,
        })
    };
    let objects = schema.access.iter().filter(|access| !has(access));
    let objects = objects.map(|access| Right::Object(*access));
    let writes_tasks = inventory
        .object("Task")
        .is_some_and(|task| task.is_writable());
    let tasks = (schema.writes_tasks && !writes_tasks).then_some(Right::Tasks);
    let fields = schema.fields.iter().filter(|wanted| {
        let field = inventory.field(wanted);
        wanted.maker == Maker::Casewire && !field.is_some_and(|field| field.is_writable())
    });
    let fields = fields.flat_map(|wanted| {
        let name = &wanted.name;
        wanted.granted_on().into_iter().map(|object| Right::Field {
            object,
            name: name.clone(),
        })
    });
    objects.chain(tasks).chain(fields).collect()
}

impl Right {
    pub(super) fn told(&self) -> String {
        match self {
            Self::Object(access) if access.writes => format!("write {}", access.object),
            Self::Object(access) => format!("read {}", access.object),
            Self::Tasks => "write tasks".to_owned(),
            Self::Field { object, name } => format!("edit {object}.{name}"),
        }
    }

    /// The object whose rows are such rights.
    pub(super) fn sobject(&self) -> &'static str {
        match self {
            Self::Object(_) => "ObjectPermissions",
            // A field of the permission set itself.
            Self::Tasks => "PermissionSet",
            Self::Field { .. } => "FieldPermissions",
        }
    }

    /// What a row of it allows.
    pub(super) fn allowance(&self) -> Map<String, Value> {
        let allowed: &[&str] = match self {
            Self::Object(access) if access.writes => {
                &["PermissionsRead", "PermissionsCreate", "PermissionsEdit"]
            }
            Self::Object(_) => &["PermissionsRead"],
            Self::Tasks => &["PermissionsEditTask"],
            Self::Field { .. } => &["PermissionsRead", "PermissionsEdit"],
        };
        let allowed = allowed.iter().map(|&name| (name.to_owned(), json!(true)));
        allowed.collect()
    }

    /// A new row of it in the permission set.
    pub(super) fn new_row(&self, permission_set: &str) -> Map<String, Value> {
        let mut row = self.allowance();
        let mut set = |field: &str, value: String| row.insert(field.to_owned(), json!(value));
        set("ParentId", permission_set.to_owned());
        match self {
            Self::Object(access) => {
                set("SobjectType", access.object.to_owned());
            }
            Self::Tasks => {}
            Self::Field { object, name } => {
                set("SobjectType", (*object).to_owned());
                set("Field", format!("{object}.{name}"));
            }
        }
        row
    }

    /// Whether the row is about the same.
    pub(super) fn is_of(&self, row: &Row) -> bool {
        match self {
            Self::Object(access) => {
                row.text("Field").is_none() && row.text("SobjectType") == Some(access.object)
            }
            Self::Tasks => false,
            Self::Field { object, name } => row.text("Field") == Some(&*format!("{object}.{name}")),
        }
    }

    /// Whether the row allows all of it.
    pub(super) fn is_allowed_by(&self, row: &Row) -> bool {
        self.allowance().keys().all(|name| row.is(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_given_by_a_row_that_allows_all_of_it() {
        let case = |writes| {
            Right::Object(Access {
                object: "Case",
                writes,
            })
        };
        let field = Right::Field {
            object: "Case",
            name: "Queue__c".to_owned(),
        };
        let of_case =
            json!({ "SobjectType": "Case", "PermissionsRead": true, "PermissionsCreate": true });
        let of_field = json!({ "SobjectType": "Case", "Field": "Case.Queue__c", "PermissionsRead": true, "PermissionsEdit": true });
        for (right, row, is_of, is_allowed) in [
            (case(true), &of_case, true, false),
            (case(false), &of_case, true, true),
            (case(false), &of_field, false, true),
            (field.clone(), &of_field, true, true),
            (field, &of_case, false, false),
            (Right::Tasks, &of_case, false, false),
        ] {
            let told = right.told();
            let row: Row = serde_json::from_value(row.clone()).unwrap();
            assert_eq!(right.is_of(&row), is_of, "{told}");
            assert_eq!(right.is_allowed_by(&row), is_allowed, "{told}");
        }
    }

    #[test]
    fn a_new_row_says_what_it_is_about() {
        let right = Right::Field {
            object: "Task",
            name: "Casewire_Key__c".to_owned(),
        };
        let expected = json!({
            "ParentId": "0PS000000000001AAA", "SobjectType": "Task", "Field": "Task.Casewire_Key__c",
            "PermissionsRead": true, "PermissionsEdit": true,
        });
        assert_eq!(Value::Object(right.new_row("0PS000000000001AAA")), expected);
    }
}
