use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{Access, Actor};
use super::id::Id;
use super::org::{Org, Status};
use super::schema::{Field, Kind, Object, Schema};
use super::stock;
use super::store::{Row, Store};
use super::time::stamp;

/// One org: its objects, rows and rules.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) org: Org,
    pub(super) schema: Schema,
    pub(super) store: Store,
    pub(super) access: Access,
    /// The integration user.
    pub(super) user: Id,
    pub(super) organization: Id,
    pub(super) case_number: u64,
    /// The records that control routes added.
    pub(super) added: BTreeSet<Id>,
    /// Whether the next write finds its row locked.
    pub(super) row_locked: bool,
}

impl Database {
    pub(super) fn new(org: Org) -> Self {
        let schema = stock::schema(&org);
        let mut database = Self {
            schema,
            store: Store::default(),
            access: Access::default(),
            user: Id::numbered("005", 1),
            organization: Id::numbered("00D", 1),
            case_number: 1000,
            added: BTreeSet::new(),
            row_locked: false,
            org: Org::stock(),
        };
        database.org = org;
        database.fill();
        database
    }

    fn fill(&mut self) {
        self.add_setup_row("Organization", &json!({ "Name": "Sandbox", "OrganizationType": "Developer Edition", "IsSandbox": true, "InstanceName": "CS1" }));
        self.add_setup_row(
            "User",
            &json!({
                "Username": USERNAME, "Email": USERNAME, "FirstName": "Casewire", "LastName": "Integration", "Name": "Casewire Integration",
                "Alias": "casew", "IsActive": true, "UserType": "Standard", "TimeZoneSidKey": "GMT",
            }),
        );
        for email in self.org.inactive_users.clone() {
            self.add_setup_row(
                "User",
                &json!({ "Username": email, "Email": email, "LastName": "Left", "Name": "Left", "IsActive": false }),
            );
        }
        for queue in self.org.queues.clone() {
            self.add_setup_row(
                "Group",
                &json!({ "Name": queue, "DeveloperName": queue.replace(' ', "_"), "Type": "Queue" }),
            );
        }
        if self.org.person_accounts {
            self.add_setup_row(
                "RecordType",
                &json!({ "Name": "Person Account", "DeveloperName": "PersonAccount", "SobjectType": "Account", "IsActive": true, "IsPersonType": true }),
            );
        }
        for object in self.schema.objects().map(Arc::clone).collect::<Vec<_>>() {
            self.define(&object, &object.name);
        }
        self.add_rule_rows();
        for object in ["Case", "Task", "Opportunity"] {
            for status in self.org.statuses(object).to_vec() {
                self.add_status_row(object, &status);
            }
        }
        for field in self.org.custom_fields.clone() {
            self.add_org_field(&field);
        }
        if self.org.is_set_up {
            self.set_up(Timestamp::UNIX_EPOCH);
        }
    }

    /// Adds the row by which an object is queried; rules refer to it.
    pub(super) fn define(&mut self, object: &Object, durable_id: &str) {
        self.add_setup_row(
            "EntityDefinition",
            &json!({
                "DurableId": durable_id, "QualifiedApiName": object.name, "Label": object.label,
                "DeveloperName": object.name.trim_end_matches("__c"), "KeyPrefix": object.prefix,
            }),
        );
    }

    fn add_rule_rows(&mut self) {
        for (number, rule) in self.org.validation_rules.clone().iter().enumerate() {
            let of = self
                .rows_of("EntityDefinition")
                .find(|row| row.text("QualifiedApiName") == Some(&rule.object))
                .map(|row| row.id.to_string());
            self.add_setup_row(
                "ValidationRule",
                &json!({
                    "ValidationName": format!("Rule_{}", number + 1), "EntityDefinitionId": of, "Active": true,
                    "ErrorMessage": rule.message, "ErrorDisplayField": rule.field,
                }),
            );
        }
        for rule in self.org.duplicate_rules.clone() {
            self.add_setup_row(
                "DuplicateRule",
                &json!({ "DeveloperName": rule.name, "MasterLabel": rule.name, "SobjectType": rule.object, "IsActive": true }),
            );
        }
    }

