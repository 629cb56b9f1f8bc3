//! A contact center, an engine and a clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use casewire_core::{
    CustomerIdentity, Email, EventData, EventId, EventKind, PersonName, Phone, Queue, QueueId,
    QueueStep, Rules, SessionEvent, SessionKey, SessionOutcome, Settings,
};
use casewire_engine::{Clock, Engine, Options, Phase, Route, Routes, SessionView, StoreFile};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::moody::Moody;

pub(crate) const ACME: &str = "//contact-center/acme";
pub(crate) const CRM: &str = "crm";
pub(crate) const KIM: &str = "+15550100100";
pub(crate) const LEE: &str = "+15550100200";
pub(crate) const KIMS_EMAIL: &str = "kim@example.com";

/// A moment of the story's first day.
pub(crate) fn second(seconds: i64) -> Timestamp {
    "2026-01-24T01:13:49Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// What happened to `session` (`call/1`), without saying whose it is.
pub(crate) fn event(session: &str, seconds: i64, kind: EventKind) -> SessionEvent {
    let step = QueueStep {
        id: QueueId("13".into()),
        name: "Billing".into(),
    };
    SessionEvent {
        id: EventId(format!("{session}-{seconds}-{kind:?}").into()),
        session: SessionKey::parse(&Arc::from(ACME), session).unwrap(),
        kind,
        time: second(seconds),
        rank: 0,
        data: EventData {
            queue: Some(Arc::new(Queue::new(Vec::new(), step))),
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    }
}

/// The same with the caller's number.
pub(crate) fn from(phone: &str, mut event: SessionEvent) -> SessionEvent {
    event.data.customer = CustomerIdentity {
        phone: Phone::parse(phone),
        name: PersonName::parse("Kim Doe"),
        ..event.data.customer
    };
    event
}

/// The same with the customer's e-mail address.
pub(crate) fn of_email(email: &str, mut event: SessionEvent) -> SessionEvent {
    event.data.customer.email = Email::parse(email);
    event
}

/// A call that was answered and is over.
pub(crate) fn answered(session: &str, seconds: i64, phone: &str) -> Vec<SessionEvent> {
    [
        event(session, seconds, EventKind::Assigned),
        event(session, seconds + 30, EventKind::Ended),
    ]
    .map(|event| from(phone, event))
    .to_vec()
}

/// An engine on a file of its own, its CRM and its clock.
pub(crate) struct Story {
    pub(crate) folder: TempDir,
    pub(crate) crm: Arc<Moody>,
    pub(crate) engine: Engine,
    pub(crate) settings: Arc<Settings>,
    now: Arc<AtomicI64>,
}

impl Story {
    pub(crate) fn begin() -> Self {
        Self::with(Rules::default(), Vec::new())
    }

    pub(crate) fn with(rules: Rules, endpoints: Vec<Arc<str>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let crm = Arc::new(Moody::new(second(0)));
        let settings = Arc::new(Settings {
            version: "v1".to_owned(),
            ..Settings::uniform(rules)
        });
        let now = Arc::new(AtomicI64::new(second(0).as_millisecond()));
        let time = Arc::clone(&now);
        let options = Options {
            note_window: Duration::ZERO,
            endpoints,
            clock: Clock::new(move || {
                Timestamp::from_millisecond(time.load(Ordering::SeqCst)).unwrap()
            }),
            ..Options::new(folder.path().join("casewire.db"))
        };
        let route = Route {
            connector: Arc::clone(&crm) as _,
            settings: Arc::clone(&settings),
            lanes: 4,
        };
        let engine = Engine::start(options, Routes::one(CRM, route)).unwrap();
        Self {
            folder,
            crm,
            engine,
            settings,
            now,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("casewire.db")
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn days_pass(&self, days: i64) {
        let millis = SignedDuration::from_hours(24 * days).as_millis();
        let millis = i64::try_from(millis).unwrap();
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) async fn tell(&self, events: Vec<SessionEvent>) {
        self.engine.accept(events).await.unwrap();
    }

    /// The session, once it is as `wanted`.
    pub(crate) async fn until(
        &self,
        session: &str,
        wanted: impl Fn(&SessionView) -> bool,
    ) -> SessionView {
        for _ in 0..2_000 {
            let read = self.engine.read_session(session.to_owned(), None);
            if let Some(view) = read.await.unwrap().into_iter().find(&wanted) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let read = self.engine.read_session(session.to_owned(), None);
        panic!("{session} never came so far: {:?}", read.await);
    }

    pub(crate) async fn phase(&self, session: &str, phase: Phase) -> SessionView {
        self.until(session, |view| {
            view.phase == phase && view.next_try_at.is_none()
        })
        .await
    }

    /// The session once it is written, however long the engine wants to wait before it tries again.
    pub(crate) async fn written_in_time(&self, session: &str) -> SessionView {
        self.until(session, |view| {
            self.days_pass(1);
            view.phase == Phase::Done
        })
        .await
    }

    pub(crate) async fn is_known(&self, session: &str) -> bool {
        let read = self.engine.read_session(session.to_owned(), None);
        !read.await.unwrap().is_empty()
    }

    /// The file as a command beside the engine opens it.
    pub(crate) fn file(&self) -> StoreFile {
        StoreFile::open(&self.path()).unwrap()
    }

    /// The settings of the connector `name`.
    pub(crate) fn settings_of(&self, name: &str) -> Option<&Settings> {
        (name == CRM).then_some(&*self.settings)
    }
}
