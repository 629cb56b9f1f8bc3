//! The people, sessions and writes that tests are about.

use std::sync::Arc;

use casewire_core::{
    Append, CustomerId, CustomerIdentity, Email, ExternalId, LookUp, NewRecord, Note, NoteId,
    PersonName, Phone, QueueId, RecordCustomer, SessionFacts, SessionKey, SessionNotes,
    StatusChange, TraceSearch, WantedRecords,
};
use casewire_sandbox::salesforce;
use http::Method;
use serde_json::{Value, json};

use crate::org::Org;

pub(crate) const QUEUE: &str = "13";

pub(crate) async fn ready() -> Org {
    Org::made(salesforce::Org::set_up()).await
}

pub(crate) fn by_phone(number: &str) -> CustomerIdentity {
    CustomerIdentity {
        phone: Phone::parse(number),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn by_email(address: &str) -> CustomerIdentity {
    CustomerIdentity {
        email: Email::parse(address),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn by_external_id(id: &str) -> CustomerIdentity {
    CustomerIdentity {
        external_id: ExternalId::parse(id),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn kim() -> CustomerIdentity {
    CustomerIdentity {
        name: PersonName::parse("Kim Example"),
        ..by_phone("+15550100100")
    }
}

pub(crate) fn session(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
}

fn note(id: NoteId, text: &str) -> Note {
    Note {
        id,
        text: text.to_owned(),
        facts: SessionFacts::default(),
    }
}

pub(crate) fn linked(text: &str) -> Note {
    note(NoteId::Linked, text)
}

pub(crate) fn ended(text: &str) -> Note {
    let facts = "1b2c3d".to_owned();
    note(NoteId::Ended { facts }, text)
}

/// A record that `subject` makes, with one note.
pub(crate) fn new_record(subject: &str, customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(subject),
        customer,
        title: format!("Billing - {subject}"),
        queue: Some(QueueId(QUEUE.into())),
        tags: Vec::new(),
        owner: None,
        notes: vec![linked("Call\nQueue: Billing")],
        follow_up_of: None,
    }
}

pub(crate) fn new_of(subject: &str, customer: &str) -> NewRecord {
    new_record(
        subject,
        RecordCustomer::Known(CustomerId(customer.to_owned())),
    )
}

/// What `subject` adds.
pub(crate) fn append(subject: &str, notes: &[Note]) -> Append {
    Append {
        sessions: vec![SessionNotes {
            session: session(subject),
            notes: notes.to_vec(),
        }],
        tags: Vec::new(),
        owner: None,
        status: StatusChange::Keep,
    }
}

/// The same, opening the record.
pub(crate) fn reopen(subject: &str) -> Append {
    Append {
        status: StatusChange::DefaultOpen,
        ..append(subject, &[linked("Call")])
    }
}

/// Looks for `identity` and its records in [`QUEUE`], those closed long ago too.
pub(crate) fn query(identity: &CustomerIdentity) -> LookUp {
    LookUp {
        session: session("call/1000"),
        customer: Some(identity.clone()),
        records: Some(WantedRecords {
            queue: QueueId(QUEUE.into()),
            closed_since: "2020-01-01T00:00:00Z".parse().ok(),
        }),
        trace: TraceSearch::OnTheWay,
    }
}

/// Looks for `identity` alone.
pub(crate) fn query_of_customer(identity: &CustomerIdentity) -> LookUp {
    LookUp {
        records: None,
        ..query(identity)
    }
}

impl Org {
    /// A row as a person adds it; its id.
    pub(crate) fn add(&self, sobject: &str, row: Value) -> String {
        let made = self.ask(Method::POST, &format!("sobjects/{sobject}"), &row);
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn change(&self, sobject: &str, id: &str, row: Value) {
        self.ask(Method::PATCH, &format!("sobjects/{sobject}/{id}"), &row);
    }

    pub(crate) fn delete(&self, sobject: &str, id: &str) {
        let path = format!("sobjects/{sobject}/{id}");
        self.ask(Method::DELETE, &path, &Value::Null);
    }

    /// A contact with this number.
    pub(crate) fn contact(&self, phone: &str) -> String {
        self.add("Contact", json!({ "LastName": "Example", "Phone": phone }))
    }

    pub(crate) fn rows(&self, soql: &str) -> Vec<Value> {
        self.query("query", soql)
    }

    /// The one row that a query finds.
    pub(crate) fn row(&self, soql: &str) -> Value {
        let rows = self.rows(soql);
        assert_eq!(rows.len(), 1, "{soql}: {rows:?}");
        rows[0].clone()
    }

    /// The id of a user, who may have left.
    pub(crate) fn user(&self, email: &str) -> String {
        let row = self.row(&format!("SELECT Id FROM User WHERE Email = '{email}'"));
        row["Id"].as_str().unwrap().to_owned()
    }
}
