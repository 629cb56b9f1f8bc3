//! The people, sessions and writes that scenarios are about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Append, CrmConnector, CustomerId, CustomerIdentity, Email, ExternalId, Found, LookUp,
    NewRecord, Note, NoteId, PersonName, Phone, QueueId, Record, RecordCustomer, RecordId,
    RecordState, SessionFacts, SessionKey, SessionNotes, StatusChange, TraceSearch, WantedRecords,
};

use crate::vendor::{GivenRecord, Shown, Vendor};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const QUEUE: &str = "13";

pub(crate) fn kim() -> CustomerIdentity {
    CustomerIdentity {
        phone: Phone::parse("+15550100100"),
        name: PersonName::parse("Kim Example"),
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

pub(crate) fn agent() -> Email {
    Email::parse("ana@example.com").unwrap()
}

/// A session by its subject, `call/987`.
pub(crate) fn session(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
}

pub(crate) fn note(text: &str) -> Note {
    Note {
        id: NoteId::Linked,
        text: text.to_owned(),
        facts: SessionFacts::default(),
    }
}

pub(crate) fn ended(text: &str) -> Note {
    Note {
        id: NoteId::Ended {
            facts: "1b2c3d".to_owned(),
        },
        text: text.to_owned(),
        facts: SessionFacts::default(),
    }
}

/// A record that `subject` makes for `customer`, with one note.
pub(crate) fn new_record(subject: &str, customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(subject),
        customer,
        title: format!("Billing - {subject}"),
        queue: Some(QueueId(QUEUE.into())),
        tags: vec!["casewire".to_owned()],
        owner: None,
        notes: vec![note("Call 987\nQueue: Billing")],
        follow_up_of: None,
    }
}

/// What `subject` adds.
pub(crate) fn joining(subject: &str, notes: &[Note]) -> SessionNotes {
    SessionNotes {
        session: session(subject),
        notes: notes.to_vec(),
    }
}

/// One note of `subject`, and nothing else.
pub(crate) fn append(subject: &str) -> Append {
    Append {
        sessions: vec![joining(subject, &[note("Call 988\nQueue: Billing")])],
        tags: Vec::new(),
        owner: None,
        status: StatusChange::Keep,
    }
}

/// Three notes of two sessions, a tag and the status.
pub(crate) fn of_several() -> Append {
    Append {
        tags: vec!["casewire".to_owned()],
        status: StatusChange::DefaultOpen,
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("chat/5", &[note("Chat 5")]),
        ],
        ..append("call/987")
    }
}

/// So many requests of each operation.
pub(crate) fn calls<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    counts
        .map(|(operation, count)| (operation.to_owned(), count))
        .into()
}

/// One request of each of these operations.
pub(crate) fn once<const N: usize>(operations: [&str; N]) -> BTreeMap<String, u64> {
    calls(operations.map(|operation| (operation, 1)))
}

/// Looks for `identity` and its records in [`QUEUE`], on behalf of a session that is on none of them.
pub(crate) fn query(identity: &CustomerIdentity) -> LookUp {
    LookUp {
        session: session("call/1000"),
        customer: Some(identity.clone()),
        records: Some(WantedRecords {
            queue: QueueId(QUEUE.into()),
            closed_since: None,
        }),
        trace: TraceSearch::OnTheWay,
    }
}

/// What a thorough look-up on behalf of `subject` finds.
pub(crate) async fn thoroughly(
    connector: &dyn CrmConnector,
    subject: &str,
    identity: &CustomerIdentity,
) -> Found {
    let query = LookUp {
        session: session(subject),
        trace: TraceSearch::Thorough,
        ..query(identity)
    };
    connector.look_up(&query).await.unwrap()
}

/// A cold session of `identity`, who has one open record: it joins that.
pub(crate) async fn looks_up_and_appends(
    connector: &dyn CrmConnector,
    identity: &CustomerIdentity,
) {
    let found = connector.look_up(&query(identity)).await.unwrap();
    assert_eq!(found.records.len(), 1);
    connector
        .append(&found.records[0], &append("call/987"))
        .await
        .unwrap();
}

/// A cold session of `identity`, who is new: it makes a record.
pub(crate) async fn looks_up_and_creates(
    connector: &dyn CrmConnector,
    identity: &CustomerIdentity,
) {
    let found = connector.look_up(&query(identity)).await.unwrap();
    assert_eq!(found.customer, None);
    let new = new_record("call/987", RecordCustomer::New(identity.clone()));
    connector.create_record(&new).await.unwrap();
}

/// A record of `customer` in [`QUEUE`], created an hour ago, and closed a minute ago when it is not open.
pub(crate) fn given(v: &dyn Vendor, customer: &CustomerId, state: RecordState) -> RecordId {
    v.given_record(&GivenRecord {
        customer,
        queue: QUEUE,
        state,
        created_at: v.now() - HOUR,
        closed_at: (state != RecordState::Open).then(|| v.now() - MINUTE),
        tags: &["vip"],
    })
}

/// A record of a new customer in `state`, and a connector that has read it.
pub(crate) async fn read(v: &dyn Vendor, state: RecordState) -> (Arc<dyn CrmConnector>, Record) {
    let customer = v.given_customer(&kim());
    let id = given(v, &customer, state);
    let connector = v.connect();
    let record = connector.read_record(&id).await.unwrap().unwrap();
    (connector, record)
}

/// The record without its version: a CRM's notes may move that on.
pub(crate) fn but_version(record: &Record) -> Record {
    Record {
        version: None,
        ..record.clone()
    }
}

/// The one record there is.
pub(crate) fn only(v: &dyn Vendor) -> Shown {
    let mut records = v.records();
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}
