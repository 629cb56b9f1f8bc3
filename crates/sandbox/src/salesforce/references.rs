use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::problem::Problem;

/// The answers of a composite's earlier subrequests by their reference id.
pub(super) type Done = BTreeMap<String, Value>;

/// A text with every `@{id.path}` replaced by what the path leads to.
pub(super) fn in_url(text: &str, done: &Done) -> Result<String, Problem> {
    replace(text, done, Place::Url)
}

/// A body with every `@{id.path}` in its strings replaced. A string that is nothing else
/// becomes the value itself, null too.
pub(super) fn in_body(value: &Value, done: &Done) -> Result<Value, Problem> {
    Ok(match value {
        Value::String(text) => match whole(text) {
            Some(path) => find(path, done)?,
            None => Value::String(replace(text, done, Place::Body)?),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| in_body(item, done));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let mut replaced = Map::new();
            for (name, value) in fields {
                replaced.insert(name.clone(), in_body(value, done)?);
            }
            Value::Object(replaced)
        }
        other => other.clone(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    Url,
}

fn whole(text: &str) -> Option<&str> {
    let path = text.strip_prefix("@{")?.strip_suffix('}')?;
    (!path.contains('}')).then_some(path)
}

fn replace(text: &str, done: &Done, place: Place) -> Result<String, Problem> {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@{") {
        let Some((path, after)) = after.split_once('}') else {
            return Err(invalid(after));
        };
        replaced.push_str(before);
        match find(path, done)? {
            Value::String(value) => replaced.push_str(&value),
            Value::Null if place == Place::Body => {}
            Value::Null | Value::Array(_) | Value::Object(_) => return Err(invalid(path)),
            value => replaced.push_str(&value.to_string()),
        }
        rest = after;
    }
    replaced.push_str(rest);
    Ok(replaced)
}

/// Follows `id.records[0].Id`. Names count in their case: a created row has an `id`, a
/// shown one an `Id`.
fn find(path: &str, done: &Done) -> Result<Value, Problem> {
    let mut steps = path.split('.');
    let mut value = steps
        .next()
        .and_then(|id| done.get(id))
        .ok_or_else(|| invalid(path))?;
    for step in steps {
        let (name, indexes) = match step.split_once('[') {
            Some((name, indexes)) => (name, indexes.strip_suffix(']')),
            None => (step, None),
        };
        if !name.is_empty() {
            value = value.get(name).ok_or_else(|| invalid(path))?;
        }
        for index in indexes.into_iter().flat_map(|indexes| indexes.split("][")) {
            let index = index.parse::<usize>().map_err(|_| invalid(path))?;
            value = value.get(index).ok_or_else(|| invalid(path))?;
        }
    }
    match value {
        Value::Array(_) | Value::Object(_) => Err(invalid(path)),
        value => Ok(value.clone()),
    }
}

fn invalid(path: &str) -> Problem {
    let id = path.split('.').next().unwrap_or(path);
    Problem::bad(
        "PROCESSING_HALTED",
        format!(
            "Invalid reference specified. No value for {path} found in {id}. Provided referenceId ('{path}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn done() -> Done {
        let query = json!({ "totalSize": 1, "records": [{ "Id": "500A", "AccountId": null, "Owner": { "Name": "Ana" } }] });
        BTreeMap::from([
            ("q".to_owned(), query),
            ("made".to_owned(), json!({ "id": "003A", "success": true })),
        ])
    }

    #[test]
    fn paths_lead_to_values() {
        let body = json!({ "a": "@{q.records[0].Id}", "b": ["@{q.records[0].AccountId}"], "c": "by @{q.records[0].Owner.Name}!", "d": 1 });
        let replaced = in_body(&body, &done()).unwrap();
        assert_eq!(
            replaced,
            json!({ "a": "500A", "b": [null], "c": "by Ana!", "d": 1 })
        );
        let url = in_url("/sobjects/Contact/@{made.id}?fields=Id", &done()).unwrap();
        assert_eq!(url, "/sobjects/Contact/003A?fields=Id");
    }

    #[test]
    fn paths_to_nothing_halt() {
        for path in [
            "@{none.id}",
            "@{q.records[1].Id}",
            "@{q.records[0].id}",
            "@{made.Id}",
            "@{q.records}",
            "@{q",
        ] {
            let problem = in_body(&json!(path), &done()).unwrap_err();
            assert_eq!(problem.code, "PROCESSING_HALTED", "{path}");
        }
        let null = in_url("/x/@{q.records[0].AccountId}", &done()).unwrap_err();
        assert!(null.message.starts_with(
            "Invalid reference specified. No value for q.records[0].AccountId found in q."
        ));
    }
}
