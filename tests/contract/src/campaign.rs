//! Sessions drawn from a seed, through the engine and through faults, twice.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Agent, AgentKind, CustomerIdentity, Email, EventData, EventId, EventKind, Outcome, Phone,
    Queue, QueueId, QueueStep, RecordId, RecordState, Rules, SessionEvent, SessionOutcome,
    Settings,
};
use casewire_engine::{Flow, Patience, Receipt, replay};
use fastrand::Rng;
use jiff::Timestamp;

use crate::story::{HOUR, MINUTE, agent, by_email, by_external_id, kim, session};
use crate::vendor::{Credentials, GivenRecord, Often, Shown, Trouble, Vendor};

const QUEUES: [&str; 2] = ["13", "14"];

/// The tag of the platform, by default.
const PLATFORM: &str = "UJET";

/// What people tagged their records with.
const PEOPLES: &str = "vip";

/// With one lane after another a seed repeats exactly.
pub(crate) async fn one_lane_at_a_time<V: Vendor>(new: impl AsyncFn(u64) -> V, usual: u64) {
    run_all(new, &seeds(usual), 1).await;
}

/// Side by side, which fault hits which request depends on chance as well.
pub(crate) async fn lanes_side_by_side<V: Vendor>(new: impl AsyncFn(u64) -> V, usual: u64) {
    run_all(new, &seeds(usual), 4).await;
}

/// What it came to is shown with `--nocapture`.
async fn run_all<V: Vendor>(new: impl AsyncFn(u64) -> V, seeds: &[u64], lanes: usize) {
    let mut tally = Tally::default();
    for &seed in seeds {
        let v = new(seed).await;
        run(&v, seed, lanes, &mut tally).await;
    }
    println!("{} seeds, {lanes} lanes: {tally:?}", seeds.len());
}

/// What all seeds came to.
#[derive(Debug, Default)]
struct Tally {
    sessions: usize,
    linked: usize,
    records: usize,
    notes: usize,
    customers: usize,
    writes: u64,
}

/// What the events tell of a session.
struct Told {
    customer: CustomerIdentity,
    has_ended: bool,
}

/// As many as `usual`, unless the environment says otherwise.
fn seeds(usual: u64) -> Vec<u64> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    match number("CASEWIRE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("CASEWIRE_SEEDS").unwrap_or(usual)).collect(),
    }
}

async fn run(v: &dyn Vendor, seed: u64, lanes: usize, tally: &mut Tally) {
    let what = format!("repeat with CASEWIRE_SEED={seed}, {lanes} lanes");
    let mut random = Rng::with_seed(seed);
    let given = people_and_their_records(v, &mut random);
    // Look-ups show what people did, and lag behind what the sessions do.
    v.pass(MINUTE);
    let events = events(v.now(), &mut random);
    let told = told(&events);

    v.given_storm();
    let writes_before = v.writes();
    let first = replay_all(v, events.clone(), lanes).await;
    v.given_calm();
    let (records, writes) = (v.records(), v.writes());
    let made_by_people = given.records.len();
    assert_eq!(
        records.len() - made_by_people,
        made(&first),
        "{what}: {first:#?}"
    );
    assert_each_session_once(&records, &first, &told, &what);
    assert_tags(v, &records, &given.records, &what);
    let customers = customers(&given.customers, &first, &told);
    assert_eq!(v.customers(), customers, "{what}: customers");

    v.pass(2 * HOUR);
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

    tally.sessions += first.len();
    tally.linked += first.iter().filter(|receipt| is_linked(receipt)).count();
    tally.records += records.len() - made_by_people;
    tally.notes += records
        .iter()
        .map(|record| record.notes.len())
        .sum::<usize>();
    tally.customers += customers - given.customers.len();
    tally.writes += writes - writes_before;
}

fn told(events: &[SessionEvent]) -> BTreeMap<String, Told> {
    let mut told = BTreeMap::new();
    for event in events {
        let of_session = told
            .entry(event.session.to_string())
            .or_insert_with(|| Told {
                customer: event.data.customer.clone(),
                has_ended: false,
            });
        of_session.has_ended |= event.kind == EventKind::Ended;
    }
    told
}

