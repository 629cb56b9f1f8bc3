//! What keeps a running engine's store small, and puts right what was parked.

use jiff::Timestamp;

use crate::Engine;
use crate::store::{
    self, AT_ONCE, Expired, Expiry, ParkedSessions, Repair, Repaired, RepairedUpTo, StoreError,
};

impl Engine {
    /// Deletes what was not touched for as long as [`Options::retention`](crate::Options::retention), in small steps
    /// between which other work is done: sessions with nothing left to do and all that belongs to them, and what is
    /// remembered of events and records. To be called from time to time, say hourly.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn expire(&self) -> Result<Expired, StoreError> {
        let options = &self.shared.options;
        let kept_since = options.clock.now().checked_sub(options.retention);
        let before = store::day(store::millis(kept_since.unwrap_or(Timestamp::MIN)));
        let mut expired = Expired::default();
        let mut next = Some(Expiry::START);
        while let Some(at) = next
            && !*self.shared.stopping.borrow()
        {
            let step = self
                .shared
                .store
                .write(AT_ONCE, move |tx| tx.expire(at, before));
            let (gone, at) = step.await?;
            expired += gone;
            next = at;
        }
        Ok(expired)
    }

    /// Makes parked sessions due again: they are decided anew, at their old place among those of their customer.
    ///
    /// # Errors
    /// When the store fails; what was done until then stays done.
    pub async fn retry_parked(&self, which: ParkedSessions) -> Result<Repaired, StoreError> {
        self.repair(Repair::Retry, which).await
    }

    /// Drops parked sessions: they are never written.
    ///
    /// # Errors
    /// When the store fails; what was done until then stays done.
    pub async fn drop_parked(&self, which: ParkedSessions) -> Result<Repaired, StoreError> {
        self.repair(Repair::Drop, which).await
    }

    async fn repair(&self, repair: Repair, which: ParkedSessions) -> Result<Repaired, StoreError> {
        let now = store::millis(self.shared.options.clock.now());
        let mut repaired = Repaired::default();
        let mut next = Some(RepairedUpTo::default());
        while let Some(from) = next {
            let part = which.clone();
            let step = self
                .shared
                .store
                .write(AT_ONCE, move |tx| tx.repair(repair, &part, from, now));
            let (sessions, from) = step.await?;
            repaired.sessions.extend(sessions);
            next = from;
        }
        repaired.not_parked = store::not_parked(&which, &repaired.sessions);
        Ok(repaired)
    }
}
