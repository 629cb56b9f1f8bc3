//! Making records.

mod refused;

use casewire_core::{
    CrmConnector as _, CustomerId, Error, ErrorKind, NewRecord, Record, RecordCustomer, Result,
    SessionKind, SessionNotes, Trace, UserId,
};
use jiff::{Timestamp, ToSpan as _};

use crate::append::{MOST_ENTRIES, is_user, person_of};
use crate::composite::{Answers, Composite, Failure};
use crate::config::{CustomerObject, RecordObject};
use crate::connector::Salesforce;
use crate::entry::{self, Target};
use crate::person::GUARD;
use crate::row::{NewRow, Row};

/// A call is changed at most so often: the customer was there already, a duplicate rule objects, an owner left.
const MAX_CALLS: usize = 8;

/// When an opportunity is planned to be closed, after it was made.
const OPPORTUNITY_DAYS: i64 = 30;

/// What of a new record can differ from one call to the next.
struct Attempt {
    customer: RecordCustomer,
    owner: Option<UserId>,
    /// Whether a customer is saved of whom a duplicate rule says that it may be one.
    saves_duplicate: bool,
    /// Whether the customer's e-mail address is none to Salesforce.
    leaves_email: bool,
    /// The converted lead that has the new customer's guard.
    after_lead: Option<String>,
}

impl Salesforce {
    /// One atomic call: the customer if new, the record, its entries. Customer, record and entries each have a field that
    /// is unique, so whatever of it is there is not made again, and all of the call is rolled back.
    pub(crate) async fn create(&self, new: &NewRecord) -> Result<Record> {
        let owner = match &new.owner {
            Some(owner) => Some(owner.clone()),
            None => self.default_user().await?,
        };
        let mut attempt = Attempt {
            customer: new.customer.clone(),
            owner,
            saves_duplicate: false,
            leaves_email: false,
            after_lead: None,
        };
        for _ in 0..MAX_CALLS {
            let request = self.new_record(new, &attempt).await?;
            let mut answers: Answers = self.api.read(request.request()).await?;
            match answers.failure() {
                None => return self.made(new, &attempt, &mut answers),
                Some(Failure::NoReference) => break,
                Some(Failure::Refused { part, refused }) => {
                    let own = self
                        .after_refusal(new, &mut attempt, &part, &refused)
                        .await?;
                    if let Some(own) = own {
                        return Ok(own);
                    }
                }
            }
        }
        Err(Error::new(
            ErrorKind::Rejected,
            "Salesforce refused the new record again and again, each time because of its customer or owner",
        ))
    }

    async fn new_record(&self, new: &NewRecord, attempt: &Attempt) -> Result<Composite> {
        let owner = attempt.owner.as_ref();
        let mut composite = Composite::as_one(&self.version);
        let people = &self.people[0];
        let row = self.customer_row(new, attempt);
        let customer = match (&attempt.customer, row) {
            (RecordCustomer::Known(CustomerId(id)), _) => Some(id.clone()),
            (_, Some(row)) => {
                let mut headers = Vec::new();
                if attempt.saves_duplicate {
                    headers.push(("Sforce-Duplicate-Rule-Header", "allowSave=true"));
                }
                if people.object != CustomerObject::Contact {
                    headers.push(auto_assign(self.config.auto_assign));
                }
                composite = composite.insert("customer", people.object.sobject(), &headers, row);
                Some("@{customer.id}".to_owned())
            }
            (_, None) => None,
        };
        let auto_assign = auto_assign(owner.is_none() && self.config.auto_assign);
        let row = self.record_row(new, customer.as_deref(), owner).await?;
        let sobject = self.records.sobject();
        let fields = self.records.fields();
        composite = composite
            .insert("record", sobject, &[auto_assign], row)
            .read("read", sobject, "@{record.id}", &fields);
        let target = Target {
            person: match attempt.customer {
                RecordCustomer::Known(ref known) => person_of(Some(known)),
                _ => customer.filter(|_| is_person(people.object)),
            },
            owner: owner.filter(|owner| is_user(owner)),
            done_task: self.done_task().await?,
        };
        let sessions = [SessionNotes {
            session: new.session.clone(),
            notes: new.notes.clone(),
        }];
        let rows = entry::rows(&sessions, &Trace::default(), &self.config, &target);
        for (number, row) in rows.into_iter().take(MOST_ENTRIES).enumerate() {
            let name = format!("entry{number}");
            composite = composite.insert(&name, entry::sobject(&self.config), &[], row);
        }
        Ok(composite)
    }

