//! Reading and writing customers. A phone, an e-mail address and an external id are one
//! customer's.

use http::StatusCode;
use serde_json::{Value, json};

use super::Kustomer;
use super::body::{Body, merge};
use super::call::{Call, created, ok};
use super::conversation::Status;
use super::customer::{Contact, Counts, Customer};
use super::id::Id;
use super::limits::Bucket;
use super::problem::Problem;
use super::schema::is_e164;
use super::schemas;
use super::store::Name;
use super::view::relationship;
use crate::answer::Answer;

impl Kustomer {
    pub(super) fn create_customer(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let custom = self.metadata.of("customer")?;
        let body = call.body(&schemas::CREATE_CUSTOMER, custom)?;
        let mut customer = Customer::blank(self.ids.next(call.now), call.now);
        fill_in(&mut customer, &body);
        self.check_names(&customer)?;
        let shown = self.shown_customer(&customer);
        self.insert_customer(customer);
        Ok(created(shown))
    }

    pub(super) fn update_customer(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.only_partial()?;
        call.finish()?;
        let custom = self.metadata.of("customer")?;
        let body = call.body(&schemas::UPDATE_CUSTOMER, custom)?;
        let before = self.customer(call.id()?, "id")?.clone();
        let bucket = Bucket::Updates { object: before.id };
        self.limits.take(bucket, call.now)?;
        if body.number("rev").is_some_and(|rev| rev != before.rev) {
            return Err(Problem::stale());
        }
        let mut customer = before.clone();
        fill_in(&mut customer, &body);
        self.check_names(&customer)?;
        customer.touch(call.now);
        let shown = self.shown_customer(&customer);
        self.forget_customer_names(&before);
        self.insert_customer(customer);
        Ok(ok(shown))
    }

    pub(super) fn delete_customer(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let mut customer = self.customer(call.id()?, "id")?.clone();
        self.forget_customer_names(&customer);
        customer.is_deleted = true;
        self.store.customers.insert(customer.id, customer);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn insert_customer(&mut self, customer: Customer) {
        for name in customer.names() {
            self.store.name(name, customer.id);
        }
        self.store.customers.insert(customer.id, customer);
    }

    fn forget_customer_names(&mut self, customer: &Customer) {
        for name in customer.names() {
            self.store.unname(&name, customer.id);
        }
    }

    /// Refuses a customer that is found by what another is found by.
    fn check_names(&self, customer: &Customer) -> Result<(), Problem> {
        for name in customer.names() {
            if self.store.named(&name).is_some_and(|id| id != customer.id) {
                let parameter = match name {
                    Name::CustomerEmail(_) => "email",
                    Name::CustomerPhone(_) => "phone",
                    _ => "externalId",
                };
                return Err(Problem::duplicate(parameter));
            }
        }
        Ok(())
    }

    pub(super) fn show_customer(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let customer = self.customer(call.id()?, "id")?;
        Ok(ok(self.shown_customer(customer)))
    }

    pub(super) fn show_customer_with_email(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        let name = Name::CustomerEmail(call.argument(0).to_lowercase());
        self.show_named_customer(call, &name, "email")
    }

    pub(super) fn show_customer_with_external_id(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        let name = Name::CustomerExternalId(call.argument(0).to_owned());
        self.show_named_customer(call, &name, "externalId")
    }

    pub(super) fn show_customer_with_phone(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        if !is_e164(call.argument(0)) {
            return Err(Problem::bad("phone", "Not a phone in E.164"));
        }
        let name = Name::CustomerPhone(call.argument(0).to_owned());
        self.show_named_customer(call, &name, "phone")
    }

    fn show_named_customer(
        &self,
        call: &Call<'_>,
        name: &Name,
        parameter: &str,
    ) -> Result<Answer, Problem> {
        call.finish()?;
        let id = self.store.named(name);
        let id = id.ok_or_else(|| Problem::not_found(parameter))?;
        Ok(ok(self.shown_customer(self.customer(id, parameter)?)))
    }

    pub(super) fn customer(&self, id: Id, parameter: &str) -> Result<&Customer, Problem> {
        let found = self.store.customers.get(&id);
        found
            .filter(|found| !found.is_deleted)
            .ok_or_else(|| Problem::not_found(parameter))
    }

    pub(super) fn shown_customer(&self, customer: &Customer) -> Value {
        let path = format!("/v1/customers/{}", customer.id);
        let mut attributes = customer.attributes(self.counts(customer));
        attributes["recentItems"] = self.recent_items(customer.id).into();
        if !customer.custom.is_empty() {
            attributes["custom"] = customer.custom.clone().into();
        }
        let mut relationships = json!({
            "messages": { "links": { "self": format!("{path}/messages") } },
            "modifiedBy": relationship("user", self.machine),
            "org": relationship("org", self.organisation),
        });
        for klass in &self.options.klasses {
            relationships[format!("{klass}s")] = json!({ "links": { "self": format!("{path}/klasses/{klass}s") }, "meta": { "kobject": true } });
        }
        json!({
            "type": "customer",
            "id": customer.id.to_string(),
            "attributes": attributes,
            "relationships": relationships,
            "links": { "self": path },
        })
    }

    fn counts(&self, customer: &Customer) -> Counts {
        let mut counts = Counts::default();
        let all = customer.conversations.iter();
        for conversation in all.filter_map(|id| self.store.conversations.get(id)) {
            match conversation.status {
                _ if conversation.is_deleted => {}
                Status::Done => counts.done += 1,
                Status::Open => counts.open += 1,
                Status::Snoozed => counts.snoozed += 1,
            }
        }
        counts
    }
}

/// Writes what a body says; what it does not mention stays. Lists are replaced.
fn fill_in(customer: &mut Customer, body: &Body) {
    if body.has("name") {
        customer.name = body.owned("name");
    }
    if body.has("username") {
        customer.username = body.owned("username");
    }
    if let Some(emails) = body.items("emails") {
        customer.emails = contacts(emails, "email");
    }
    if let Some(phones) = body.items("phones") {
        customer.phones = contacts(phones, "phone");
    }
    if let Some(external_ids) = body.items("externalIds") {
        let ids = external_ids
            .iter()
            .filter_map(|id| id["externalId"].as_str());
        customer.external_ids = ids.map(str::to_owned).collect();
    }
    if let Some(external_id) = body.owned("externalId") {
        customer.external_ids.retain(|id| *id != external_id);
        customer.external_ids.insert(0, external_id);
    }
    if let Some(custom) = body.members("custom") {
        merge(&mut customer.custom, custom);
    }
}

fn contacts(items: &[Value], key: &str) -> Vec<Contact> {
    let text = |item: &Value, key: &str| item[key].as_str().map(str::to_owned);
    let contact = |item| {
        Some(Contact {
            kind: text(item, "type").unwrap_or_else(|| "other".to_owned()),
            value: text(item, key)?,
        })
    };
    items.iter().filter_map(contact).collect()
}