    /// The row by which a status is queried.
    pub(super) fn add_status_row(&mut self, object: &str, status: &Status) {
        let (table, default) = match object {
            "Case" => ("CaseStatus", self.org.default_case_status()),
            "Task" => ("TaskStatus", self.org.default_task_status()),
            _ => ("OpportunityStage", ""),
        };
        let is_default = status.name == default;
        let order = self.rows_of(table).count() + 1;
        let mut values = json!({ "MasterLabel": status.name, "ApiName": status.name, "SortOrder": order, "IsClosed": status.is_closed });
        match table {
            "OpportunityStage" => {
                values["IsActive"] = json!(true);
                values["IsWon"] = json!(is_won(&status.name));
            }
            _ => values["IsDefault"] = json!(is_default),
        }
        self.add_setup_row(table, &values);
    }

    /// A row of the org itself, made by nobody in particular.
    pub(super) fn add_setup_row(&mut self, object: &str, values: &Value) -> Option<Id> {
        let object = Arc::clone(self.schema.object(object)?);
        let id = self.store.next_id(&object);
        let mut row = Row::new(id, &object.name, Timestamp::UNIX_EPOCH);
        for (field, value) in values.as_object().into_iter().flatten() {
            row.set(field, value.clone());
        }
        for field in &object.fields {
            if let (Some(default), None) = (&field.default, row.values.get(&field.name)) {
                row.set(&field.name, default.clone());
            }
        }
        self.touch(&mut row, Timestamp::UNIX_EPOCH);
        self.store.put(&object, row);
        Some(id)
    }

    /// Sets the fields that say who wrote a row and when.
    pub(super) fn touch(&self, row: &mut Row, now: Timestamp) {
        let (at, by) = (stamp(now), self.user.as_str());
        for field in ["LastModifiedDate", "SystemModstamp"] {
            row.set(field, at.as_str());
        }
        row.set("LastModifiedById", by);
        if row.value("CreatedDate").is_null() {
            row.set("CreatedDate", at);
            row.set("CreatedById", by);
        }
    }

    pub(super) fn row(&self, id: Id) -> Option<&Row> {
        self.store.row(id)
    }

    /// An object's rows in the order of their insertion.
    pub(super) fn rows_of<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Row> + use<'a> {
        let object = self.schema.object(object);
        object
            .into_iter()
            .flat_map(|object| self.store.rows(object))
    }

    /// The rows of an object with this text in an indexed field.
    pub(super) fn rows_with<'a>(
        &'a self,
        object: &str,
        field: &'a str,
        text: &'a str,
    ) -> impl Iterator<Item = &'a Row> + use<'a> {
        let object = self.schema.object(object);
        object
            .into_iter()
            .flat_map(move |object| self.store.with(object, field, text))
    }

    /// A field's value, read through its reference if it is a parent's.
    pub(super) fn value(&self, row: &Row, field: &Field) -> Value {
        let Some((reference, of_parent)) = field.formula else {
            return row.value(&field.name).clone();
        };
        let parent = row.reference(reference).and_then(|id| self.row(id));
        parent.map_or(Value::Null, |parent| parent.value(of_parent).clone())
    }

    /// Adds a value to the picklist of a status and to its table.
    pub(super) fn add_status(&mut self, object: &str, status: Status) {
        let field = match object {
            "Opportunity" => "StageName",
            _ => "Status",
        };
        let described = self.schema.object_mut(object);
        let fields = described.into_iter().flat_map(|object| &mut object.fields);
        for described in fields.filter(|described| described.name == field) {
            if let Kind::Picklist(picklist) = &mut described.kind {
                picklist.values.push(status.name.clone());
            }
        }
        self.add_status_row(object, &status);
        match object {
            "Case" => self.org.case_statuses.push(status),
            "Task" => self.org.task_statuses.push(status),
            _ => self.org.opportunity_stages.push(status),
        }
    }

    pub(super) fn status(&self, object: &str, name: &str) -> Option<&Status> {
        let statuses = self.org.statuses(object);
        statuses.iter().find(|status| status.name == name)
    }

    /// The object by this name, if the data API shows it to the actor.
    pub(super) fn visible_object(&self, actor: Actor, name: &str) -> Option<&Arc<Object>> {
        let object = self.schema.object(name)?;
        let visible = object.is_in_data() && self.may(actor, super::access::Use::Read, object);
        visible.then_some(object)
    }
}

/// Who the credentials run as.
pub(super) const USERNAME: &str = "integration@example.com";

/// The stock org's only stage of that kind; a custom stage is won when it says so.
pub(super) fn is_won(stage: &str) -> bool {
    stage.ends_with("Won")
}
