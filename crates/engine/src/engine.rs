//! The engine: events in, lanes served, outcomes remembered.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use casewire_core::{RecordId, SessionEvent};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use crate::dispatch;
use crate::health::{ConnectorState, Health};
use crate::route::Routes;
use crate::store::{Accepted, Arrival, Delivery, Settling, Store, StoreError};
use crate::{Clock, SessionView};

/// How an engine works.
#[derive(Clone)]
pub struct Options {
    /// The store's file; it is made when it is not there.
    pub path: PathBuf,
    /// How long a note waits for others, so that what arrives for one record within it becomes one write.
    pub note_window: Duration,
    /// How many events may wait for their commit before more are refused.
    pub intake_limit: usize,
    /// How long a session is kept after its last change.
    pub retention: Duration,
    /// Where to tell of each session that is linked, for [`Engine::deliveries`].
    pub endpoints: Vec<Arc<str>>,
    /// What time it is.
    pub clock: Clock,
}

/// Without the endpoints: an address may carry a key.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("path", &self.path)
            .field("note_window", &self.note_window)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The usual ones, with the store at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            note_window: Duration::from_secs(2),
            intake_limit: 10_000,
            retention: Duration::from_secs(30 * 24 * 60 * 60),
            endpoints: Vec::new(),
            clock: Clock::default(),
        }
    }
}

/// Why events were not taken: none of the request's were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Too many wait already: send them again after a moment.
    #[error("too many events wait to be stored; send them again in a second")]
    Full,
    /// No connector takes sessions of the source of the event at `index`.
    #[error("no connector takes sessions of this source; name it in `[sources]` of the config")]
    NoConnector {
        /// Which event, counted from 0.
        index: usize,
    },
    /// The engine ends.
    #[error("the engine is shutting down; send them again in a moment")]
    Draining,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session was linked to its record: what a record pop needs. Holds no customer data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Linked {
    /// The session, for example `call/987`.
    pub session: String,
    /// Where its events come from.
    pub source: String,
    /// The connector's name.
    pub connector: String,
    /// How it ended up.
    pub outcome: casewire_core::Outcome,
    /// The record.
    #[schemars(with = "String")]
    pub record: RecordId,
    /// Where people see the record.
    pub url: Option<String>,
    /// The leaf queue's id.
    pub queue: Option<String>,
    /// When.
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
}

/// What happens to sessions from their first event to their record. Clones are the same engine.
///
/// Dropping the last clone leaves all work where it is; a later engine on the same store goes on with it.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    /// What serves the connectors; it ends with the last clone.
    dispatchers: Arc<Mutex<JoinSet<()>>>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) options: Options,
    pub(crate) routes: watch::Sender<Arc<Routes>>,
    pub(crate) linked: broadcast::Sender<Arc<Linked>>,
    pub(crate) stopping: watch::Sender<bool>,
    health: Mutex<BTreeMap<Arc<str>, Health>>,
    arriving: AtomicUsize,
}

/// How many linked sessions a slow listener may fall behind before it misses some.
const LISTENER_LAG: usize = 1_024;

impl Engine {
    /// Opens the store and goes on with what is in it. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// When the store is held by another process, can not be read, or was written by a newer version.
    pub fn start(options: Options, routes: Routes) -> Result<Self, StoreError> {
        let store = Arc::new(Store::open(&options.path)?);
        let shared = Arc::new(Shared {
            store,
            options,
            routes: watch::Sender::new(Arc::new(routes)),
            linked: broadcast::Sender::new(LISTENER_LAG),
            stopping: watch::Sender::new(false),
            health: Mutex::default(),
            arriving: AtomicUsize::new(0),
        });
        let engine = Self {
            shared,
            dispatchers: Arc::default(),
        };
        engine.dispatch();
        Ok(engine)
    }

    /// Stores `events`, all or none: when this answers they are durable, and will take effect.
    ///
    /// # Errors
    /// When none of them was stored.
    pub async fn accept(&self, events: Vec<SessionEvent>) -> Result<Accepted, NotAccepted> {
        let shared = &self.shared;
        if *shared.stopping.borrow() {
            return Err(NotAccepted::Draining);
        }
        let routes = Arc::clone(&shared.routes.borrow());
        let weight = events.len();
        let mut arrivals = Vec::with_capacity(weight);
        for (index, event) in events.into_iter().enumerate() {
            let (connector, route) = routes
                .of_source(event.session.source())
                .ok_or(NotAccepted::NoConnector { index })?;
            arrivals.push(Arrival {
                event,
                connector: Arc::clone(connector),
                settings: Arc::clone(&route.settings),
            });
        }
        let place = shared.reserve(weight).ok_or(NotAccepted::Full)?;
        let when = shared.settling();
        let accepted = shared
            .store
            .write(weight, move |tx| {
                // Taken until then, also when the sender has gone away.
                let _place = place;
                tx.accept(&arrivals, when)
            })
            .await?;
        metrics::counter!("casewire_events_total").increment(accepted.new as u64);
        metrics::counter!("casewire_events_repeated_total").increment(accepted.repeated as u64);
        Ok(accepted)
    }