fn is_linked(receipt: &Receipt) -> bool {
    !matches!(receipt.outcome, Outcome::None | Outcome::Parked)
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

/// How many customers there are to be: those that people added, one for each new identity, and one for each session of
/// nobody in particular.
fn customers(
    given: &[CustomerIdentity],
    receipts: &[Receipt],
    told: &BTreeMap<String, Told>,
) -> usize {
    let mut known: HashSet<_> = given.iter().collect();
    let mut anonymous = 0;
    for receipt in receipts.iter().filter(|receipt| is_linked(receipt)) {
        let customer = &told[&receipt.session.to_string()].customer;
        if *customer == CustomerIdentity::default() {
            anonymous += 1;
        } else {
            known.insert(customer);
        }
    }
    known.len() + anonymous
}

/// What sessions are on has their tag, and what people tagged keeps theirs.
fn assert_tags(v: &dyn Vendor, records: &[Shown], given: &[RecordId], what: &str) {
    for record in records {
        let has = |tags: &[&str]| {
            v.kept_tags(tags)
                .iter()
                .all(|tag| record.tags.contains(tag))
        };
        assert!(
            record.sessions.is_empty() || has(&[PLATFORM]),
            "{what}: {record:#?}"
        );
        assert!(
            !given.contains(&record.id) || has(&[PEOPLES]),
            "{what}: {record:#?}"
        );
    }
}

fn assert_each_session_once(
    records: &[Shown],
    receipts: &[Receipt],
    told: &BTreeMap<String, Told>,
    what: &str,
) {
    let mut places: BTreeMap<&str, Vec<&Shown>> = BTreeMap::new();
    for record in records {
        for session in &record.sessions {
            places.entry(session).or_default().push(record);
        }
        assert_eq!(record.public_notes, 0, "{what}");
    }
    let mut seen = Vec::new();
    for receipt in receipts {
        let session = receipt.session.to_string();
        assert!(
            !seen.contains(&session),
            "{what}: two receipts of {session}"
        );
        assert_ne!(receipt.outcome, Outcome::Parked, "{what}: {receipt:#?}");
        let on = places.remove(&*session).unwrap_or_default();
        if is_linked(receipt) {
            assert_eq!(on.len(), 1, "{what}: {receipt:#?} {on:#?}");
            assert_eq!(Some(&on[0].id), receipt.record.as_ref(), "{what}");
        } else {
            assert!(on.is_empty(), "{what}: {receipt:#?}");
        }
        let mut notes: Vec<_> = records
            .iter()
            .flat_map(|record| &record.notes)
            .filter(|note| note.session == session)
            .map(|note| &*note.kind)
            .collect();
        notes.sort_unstable();
        let expected: &[_] = match (is_linked(receipt), told[&session].has_ended) {
            (true, true) => &["ended", "linked"],
            (true, false) => &["linked"],
            (false, _) => &[],
        };
        assert_eq!(notes, expected, "{what}: {receipt:#?} {on:#?}");
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
        tag_platform: true,
        ..Rules::default()
    };
    let patience = Patience {
        tries: 60,
        first_wait: Duration::from_micros(100),
        longest_wait: Duration::from_millis(1),
    };
    let flow = Flow::new(v.connect(), Arc::new(Settings::uniform(rules)));
    // Credentials that end twice within one request are an `Auth` error by right, so they end between lanes, and only
    // once when requests of several lanes mix. A key that is refused stays so: no session is parked for it here.
    let mut endings = match (v.credentials(), lanes) {
        (Credentials::Fixed, _) => 0,
        (Credentials::Renewed, 1) => usize::MAX,
        (Credentials::Renewed, _) => 1,
    };
    let between_lanes = |_| {
        if endings > 0 {
            v.given(Trouble::CredentialsExpired, Often::Once);
            endings -= 1;
        }
    };
    replay(&flow, patience, events, lanes, between_lanes).await
}

/// What there was before the first session.
#[derive(Default)]
struct Given {
    customers: Vec<CustomerIdentity>,
    records: Vec<RecordId>,
}

/// Some of the customers are known, some have records.
fn people_and_their_records(v: &dyn Vendor, random: &mut Rng) -> Given {
    v.given_user(&agent());
    let mut given = Given::default();
    for number in 0..4 {
        if random.bool() {
            continue;
        }
        let identity = customer(number);
        let customer = v.given_customer(&identity);
        given.customers.push(identity);
        for queue in QUEUES {
            let state = match random.u8(..4) {
                0 => RecordState::Open,
                1 => RecordState::Resolved,
                2 => RecordState::Closed,
                _ => continue,
            };
            let closed_at = v.now() - 24 * HOUR * random.u32(1..10);
            given.records.push(v.given_record(&GivenRecord {
                customer: &customer,
                queue,
                state,
                created_at: closed_at - HOUR,
                closed_at: (state != RecordState::Open).then_some(closed_at),
                tags: &[PEOPLES],
            }));
        }
    }
    given
}

/// By phone, by e-mail address, by an id of the contact center's own, or withheld.
fn customer(number: u8) -> CustomerIdentity {
    match number {
        0 => kim(),
        1 => by_email("lee@example.com"),
        2 => by_external_id("c-7"),
        3 => CustomerIdentity {
            phone: Phone::parse("+15550100177"),
            email: Email::parse("noa@example.com"),
            ..by_external_id("c-8")
        },
        _ => CustomerIdentity::default(),
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
