use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::accept::{Accepted, Change};
use super::access::{Actor, Use};
use super::database::Database;
use super::id::Id;
use super::problem::Problem;
use super::schema::{Kind, Object, Offers};
use super::store::Row;

/// How a write is to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    pub(super) now: Timestamp,
    pub(super) actor: Actor,
    pub(super) assignment: Assignment,
    pub(super) duplicates: Duplicates,
}

/// Whether the active assignment rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assignment {
    Run,
    Skip,
}

/// What happens to a row that a duplicate rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    Refuse,
    /// Saved, if the rule only warns.
    Save,
}

impl Writing {
    /// As an admin in the browser.
    pub(super) fn by_person(now: Timestamp) -> Self {
        Self {
            now,
            actor: Actor::Person,
            assignment: Assignment::Skip,
            duplicates: Duplicates::Save,
        }
    }
}

impl Database {
    pub(super) fn insert(
        &mut self,
        object: &str,
        body: &Map<String, Value>,
        writing: Writing,
    ) -> Result<Id, Problem> {
        let object = self.object_for(writing.actor, object)?;
        if !self.offered(writing.actor, &object) || !self.may(writing.actor, Use::Create, &object) {
            return Err(Problem::bad(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                format!("entity type cannot be inserted: {}", object.label),
            )
            .on([]));
        }
        let accepted = self.accept(writing.actor, &object, body, Change::Insert)?;
        let id = self.store.next_id(&object);
        let mut row = Row::new(id, &object.name, writing.now);
        for field in &object.fields {
            if let Some(default) = &field.default {
                row.set(&field.name, default.clone());
            }
        }
        let row = self.completed(&object, row, accepted, None, writing)?;
        self.check_duplicates(&object, &row, writing.duplicates)?;
        self.save(&object, row, None, writing)?;
        Ok(id)
    }

    pub(super) fn update(
        &mut self,
        id: Id,
        body: &Map<String, Value>,
        writing: Writing,
    ) -> Result<(), Problem> {
        let before = self.row(id).cloned().ok_or_else(|| self.missing(id))?;
        let object = self.object_for(writing.actor, &before.object)?;
        self.check_may_change(&object, Use::Edit, writing.actor)?;
        if before.is("IsConverted") {
            return Err(Problem::bad(
                "CANNOT_UPDATE_CONVERTED_LEAD",
                "cannot reference converted lead",
            )
            .on([]));
        }
        let accepted = self.accept(writing.actor, &object, body, Change::Update)?;
        let row = self.completed(&object, before.clone(), accepted, Some(&before), writing)?;
        self.save(&object, row, Some(&before), writing)
    }

    pub(super) fn delete(&mut self, id: Id, writing: Writing) -> Result<(), Problem> {
        let row = self.row(id).cloned().ok_or_else(|| self.missing(id))?;
        let object = self.object_for(writing.actor, &row.object)?;
        self.check_may_change(&object, Use::Delete, writing.actor)?;
        self.check_lock(Some(id))?;
        self.check_deletable(&row)?;
        self.forget_references(&object, id, writing.now);
        self.store.delete(&object, id);
        self.after_setup_write(&object);
        Ok(())
    }

    /// What a row that is not there answers to a write.
    pub(super) fn missing(&self, id: Id) -> Problem {
        match self.store.is_deleted(id) {
            true => Problem::deleted(),
            false => Problem::cross_reference().with_status(StatusCode::NOT_FOUND),
        }
    }

    fn object_for(&self, actor: Actor, name: &str) -> Result<Arc<Object>, Problem> {
        let object = self.visible_object(actor, name);
        object.map(Arc::clone).ok_or_else(Problem::not_found)
    }

    fn offered(&self, actor: Actor, object: &Object) -> bool {
        actor == Actor::Person || object.offers == Offers::Everything
    }