    fn customer_row(&self, new: &NewRecord, attempt: &Attempt) -> Option<NewRow> {
        let people = &self.people[0];
        let mut row = people.new_row(&attempt.customer, &new.session, &self.config)?;
        if let (true, Some(field)) = (attempt.leaves_email, &people.email) {
            row.remove(field);
        }
        if let Some(lead) = &attempt.after_lead {
            let guard = format!("{} after {lead}", row.text(GUARD).unwrap_or_default());
            row.set(GUARD, guard);
        }
        Some(row)
    }

    async fn record_row(
        &self,
        new: &NewRecord,
        customer: Option<&str>,
        owner: Option<&UserId>,
    ) -> Result<NewRow> {
        let mut row = NewRow::new();
        let title_limit = self.profile().title_limit;
        row.set_cut(self.records.title_field(), &new.title, title_limit);
        row.set(&self.records.session, new.session.token());
        if let Some(queue) = &new.queue {
            row.set(&self.records.leaf_queue, &queue.0);
        }
        if let Some(customer) = customer {
            row.refer(self.customer_field(customer), customer);
        }
        if let Some(owner) = owner {
            row.set("OwnerId", &owner.0);
        }
        if let Some(parent) = &new.follow_up_of
            && self.records.object == RecordObject::Case
        {
            row.set("ParentId", &parent.0);
        }
        match self.records.object {
            RecordObject::Case => {}
            RecordObject::Opportunity => {
                row.set("StageName", &self.statuses().await?.default_open);
                let close = Timestamp::now().checked_add((OPPORTUNITY_DAYS * 24).hours());
                let close = close.unwrap_or(Timestamp::MAX);
                row.set("CloseDate", close.strftime("%Y-%m-%d").to_string());
            }
            RecordObject::Account | RecordObject::Contact | RecordObject::Lead => {
                row.set("Status", &self.statuses().await?.default_open);
                let subtype = match new.session.kind() {
                    SessionKind::Call => "Call",
                    SessionKind::Chat => "Task",
                };
                row.set("TaskSubtype", subtype);
            }
        }
        for (field, value) in &self.config.record_values {
            row.set(field.as_str(), value);
        }
        Ok(row)
    }

    /// The field for a customer: an id, or a reference to a customer of the first kind.
    fn customer_field(&self, customer: &str) -> &'static str {
        let mut kinds = self.people.iter().map(|people| people.object);
        let of_id = kinds.find(|kind| customer.starts_with(kind.prefix()));
        self.records
            .customer_field(of_id.unwrap_or(self.people[0].object))
    }

    fn made(&self, new: &NewRecord, attempt: &Attempt, answers: &mut Answers) -> Result<Record> {
        let row: Row = answers.body("read")?;
        let mut record = self.records.record(&row, &[]).ok_or_else(|| {
            Error::new(
                ErrorKind::Protocol,
                "the new record is not whole in the answer",
            )
        })?;
        let written = &new.notes[..new.notes.len().min(MOST_ENTRIES)];
        record.trace.add(&new.session, written);
        record.customer = match &attempt.customer {
            RecordCustomer::Known(customer) => Some(customer.clone()),
            RecordCustomer::None => None,
            _ => {
                let customer: Row = answers.body("customer")?;
                customer.text("id").map(|id| CustomerId(id.to_owned()))
            }
        };
        // Who is new has all keys that nobody had.
        if let (RecordCustomer::New(identity), Some(customer)) =
            (&attempt.customer, &record.customer)
        {
            for key in identity.keys(new.session.kind()) {
                self.customers.remember(key, customer.clone());
            }
        }
        self.written.remember(record.id.clone(), record.clone());
        Ok(record)
    }
}

fn auto_assign(assigns: bool) -> (&'static str, &'static str) {
    ("Sforce-Auto-Assign", if assigns { "TRUE" } else { "FALSE" })
}

fn is_person(object: CustomerObject) -> bool {
    matches!(object, CustomerObject::Contact | CustomerObject::Lead)
}
