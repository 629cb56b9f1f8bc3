//! What the engine costs, as ratios against bare SQLite with group commit in the same run.
//!
//! `cargo bench -p casewire-engine` runs all of it in some minutes; `CASEWIRE_BENCH_SESSIONS` sets how many stored sessions
//! the last part goes up to. Figures that are durable depend on the disk, so only the ratios can be compared.

#![expect(clippy::print_stdout, reason = "figures are for whoever runs it")]

mod bare;
mod crm;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use casewire_core::{
    CustomerIdentity, EventData, EventId, EventKind, Phone, Queue, QueueId, QueueStep, Rules,
    SessionEvent, SessionKey, SessionOutcome, Settings,
};
use casewire_engine::{Engine, Options, Route, Routes};
use jiff::{SignedDuration, Timestamp};

use bare::Bare;
use crm::InstantCrm;

/// Callers that each wait for an answer before they ask again.
const PRODUCERS: usize = 64;

const EVENTS_PER_SESSION: usize = 6;

/// Events of a round of the intake.
const INTAKE: usize = 18_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        throughput().await?;
        latency().await?;
        live_sessions().await?;
        stored_sessions().await
    })
}

async fn throughput() -> Result<(), Failure> {
    let mut ratios = (Vec::new(), Vec::new());
    for round in 1..=5 {
        let folder = tempfile::tempdir()?;
        let bare = Bare::open(&folder.path().join("bare.db"))?;
        let ceiling = rate(INTAKE, |number| bare.insert(number)).await;
        let (engine, _) = start(&folder.path().join("intake.db"))?;
        let mut events: Vec<_> = (0..INTAKE)
            .map(|number| vec![intake_event(number)])
            .collect();
        let intake = rate(INTAKE, |number| {
            let event = std::mem::take(&mut events[number]);
            let engine = engine.clone();
            async move { drop(engine.accept(event).await) }
        })
        .await;
        report(
            round,
            "events acknowledged",
            intake,
            "bare inserts",
            ceiling,
        );
        ratios.0.push(intake / ceiling);

        let bare = Bare::open(&folder.path().join("cycle.db"))?;
        let cycle = rate(10_000, |number| bare.cycle(number)).await;
        let (engine, crm) = start(&folder.path().join("path.db"))?;
        let path = full_path(&engine, &crm, 0, 12_000).await;
        report(round, "events to their record", path, "bare cycles", cycle);
        ratios.1.push(path / cycle);
        engine.stop(Duration::from_secs(5)).await;
    }
    println!(
        "medians: intake {:.2} of bare inserts, full path {:.2} of bare cycles",
        median(&mut ratios.0),
        median(&mut ratios.1)
    );
    Ok(())
}

fn report(round: u32, what: &str, rate: f64, against: &str, other: f64) {
    println!(
        "round {round}: {rate:>7.0} {what}/s, {other:>7.0} {against}/s: {:.2}",
        rate / other
    );
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How many of `count` pieces of work are done in a second by [`PRODUCERS`] side by side.
async fn rate<F>(count: usize, mut work: impl FnMut(usize) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let began = Instant::now();
    let mut numbers = 0..count;
    let mut running = tokio::task::JoinSet::new();
    for number in numbers.by_ref().take(PRODUCERS) {
        running.spawn(work(number));
    }
    while running.join_next().await.is_some() {
        if let Some(number) = numbers.next() {
            running.spawn(work(number));
        }
    }
    per_second(count, began.elapsed())
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / elapsed.as_secs_f64()
}

/// Events in a second, from the first that is sent until the last of their sessions is written.
async fn full_path(engine: &Engine, crm: &InstantCrm, first: usize, events: usize) -> f64 {
    let sessions = events / EVENTS_PER_SESSION;
    let written = crm.created();
    let of_producer = |producer| {
        let own = (first + producer..first + sessions).step_by(PRODUCERS);
        let steps =
            own.flat_map(|session| (0..EVENTS_PER_SESSION).map(move |step| (session, step)));
        steps
            .map(|(session, step)| event(session, step))
            .collect::<Vec<_>>()
    };
    let prepared: Vec<_> = (0..PRODUCERS).map(of_producer).collect();
    let began = Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for events in prepared {
        let engine = engine.clone();
        sending.spawn(async move {
            for event in events {
                drop(engine.accept(vec![event]).await);
            }
        });
    }
    sending.join_all().await;
    while crm.created() < written + sessions || !is_idle(engine).await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    per_second(sessions * EVENTS_PER_SESSION, began.elapsed())
}

async fn is_idle(engine: &Engine) -> bool {
    let depth = engine.depth().await;
    depth.is_ok_and(|depth| {
        let mut connectors = depth.connectors.iter();
        connectors.all(|connector| connector.ready_lanes + connector.waiting_lanes == 0)
    })
}

/// From sending an event to the CRM request that it causes, at 500 events a second.
async fn latency() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (engine, crm) = start(&folder.path().join("latency.db"))?;
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..5_000 {
        ticks.tick().await;
        let (engine, crm) = (engine.clone(), Arc::clone(&crm));
        sending.spawn(async move {
            let (session, step) = (number / EVENTS_PER_SESSION, number % EVENTS_PER_SESSION);
            let event = event(session, step);
            if step == 2 {
                crm.expect(&event.session);
            }
            drop(engine.accept(vec![event]).await);
        });
    }
    sending.join_all().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut waits = crm.waits();
    waits.sort();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!(
        "event to CRM request at 500 events/s: p50 {:.2} ms, p99 {:.2} ms, of {} sessions",
        at(50),
        at(99),
        waits.len()
    );
    Ok(())
}

