//! Custom attributes: their names end in their types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::call::{Call, ok};
use super::id::{Id, Ids};
use super::problem::Problem;
use super::schema::Attributes;
use super::view::{relationship, stamp};
use super::{Kustomer, schemas};
use crate::answer::Answer;

/// The custom attributes of all resources.
#[derive(Debug)]
pub(super) struct Metadata {
    resources: BTreeMap<String, Resource>,
}

#[derive(Debug)]
struct Resource {
    id: Id,
    attributes: Attributes,
}

/// One custom attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) kind: AttributeType,
    /// What else was said of it, as it is shown.
    shown: Map<String, Value>,
    modified_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttributeType {
    Bool,
    Date,
    Id,
    Number,
    Text,
    Url,
}

const SUFFIXES: [(&str, AttributeType, &str); 7] = [
    ("At", AttributeType::Date, "date"),
    ("Bool", AttributeType::Bool, "boolean"),
    ("Id", AttributeType::Id, "id"),
    ("Num", AttributeType::Number, "number"),
    ("Str", AttributeType::Text, "string"),
    ("Txt", AttributeType::Text, "text"),
    ("Url", AttributeType::Url, "url"),
];

/// The stem, the type and its name; none when the name ends in no type.
fn read_name(name: &str) -> Option<(&str, AttributeType, &'static str)> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut suffixes = SUFFIXES.into_iter();
    suffixes.find_map(|(suffix, kind, type_name)| {
        let stem = name.strip_suffix(suffix)?;
        let is_name = is_plain && stem.starts_with(|c: char| c.is_ascii_alphabetic());
        is_name.then_some((stem, kind, type_name))
    })
}

/// `totalOrders` as `Total Orders`.
fn title(stem: &str) -> String {
    let mut title = String::new();
    for c in stem.chars() {
        if c.is_ascii_uppercase() && !title.is_empty() {
            title.push(' ');
        }
        match title.is_empty() {
            true => title.push(c.to_ascii_uppercase()),
            false => title.push(c),
        }
    }
    title
}

impl Metadata {
    pub(super) fn of_new_organisation<'a>(
        klasses: impl Iterator<Item = &'a String>,
        ids: &mut Ids,
    ) -> Self {
        let stock = ["company", "conversation", "customer", "message"];
        let names = stock.into_iter().map(str::to_owned);
        let names = names.chain(klasses.map(|klass| format!("kobject.{klass}")));
        let resource = |ids: &mut Ids| Resource {
            id: ids.next(Timestamp::UNIX_EPOCH),
            attributes: Attributes::new(),
        };
        Self {
            resources: names.map(|name| (name, resource(ids))).collect(),
        }
    }

    /// The attributes of a resource that the organisation has.
    pub(super) fn of(&self, resource: &str) -> Result<&Attributes, Problem> {
        let found = self.resources.get(resource);
        let found = found.ok_or_else(|| Problem::not_found("resource"))?;
        Ok(&found.attributes)
    }

    /// Adds or changes an attribute; those who are not named stay as they are.
    fn define(
        &mut self,
        resource: &str,
        name: &str,
        sent: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Some((stem, kind, type_name)) = read_name(name) else {
            return Err(Problem::bad(name, "The name ends in no type"));
        };
        let found = self.resources.get_mut(resource);
        let found = found.ok_or_else(|| Problem::not_found("resource"))?;
        let attribute = found.attributes.entry(name.to_owned());
        let attribute = attribute.or_insert_with(|| {
            let shown = json!({ "type": type_name, "displayName": title(stem) });
            Attribute {
                kind,
                shown: shown.as_object().cloned().unwrap_or_default(),
                modified_at: now,
            }
        });
        attribute.shown.extend(sent.clone());
        attribute.modified_at = now;
        Ok(())
    }

    /// Adds a text attribute of conversations unless there is one of that name.
    pub(super) fn ensure(&mut self, name: &str, display_name: &str, now: Timestamp) {
        let there = self
            .of("conversation")
            .is_ok_and(|all| all.contains_key(name));
        if !there {
            let sent = Map::from_iter([("displayName".to_owned(), display_name.into())]);
            // Refused are only names without a type.
            let _defined = self.define("conversation", name, &sent, now);
        }
    }
}

impl Kustomer {
    pub(super) fn show_metadata(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        self.metadata_answer(call.argument(0))
    }

    pub(super) fn update_metadata(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        self.metadata.of(call.argument(0))?;
        let none = Attributes::new();
        let body = call.body(&schemas::UPDATE_METADATA, &none)?;
        let properties = body.members("properties").cloned().unwrap_or_default();
        for (name, sent) in &properties {
            let Some(sent) = sent.as_object() else {
                return Err(Problem::bad(name, "Not an object"));
            };
            schemas::UPDATE_ATTRIBUTE.check(sent, &none)?;
            if read_name(name).is_none() {
                return Err(Problem::bad(name, "The name ends in no type"));
            }
        }
        for (name, sent) in &properties {
            let sent = sent.as_object().cloned().unwrap_or_default();
            self.metadata
                .define(call.argument(0), name, &sent, call.now)?;
        }
        self.metadata_answer(call.argument(0))
    }

    fn metadata_answer(&self, resource: &str) -> Result<Answer, Problem> {
        let found = self.metadata.resources.get(resource);
        let found = found.ok_or_else(|| Problem::not_found("resource"))?;
        let properties = found.attributes.iter().map(|(name, attribute)| {
            let mut shown = attribute.shown.clone();
            shown.insert("modifiedBy".to_owned(), self.machine.to_string().into());
            shown.insert("modifiedAt".to_owned(), stamp(attribute.modified_at).into());
            shown.insert("updatedAt".to_owned(), stamp(attribute.modified_at).into());
            (name.clone(), Value::Object(shown))
        });
        Ok(ok(json!({
            "type": "metadata",
            "id": found.id.to_string(),
            "attributes": { "properties": properties.collect::<Map<_, _>>() },
            "relationships": { "org": relationship("org", self.organisation) },
            "links": { "self": format!("/v1/metadata/{resource}") },
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_their_type() {
        let kind = |name| read_name(name).map(|(_, kind, _)| kind);
        assert_eq!(kind("leafQueueStr"), Some(AttributeType::Text));
        assert_eq!(kind("totalOrdersNum"), Some(AttributeType::Number));
        assert_eq!(kind("notAnActualAttribute"), None);
        assert_eq!(kind("Str"), None);
        assert_eq!(kind("with spaceStr"), None);
        assert_eq!(title("totalOrders"), "Total Orders");
    }
}
