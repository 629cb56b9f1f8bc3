use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::casewire::{LEAF_QUEUE, SESSION};
use super::database::Database;
use super::id::Id;
use super::org::{RecordObject, Status};
use super::schema::{Field, Kind, Object};
use super::store::Row;
use super::time::{date_of, stamp};
use super::write::Writing;
use crate::control::{NewRecord, RecordChange, RecordState, Refusal};

/// The status that control routes close cases with for good when the org has no such status.
const CLOSED_FOR_GOOD: &str = "Closed for good";

impl Database {
    pub(super) fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, Refusal> {
        self.set_up(now);
        let object = self.org.record_object;
        let status = self.wanted_status(object.name(), &new.change, RecordState::Open)?;
        let title = new.title;
        let mut values = match object {
            RecordObject::Case | RecordObject::Task => json!({ "Subject": title }),
            RecordObject::Opportunity => {
                let name = title.as_deref().unwrap_or("Record");
                json!({ "Name": name, "CloseDate": date_of(now).to_string() })
            }
        };
        if let Some(called) = &new.customer {
            let customer = self.customer_called(called, now)?;
            for (field, id) in self.links(object, customer) {
                values[field] = json!(id.as_str());
            }
        }
        values[status_field(object.name())] = json!(status);
        values[LEAF_QUEUE] = json!(new.queue);
        let created_at = new.created_at.unwrap_or(now);
        let id = self.force(object.name(), &values, created_at, now);
        let id = id.ok_or_else(Refusal::unknown_record)?;
        self.added.insert(id);
        self.set_closed_at(id, &new.change)?;
        self.record_with(id)
    }

