//! Sessions drawn from a seed, through an engine that crashes and a CRM that fails.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Agent, CustomerIdentity, Email, EventKind, MemoryCrm, Queue, QueueId, QueueStep, RecordState,
    Rules, SessionEvent, SessionKey,
};
use casewire_engine::{Engine, Options, ParkedSessions, Phase, StoreFile};
use fastrand::Rng;
use jiff::SignedDuration;

use crate::crm::Crm;
use crate::story::*;
use crate::world::{ENDPOINT, Suffered, World, lasting, passing, seeds};

#[tokio::test(start_paused = true)]
async fn each_session_ends_on_one_record_with_each_note_once() {
    let suffered = Arc::<Suffered>::default();
    for seed in seeds() {
        through_everything(seed, &suffered).await;
    }
    suffered.assert_enough();
}

#[tokio::test(start_paused = true)]
async fn what_passes_parks_nothing_and_keeps_each_customers_order() {
    let suffered = Arc::<Suffered>::default();
    for seed in seeds() {
        in_order(seed, &suffered).await;
    }
    suffered.assert_enough();
}

/// People change, solve and delete records, the engine crashes, stops and reloads, parked sessions are retried.
async fn through_everything(seed: u64, suffered: &Arc<Suffered>) {
    let mut random = Rng::with_seed(seed);
    let crm = Crm::new(MemoryCrm::new(second(0)));
    for number in 10..13 {
        let agent = Email::parse(&format!("agent{number}@example.com")).unwrap();
        crm.memory.add_user(&agent);
    }
    for number in 0..2 {
        if random.bool() {
            crm.memory.add_customer(customer(number));
        }
    }
    if random.bool() {
        crm.memory.set_index_lag(SignedDuration::from_mins(5));
    }
    let append_to_open = random.bool();
    let rules = Rules {
        append_to_open,
        append_to_closed_within_days: NonZeroU32::new(7)
            .filter(|_| append_to_open && random.bool()),
        delay_call_until_connected: random.u8(..4) == 0,
        ..Rules::default()
    };
    let world = World::new(seed, crm, rules, suffered);
    let deletes = random.u8(..4) == 0;
    let lasting_in_ten = random.u8(..6);
    world.given_trouble(
        random.u32(..40),
        random.fork(),
        move |random, is_write| match random.u8(..10) < lasting_in_ten {
            true => lasting(random, is_write),
            false => passing(random, is_write),
        },
    );
    let told: Vec<_> = (0..random.usize(3..10))
        .map(|id| session(&mut random, id))
        .collect();
    let mut events = delivered(&mut random, &told).into_iter().peekable();
    let mut engine = world.start();
    while events.peek().is_some() {
        match random.u8(..20) {
            0 => engine = world.crash(engine).await,
            1 => {
                engine.stop(Duration::from_secs(random.u64(..3))).await;
                engine = world.restart(engine).await;
            }
            2 => tokio::time::sleep(Duration::from_millis(random.u64(..5_000))).await,
            3 => tokio::time::sleep(Duration::from_secs(random.u64(..200))).await,
            4 => retry_parked(&engine).await,
            5 => retry_parked_beside(&world.options).await,
            6 | 7 => a_person_works(&world.crm.memory, &mut random, deletes),
            8 => engine.reload(world.routes.clone()),
            9 => drop(engine.expire().await.unwrap()),
            _ => {
                let some = events.by_ref().take(random.usize(1..5)).collect();
                engine.accept(some).await.unwrap();
            }
        }
    }
    tokio::time::sleep(Duration::from_secs(random.u64(..100))).await;
    let engine = world.calm(engine).await;
    for _ in 0..3 {
        retry_parked(&engine).await;
        world.until_idle(&engine).await;
    }
    for events in &told {
        assert_written_once(&world, &engine, &events[0].session, deletes).await;
    }
    let messages = engine.deliveries(ENDPOINT, 1_000).await.unwrap();
    let mut ids: Vec<_> = messages.iter().map(|message| &message.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), messages.len(), "{}: a message twice", world.what);
    assert!(deletes || ids.len() == told.len(), "{}", world.what);
}

/// As the command does that works on the store while the engine runs.
async fn retry_parked_beside(options: &Options) {
    let (path, now) = (options.path.clone(), options.clock.now());
    let retry = move || {
        let all = ParkedSessions::All { connector: None };
        StoreFile::open(&path).unwrap().retry_parked(&all, now)
    };
    tokio::task::spawn_blocking(retry).await.unwrap().unwrap();
}

fn a_person_works(memory: &MemoryCrm, random: &mut Rng, deletes: bool) {
    memory.advance(SignedDuration::from_secs(random.i64(0..400)));
    let records = memory.records();
    let Some(record) = random.choice(&records) else {
        return;
    };
    let (id, at) = (&record.record.id, second(random.i64(0..400)));
    match random.u8(..3) {
        0 => memory.set_state(id, RecordState::Resolved, Some(at)),
        1 => memory.set_state(id, RecordState::Open, None),
        _ if deletes => memory.delete(id),
        _ => {}
    }
}

