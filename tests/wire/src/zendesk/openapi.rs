//! An OpenAPI document, as far as requests go.

use std::path::Path;

use jsonschema::Draft;
use serde_json::{Value, json};

pub(super) struct Document(Value);

/// What the document says of one operation.
struct Operation<'a> {
    parameters: Vec<&'a Value>,
    body: Option<&'a Value>,
}

impl Operation<'_> {
    /// The schema of a query parameter; of `page[size]` that of the property `size` of a deep object `page`.
    fn query_schema(&self, name: &str) -> Option<&Value> {
        let (name, property) = match name.split_once('[') {
            Some((name, property)) => (name, Some(property.trim_end_matches(']'))),
            None => (name, None),
        };
        let mut parameters = self.parameters.iter().copied();
        let declared =
            parameters.find(|parameter| parameter["in"] == "query" && parameter["name"] == name)?;
        match property {
            Some(property) if declared["style"] == "deepObject" => {
                declared["schema"]["properties"].get(property)
            }
            Some(_) => None,
            None => Some(&declared["schema"]),
        }
    }
}

impl Document {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let options = serde_saphyr::options! { budget: None };
        let document = serde_saphyr::from_str_with_options(&text, options);
        Self(document.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Everything about `request`, as a golden file has it, that the document does not allow.
    pub(super) fn complaints(&self, request: &Value) -> Vec<String> {
        let (method, path) = (
            request["method"].as_str().unwrap(),
            request["path"].as_str().unwrap(),
        );
        let Some(operation) = self.operation(method, path) else {
            return vec!["the operation is not documented".to_owned()];
        };
        let mut complaints = Vec::new();
        for (name, value) in request["query"].as_object().unwrap() {
            match operation.query_schema(name) {
                None => complaints.push(format!("query parameter {name} is not declared")),
                Some(schema) => {
                    let value = typed(value.as_str().unwrap());
                    complaints.extend(self.invalid(schema, &value, name));
                }
            }
        }
        match (&request["body"], operation.body) {
            (Value::Null, _) => {}
            (_, None) => complaints.push("a body is not declared".to_owned()),
            (body, Some(schema)) => {
                complaints.extend(self.invalid(schema, body, "body"));
                self.undeclared(&[schema], body, "body", &mut complaints);
            }
        }
        complaints
    }

    /// The documented path with the most fixed segments that fits.
    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let fitting = paths.filter_map(|(template, item)| Some((fixed(template, path)?, item)));
        let (_, item) = fitting.max_by_key(|(fixed, _)| *fixed)?;
        let operation = item.get(method.to_lowercase())?;
        let shared = item["parameters"].as_array().into_iter().flatten();
        let own = operation["parameters"].as_array().into_iter().flatten();
        Some(Operation {
            parameters: shared
                .chain(own)
                .map(|parameter| self.resolved(parameter))
                .collect(),
            body: operation.pointer("/requestBody/content/application~1json/schema"),
        })
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else {
            return value;
        };
        let pointer = reference.trim_start_matches('#');
        self.resolved(
            self.0
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        )
    }

    fn invalid(&self, schema: &Value, value: &Value, what: &str) -> Vec<String> {
        // OpenAPI 3.0 is nearest to draft 4, where keys beside `$ref` do not count.
        let root = json!({
            "allOf": [schema],
            "components": { "schemas": self.0["components"]["schemas"] },
        });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft4)
            .build(&root)
            .unwrap_or_else(|error| panic!("the schema of {what}: {error}"));
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{what}{}: {error}", error.instance_path()))
            .collect()
    }

    /// Adds the keys of `value` that none of `schemas` declares: Zendesk ignores such a key, and so does a schema.
    fn undeclared(&self, schemas: &[&Value], value: &Value, place: &str, into: &mut Vec<String>) {
        let schemas = self.alternatives(schemas);
        match value {
            Value::Object(fields) => {
                let is_free = schemas.iter().any(|schema| {
                    schema.get("properties").is_none()
                        || !matches!(
                            schema["additionalProperties"],
                            Value::Null | Value::Bool(false)
                        )
                });
                for (key, field) in fields {
                    let pointer = format!("{place}.{key}");
                    let of_key = schemas
                        .iter()
                        .filter_map(|schema| schema["properties"].get(key));
                    let of_key: Vec<_> = of_key.collect();
                    match (of_key.is_empty(), is_free) {
                        (true, false) => into.push(format!("{pointer} is not declared")),
                        (true, true) => {}
                        (false, _) => self.undeclared(&of_key, field, &pointer, into),
                    }
                }
            }
            Value::Array(items) => {
                let of_items = schemas.iter().filter_map(|schema| schema.get("items"));
                let of_items: Vec<_> = of_items.collect();
                for item in items {
                    self.undeclared(&of_items, item, &format!("{place}[]"), into);
                }
            }
            _ => {}
        }
    }

    /// The schemas with what they refer to and are composed of.
    fn alternatives<'a>(&'a self, schemas: &[&'a Value]) -> Vec<&'a Value> {
        let mut all = Vec::new();
        for schema in schemas {
            let schema = self.resolved(schema);
            let parts = ["allOf", "anyOf", "oneOf"]
                .into_iter()
                .filter_map(|word| schema[word].as_array());
            let parts: Vec<_> = parts.flatten().collect();
            if parts.is_empty() || schema.get("properties").is_some() {
                all.push(schema);
            }
            all.extend(self.alternatives(&parts));
        }
        all
    }
}

