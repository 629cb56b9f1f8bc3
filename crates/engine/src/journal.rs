//! What survives of a flow's steps.

use async_trait::async_trait;
use casewire_core::{CustomerId, QueueId, Record, RecordId, Result, SessionKey};

use crate::Intent;

/// Where the flow writes down what it is about to do to the CRM, and asks what was done before.
#[async_trait]
pub trait Journal: Send + Sync {
    /// A write for `sessions` is about to be sent, which is to come to that for each, to the record `to` when it is no new
    /// one. Once this answers, a later life knows; and the record is in doubt until it is settled.
    async fn intend(
        &mut self,
        sessions: Vec<(SessionKey, Intent)>,
        to: Option<&Record>,
    ) -> Result<()>;

    /// What was written for `customer` in `queue`.
    async fn recall(&mut self, customer: &CustomerId, queue: &QueueId) -> Result<Vec<Remembered>>;

    /// The record `id` as last written.
    async fn remembered(&mut self, id: &RecordId) -> Result<Option<Remembered>>;
}

/// A record as it was last written or read.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// The record.
    pub record: Record,
    /// Whether a write to it was begun of which no answer is known: it has to be read by its id before another. Its
    /// version does not protect it, as versions of some CRMs are whole seconds.
    pub in_doubt: bool,
}

/// The journal of a flow that keeps nothing: what was done before is found in the CRM alone.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn intend(
        &mut self,
        _sessions: Vec<(SessionKey, Intent)>,
        _to: Option<&Record>,
    ) -> Result<()> {
        Ok(())
    }

    async fn recall(
        &mut self,
        _customer: &CustomerId,
        _queue: &QueueId,
    ) -> Result<Vec<Remembered>> {
        Ok(Vec::new())
    }

    async fn remembered(&mut self, _id: &RecordId) -> Result<Option<Remembered>> {
        Ok(None)
    }
}
