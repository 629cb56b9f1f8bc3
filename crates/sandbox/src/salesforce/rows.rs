use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::access::Actor;
use super::call::{Call, Reply, Version};
use super::id::Id;
use super::problem::Problem;
use super::schema::{Field, Object};
use super::store::Row;

impl Salesforce {
    /// `POST sobjects/X`.
    pub(super) fn create_row(&mut self, call: &Call, object: &str) -> Result<Reply, Problem> {
        call.permit(&[])?;
        self.object(object)?;
        let id = self
            .database
            .insert(object, call.object_body()?, call.writing())?;
        Ok(created(
            call.version,
            object,
            id,
            json!({ "id": id.as_str(), "success": true, "errors": [] }),
        ))
    }

    /// `GET`, `PATCH` and `DELETE sobjects/X/ID`.
    pub(super) fn row(&mut self, call: &Call, object: &str, id: &str) -> Result<Reply, Problem> {
        let object = self.object(object)?;
        let id = id_of(&object, id)?;
        match call.method {
            Method::GET => self.show(call, &object, id),
            Method::DELETE => {
                call.permit(&[])?;
                self.database.delete(id, call.writing())?;
                Ok(Reply::no_content())
            }
            _ => {
                call.permit(&[])?;
                self.database
                    .update(id, call.object_body()?, call.writing())?;
                Ok(Reply::no_content())
            }
        }
    }

    /// `GET` and `PATCH sobjects/X/FIELD/VALUE`.
    pub(super) fn lookup(
        &mut self,
        call: &Call,
        object: &str,
        field: &str,
        value: &str,
    ) -> Result<Reply, Problem> {
        let object = self.object(object)?;
        let described = self.lookup_field(&object, field)?;
        let found = match described.name.as_str() {
            "Id" => {
                let id = id_of(&object, value)?;
                vec![id]
            }
            _ => self.database.matching(&object, &described, value),
        };
        if found.len() > 1 {
            let urls: Vec<_> = found
                .iter()
                .map(|id| call.version.row(&object.name, id.as_str()))
                .collect();
            return Ok(Reply {
                status: StatusCode::MULTIPLE_CHOICES,
                failed: true,
                ..Reply::ok(json!(urls))
            });
        }
        if call.method == Method::GET {
            let id = found.first().ok_or_else(Problem::not_found)?;
            return self.show(call, &object, *id);
        }
        call.permit(&["updateOnly"])?;
        let upserted = self.upsert(call, &object, &described, value, found.first().copied())?;
        Ok(upsert_reply(call.version, &object.name, upserted))
    }

    /// The field if rows can be looked up by it.
    pub(super) fn lookup_field(&self, object: &Object, field: &str) -> Result<Field, Problem> {
        let described = object.field(field).filter(|described| {
            described.is_lookup() && self.database.sees(Actor::Integration, object, described)
        });
        described.cloned().ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                format!("Provided external ID field does not exist or is not accessible: {field}"),
            )
        })
    }

    fn upsert(
        &mut self,
        call: &Call,
        object: &Object,
        field: &Field,
        value: &str,
        found: Option<Id>,
    ) -> Result<(Id, bool), Problem> {
        let body = call.object_body()?;
        if body.contains_key(&field.name) {
            return Err(Problem::bad(
                "INVALID_FIELD",
                format!(
                    "The {} field should not be specified in the sobject data.",
                    field.name
                ),
            )
            .on([&field.name]));
        }
        let update_only = call.parameter("updateOnly") == Some("true");
        match found {
            Some(id) => {
                self.database.update(id, body, call.writing())?;
                Ok((id, false))
            }
            None if update_only => Err(Problem::not_found()),
            None => {
                let mut body = body.clone();
                body.insert(field.name.clone(), json!(value));
                let id = self.database.insert(&object.name, &body, call.writing())?;
                Ok((id, true))
            }
        }
    }

    fn show(&self, call: &Call, object: &Object, id: Id) -> Result<Reply, Problem> {
        call.permit(&["fields"])?;
        let Some(row) = self.database.row(id) else {
            return Err(match self.database.store.is_deleted(id) {
                true => Problem::deleted(),
                false => Problem::not_found(),
            });
        };
        let wanted: Option<Vec<_>> = call
            .parameter("fields")
            .map(|fields| fields.split(',').map(str::trim).collect());
        let sees = |field: &&Field| self.database.sees(Actor::Integration, object, field);
        for name in wanted.iter().flatten() {
            if object.field(name).filter(sees).is_none() {
                return Err(Problem::no_such_column(name, &object.name));
            }
        }
        let shown = object.fields.iter().filter(sees).filter(|field| {
            let asked =
                |wanted: &Vec<&str>| field.name == "Id" || wanted.contains(&field.name.as_str());
            wanted.as_ref().is_none_or(asked)
        });
        Ok(Reply::ok(self.shown(call.version, row, shown)))
    }

    /// A row with some of its fields, as answers show it.
    pub(super) fn shown<'a>(
        &self,
        version: Version,
        row: &Row,
        fields: impl Iterator<Item = &'a Field>,
    ) -> Value {
        let url = version.row(&row.object, row.id.as_str());
        let mut shown = Map::new();
        shown.insert(
            "attributes".to_owned(),
            json!({ "type": row.object, "url": url }),
        );
        for field in fields {
            shown.insert(field.name.clone(), self.database.value(row, field));
        }
        Value::Object(shown)
    }

    /// The object if the data API shows it.
    pub(super) fn object(&self, name: &str) -> Result<Arc<Object>, Problem> {
        let object = self.database.visible_object(Actor::Integration, name);
        object.map(Arc::clone).ok_or_else(Problem::not_found)
    }
}

fn upsert_reply(version: Version, object: &str, (id, inserted): (Id, bool)) -> Reply {
    let mut body = json!({ "id": id.as_str(), "success": true, "errors": [] });
    // Since this version an update answers like an insertion, and both say which they were.
    if version >= Version(46) {
        body["created"] = json!(inserted);
    }
    match (inserted, version >= Version(46)) {
        (true, _) => created(version, object, id, body),
        (false, true) => Reply {
            location: Some(version.row(object, id.as_str())),
            ..Reply::ok(body)
        },
        (false, false) => Reply::no_content(),
    }
}

fn created(version: Version, object: &str, id: Id, body: Value) -> Reply {
    Reply::created(body, version.row(object, id.as_str()))
}

/// Reads an id of this object.
pub(super) fn id_of(object: &Object, text: &str) -> Result<Id, Problem> {
    let id = Id::parse(text).filter(|id| id.prefix() == object.prefix);
    id.ok_or_else(|| {
        let label = match object.is_custom() {
            true => "Record",
            false => &object.label,
        };
        Problem::bad(
            "MALFORMED_ID",
            format!("{label} ID: id value of incorrect type: {text}"),
        )
        .on(["Id"])
    })
}
