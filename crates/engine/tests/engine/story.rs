//! Sessions, and engines that write them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CustomerIdentity, EventData, EventId, EventKind, MemoryCrm, Phone, Queue, QueueId, QueueStep,
    Rules, SessionEvent, SessionKey, SessionOutcome, Settings,
};
use casewire_engine::{Engine, Options, Route, Routes};
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

/// Ends `engine` as a crash would, and starts another on its store.
pub(crate) async fn restart(engine: Engine, folder: &Path, crm: &Arc<Crm>, rules: Rules) -> Engine {
    drop(engine);
    loop {
        match Engine::start(options(folder), routes(crm, rules.clone())) {
            Ok(engine) => return engine,
            // Its tasks end when they next come to wait.
            Err(error) if error.is_in_use() => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Waits until `is_so`, and fails when that takes too long.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never happened: {what}");
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
