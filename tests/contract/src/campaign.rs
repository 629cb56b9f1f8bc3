//! Sessions drawn from a seed, through the engine and through faults, twice.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Agent, AgentKind, EventData, EventId, EventKind, Outcome, Queue, QueueId, QueueStep,
    RecordState, Rules, SessionEvent, SessionOutcome, Settings,
};
use casewire_engine::{Flow, Patience, Receipt, replay};
use fastrand::Rng;
use jiff::Timestamp;

use crate::story::{HOUR, MINUTE, agent, by_email, by_external_id, kim, session};
use crate::vendor::{GivenRecord, Often, Shown, Trouble, Vendor};

const QUEUES: [&str; 2] = ["13", "14"];

/// With one lane after another a seed repeats exactly.
pub(crate) async fn one_lane_at_a_time<V: Vendor>(new: impl AsyncFn(u64) -> V) {
    for seed in seeds(60) {
        run(&new(seed).await, seed, 1).await;
    }
}

/// Side by side, which fault hits which request depends on chance as well.
pub(crate) async fn lanes_side_by_side<V: Vendor>(new: impl AsyncFn(u64) -> V) {
    for seed in seeds(20) {
        run(&new(seed).await, seed, 4).await;
    }
}

fn seeds(default: u64) -> Vec<u64> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    match number("CASEWIRE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("CASEWIRE_SEEDS").unwrap_or(default)).collect(),
    }
}

async fn run(v: &dyn Vendor, seed: u64, lanes: usize) {
    let what = format!("repeat with CASEWIRE_SEED={seed}, {lanes} lanes");
    let mut random = Rng::with_seed(seed);
    let given = people_and_their_records(v, &mut random);
    let events = events(v.now(), &mut random);

    v.given_storm();
    let first = replay_all(v, events.clone(), lanes).await;
    v.given_calm();
    assert_eq!(
        v.records().len() - given,
        made(&first),
        "{what}: {first:#?}"
    );
    assert_each_session_once(&v.records(), &first, &what);

    v.pass(2 * HOUR);
    let (records, writes) = (v.records(), v.writes());
    let second = replay_all(v, events, lanes).await;
    let changed: Vec<_> = second.iter().filter(|receipt| receipt.changed()).collect();
    assert!(changed.is_empty(), "{what}: {changed:#?}");
    assert_eq!(v.writes(), writes, "{what}: the second replay wrote");
    assert_eq!(v.records(), records, "{what}");
    let sessions = |receipts: &[Receipt]| -> BTreeMap<_, _> {
        let receipts = receipts.iter();
        receipts
            .map(|receipt| (receipt.session.to_string(), receipt.record.clone()))
            .collect()
    };
    assert_eq!(sessions(&first), sessions(&second), "{what}");
}

/// How many records the sessions made.
fn made(receipts: &[Receipt]) -> usize {
    // A repeated write tells of itself as created or appended alone, so records are counted instead.
    let mut records: Vec<_> = receipts
        .iter()
        .filter(|receipt| matches!(receipt.outcome, Outcome::Created | Outcome::FollowUp))
        .map(|receipt| receipt.record.clone())
        .collect();
    records.sort();
    records.dedup();
    records.len()
}

fn assert_each_session_once(records: &[Shown], receipts: &[Receipt], what: &str) {
    let mut places: BTreeMap<&str, Vec<&Shown>> = BTreeMap::new();
    for record in records {
        for session in &record.sessions {
            places.entry(session).or_default().push(record);
        }
        let mut notes: Vec<_> = record
            .notes
            .iter()
            .map(|note| (&note.session, &note.kind))
            .collect();
        let all = notes.len();
        notes.sort();
        notes.dedup();
        assert_eq!(notes.len(), all, "{what}: a note twice on {record:#?}");
        assert_eq!(record.public_notes, 0, "{what}");
    }
    let mut seen = Vec::new();
    for receipt in receipts {
        let session = receipt.session.to_string();
        assert!(
            !seen.contains(&session),
            "{what}: two receipts of {session}"
        );
        let on: Vec<_> = places.remove(&*session).unwrap_or_default();
        match receipt.outcome {
            Outcome::None => assert!(on.is_empty(), "{what}: {receipt:#?}"),
            Outcome::Parked => panic!("{what}: {receipt:#?}"),
            _ => {
                assert_eq!(on.len(), 1, "{what}: {receipt:#?} {on:#?}");
                assert_eq!(Some(&on[0].id), receipt.record.as_ref(), "{what}");
                assert!(
                    on[0].notes.iter().any(|note| note.session == session),
                    "{what}"
                );
            }
        }
        seen.push(session);
    }
    assert!(
        places.is_empty(),
        "{what}: sessions without a receipt: {places:?}"
    );
}