    /// Writes to the store, so that a full or broken disk shows before an event comes.
    ///
    /// # Errors
    /// When it can not be written to, or the engine ends.
    pub async fn probe(&self) -> Result<(), NotAccepted> {
        if *self.shared.stopping.borrow() {
            return Err(NotAccepted::Draining);
        }
        Ok(self.shared.store.write(1, |tx| tx.touch()).await?)
    }

    /// Works by `routes` from now on; what is under way is finished by the former ones.
    pub fn reload(&self, routes: Routes) {
        self.shared.routes.send_replace(Arc::new(routes));
        self.dispatch();
    }

    /// Listens to sessions as they are linked.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Linked>> {
        self.shared.linked.subscribe()
    }

    /// What is known of the sessions `subject` (`call/987`): one for each source that has it, or that of `source` alone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_session(
        &self,
        subject: String,
        source: Option<String>,
    ) -> Result<Vec<SessionView>, StoreError> {
        let routes = Arc::clone(&self.shared.routes.borrow());
        self.shared
            .store
            .read(move |sql| {
                let settings = |name: &str| Some(&*routes.named(name)?.settings);
                crate::store::read_session(sql, &subject, source.as_deref(), settings)
            })
            .await
    }

    /// How it stands with each connector.
    pub fn connectors(&self) -> Vec<ConnectorState> {
        let routes = Arc::clone(&self.shared.routes.borrow());
        let health = self.shared.health();
        let state = |name: &Arc<str>| match health.get(name) {
            Some(health) => health.state(name),
            None => Health::default().state(name),
        };
        routes.names().map(state).collect()
    }

    /// Counts what waits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn depth(&self) -> Result<crate::store::Depth, StoreError> {
        let now = crate::store::millis(self.shared.options.clock.now());
        self.shared
            .store
            .read(move |sql| crate::store::depth(sql, now))
            .await
    }

    /// At most `limit` messages for `endpoint` whose time to be sent has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn deliveries(
        &self,
        endpoint: &str,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let endpoint = endpoint.to_owned();
        let now = crate::store::millis(self.shared.options.clock.now());
        self.shared
            .store
            .read(move |sql| crate::store::deliveries(sql, &endpoint, now, limit))
            .await
    }

    /// The message was taken.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delivered(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let no = delivery.no;
        self.shared.store.write(1, move |tx| tx.delivered(no)).await
    }

    /// The message was not taken, for the reason `error`. It is due again at `next`, or given up when that is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn undelivered(
        &self,
        delivery: &Delivery,
        error: String,
        next: Option<jiff::Timestamp>,
    ) -> Result<(), StoreError> {
        let no = delivery.no;
        let next = next.map(crate::store::millis);
        self.shared
            .store
            .write(1, move |tx| tx.undelivered(no, &error, next))
            .await
    }

    /// Gives up the messages for others than `endpoints`, for the reason `why`, and says how many that were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn give_up_others(
        &self,
        endpoints: Vec<String>,
        why: &'static str,
    ) -> Result<usize, StoreError> {
        self.shared
            .store
            .write(1, move |tx| tx.give_up_others(&endpoints, why))
            .await
    }

    /// Takes no more events, and waits for what is under way, at most `patience`. Lanes that are not served yet stay in
    /// the store. Says whether all that was under way came to its end.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.shared.stopping.send_replace(true);
        let mut dispatchers = std::mem::take(&mut *self.dispatchers());
        let all_ended = async { while dispatchers.join_next().await.is_some() {} };
        tokio::time::timeout(patience, all_ended).await.is_ok()
    }

    /// Starts what serves the connectors that have none yet.
    fn dispatch(&self) {
        let routes = Arc::clone(&self.shared.routes.borrow());
        let mut health = self.shared.health();
        for name in routes.names() {
            if health.contains_key(name) {
                continue;
            }
            health.insert(Arc::clone(name), Health::default());
            let serving = dispatch::serve(Arc::clone(&self.shared), Arc::clone(name));
            self.dispatchers().spawn(serving);
        }
    }

    fn dispatchers(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.dispatchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub(crate) fn settling(&self) -> Settling {
        Settling {
            now: crate::store::millis(self.options.clock.now()),
            note_window: i64::try_from(self.options.note_window.as_millis()).unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn with_health<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Health) -> T,
    ) -> Option<T> {
        self.health().get_mut(name).map(work)
    }

    fn health(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places for `events` among those that wait; none when there are too many. A request larger than the limit is taken
    /// when nothing else waits.
    fn reserve(self: &Arc<Self>, events: usize) -> Option<Place> {
        let before = self.arriving.fetch_add(events, Ordering::AcqRel);
        let place = Place {
            shared: Arc::clone(self),
            events,
        };
        let fits = before == 0 || before + events <= self.options.intake_limit;
        fits.then_some(place)
    }
}

/// Events that wait for their commit.
struct Place {
    shared: Arc<Shared>,
    events: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared
            .arriving
            .fetch_sub(self.events, Ordering::AcqRel);
    }
}
