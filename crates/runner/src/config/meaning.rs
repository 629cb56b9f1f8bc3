//! What the schema says of a key: what it means, which values it may have.

use serde_json::Value as Json;

/// What the key at `keys` means.
pub(super) fn description(schema: &Json, keys: &[String]) -> Option<String> {
    let text = at(schema, keys)?.get("description")?.as_str()?;
    Some(text.replace('\n', " "))
}

/// The values that the key at `keys` may have, or the one above it, as they are written; when the schema
/// lists them.
pub(super) fn choices(schema: &Json, keys: &[String]) -> Option<String> {
    let (_, above) = keys.split_last()?;
    let choices = [keys, above].into_iter().find_map(|keys| {
        let one_of = resolved(schema, at(schema, keys)?)
            .get("oneOf")?
            .as_array()?;
        let written: Option<Vec<_>> = one_of.iter().map(choice).collect();
        written.filter(|written| written.iter().any(|choice| choice.starts_with('"')))
    })?;
    match &choices[..] {
        [] => None,
        [only] => Some(format!("known: {only}")),
        [others @ .., last] => Some(format!("known: {} or {last}", others.join(", "))),
    }
}

/// A word, or a table of one key.
fn choice(schema: &Json) -> Option<String> {
    if let Some(word) = schema.get("const").and_then(Json::as_str) {
        return Some(format!("{word:?}"));
    }
    let mut keys = schema.get("properties")?.as_object()?.keys();
    Some(format!("{{ {} = N }}", keys.next()?))
}

fn at<'s>(root: &'s Json, keys: &[String]) -> Option<&'s Json> {
    keys.iter()
        .try_fold(root, |schema, key| property(root, schema, key))
}

pub(super) fn resolved<'s>(root: &'s Json, schema: &'s Json) -> &'s Json {
    let name = schema.get("$ref").and_then(Json::as_str);
    name.and_then(|name| root.pointer(name.trim_start_matches('#')))
        .unwrap_or(schema)
}

/// The schema of the key `key` in a table of `schema`.
pub(super) fn property<'s>(root: &'s Json, schema: &'s Json, key: &str) -> Option<&'s Json> {
    let schema = resolved(root, schema);
    if let Some(found) = schema.get("properties").and_then(|all| all.get(key)) {
        return Some(found);
    }
    ["anyOf", "oneOf"]
        .iter()
        .filter_map(|any| schema.get(any)?.as_array())
        .flatten()
        .find_map(|one| property(root, one, key))
        .or_else(|| {
            schema
                .get("additionalProperties")
                .filter(|any| any.is_object())
        })
}
