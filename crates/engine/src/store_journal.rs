//! The journal that the store keeps.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use casewire_core::{CustomerId, Error, ErrorKind, QueueId, Record, RecordId, Result, SessionKey};

use crate::store::{self, LaneNo, SessionNo, Store, StoreError};
use crate::{Intent, Journal, Remembered};

/// The journal that the store keeps.
pub(crate) struct StoreJournal {
    pub(crate) store: Arc<Store>,
    pub(crate) connector: Arc<str>,
    pub(crate) sessions: HashMap<SessionKey, SessionNo>,
    /// Sessions with an intent from before, of which it is not known what came of it.
    pub(crate) open: HashSet<SessionKey>,
    /// Those that got theirs in the attempt under way.
    pub(crate) fresh: Vec<SessionNo>,
    /// The record that the attempt under way was to write to.
    pub(crate) to: Option<RecordId>,
    pub(crate) lane: LaneNo,
    pub(crate) now: i64,
}

#[async_trait]
impl Journal for StoreJournal {
    async fn intend(
        &mut self,
        sessions: Vec<(SessionKey, Intent)>,
        to: Option<&Record>,
    ) -> Result<()> {
        let (now, lane, connector) = (self.now, self.lane, Arc::clone(&self.connector));
        let mut steps = Vec::with_capacity(sessions.len());
        for (key, intent) in sessions {
            let Some(no) = self.sessions.get(&key) else {
                continue;
            };
            steps.push((*no, intent));
            if !self.open.contains(&key) {
                self.fresh.push(*no);
            }
        }
        self.to = to.map(|record| record.id.clone());
        let to = to.cloned();
        self.store
            .write(steps.len(), move |tx| {
                tx.intend(&steps, to.as_ref(), &connector, lane, now)
            })
            .await
            .map_err(store_failed)
    }

    async fn recall(&mut self, customer: &CustomerId, queue: &QueueId) -> Result<Vec<Remembered>> {
        let (connector, customer, queue) =
            (Arc::clone(&self.connector), customer.clone(), queue.clone());
        self.store
            .read(move |sql| store::recall(sql, &connector, &customer, &queue))
            .await
            .map_err(store_failed)
    }

    async fn remembered(&mut self, id: &RecordId) -> Result<Option<Remembered>> {
        let (connector, id) = (Arc::clone(&self.connector), id.clone());
        self.store
            .read(move |sql| store::remembered(sql, &connector, &id))
            .await
            .map_err(store_failed)
    }
}

/// Nothing was sent to the CRM.
fn store_failed(error: StoreError) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the store: {error}"))
}
