//! A ticket as it was seen.

use casewire_core::{Record, Trace, UserId};
use tokio::time::Instant;

/// A ticket as it was seen, with what a record does not say and a write needs.
#[derive(Clone)]
pub(crate) struct Look {
    pub(crate) record: Record,
    /// The sessions field as it stands. Of its sessions some may lack their notes.
    pub(crate) claims: Trace,
    pub(crate) status: u32,
    pub(crate) owner: Option<UserId>,
    pub(crate) at: Instant,
}