/// What 100,000 sessions that go on cost in memory.
async fn live_sessions() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (engine, _crm) = start(&folder.path().join("live.db"))?;
    let before = resident_mib();
    for thousand in 0..100 {
        let events = (0..1_000).map(|number| event(thousand * 1_000 + number, 1));
        engine.accept(events.collect()).await?;
    }
    println!(
        "memory: {before:.0} MiB before, {:.0} MiB with 100,000 sessions under way",
        resident_mib()
    );
    Ok(())
}

/// What an event costs beside few and beside many stored sessions.
async fn stored_sessions() -> Result<(), Failure> {
    let most = std::env::var("CASEWIRE_BENCH_SESSIONS").ok();
    let most: usize = most.map_or(Ok(1_000_000), |most| most.parse())?;
    let folder = tempfile::tempdir()?;
    let (engine, crm) = start(&folder.path().join("stored.db"))?;
    let mut stored = 0;
    let mut first = None;
    for goal in [1_000, 10_000, 100_000, 1_000_000] {
        if goal > most {
            break;
        }
        while stored < goal {
            let events = (stored..stored + 1_000).map(|number| event(10_000_000 + number, 1));
            engine.accept(events.collect()).await?;
            stored += 1_000;
        }
        let mut rates = Vec::new();
        for round in 0..3 {
            let first = goal * 10 + round * 2_000;
            rates.push(full_path(&engine, &crm, 100_000_000 + first, 12_000).await);
        }
        let rate = median(&mut rates);
        let first = *first.get_or_insert(rate);
        println!(
            "beside {goal:>9} stored sessions: {rate:>6.0} events to their record/s, {:.2} of beside 1,000; {:.0} MiB",
            rate / first,
            resident_mib()
        );
    }
    Ok(())
}

fn start(path: &Path) -> Result<(Engine, Arc<InstantCrm>), Failure> {
    let crm = Arc::new(InstantCrm::default());
    let connector: Arc<InstantCrm> = Arc::clone(&crm);
    let route = Route {
        connector,
        settings: Arc::new(Settings::uniform(Rules::default())),
        lanes: 16,
    };
    let options = Options {
        note_window: Duration::from_millis(200),
        ..Options::new(path)
    };
    Ok((Engine::start(options, Routes::one("instant", route))?, crm))
}

/// The memory of this process, in MiB.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1_024.0
}

/// Events that only fold: the cost of taking them. Those of one session are far apart.
fn intake_event(number: usize) -> SessionEvent {
    let sessions = INTAKE / EVENTS_PER_SESSION;
    SessionEvent {
        kind: EventKind::Updated,
        ..event(number % sessions, number / sessions % EVENTS_PER_SESSION)
    }
}

/// An id without any order, as senders make them.
fn event_id(number: usize) -> String {
    let mut state = u64::try_from(number)
        .unwrap_or_default()
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}-{number}", state ^ (state >> 31))
}

fn event(session: usize, step: usize) -> SessionEvent {
    const STEPS: [EventKind; EVENTS_PER_SESSION] = [
        EventKind::Created,
        EventKind::Queued,
        EventKind::Assigned,
        EventKind::Connected,
        EventKind::Updated,
        EventKind::Ended,
    ];
    let kind = STEPS[step];
    let source = Arc::from("//contact-center/acme");
    let step_in = |id: &str, name: &str| QueueStep {
        id: QueueId(id.into()),
        name: name.into(),
    };
    let seconds = i64::try_from(step * 10).unwrap_or_default();
    let start: Timestamp = "2026-01-24T01:13:49Z".parse().unwrap_or_default();
    SessionEvent {
        id: EventId(event_id(session * EVENTS_PER_SESSION + step).into()),
        session: SessionKey::parse(&source, &format!("call/{session}"))
            .unwrap_or_else(|| unreachable!("a good key")),
        kind,
        time: start + SignedDuration::from_secs(seconds),
        rank: 0,
        data: EventData {
            session_type: Some("Voice Inbound (IVR)".into()),
            language: Some("en".into()),
            dialed_number: Some("+15550100300".into()),
            queue: (step > 0).then(|| {
                Arc::new(Queue::new(
                    vec![step_in("4", "Support")],
                    step_in("13", "Billing"),
                ))
            }),
            customer: CustomerIdentity {
                phone: Phone::parse(&format!("+1555{:07}", session % 10_000_000)),
                ..CustomerIdentity::default()
            },
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    }
}
