//! How many events a core folds and decides in a second.
//!
//! `fold_and_decide` is one inbound call of seven events, decided after each of them;
//! `count_events` walks the same events and touches each, which is the floor.

use std::hint::black_box;
use std::sync::Arc;

use casewire_core::{
    Agent, CustomerIdentity, EventData, EventId, EventKind, Phone, Queue, QueueId, QueueStep,
    Rules, Session, SessionEvent, SessionKey, due,
};
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::{SignedDuration, Timestamp};

const SESSIONS: usize = 1_000;

fn main() {
    divan::main();
}

fn session_events(number: usize, source: &Arc<str>, queue: &Arc<Queue>) -> Vec<SessionEvent> {
    let key = SessionKey::parse(source, &format!("call/{number}")).expect("a good key");
    let start: Timestamp = "2026-01-24T01:13:49Z".parse().expect("a good time");
    let steps = [
        EventKind::Created,
        EventKind::Updated,
        EventKind::Queued,
        EventKind::Assigned,
        EventKind::Connected,
        EventKind::Ended,
        EventKind::Updated,
    ];
    let data = |kind| EventData {
        session_type: Some("Voice Inbound (IVR)".into()),
        language: Some("en".into()),
        queue: (kind >= EventKind::Queued).then(|| Arc::clone(queue)),
        customer: CustomerIdentity {
            phone: Phone::parse("+15550100100"),
            ..CustomerIdentity::default()
        },
        agent: (kind == EventKind::Assigned).then(Agent::default),
        ..EventData::default()
    };
    let numbered = (0..).zip(steps);
    numbered
        .map(|(step, kind)| SessionEvent {
            id: EventId(format!("{number}-{step}").into()),
            session: key.clone(),
            kind,
            time: start + SignedDuration::from_secs(step),
            rank: 0,
            data: data(kind),
        })
        .collect()
}

fn day() -> Vec<Vec<SessionEvent>> {
    let source = Arc::from("//contact-center/acme");
    let step = |id: &str, name: &str| QueueStep {
        id: QueueId(id.into()),
        name: name.into(),
    };
    let queue = Arc::new(Queue::new(
        vec![step("4", "Support")],
        step("13", "Billing"),
    ));
    (0..SESSIONS)
        .map(|number| session_events(number, &source, &queue))
        .collect()
}

#[divan::bench]
fn fold_and_decide(bencher: Bencher<'_, '_>) {
    let day = day();
    let rules = Rules::default();
    let events = ItemsCount::new(day.iter().map(Vec::len).sum::<usize>());
    bencher.counter(events).bench_local(|| {
        for events in &day {
            let mut session = Session::new(events[0].session.clone());
            for event in events {
                session.observe(black_box(event));
                black_box(due(&rules, &session));
            }
        }
    });
}

#[divan::bench]
fn count_events(bencher: Bencher<'_, '_>) {
    let day = day();
    let events = ItemsCount::new(day.iter().map(Vec::len).sum::<usize>());
    bencher.counter(events).bench_local(|| {
        for events in &day {
            for event in events {
                black_box((event.time, event.kind));
            }
        }
    });
}
