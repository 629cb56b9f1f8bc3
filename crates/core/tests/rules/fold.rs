//! Folding is commutative and idempotent (docs/RULES.md §2).

use casewire_core::{
    AgentKind, CustomerIdentity, Email, EventData, EventKind, Link, Phone, Session, SessionEvent,
    SessionOutcome,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::{collection, option, prop_assert_eq, proptest};

use crate::story::{agent, call, chat, event, key, queue, second};

fn kind() -> impl Strategy<Value = EventKind> {
    select(vec![
        EventKind::Created,
        EventKind::Queued,
        EventKind::Assigned,
        EventKind::Connected,
        EventKind::Message,
        EventKind::Transferred,
        EventKind::Voicemail,
        EventKind::Ended,
        EventKind::Updated,
    ])
}

fn data() -> impl Strategy<Value = EventData> {
    let who = prop_oneof![
        Just(None),
        Just(Some(agent(AgentKind::Human))),
        Just(Some(agent(AgentKind::Virtual)))
    ];
    let outcome = option::of(select(vec![
        SessionOutcome::Finished,
        SessionOutcome::Abandoned,
        SessionOutcome::Failed,
    ]));
    let path = option::of(select(vec![&["4", "13"][..], &["4"], &["7", "26"]]));
    let phone = option::of(select(vec!["+15550100100", "+15550100101"]));
    let numbers = (
        option::of(0..9_u32),
        option::of(1..5_i64),
        option::of(0..60_i64),
    );
    (who, outcome, path, phone, numbers, any::<bool>()).prop_map(
        |(agent, outcome, path, phone, (count, rating, started), linked)| EventData {
            agent,
            outcome,
            queue: path.map(queue),
            customer: CustomerIdentity {
                phone: phone.and_then(Phone::parse),
                email: linked.then(|| Email::parse("kim@example.com")).flatten(),
                ..CustomerIdentity::default()
            },
            consumer_messages: count,
            rating,
            started_at: started.map(second),
            links: linked
                .then(|| Link {
                    rel: "recording".into(),
                    href: "https://media.example.com/1.mp3".into(),
                })
                .into_iter()
                .collect(),
            ..EventData::default()
        },
    )
}

fn events() -> impl Strategy<Value = Vec<SessionEvent>> {
    collection::vec((0..20_i64, kind(), data()), 1..24).prop_map(|told| {
        let numbered = told.into_iter().enumerate();
        numbered
            .map(|(number, (seconds, kind, data))| {
                let mut event = event("chat/1", seconds, kind, data);
                event.id.0 = format!("event-{number}").into();
                event
            })
            .collect()
    })
}

fn fold<'a>(events: impl IntoIterator<Item = &'a SessionEvent>) -> Session {
    let mut session = Session::new(key("chat/1"));
    for event in events {
        session.observe(event);
    }
    session
}

proptest! {
    #[test]
    fn any_order_and_any_repeats_give_the_same_session(
        (told, shuffled) in events().prop_flat_map(|told| {
            let twice: Vec<_> = told.iter().chain(&told).cloned().collect();
            (Just(told), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(fold(&told), fold(&shuffled));
    }
}

proptest! {
    #[test]
    fn a_stored_session_goes_on_as_if_it_had_stayed(
        (before, after) in (events(), events()),
    ) {
        let stored = serde_json::to_vec(&fold(&before)).unwrap();
        let mut read: Session = serde_json::from_slice(&stored).unwrap();
        prop_assert_eq!(&read, &fold(&before));
        for event in &after {
            read.observe(event);
        }
        prop_assert_eq!(read, fold(&[before, after].concat()));
    }
}

#[test]
fn connected_implies_assigned() {
    assert_eq!(
        call().at(9, EventKind::Connected).session().assigned_at(),
        Some(second(9))
    );
}

#[test]
fn the_newest_queue_counts() {
    let session = call()
        .queued_in(9, &["4", "13"])
        .queued_in(3, &["4", "7"])
        .session();
    assert_eq!(&*session.queue().unwrap().leaf().0, "13");
}

#[test]
fn messages_told_one_by_one_add_to_the_last_count() {
    let session = chat()
        .messages(5, 4)
        .at(3, EventKind::Message)
        .at(6, EventKind::Message)
        .at(7, EventKind::Message)
        .session();
    assert_eq!(session.consumer_messages(), 6);
}

#[test]
fn a_virtual_agent_is_nobody() {
    let session = call()
        .by(3, EventKind::Assigned, AgentKind::Virtual)
        .session();
    assert_eq!(session.agent(), None);
    assert_eq!(session.assigned_at(), None);
}