    pub(super) fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = Id::parse(id).ok_or_else(Refusal::unknown_record)?;
        let row = self.row(id).filter(|row| self.is_record(row)).cloned();
        let row = row.ok_or_else(Refusal::unknown_record)?;
        let object = row.object.clone();
        if change.state.is_some() || change.status.is_some() {
            let status = self.wanted_status(&object, &change, RecordState::Open)?;
            let current = self.state_of(&row);
            // A record that is in the state already keeps its status, unless one is named.
            if change.status.is_some() || change.state != Some(current) {
                self.rewrite(row, &json!({ status_field(&object): status }), now);
            }
        }
        self.set_closed_at(id, &change)?;
        self.record_with(id)
    }

    pub(super) fn delete_record(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        let id = Id::parse(id).ok_or_else(Refusal::unknown_record)?;
        self.row(id)
            .filter(|row| self.is_record(row))
            .ok_or_else(Refusal::unknown_record)?;
        self.delete(id, Writing::by_person(now))
            .map_err(|_| Refusal::unknown_record())
    }

    fn record_with(&self, id: Id) -> Result<Value, Refusal> {
        let row = self.row(id).ok_or_else(Refusal::unknown_record)?;
        Ok(self.record(row))
    }

    /// The status that a change asks for; one of the default state when it names none.
    fn wanted_status(
        &mut self,
        object: &str,
        change: &RecordChange,
        default: RecordState,
    ) -> Result<String, Refusal> {
        if change.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            return Err(Refusal::field("tags", "Salesforce records have no tags"));
        }
        if let Some(word) = &change.status {
            let Some(status) = self.status(object, word) else {
                let names: Vec<_> = self
                    .org
                    .statuses(object)
                    .iter()
                    .map(|status| status.name.as_str())
                    .collect();
                return Err(Refusal::field(
                    "status",
                    &format!("expected {}", names.join(", ")),
                ));
            };
            return match change.state {
                Some(wanted) if wanted != state(Some(status)) => {
                    Err(Refusal::field("status", "contradicts state"))
                }
                _ => Ok(word.clone()),
            };
        }
        let wanted = change.state.unwrap_or(default);
        let found = self
            .org
            .statuses(object)
            .iter()
            .find(|status| state(Some(status)) == wanted);
        if let Some(found) = found {
            return Ok(found.name.clone());
        }
        if wanted != RecordState::Closed {
            return Err(Refusal::field("state", "the org has no such status"));
        }
        self.add_status(object, Status::closed_for_good(CLOSED_FOR_GOOD));
        Ok(CLOSED_FOR_GOOD.to_owned())
    }

    fn set_closed_at(&mut self, id: Id, change: &RecordChange) -> Result<(), Refusal> {
        let Some(closed_at) = change.closed_at else {
            return Ok(());
        };
        let row = self.row(id).cloned();
        let mut row = row.ok_or_else(Refusal::unknown_record)?;
        if !row.is("IsClosed") {
            return Err(Refusal::field("closed_at", "the record is open"));
        }
        row.set(closed_field(&row.object), stamp(closed_at));
        if row.object == "Opportunity" {
            row.set("CloseDate", date_of(closed_at).to_string());
        }
        self.store_row(row);
        Ok(())
    }

    /// Adds a row without any check; what the org requires is filled in.
    pub(super) fn force(
        &mut self,
        object: &str,
        values: &Value,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Option<Id> {
        let described = Arc::clone(self.schema.object(object)?);
        let id = self.store.next_id(&described);
        let mut row = Row::new(id, object, now);
        for field in &described.fields {
            match &field.default {
                Some(default) => row.set(&field.name, default.clone()),
                None if field.is_custom() && !field.nillable => row.set(&field.name, any(field)),
                None => {}
            }
        }
        self.fill_in(&described, &mut row, None, values, now);
        row.set("CreatedDate", stamp(created_at));
        self.store.put(&described, row);
        self.follow_person_account(&described, id, Writing::by_person(now));
        Some(id)
    }

    fn rewrite(&mut self, row: Row, values: &Value, now: Timestamp) {
        if let Some(object) = self.schema.object(&row.object).map(Arc::clone) {
            let mut after = row.clone();
            self.fill_in(&object, &mut after, Some(&row), values, now);
            self.store.put(&object, after);
        }
    }

    fn fill_in(
        &mut self,
        object: &Object,
        row: &mut Row,
        before: Option<&Row>,
        values: &Value,
        now: Timestamp,
    ) {
        let mut sent = Vec::new();
        for (field, value) in values.as_object().into_iter().flatten() {
            let empty = value.as_str() == Some("");
            row.set(field, if empty { Value::Null } else { value.clone() });
            sent.push(field.clone());
        }
        // It refuses combinations only that control routes never make.
        let _derived = self.derive(object, row, before, &sent, Writing::by_person(now));
        self.touch(row, now);
    }

    fn store_row(&mut self, row: Row) {
        if let Some(object) = self.schema.object(&row.object).map(Arc::clone) {
            self.store.put(&object, row);
        }
    }

    /// Whether control routes show a row as a record: Casewire made it, or a control route did.
    pub(super) fn is_record(&self, row: &Row) -> bool {
        matches!(row.object.as_str(), "Case" | "Opportunity" | "Task")
            && (!row.value(SESSION).is_null() || self.added.contains(&row.id))
    }

    pub(super) fn state_of(&self, row: &Row) -> RecordState {
        let name = row.text(status_field(&row.object)).unwrap_or_default();
        state(self.status(&row.object, name))
    }
}

/// Some value that the field takes.
fn any(field: &Field) -> Value {
    match &field.kind {
        Kind::Picklist(picklist) => json!(picklist.values.first()),
        Kind::Boolean => json!(false),
        Kind::Double(..) | Kind::Int => json!(0),
        _ => json!("-"),
    }
}

/// A value that the org does not know is open.
fn state(status: Option<&Status>) -> RecordState {
    match status {
        Some(status) if status.is_final => RecordState::Closed,
        Some(status) if status.is_closed => RecordState::Resolved,
        _ => RecordState::Open,
    }
}

pub(super) fn status_field(object: &str) -> &'static str {
    match object {
        "Opportunity" => "StageName",
        _ => "Status",
    }
}

/// Since when a record is closed.
pub(super) fn closed_field(object: &str) -> &'static str {
    match object {
        "Opportunity" => "LastStageChangeDate",
        "Task" => "CompletedDateTime",
        _ => "ClosedDate",
    }
}
