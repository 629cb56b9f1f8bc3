//! The sessions and customers of these tests.

use std::sync::Arc;

use casewire_core::{
    Append, CustomerIdentity, Email, LookUp, NewRecord, Note, NoteId, Phone, QueueId,
    RecordCustomer, SessionFacts, SessionKey, SessionNotes, StatusChange, TraceSearch,
    WantedRecords,
};

pub(crate) fn session() -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), "call/987").unwrap()
}

pub(crate) fn by_phone() -> CustomerIdentity {
    CustomerIdentity {
        phone: Phone::parse("+15550100100"),
        ..CustomerIdentity::default()
    }
}

pub(crate) fn by_email() -> CustomerIdentity {
    CustomerIdentity {
        email: Email::parse("kim@example.com"),
        ..CustomerIdentity::default()
    }
}

/// A look-up of the customer alone.
pub(crate) fn who(customer: CustomerIdentity) -> LookUp {
    LookUp {
        session: session(),
        customer: Some(customer),
        records: None,
        trace: TraceSearch::OnTheWay,
    }
}

/// A look-up of the customer's records in queue 13.
pub(crate) fn records_of(customer: CustomerIdentity) -> LookUp {
    LookUp {
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: None,
        }),
        ..who(customer)
    }
}

pub(crate) fn linked() -> Note {
    Note {
        id: NoteId::Linked,
        text: "Call 987\nQueue: Billing".to_owned(),
        facts: SessionFacts::default(),
    }
}

pub(crate) fn ended() -> Note {
    Note {
        id: NoteId::Ended {
            facts: "1b2c3d".to_owned(),
        },
        text: "Ended: 2026-01-24 02:20\nOutcome: finished".to_owned(),
        facts: SessionFacts::default(),
    }
}

pub(crate) fn new_record(customer: RecordCustomer) -> NewRecord {
    NewRecord {
        session: session(),
        customer,
        title: "Billing - 987".to_owned(),
        queue: Some(QueueId("13".into())),
        tags: vec!["casewire".to_owned()],
        owner: None,
        notes: vec![linked(), ended()],
        follow_up_of: None,
    }
}

/// What the session adds.
pub(crate) fn joining(notes: &[Note]) -> SessionNotes {
    SessionNotes {
        session: session(),
        notes: notes.to_vec(),
    }
}

pub(crate) fn append() -> Append {
    Append {
        sessions: vec![joining(&[linked()])],
        tags: vec!["casewire".to_owned(), "voice_inbound".to_owned()],
        owner: None,
        status: StatusChange::Keep,
    }
}