/// How many segments of `template` are fixed, when it fits `path`.
fn fixed(template: &str, path: &str) -> Option<usize> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let is_free = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    let fits = |(template, segment): (&&str, &&str)| is_free(template) || template == segment;
    let fits = template.len() == path.len() && template.iter().zip(&path).all(fits);
    fits.then(|| template.iter().filter(|segment| !is_free(segment)).count())
}

/// A parameter as what its text looks like.
fn typed(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| json!(text), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        Document(json!({
            "paths": {
                "/things/{id}": { "get": {}, "parameters": [{ "name": "id", "in": "path" }] },
                "/things/search": { "get": { "parameters": [
                    { "$ref": "#/components/parameters/Page" }, { "$ref": "#/components/parameters/Cursor" }] } },
                "/things": { "post": { "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Thing" } } } } } },
            },
            "components": {
                "parameters": {
                    "Page": { "name": "page", "in": "query", "schema": { "type": "integer" } },
                    "Cursor": { "name": "cursor", "in": "query", "style": "deepObject", "schema": {
                        "type": "object", "properties": { "size": { "type": "integer" } } } },
                },
                "schemas": { "Thing": { "allOf": [
                    { "type": "object", "properties": { "size": { "type": "integer" } } },
                    { "type": "object", "properties": { "tags": { "type": "array", "items": { "type": "object", "properties": { "a": {} } } } } },
                ] } },
            },
        }))
    }

    fn complaints(method: &str, path: &str, query: Value, body: Value) -> Vec<String> {
        document()
            .complaints(&json!({ "method": method, "path": path, "query": query, "body": body }))
    }

    #[test]
    fn what_the_document_says_is_right() {
        assert_eq!(
            complaints("GET", "/things/7", json!({}), Value::Null),
            [""; 0]
        );
        assert_eq!(
            complaints("GET", "/things/search", json!({ "page": "2" }), Value::Null),
            [""; 0]
        );
        let cursor = json!({ "cursor[size]": "2" });
        assert_eq!(
            complaints("GET", "/things/search", cursor, Value::Null),
            [""; 0]
        );
        let body = json!({ "size": 1, "tags": [{ "a": 1 }] });
        assert_eq!(complaints("POST", "/things", json!({}), body), [""; 0]);
    }

    #[test]
    fn what_it_does_not_say_is_complained_of() {
        for (method, path, query, body, complaint) in [
            (
                "GET",
                "/other",
                json!({}),
                Value::Null,
                "the operation is not documented",
            ),
            (
                "PUT",
                "/things",
                json!({}),
                Value::Null,
                "the operation is not documented",
            ),
            (
                "GET",
                "/things/7",
                json!({ "page": "2" }),
                Value::Null,
                "page is not declared",
            ),
            (
                "GET",
                "/things/search",
                json!({ "page[size]": "2" }),
                Value::Null,
                "page[size] is not declared",
            ),
            (
                "GET",
                "/things/search",
                json!({ "page": "two" }),
                Value::Null,
                "\"two\" is not of type",
            ),
            (
                "GET",
                "/things/7",
                json!({}),
                json!({}),
                "a body is not declared",
            ),
            (
                "POST",
                "/things",
                json!({}),
                json!({ "size": "big" }),
                "\"big\" is not of type",
            ),
            (
                "POST",
                "/things",
                json!({}),
                json!({ "sise": 1 }),
                "body.sise is not declared",
            ),
            (
                "POST",
                "/things",
                json!({}),
                json!({ "tags": [{ "b": 1 }] }),
                "body.tags[].b is not declared",
            ),
        ] {
            let complaints = complaints(method, path, query, body);
            assert_eq!(complaints.len(), 1, "{complaints:?}");
            assert!(complaints[0].contains(complaint), "{complaints:?}");
        }
    }
}
