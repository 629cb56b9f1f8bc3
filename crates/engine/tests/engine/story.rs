//! Sessions, and engines that write them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CustomerId, CustomerIdentity, EventData, EventId, EventKind, MemoryCrm, Phone, Queue, QueueId,
    QueueStep, Record, RecordId, RecordState, Rules, SessionEvent, SessionKey, SessionOutcome,
    Settings, Trace,
};
use casewire_engine::{Clock, Engine, Options, ParkedSessions, Route, Routes, SessionView};
use jiff::{SignedDuration, Timestamp};

use crate::crm::Crm;

pub(crate) fn second(seconds: i64) -> Timestamp {
    "2026-01-24T01:13:49Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// An event of `call/ID` by the customer with that phone number.
pub(crate) fn event_of(phone: &str, id: &str, seconds: i64, kind: EventKind) -> SessionEvent {
    let source = Arc::from("//contact-center/acme");
    let step = QueueStep {
        id: QueueId("13".into()),
        name: "Billing".into(),
    };
    SessionEvent {
        id: EventId(format!("{id}-{seconds}-{kind:?}").into()),
        session: SessionKey::parse(&source, &format!("call/{id}")).unwrap(),
        kind,
        time: second(seconds),
        rank: 0,
        data: EventData {
            queue: Some(Arc::new(Queue::new(Vec::new(), step))),
            customer: CustomerIdentity {
                phone: Phone::parse(phone),
                ..CustomerIdentity::default()
            },
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    }
}

pub(crate) const KIM: &str = "+15550100100";

pub(crate) fn event(id: &str, seconds: i64, kind: EventKind) -> SessionEvent {
    event_of(KIM, id, seconds, kind)
}

pub(crate) fn assigned(id: &str) -> Vec<SessionEvent> {
    vec![event(id, 6, EventKind::Assigned)]
}

pub(crate) fn rated(id: &str, rating: i64) -> Vec<SessionEvent> {
    let mut event = event(id, 900 + rating, EventKind::Updated);
    event.data.rating = Some(rating);
    vec![event]
}

pub(crate) fn appending() -> Rules {
    Rules {
        append_to_open: true,
        ..Rules::default()
    }
}

pub(crate) fn crm() -> Arc<Crm> {
    Crm::new(MemoryCrm::new(second(0)))
}

pub(crate) fn options(folder: &Path) -> Options {
    Options {
        note_window: Duration::from_millis(20),
        ..Options::new(folder.join("casewire.db"))
    }
}

pub(crate) fn routes(crm: &Arc<Crm>, rules: Rules) -> Routes {
    let connector: Arc<Crm> = Arc::clone(crm);
    Routes::one(
        "memory",
        Route {
            connector,
            settings: Arc::new(Settings::uniform(rules)),
            lanes: 8,
        },
    )
}

pub(crate) fn start(folder: &Path, crm: &Arc<Crm>, rules: Rules) -> Engine {
    Engine::start(options(folder), routes(crm, rules)).unwrap()
}

/// A clock that goes with tokio's: in a test that is paused it leaps over the waits.
pub(crate) fn tokios_clock() -> Clock {
    let (began_at, began) = (second(100_000), tokio::time::Instant::now());
    Clock::new(move || began_at + began.elapsed())
}

/// Starts an engine for a test that is paused.
pub(crate) fn start_fast(folder: &Path, crm: &Arc<Crm>, rules: Rules) -> Engine {
    let mut options = options(folder);
    options.clock = tokios_clock();
    Engine::start(options, routes(crm, rules)).unwrap()
}

/// Ends `engine` as a crash would, and starts another on its store.
pub(crate) async fn restart(engine: Engine, folder: &Path, crm: &Arc<Crm>, rules: Rules) -> Engine {
    restart_with(engine, &options(folder), &routes(crm, rules)).await
}

pub(crate) async fn restart_with(engine: Engine, options: &Options, routes: &Routes) -> Engine {
    drop(engine);
    loop {
        match Engine::start(options.clone(), routes.clone()) {
            Ok(engine) => return engine,
            // Its tasks end when they next come to wait.
            Err(error) if error.is_in_use() => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Waits until `is_so`, and fails when that takes too long.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    let mut pause = Duration::from_millis(2);
    while !is_so().await {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it never happened: {what}"
        );
        tokio::time::sleep(pause).await;
        // Hours pass in a test that is paused.
        pause = (pause * 5 / 4).min(Duration::from_secs(5));
    }
}

/// Waits until no lane has work.
pub(crate) async fn until_idle(engine: &Engine) {
    until("no lane has work", async || {
        let depth = engine.depth().await.unwrap();
        let mut connectors = depth.connectors.iter();
        connectors.all(|connector| connector.ready_lanes + connector.waiting_lanes == 0)
    })
    .await;
}

pub(crate) async fn view(engine: &Engine, id: &str) -> SessionView {
    let views = engine.read_session(format!("call/{id}"), None);
    views.await.unwrap().remove(0)
}

pub(crate) async fn retry_parked(engine: &Engine) {
    let all = ParkedSessions::All { connector: None };
    engine.retry_parked(all).await.unwrap();
}

/// The store of the engine in `folder`, as another process has it.
pub(crate) fn store(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("casewire.db")).unwrap()
}

pub(crate) fn by_phone(phone: &str) -> CustomerIdentity {
    CustomerIdentity {
        phone: Phone::parse(phone),
        ..CustomerIdentity::default()
    }
}

/// An open record of `customer` as a person makes it.
pub(crate) fn open_record(customer: CustomerId) -> Record {
    Record {
        id: RecordId(String::new()),
        customer: Some(customer),
        queue: Some(QueueId("13".into())),
        state: RecordState::Open,
        created_at: second(0),
        closed_at: None,
        tags: Vec::new(),
        trace: Trace::default(),
        version: Some("1".into()),
        url: None,
    }
}

/// On how many records the session `call/ID` is.
pub(crate) fn records_with(crm: &Crm, id: &str) -> usize {
    let records = crm.memory.records();
    let with = records
        .iter()
        .filter(|record| record.notes.iter().any(|(session, _)| session.id() == id));
    with.count()
}
