use jiff::Timestamp;
use serde_json::{Value, json};

use super::casewire::EXTERNAL_ID;
use super::database::Database;
use super::id::Id;
use super::org::{CustomerObject, RecordObject};
use crate::control::{NewCustomer, Refusal, Role};

impl Database {
    pub(super) fn add_customer(
        &mut self,
        new: NewCustomer,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let given = [&new.phone, &new.email, &new.external_id, &new.name];
        if given.iter().all(|value| value.is_none()) {
            return Err(Refusal::field(
                "phone",
                "give at least one of phone, email, external_id and name",
            ));
        }
        if let Some(email) = &new.email
            && !email.contains('@')
        {
            return Err(Refusal::field("email", "is no e-mail address"));
        }
        let (object, mut values) = match new.role {
            Role::Agent => ("User", agent(&new)),
            Role::Customer => self.customer_values(&new)?,
        };
        if let (Some(external_id), Role::Customer) = (&new.external_id, new.role) {
            self.set_up(now);
            values[EXTERNAL_ID] = json!(external_id);
        }
        let id = self.force(object, &values, now, now);
        let row = id.and_then(|id| self.row(id));
        let row = row.ok_or_else(|| Refusal::field("name", "could not be added"))?;
        Ok(self.customer(row))
    }

    fn customer_values(&self, new: &NewCustomer) -> Result<(&'static str, Value), Refusal> {
        let object = self.org.customer_object;
        let name = new.name.as_deref().unwrap_or("Customer");
        let (first, last) = split(name);
        let phone = &new.phone;
        let values = match object {
            CustomerObject::Account if new.email.is_some() => {
                return Err(Refusal::field("email", "an account has none"));
            }
            CustomerObject::Account => json!({ "Name": name, "Phone": phone }),
            CustomerObject::Contact => {
                json!({ "FirstName": first, "LastName": last, "Email": new.email, "Phone": phone })
            }
            CustomerObject::Lead => {
                json!({ "FirstName": first, "LastName": last, "Company": name, "Email": new.email, "Phone": phone })
            }
            CustomerObject::PersonAccount => {
                json!({ "FirstName": first, "LastName": last, "PersonEmail": new.email, "Phone": phone })
            }
        };
        Ok((object.name(), values))
    }

    /// The customer with this phone, e-mail, external id or id, added when there is none.
    pub(super) fn customer_called(&mut self, called: &str, now: Timestamp) -> Result<Id, Refusal> {
        let object = self.org.customer_object.name();
        let fields = [
            "Phone",
            "MobilePhone",
            "PersonMobilePhone",
            "Email",
            "PersonEmail",
            EXTERNAL_ID,
        ];
        let found = fields
            .iter()
            .find_map(|field| self.rows_with(object, field, called).next());
        let by_id = || {
            self.row(Id::parse(called)?)
                .filter(|row| row.object == object)
        };
        if let Some(row) = found.or_else(by_id) {
            return Ok(row.id);
        }
        let mut new = NewCustomer {
            name: None,
            phone: None,
            email: None,
            external_id: None,
            role: Role::Customer,
        };
        match called {
            called if called.starts_with('+') => new.phone = Some(called.to_owned()),
            called if called.contains('@') => new.email = Some(called.to_owned()),
            called => new.external_id = Some(called.to_owned()),
        }
        let added = self.add_customer(new, now)?;
        let id = added["id"].as_str().and_then(Id::parse);
        id.ok_or_else(|| Refusal::field("customer", "could not be added"))
    }

    /// The fields by which a record belongs to a customer.
    pub(super) fn links(&self, record: RecordObject, customer: Id) -> Vec<(&'static str, Id)> {
        let row = self.row(customer);
        let contact = row.and_then(|row| row.reference("PersonContactId"));
        let of_person = |contact_field, account_field| {
            let contact = contact.map(|contact| (contact_field, contact));
            contact
                .into_iter()
                .chain([(account_field, customer)])
                .collect()
        };
        match (record, self.org.customer_object) {
            (RecordObject::Task, CustomerObject::Contact | CustomerObject::Lead) => {
                vec![("WhoId", customer)]
            }
            (RecordObject::Task, _) => of_person("WhoId", "WhatId"),
            (_, CustomerObject::Account | CustomerObject::PersonAccount) => {
                of_person("ContactId", "AccountId")
            }
            (_, CustomerObject::Contact) => vec![("ContactId", customer)],
            // A lead has no cases and no opportunities.
            (_, CustomerObject::Lead) => Vec::new(),
        }
    }
}

fn agent(new: &NewCustomer) -> Value {
    let (first, last) = split(new.name.as_deref().unwrap_or("Agent"));
    json!({
        "FirstName": first, "LastName": last, "Email": new.email, "Username": new.email, "IsActive": true,
    })
}

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or(("", name))
}