    fn check_may_change(&self, object: &Object, wanted: Use, actor: Actor) -> Result<(), Problem> {
        if self.offered(actor, object) && self.may(actor, wanted, object) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "insufficient access rights on object id",
        )
        .on([]))
    }

    /// The row with the accepted values and all that follows from them, checked as far as the
    /// row alone can be.
    fn completed(
        &mut self,
        object: &Object,
        mut row: Row,
        accepted: Accepted,
        before: Option<&Row>,
        writing: Writing,
    ) -> Result<Row, Problem> {
        self.check_setup_row(object, &accepted, writing.actor)?;
        let sent: Vec<_> = accepted.keys().cloned().collect();
        for (field, value) in accepted {
            row.set(&field, value);
        }
        self.derive(object, &mut row, before, &sent, writing)?;
        self.touch(&mut row, writing.now);
        let missing: Vec<_> = object
            .fields
            .iter()
            .filter(|field| !field.nillable && field.createable)
            .filter(|field| row.value(&field.name).is_null())
            .map(|field| field.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Problem::required(missing));
        }
        self.check_owner(object, &row, &sent)?;
        self.check_validation_rules(object, &row, before)?;
        Ok(row)
    }

    fn save(
        &mut self,
        object: &Object,
        row: Row,
        before: Option<&Row>,
        writing: Writing,
    ) -> Result<(), Problem> {
        self.check_lock(before.map(|row| row.id).or_else(|| parent(object, &row)))?;
        self.check_unique(object, &row)?;
        let comment = match object.name.as_str() {
            "Case" => row.text("Comments").map(str::to_owned),
            _ => None,
        };
        let (id, mut row) = (row.id, row);
        // The field is only a way to add a comment; it reads as nothing.
        row.set("Comments", Value::Null);
        self.store.put(object, row);
        self.after_setup_write(object);
        self.follow_person_account(object, id, writing);
        if let Some(text) = comment {
            let comment = json!({ "ParentId": id.as_str(), "CommentBody": text });
            let body = comment.as_object().cloned().unwrap_or_default();
            self.insert("CaseComment", &body, writing)?;
        }
        Ok(())
    }

    /// Takes the lock that a fault put on the next write's row.
    fn check_lock(&mut self, id: Option<Id>) -> Result<(), Problem> {
        if !std::mem::take(&mut self.row_locked) {
            return Ok(());
        }
        Err(Problem::locked(id.as_ref().map(Id::as_str)))
    }

    fn check_deletable(&self, row: &Row) -> Result<(), Problem> {
        let field = match row.object.as_str() {
            "Account" => "AccountId",
            "Contact" => "ContactId",
            _ => return Ok(()),
        };
        let cases = self.rows_with("Case", field, row.id.as_str());
        let numbers: Vec<_> = cases.filter_map(|case| case.text("CaseNumber")).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        Err(Problem::bad(
            "DELETE_FAILED",
            format!(
                "Your attempt to delete the record could not be completed because it is associated with the following cases.: {}",
                numbers.join(", ")
            ),
        )
        .on([]))
    }

    /// References to a deleted row become empty.
    fn forget_references(&mut self, object: &Object, id: Id, now: Timestamp) {
        let objects: Vec<_> = self.schema.objects().map(Arc::clone).collect();
        for child in objects {
            for field in child
                .fields
                .iter()
                .filter(|field| field.refers_to(&object.name))
            {
                let rows: Vec<_> = self
                    .store
                    .with(&child, &field.name, id.as_str())
                    .cloned()
                    .collect();
                for mut row in rows {
                    row.set(&field.name, Value::Null);
                    self.touch(&mut row, now);
                    self.store.put(&child, row);
                }
            }
        }
    }
}

/// A parent that is locked together with a new row.
fn parent(object: &Object, row: &Row) -> Option<Id> {
    let mut references = object.fields.iter().filter(|field| {
        matches!(field.kind, Kind::Reference(_)) && field.createable && field.name != "OwnerId"
    });
    references.find_map(|field| row.reference(&field.name))
}