async fn replay_all(v: &dyn Vendor, events: Vec<SessionEvent>, lanes: usize) -> Vec<Receipt> {
    let rules = Rules {
        append_to_open: true,
        append_to_closed_within_days: NonZeroU32::new(7),
        ..Rules::default()
    };
    let patience = Patience {
        tries: 60,
        first_wait: Duration::from_micros(100),
        longest_wait: Duration::from_millis(1),
    };
    let flow = Flow::new(v.connect(), Arc::new(Settings::uniform(rules)));
    // Credentials that end twice within one request are an `Auth` error by right, so they end between lanes, and only
    // once when requests of several lanes mix.
    let mut endings = if lanes == 1 { usize::MAX } else { 1 };
    let between_lanes = |_| {
        if endings > 0 {
            v.given(Trouble::CredentialsExpired, Often::Once);
            endings -= 1;
        }
    };
    replay(&flow, patience, events, lanes, between_lanes).await
}

/// Some of the customers are known, some have records. Answers how many records there are.
fn people_and_their_records(v: &dyn Vendor, random: &mut Rng) -> usize {
    v.given_user(&agent());
    let mut count = 0;
    for number in 0..4 {
        if random.bool() {
            continue;
        }
        let customer = v.given_customer(&customer(number));
        for queue in QUEUES {
            let state = match random.u8(..4) {
                0 => RecordState::Open,
                1 => RecordState::Resolved,
                2 => RecordState::Closed,
                _ => continue,
            };
            let closed_at = v.now() - 24 * HOUR * random.u32(1..10);
            v.given_record(&GivenRecord {
                customer: &customer,
                queue,
                state,
                created_at: closed_at - HOUR,
                closed_at: (state != RecordState::Open).then_some(closed_at),
                tags: &["vip"],
            });
            count += 1;
        }
    }
    count
}

/// By phone, by e-mail address, by an id of the contact center's own, or withheld.
fn customer(number: u8) -> casewire_core::CustomerIdentity {
    match number {
        0 => kim(),
        1 => by_email("lee@example.com"),
        2 => by_external_id("c-7"),
        3 => casewire_core::CustomerIdentity {
            email: casewire_core::Email::parse("noa@example.com"),
            ..casewire_core::CustomerIdentity {
                phone: casewire_core::Phone::parse("+15550100177"),
                ..by_external_id("c-8")
            }
        },
        _ => casewire_core::CustomerIdentity::default(),
    }
}

/// Ten sessions of the last hour; each is answered, and most ended.
fn events(now: Timestamp, random: &mut Rng) -> Vec<SessionEvent> {
    let mut events = Vec::new();
    for number in 0..10 {
        let kind = if random.bool() { "call" } else { "chat" };
        let subject = format!("{kind}/{number}");
        let started_at = now - HOUR + random.u32(..60) * MINUTE;
        let customer = customer(random.u8(..5));
        let queue = QueueStep {
            id: QueueId(QUEUES[random.usize(..2)].into()),
            name: "Billing".into(),
        };
        let data = EventData {
            customer,
            queue: Some(Arc::new(Queue::new(Vec::new(), queue))),
            agent: random.bool().then(|| Agent {
                id: None,
                email: Some(agent()),
                name: None,
                kind: AgentKind::Human,
            }),
            consumer_messages: Some(3),
            ..EventData::default()
        };
        events.push(event(
            &subject,
            EventKind::Assigned,
            started_at,
            data.clone(),
        ));
        if random.u8(..5) > 0 {
            let outcome = Some(SessionOutcome::Finished);
            let ended = EventData { outcome, ..data };
            events.push(event(
                &subject,
                EventKind::Ended,
                started_at + MINUTE,
                ended,
            ));
        }
    }
    events
}

fn event(subject: &str, kind: EventKind, time: Timestamp, data: EventData) -> SessionEvent {
    SessionEvent {
        id: EventId(format!("{subject}-{kind:?}").into()),
        session: session(subject),
        kind,
        time,
        rank: 0,
        data,
    }
}
