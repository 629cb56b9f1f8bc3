//! Serving the lanes of one connector.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use jiff::Timestamp;
use tokio::task::{self, JoinSet};
use tracing::{error, info, warn};

use crate::engine::Shared;
use crate::health::Allowed;
use crate::lane::CustomerLanes;
use crate::serve::{self, Served};
use crate::store::{self, Claim, LaneWork};
use crate::{Flow, Route};

/// How long the store is not asked when nothing happens: what another process put into it is seen after that.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// No lane waits so long by itself, in milliseconds.
const TOO_FAR: i64 = 60 * 60 * 1_000;

/// How long a lane is left alone that can not even be tried.
const POSTPONED: Duration = Duration::from_secs(60);

/// One lane in four is kept for sessions whose agent waits for the record.
const KEPT_FOR_LIVE: usize = 4;

/// The lanes of one connector that are under way.
struct UnderWay {
    lanes: JoinSet<Claim>,
    /// The people whose lanes they are: one person's lanes are not served at the same moment, so that it does not depend
    /// on luck which of them makes the customer.
    people: HashSet<i64>,
    others: usize,
    /// Which lane each task serves, for when it can not say so itself.
    claims: HashMap<task::Id, Claim>,
    /// The lanes of the CRM's customers: two CRMs may give the same ids.
    customers: CustomerLanes,
}

/// Serves the lanes of connector `name` until the engine stops, then waits for those under way.
pub(crate) async fn serve(shared: Arc<Shared>, name: Arc<str>) {
    let mut woken = shared.store.woken();
    let mut stopping = shared.stopping.subscribe();
    let mut under_way = UnderWay {
        lanes: JoinSet::new(),
        people: HashSet::new(),
        others: 0,
        claims: HashMap::new(),
        customers: CustomerLanes::default(),
    };
    while !*stopping.borrow() {
        woken.mark_unchanged();
        let sleep = match begin(&shared, &name, &mut under_way).await {
            Ok(sleep) => sleep,
            Err(error) => {
                error!(connector = %name, %error, "looking for work");
                LONGEST_SLEEP
            }
        };
        tokio::select! {
            Some(ended) = under_way.lanes.join_next_with_id() => under_way.end(&shared, ended).await,
            changed = woken.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(sleep) => {}
            _ = stopping.changed() => {}
        }
    }
    while let Some(ended) = under_way.lanes.join_next_with_id().await {
        under_way.end(&shared, ended).await;
    }
}