/// What the CRM shows of a session, and what the engine says of it. A deleted record takes its sessions along.
async fn assert_written_once(world: &World, engine: &Engine, key: &SessionKey, deletes: bool) {
    let what = format!("{}: {key}", world.what);
    let records = world.crm.memory.records();
    let mut on = Vec::new();
    let mut notes = Vec::new();
    for record in &records {
        let of_it = record.notes.iter().filter(|(session, _)| session == key);
        let of_it: Vec<_> = of_it.map(|(_, note)| note.id.to_string()).collect();
        if !of_it.is_empty() {
            on.push(record.record.id.0.clone());
        }
        notes.extend(of_it);
    }
    let all = notes.len();
    notes.sort();
    notes.dedup();
    assert_eq!(notes.len(), all, "{what}: a note twice in {records:#?}");
    assert!(on.len() <= 1, "{what}: on {on:?}");
    let views = engine.read_session(key.to_string(), None).await.unwrap();
    assert_eq!(views[0].phase, Phase::Done, "{what}: {views:#?}");
    let json = serde_json::to_string(&views).unwrap();
    for customers in ["+1555", "@example.com"] {
        assert!(!json.contains(customers), "{what}: {json}");
    }
    if !deletes {
        assert_eq!(views[0].record.as_ref(), on.first(), "{what}: {views:#?}");
        let has_end = notes.iter().any(|id| id.starts_with("ended"));
        assert!(has_end, "{what}: {notes:?}");
    }
}

fn customer(number: usize) -> CustomerIdentity {
    CustomerIdentity {
        email: Email::parse(&format!("kim{number}@example.com")),
        ..by_phone(&format!("+1555010010{number}"))
    }
}

/// A call or chat by one of three customers, some of whom withhold who they are.
fn session(random: &mut Rng, id: usize) -> Vec<SessionEvent> {
    let is_chat = random.u8(..4) == 0;
    let kind = if is_chat { "chat" } else { "call" };
    let source = Arc::from("//contact-center/acme");
    let key = SessionKey::parse(&source, &format!("{kind}/{id}")).unwrap();
    let mut by = customer(random.usize(..3));
    if random.u8(..12) == 0 {
        by = CustomerIdentity::default();
    } else if random.u8(..3) > 0 {
        match is_chat {
            true => by.phone = None,
            false => by.email = None,
        }
    }
    let queue = (random.u8(..12) > 0).then(|| {
        let id = QueueId(["13", "13", "14"][random.usize(..3)].into());
        let name = "Billing".into();
        Arc::new(Queue::new(Vec::new(), QueueStep { id, name }))
    });
    let mut kinds = vec![
        (0, EventKind::Queued),
        (5, EventKind::Assigned),
        (8, EventKind::Connected),
        (40, EventKind::Ended),
    ];
    kinds.extend((0..random.i64(0..3)).map(|more| (10 + more, EventKind::Transferred)));
    kinds.extend((0..random.i64(0..3)).map(|more| (60 + more, EventKind::Updated)));
    if random.u8(..10) == 0 {
        kinds.push((3, EventKind::Voicemail));
    }
    let began = random.i64(0..300);
    let told = kinds.into_iter().map(|(seconds, kind)| {
        let mut event = event_of("", &id.to_string(), began + seconds, kind);
        event.session = key.clone();
        event.data.queue = queue.clone();
        event.data.customer = by.clone();
        event.data.rating = (kind == EventKind::Updated).then_some(seconds);
        event.data.agent = (kind == EventKind::Transferred).then(|| Agent {
            email: Email::parse(&format!("agent{seconds}@example.com")),
            ..Agent::default()
        });
        event
    });
    told.collect()
}

/// The events in their order or in none, a third of them twice.
fn delivered(random: &mut Rng, told: &[Vec<SessionEvent>]) -> Vec<SessionEvent> {
    let mut events = told.concat();
    match random.bool() {
        true => events.sort_by_key(|event| event.time),
        false => random.shuffle(&mut events),
    }
    for _ in 0..events.len() / 3 {
        let again = events[random.usize(..events.len())].clone();
        events.insert(random.usize(..=events.len()), again);
    }
    events
}

/// Only trouble that passes, and no record is ever joined.
async fn in_order(seed: u64, suffered: &Arc<Suffered>) {
    let mut random = Rng::with_seed(seed);
    let crm = Crm::new(MemoryCrm::new(second(0)));
    if random.bool() {
        crm.memory.set_index_lag(SignedDuration::from_mins(5));
    }
    let world = World::new(seed, crm, Rules::default(), suffered);
    world.given_trouble(random.u32(..60), random.fork(), passing);
    let mut engine = world.start();
    let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for id in 0..random.usize(3..30) {
        let customer = random.usize(..3);
        let id = format!("{customer}-{id}");
        let event = |seconds, kind| {
            let phone = format!("+1555010010{customer}");
            event_of(&phone, &id, seconds, kind)
        };
        let mut events = vec![event(6, EventKind::Assigned)];
        if random.bool() {
            events.insert(0, event(1, EventKind::Queued));
        }
        if random.bool() {
            events.push(event(60, EventKind::Ended));
        }
        let at_once = random.usize(1..=events.len());
        for some in events.chunks(at_once) {
            engine.accept(some.to_vec()).await.unwrap();
        }
        told.entry(customer).or_default().push(id);
        match random.u8(..10) {
            0 => engine = world.crash(engine).await,
            1 => {
                engine.stop(Duration::from_secs(1)).await;
                engine = world.restart(engine).await;
            }
            2 => tokio::time::sleep(Duration::from_secs(random.u64(..100))).await,
            _ => {}
        }
    }
    tokio::time::sleep(Duration::from_secs(random.u64(..400))).await;
    let engine = world.calm(engine).await;
    let depth = engine.depth().await.unwrap();
    assert_eq!(depth.parked_sessions, 0, "{}", world.what);
    let mut made: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for record in world.crm.memory.records() {
        let id = record.notes[0].0.id().to_owned();
        let (customer, _) = id.split_once('-').unwrap();
        let customer = customer.parse().unwrap();
        made.entry(customer).or_default().push(id);
    }
    assert_eq!(made, told, "{}", world.what);
}
