//! Sessions told in a line: `at(6, Assigned)` and the like.

use std::sync::Arc;

use casewire_core::{
    Agent, AgentKind, CustomerIdentity, EventData, EventId, EventKind, Phone, Queue, QueueId,
    QueueStep, Session, SessionEvent, SessionKey, SessionOutcome,
};
use jiff::{SignedDuration, Timestamp};

/// The moment all stories begin.
pub(crate) fn start() -> Timestamp {
    "2026-01-24T01:13:49Z".parse().unwrap()
}

/// `seconds` after the start.
pub(crate) fn second(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

pub(crate) fn key(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
}

pub(crate) fn queue(ids: &[&str]) -> Arc<Queue> {
    let path = ids
        .iter()
        .map(|id| QueueStep {
            id: QueueId((*id).into()),
            name: format!("Queue {id}").into(),
        })
        .collect();
    Arc::new(Queue::from_path(path).unwrap())
}

pub(crate) fn agent(kind: AgentKind) -> Agent {
    Agent {
        id: Some("5".into()),
        kind,
        ..Agent::default()
    }
}

/// An event of `subject`, `seconds` after the start.
pub(crate) fn event(subject: &str, seconds: i64, kind: EventKind, data: EventData) -> SessionEvent {
    SessionEvent {
        id: EventId(format!("{subject}-{seconds}-{kind:?}").into()),
        session: key(subject),
        kind,
        time: second(seconds),
        rank: 0,
        data,
    }
}

/// A session under construction.
#[derive(Clone)]
pub(crate) struct Story {
    subject: &'static str,
    pub(crate) events: Vec<SessionEvent>,
}

pub(crate) fn call() -> Story {
    Story::begin("call/987", "Voice Inbound (IVR)")
}

pub(crate) fn chat() -> Story {
    Story::begin("chat/135", "Messaging Inbound (Web Chat)")
}

impl Story {
    pub(crate) fn begin(subject: &'static str, session_type: &str) -> Self {
        let data = EventData {
            session_type: Some(session_type.into()),
            ..EventData::default()
        };
        let events = vec![event(subject, 0, EventKind::Created, data)];
        Self { subject, events }
    }

    pub(crate) fn with(mut self, seconds: i64, kind: EventKind, data: EventData) -> Self {
        self.events.push(event(self.subject, seconds, kind, data));
        self
    }

    pub(crate) fn at(self, seconds: i64, kind: EventKind) -> Self {
        self.with(seconds, kind, EventData::default())
    }

    pub(crate) fn by(self, seconds: i64, kind: EventKind, agent_kind: AgentKind) -> Self {
        let data = EventData {
            agent: Some(agent(agent_kind)),
            ..EventData::default()
        };
        self.with(seconds, kind, data)
    }

    pub(crate) fn ended(self, seconds: i64, outcome: SessionOutcome) -> Self {
        let data = EventData {
            outcome: Some(outcome),
            ..EventData::default()
        };
        self.with(seconds, EventKind::Ended, data)
    }

    pub(crate) fn messages(self, seconds: i64, count: u32) -> Self {
        let data = EventData {
            consumer_messages: Some(count),
            ..EventData::default()
        };
        self.with(seconds, EventKind::Message, data)
    }

    pub(crate) fn queued_in(self, seconds: i64, ids: &[&str]) -> Self {
        let data = EventData {
            queue: Some(queue(ids)),
            ..EventData::default()
        };
        self.with(seconds, EventKind::Queued, data)
    }

    pub(crate) fn calling_from(self, phone: &str) -> Self {
        let data = EventData {
            customer: CustomerIdentity {
                phone: Phone::parse(phone),
                ..CustomerIdentity::default()
            },
            ..EventData::default()
        };
        self.with(1, EventKind::Updated, data)
    }

    pub(crate) fn session(&self) -> Session {
        let mut session = Session::new(key(self.subject));
        for event in &self.events {
            session.observe(event);
        }
        session
    }
}
