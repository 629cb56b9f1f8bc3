//! Serving the lanes of one connector.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use jiff::Timestamp;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::engine::Shared;
use crate::health::Allowed;
use crate::serve::{self, Served};
use crate::store::{self, Claim, LaneWork};
use crate::{Flow, Route};

/// How long the store is not asked when nothing happens: what another process put into it is seen after that.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// One lane in four is kept for sessions whose agent waits for the record.
const KEPT_FOR_LIVE: usize = 4;

/// The lanes of one connector that are under way.
struct UnderWay {
    lanes: JoinSet<Claim>,
    /// The people whose lanes they are: one person's lanes are not served at the same moment, so that it does not depend
    /// on luck which of them makes the customer.
    people: HashSet<i64>,
    others: usize,
}

/// Serves the lanes of connector `name` until the engine stops, then waits for those under way.
pub(crate) async fn serve(shared: Arc<Shared>, name: Arc<str>) {
    let mut woken = shared.store.woken();
    let mut stopping = shared.stopping.subscribe();
    let mut under_way = UnderWay {
        lanes: JoinSet::new(),
        people: HashSet::new(),
        others: 0,
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
            Some(ended) = under_way.lanes.join_next() => under_way.end(ended),
            changed = woken.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(sleep) => {}
            _ = stopping.changed() => {}
        }
    }
    while let Some(ended) = under_way.lanes.join_next().await {
        under_way.end(ended);
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
    let free_for_others = route.lanes.saturating_sub(kept + under_way.others);
    let (connector, busy) = (Arc::clone(name), under_way.people.clone());
    let millis = store::millis(now);
    let (claimed, next) = shared
        .store
        .read(move |sql| {
            let claimed = store::claim(sql, &connector, millis, free, free_for_others, &busy)?;
            let next = match claimed.is_empty() {
                true => store::next_ready(sql, &connector, millis)?,
                false => None,
            };
            let mut with_work = Vec::with_capacity(claimed.len());
            for claim in claimed {
                with_work.push((claim, store::work(sql, claim.lane)?));
            }
            Ok((with_work, next))
        })
        .await?;
    for (claim, work) in claimed {
        under_way.begin(shared, name, route, claim, work);
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
            customers: shared.customers.clone(),
        };
        let (shared, name) = (Arc::clone(shared), Arc::clone(name));
        self.lanes.spawn(async move {
            let served = serve::lane(&shared, &flow, &name, claimed.lane, work).await;
            note(&shared, &name, served);
            claimed
        });
    }

    fn end(&mut self, ended: Result<Claim, tokio::task::JoinError>) {
        match ended {
            Ok(claimed) => {
                self.people.remove(&claimed.person);
                self.others -= usize::from(!claimed.live);
            }
            // The lane stays in the store as it was. Its place is lost until a restart, which is better than serving it
            // beside itself.
            Err(error) => error!(%error, "serving a lane"),
        }
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
