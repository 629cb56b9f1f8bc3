use serde_json::{Map, Value, json};

use super::Salesforce;
use super::call::{Call, Reply};
use super::id::Id;
use super::problem::Problem;

const MAX_ROWS: usize = 200;

impl Salesforce {
    /// `POST` and `PATCH composite/sobjects`.
    pub(super) fn collections(&mut self, call: &Call) -> Result<Reply, Problem> {
        let create = call.method == http::Method::POST;
        self.each_row(call, |fake, row| match create {
            true => fake.insert_one(call, row),
            false => fake.update_one(call, row),
        })
    }

    /// `PATCH composite/sobjects/X/FIELD`.
    pub(super) fn upsert_collection(
        &mut self,
        call: &Call,
        object: &str,
        field: &str,
    ) -> Result<Reply, Problem> {
        let described = self.object(object)?;
        let field = self.lookup_field(&described, field)?;
        self.each_row(call, |fake, row| {
            let (_, mut values) = typed(row)?;
            let value = values.remove(&field.name);
            let value = value.as_ref().and_then(Value::as_str).unwrap_or_default();
            let found = fake.database.matching(&described, &field, value);
            match found.as_slice() {
                [] => {
                    values.insert(field.name.clone(), json!(value));
                    let id = fake.database.insert(object, &values, call.writing())?;
                    Ok(json!({ "id": id.as_str(), "success": true, "errors": [], "created": true }))
                }
                [id] => {
                    fake.database.update(*id, &values, call.writing())?;
                    Ok(json!({ "id": id.as_str(), "success": true, "errors": [], "created": false }))
                }
                _ => Err(Problem::bad(
                    "DUPLICATE_EXTERNAL_ID",
                    format!("{}: more than one record found for external id field", field.name),
                )),
            }
        })
    }

    /// Does the same to each row. The status is 200 whatever happened to them.
    fn each_row(
        &mut self,
        call: &Call,
        mut act: impl FnMut(&mut Self, &Map<String, Value>) -> Result<Value, Problem>,
    ) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let body = call.object_body()?;
        let atomic = body.get("allOrNone") == Some(&json!(true));
        let rows = body.get("records").and_then(Value::as_array);
        let rows = rows.ok_or_else(|| Problem::json("records must be an array"))?;
        if rows.len() > MAX_ROWS {
            return Err(Problem::bad(
                "EXCEEDED_MAX_SIZE_REQUEST",
                format!(
                    "record limit reached. cannot submit more than {MAX_ROWS} records into this call"
                ),
            ));
        }
        let start = self.database.store.savepoint();
        let mut outcomes = Vec::new();
        for row in rows {
            let before = self.database.store.savepoint();
            let row = row.as_object();
            let row = row.ok_or_else(|| Problem::json("each record must be an object"))?;
            let outcome = act(self, row);
            if outcome.is_err() {
                self.undo(before);
            }
            outcomes.push(outcome);
        }
        let failed = outcomes.iter().any(Result::is_err);
        if failed && atomic {
            self.undo(start);
            let rolled_back = Problem::bad(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using AllOrNone header",
            );
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
                *outcome = Err(rolled_back.clone());
            }
        }
        let shown = outcomes.into_iter().map(|outcome| {
            outcome.unwrap_or_else(
                |problem| json!({ "success": false, "errors": [problem.to_collection_json()] }),
            )
        });
        Ok(Reply {
            failed: failed && atomic,
            ..Reply::ok(Value::Array(shown.collect()))
        })
    }

    fn insert_one(&mut self, call: &Call, row: &Map<String, Value>) -> Result<Value, Problem> {
        let (object, values) = typed(row)?;
        let id = self.database.insert(&object, &values, call.writing())?;
        Ok(json!({ "id": id.as_str(), "success": true, "errors": [] }))
    }

    fn update_one(&mut self, call: &Call, row: &Map<String, Value>) -> Result<Value, Problem> {
        let (object, mut values) = typed(row)?;
        let id = values.remove("id").or_else(|| values.remove("Id"));
        let text = id.as_ref().and_then(Value::as_str).unwrap_or_default();
        let described = self.object(&object)?;
        let id = Id::parse(text).filter(|id| id.prefix() == described.prefix);
        let id = id.ok_or_else(|| {
            Problem::bad(
                "MALFORMED_ID",
                format!("{} ID: id value of incorrect type: {text}", described.label),
            )
            .on(["Id"])
        })?;
        self.database.update(id, &values, call.writing())?;
        Ok(json!({ "id": id.as_str(), "success": true, "errors": [] }))
    }
}

/// A row's object and its other keys.
fn typed(row: &Map<String, Value>) -> Result<(String, Map<String, Value>), Problem> {
    let object = row
        .get("attributes")
        .and_then(|attributes| attributes["type"].as_str());
    let object =
        object.ok_or_else(|| Problem::bad("INVALID_TYPE", "Must send a concrete entity type."))?;
    let mut values = row.clone();
    values.remove("attributes");
    Ok((object.to_owned(), values))
}
