//! What survives of a flow's steps.

use async_trait::async_trait;
use casewire_core::{CustomerId, QueueId, Record, RecordId, Result, SessionKey};

use crate::Intent;

/// Where the flow writes down what it is about to do to the CRM, and asks what was done before.
#[async_trait]
pub trait Journal: Send + Sync {
    /// A write for `sessions` is about to be sent, which is to come to that for each. Once this answers, a later life
    /// knows.
    async fn intend(&mut self, sessions: Vec<(SessionKey, Intent)>) -> Result<()>;

    /// What was written for `customer` in `queue`.
    async fn recall(&mut self, customer: &CustomerId, queue: &QueueId) -> Result<Vec<Record>>;

    /// The record `id` as last written.
    async fn remembered(&mut self, id: &RecordId) -> Result<Option<Record>>;
}

/// The journal of a flow that keeps nothing: what was done before is found in the CRM alone.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn intend(&mut self, _sessions: Vec<(SessionKey, Intent)>) -> Result<()> {
        Ok(())
    }

    async fn recall(&mut self, _customer: &CustomerId, _queue: &QueueId) -> Result<Vec<Record>> {
        Ok(Vec::new())
    }

    async fn remembered(&mut self, _id: &RecordId) -> Result<Option<Record>> {
        Ok(None)
    }
}
