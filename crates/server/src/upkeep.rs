//! What is done from time to time.

use std::sync::Arc;
use std::time::Duration;

use casewire_engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::Keys;
use crate::webhooks::give_up_foreign;

/// How often what is older than the retention is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often what was measured is put into its buckets: until then each value takes memory.
const SORT_EVERY: Duration = Duration::from_secs(5);

/// Forgets what is too old and what can not be sent any more, for as long as the server runs.
pub(crate) async fn forget(engine: Engine, keys: watch::Receiver<Arc<Keys>>) {
    let mut ticks = interval(FORGET_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = engine.expire().await {
            tracing::error!(%error, "forgetting what is older than the retention");
        }
        let keys = Arc::clone(&keys.borrow());
        if let Err(error) = give_up_foreign(&engine, &keys).await {
            tracing::error!(%error, "giving up webhooks of former endpoints");
        }
    }
}

/// Sorts measurements into their buckets, for as long as the server runs.
pub(crate) async fn sort(metrics: PrometheusHandle) {
    let mut ticks = interval(SORT_EVERY);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}
