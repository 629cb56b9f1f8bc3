//! A session as stores hold it: what an older version stored has to be read by every later one.

use casewire_core::{
    CustomerIdentity, Email, EventData, EventKind, ExternalId, Link, PersonName, Phone, Session,
    SessionOutcome,
};

use crate::story::{agent, call, queue, start};

/// As the first version with a store wrote it. Never changed; forms that come later get a file of their own.
const STORED: &str = include_str!("stored_session.json");

/// A session of which everything is known.
fn session() -> Session {
    let known = EventData {
        started_at: Some(start()),
        language: Some("en".into()),
        dialed_number: Some("+15550100300".into()),
        customer: CustomerIdentity {
            phone: Phone::parse("+15550100100"),
            email: Email::parse("kim@example.com"),
            external_id: ExternalId::parse("c-7"),
            name: PersonName::parse("Kim"),
        },
        agent: Some(agent(casewire_core::AgentKind::Human)),
        queue: Some(queue(&["4", "13"])),
        ..EventData::default()
    };
    let late = EventData {
        rating: Some(5),
        disposition: Some("solved".into()),
        duration_seconds: Some(240),
        wait_seconds: Some(12),
        links: vec![Link {
            rel: "recording".into(),
            href: "https://media.example.com/call-987.mp3".into(),
        }],
        ..EventData::default()
    };
    call()
        .at(1, EventKind::Queued)
        .with(5, EventKind::Assigned, known.clone())
        .with(9, EventKind::Connected, known.clone())
        .messages(10, 2)
        .at(11, EventKind::Message)
        .with(20, EventKind::Transferred, known)
        .at(30, EventKind::Voicemail)
        .ended(240, SessionOutcome::Finished)
        .with(300, EventKind::Updated, late)
        .session()
}

#[test]
fn what_was_stored_once_is_read_for_ever() {
    let read: Session = serde_json::from_str(STORED).unwrap();
    assert_eq!(read, session());
}

#[test]
fn a_form_without_the_newer_members_is_read_too() {
    let key = serde_json::to_value(session().key()).unwrap();
    let least = serde_json::json!({ "key": key });
    let read: Session = serde_json::from_value(least).unwrap();
    assert_eq!(read, Session::new(session().key().clone()));
}
