//! What to do when a new record is refused: because its customer is there already, because of its owner, or for good.

use casewire_core::{
    CustomerId, CustomerKey, Error, ErrorKind, NewRecord, Record, RecordCustomer, Result,
};

use super::Attempt;
use crate::composite::{Answers, Composite, Rows};
use crate::connector::Salesforce;
use crate::errors::Refused;
use crate::person::GUARD;
use crate::soql;

/// Who has a new customer's guard.
enum Guarded {
    By(CustomerId),
    /// A lead that nothing can be written to any more.
    ByConverted(String),
}

impl Salesforce {
    /// What to do when `part` of the call was refused: change the next, or take the record that is there.
    pub(super) async fn after_refusal(
        &self,
        new: &NewRecord,
        attempt: &mut Attempt,
        part: &str,
        refused: &Refused,
    ) -> Result<Option<Record>> {
        if refused.has_code("DUPLICATE_VALUE") {
            if let Some(own) = self.find_own(&new.session).await? {
                return Ok(Some(own));
            }
            if part != "customer" {
                // By now it is gone, or another field of the org is unique.
                return Err(refused.error());
            }
            return match self.guarded(new, attempt).await? {
                Guarded::By(customer) => self.take(new, attempt, customer).await,
                Guarded::ByConverted(lead) => {
                    attempt.after_lead = Some(lead);
                    Ok(None)
                }
            };
        }
        if part == "customer" {
            if let Some(duplicates) = refused.duplicates() {
                if let Some((key, customer)) = self.among(new, &duplicates.matches).await? {
                    self.customers.remember(key, customer.clone());
                    return self.take(new, attempt, customer).await;
                }
                if duplicates.may_save && !attempt.saves_duplicate {
                    attempt.saves_duplicate = true;
                    return Ok(None);
                }
            }
            let email = self.people[0].email.as_deref();
            if email.is_some_and(|field| refused.is_of_value(field)) && !attempt.leaves_email {
                attempt.leaves_email = true;
                return Ok(None);
            }
        }
        if refused.is_of_owner()
            && let Some(owner) = attempt.owner.take()
        {
            self.users.forget(|user| *user == owner);
            let default = self.default_user().await?;
            attempt.owner = default.filter(|user| new.owner.is_some() && *user != owner);
            return Ok(None);
        }
        if part == "record" && is_gone(refused) {
            self.decide_again_if_gone(new, attempt, refused).await?;
        }
        let values = match part {
            "customer" => Some("customer_values"),
            "record" => Some("record_values"),
            _ => None,
        };
        Err(refused
            .error_with(values)
            .context(format_args!("writing its {}", told(part))))
    }

    /// Somebody whom the look-up missed may have records that the decision missed too. Then it is made again.
    async fn take(
        &self,
        new: &NewRecord,
        attempt: &mut Attempt,
        customer: CustomerId,
    ) -> Result<Option<Record>> {
        if let (RecordCustomer::New(_), Some(queue)) = (&new.customer, &new.queue)
            && self.has_record_in(&customer, queue).await?
        {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the customer was in Salesforce after all, with a record in the same queue",
            ));
        }
        attempt.customer = RecordCustomer::Known(customer);
        Ok(None)
    }

    /// The customer whose guard is that of the new one.
    async fn guarded(&self, new: &NewRecord, attempt: &Attempt) -> Result<Guarded> {
        let people = &self.people[0];
        let row = self.customer_row(new, attempt);
        let guard = row.as_ref().and_then(|row| row.text(GUARD));
        let soql = people.guarded(guard.unwrap_or_default());
        let asked = Composite::apart(&self.version).query("customers", &soql);
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("customers")?;
        let row = rows.records.first();
        let Some((row, id)) = row.and_then(|row| Some((row, row.text("Id")?))) else {
            return Err(Error::new(
                ErrorKind::Rejected,
                "another field of the customer has to be unique and is not; see the unique fields of the org's customers",
            ));
        };
        Ok(match row.is("IsConverted") {
            true => Guarded::ByConverted(id.to_owned()),
            false => Guarded::By(CustomerId(id.to_owned())),
        })
    }

    /// Of the rows that a duplicate rule found, the customer who is meant, and the key that tells so.
    async fn among(
        &self,
        new: &NewRecord,
        ids: &[String],
    ) -> Result<Option<(CustomerKey, CustomerId)>> {
        let (RecordCustomer::New(identity), Some(ids)) = (&new.customer, soql::list(ids)) else {
            return Ok(None);
        };
        let people = &self.people[0];
        let asked = Composite::apart(&self.version).query("customers", &people.with_ids(&ids));
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("customers")?;
        let mut keys = identity.keys(new.session.kind());
        Ok(keys.find_map(|key| {
            let id = people.newest(&rows.records, &key)?.text("Id")?.to_owned();
            Some((key, CustomerId(id)))
        }))
    }

    /// A row that the new record refers to may have been merged or deleted: the parent, or the customer, who may be
    /// remembered. Salesforce seldom says which.
    async fn decide_again_if_gone(
        &self,
        new: &NewRecord,
        attempt: &Attempt,
        refused: &Refused,
    ) -> Result<()> {
        if let Some(parent) = &new.follow_up_of
            && (refused.names("ParentId") || self.read(parent).await?.is_none())
        {
            return Err(Error::new(
                ErrorKind::NotFound,
                "the record to follow up is gone",
            ));
        }
        if let RecordCustomer::Known(customer) = &attempt.customer
            && !self.is_customer(customer).await?
        {
            self.customers.forget(|known| known == customer);
            return Err(Error::new(
                ErrorKind::Conflict,
                "the customer was merged, converted or deleted in Salesforce",
            ));
        }
        Ok(())
    }

    async fn is_customer(&self, CustomerId(id): &CustomerId) -> Result<bool> {
        let people = self.people.iter();
        let mut asked = Composite::apart(&self.version);
        let mut names = Vec::new();
        for (number, people) in people.enumerate() {
            if id.starts_with(people.object.prefix())
                && let Some(ids) = soql::list([id])
            {
                let name = format!("customers{number}");
                asked = asked.query(&name, &people.with_ids(&ids));
                names.push(name);
            }
        }
        if names.is_empty() {
            return Ok(true);
        }
        let mut answers: Answers = self.api.read(asked.request()).await?;
        for name in names {
            let rows: Rows = answers.body(&name)?;
            if !rows.records.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn is_gone(refused: &Refused) -> bool {
    [
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    ]
    .into_iter()
    .any(|code| refused.has_code(code))
}

fn told(part: &str) -> &str {
    match part {
        "customer" | "record" => part,
        _ => "entries",
    }
}
