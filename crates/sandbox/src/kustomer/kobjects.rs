//! Custom objects: only what a customer's own need.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Kustomer;
use super::call::{Call, created, ok};
use super::id::Id;
use super::limits::Created;
use super::problem::Problem;
use super::schemas;
use super::view::{relationship, stamp};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct KObject {
    id: Id,
    pub(super) customer: Id,
    pub(super) klass: String,
    /// The attributes that are shown as they were sent.
    as_sent: Map<String, Value>,
    created_at: Timestamp,
}

impl Kustomer {
    pub(super) fn create_kobject(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let customer = call.id()?;
        self.customer(customer, "id")?;
        let klass = call.argument(1).to_owned();
        let custom = self.metadata.of(&format!("kobject.{klass}"));
        let custom = custom.map_err(|_| Problem::not_found("klass"))?;
        let body = call.body(&schemas::CREATE_KOBJECT, custom)?;
        if self.kobject(&klass, body.text("externalId")).is_some() {
            return Err(Problem::duplicate("externalId"));
        }
        self.take_create(call, &body, Created::KObject, customer)?;
        let kobject = KObject {
            id: self.ids.next(call.now),
            customer,
            klass,
            as_sent: body.0,
            created_at: call.now,
        };
        let shown = self.shown_kobject(&kobject);
        self.store.kobjects.insert(kobject.id, kobject);
        Ok(created(shown))
    }

    pub(super) fn show_kobject(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let found = self.kobject(call.argument(0), Some(call.argument(1)));
        let found = found.ok_or_else(|| Problem::not_found("externalId"))?;
        Ok(ok(self.shown_kobject(found)))
    }

    fn kobject(&self, klass: &str, external_id: Option<&str>) -> Option<&KObject> {
        let external_id = external_id?;
        self.store.kobjects.values().find(|kobject| {
            kobject.klass == klass
                && kobject.as_sent.get("externalId").and_then(Value::as_str) == Some(external_id)
        })
    }

    fn shown_kobject(&self, kobject: &KObject) -> Value {
        let KObject { id, klass, .. } = kobject;
        let at = stamp(kobject.created_at);
        let mut attributes = json!({
            "icon": "shopping", "images": [], "tags": [], "updatedAt": at, "createdAt": at, "rev": 1, "roleGroupVersions": [],
        });
        for (key, value) in &kobject.as_sent {
            attributes[key] = value.clone();
        }
        json!({
            "type": format!("kobject.{klass}"),
            "id": id.to_string(),
            "attributes": attributes,
            "relationships": {
                "org": relationship("org", self.organisation),
                // Recorded with `link`, where everything else has `links`.
                "klass": { "link": { "self": format!("/v1/klasses/{klass}") }, "data": { "type": "klass", "id": klass } },
                "customer": relationship("customer", kobject.customer),
            },
            "links": { "self": format!("/v1/klasses/{klass}s/{id}") },
        })
    }

    /// The last custom objects of a customer, newest first, as the customer lists them.
    pub(super) fn recent_items(&self, customer: Id) -> Vec<Value> {
        let all = self.store.kobjects.values().rev();
        all.filter(|kobject| kobject.customer == customer)
            .take(RECENT_ITEMS)
            .map(|kobject| {
                json!({
                    "meta": { "klassName": kobject.klass }, "updatedAt": stamp(kobject.created_at),
                    "type": "kobject", "id": kobject.id.to_string(),
                })
            })
            .collect()
    }
}

const RECENT_ITEMS: usize = 4;