/// Begins what can be begun, and says how long to sleep when nothing happens.
async fn begin(
    shared: &Arc<Shared>,
    name: &Arc<str>,
    under_way: &mut UnderWay,
) -> Result<Duration, store::StoreError> {
    let routes = Arc::clone(&shared.routes.borrow());
    let Some(route) = routes.named(name) else {
        // It was taken out of the config; its sessions wait for it to come back.
        return Ok(LONGEST_SLEEP);
    };
    let now = shared.options.clock.now();
    let allowed = shared.with_health(name, |health| health.allowed(now));
    let free = match allowed.unwrap_or(Allowed::All) {
        Allowed::All => route.lanes.saturating_sub(under_way.lanes.len()),
        Allowed::Probe if under_way.lanes.is_empty() => 1,
        Allowed::Probe => 0,
        Allowed::NotBefore(until) => {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            return Ok(wait.clamp(Duration::from_millis(1), LONGEST_SLEEP));
        }
    };
    if free == 0 {
        return Ok(LONGEST_SLEEP);
    }
    let kept = match route.lanes {
        0..KEPT_FOR_LIVE => 0,
        lanes => lanes / KEPT_FOR_LIVE,
    };
    // And the last one for the others, so that a rush of calls does not starve them.
    let free_for_live = match under_way.others {
        0 if route.lanes > 1 => free - 1,
        _ => free,
    };
    let free_for_others = route.lanes.saturating_sub(kept + under_way.others);
    let limits = store::Limits {
        all: free,
        live: free_for_live,
        others: free_for_others,
    };
    let (connector, busy) = (Arc::clone(name), under_way.people.clone());
    let millis = store::millis(now);
    let (claimed, next) = shared
        .store
        .read(move |sql| {
            let claimed = store::claim(sql, &connector, millis, limits, &busy)?;
            let next = match claimed.is_empty() {
                true => store::next_ready(sql, &connector, millis)?,
                false => None,
            };
            let works = claimed.into_iter();
            let works = works.map(|claim| (claim, store::work(sql, claim.lane)));
            Ok((works.collect::<Vec<_>>(), next))
        })
        .await?;
    for (claim, work) in claimed {
        match work {
            Ok(work) => under_way.begin(shared, name, route, claim, work),
            Err(error) => {
                error!(connector = %name, %error, "reading a lane's work; it is tried again in a while");
                postpone(shared, claim.lane).await;
            }
        }
    }
    if next.is_some_and(|next| next > millis + TOO_FAR) {
        warn!(connector = %name, "the clock was set back: lanes that wait for a time far ahead are served now");
        shared
            .store
            .write(1, move |tx| tx.pull_in(millis, TOO_FAR))
            .await?;
        return Ok(Duration::ZERO);
    }
    let sleep = next.map(|next| Duration::from_millis((next - millis).max(1).unsigned_abs()));
    Ok(sleep.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
}

impl UnderWay {
    fn begin(
        &mut self,
        shared: &Arc<Shared>,
        name: &Arc<str>,
        route: &Route,
        claimed: Claim,
        work: LaneWork,
    ) {
        self.people.insert(claimed.person);
        self.others += usize::from(!claimed.live);
        let flow = Flow {
            connector: Arc::clone(&route.connector),
            settings: Arc::clone(&route.settings),
            customers: self.customers.clone(),
        };
        let (shared, name) = (Arc::clone(shared), Arc::clone(name));
        let serving = self.lanes.spawn(async move {
            let served = serve::lane(&shared, &flow, &name, claimed.lane, work).await;
            note(&shared, &name, served);
            claimed
        });
        self.claims.insert(serving.id(), claimed);
    }

    async fn end(&mut self, shared: &Shared, ended: Result<(task::Id, Claim), task::JoinError>) {
        let (id, broken) = match ended {
            Ok((id, _)) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some(claim) = self.claims.remove(&id) else {
            return;
        };
        self.people.remove(&claim.person);
        self.others -= usize::from(!claim.live);
        if let Some(error) = broken {
            error!(%error, "serving a lane; it is tried again in a while");
            postpone(shared, claim.lane).await;
        }
    }
}

/// Leaves a lane alone for a while that can not even be tried: its connector broke, or its rows can not be read.
async fn postpone(shared: &Shared, lane: store::LaneNo) {
    let until = store::millis(shared.options.clock.now() + POSTPONED);
    let postponed = shared.store.write(1, move |tx| tx.postpone(lane, until));
    if let Err(error) = postponed.await {
        error!(%error, "postponing a lane");
    }
}

/// Notes what a lane tells about its connector.
fn note(shared: &Shared, name: &Arc<str>, served: Served) {
    let now = shared.options.clock.now();
    match served {
        Served::Answered => {
            let ended = shared.with_health(name, |health| health.note_answer());
            if ended == Some(true) {
                info!(connector = %name, "the CRM answers again");
            }
        }
        Served::Failed(error) => note_failure(shared, name, &error, now),
        Served::Nothing => {}
    }
}

fn note_failure(shared: &Shared, name: &Arc<str>, error: &Error, now: Timestamp) {
    if shared.with_health(name, |health| health.note_failure(error, now)) != Some(true) {
        return;
    }
    match error.kind() {
        ErrorKind::Auth | ErrorKind::Config => {
            error!(connector = %name, %error, "paused until a person mends it; sessions keep their place");
        }
        _ => {
            warn!(connector = %name, %error, "paused until the CRM answers; sessions keep their place")
        }
    }
}
