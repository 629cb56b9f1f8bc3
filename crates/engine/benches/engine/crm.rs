//! A CRM that answers at once, and measures when it is asked.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, Email, Finding, Found, LookUp, NewRecord,
    Profile, Record, RecordId, RecordState, Result, SessionKey, Trace, UserId,
};
use jiff::Timestamp;

#[derive(Debug)]
pub(crate) struct InstantCrm {
    profile: Profile,
    created: AtomicUsize,
    expected: Mutex<HashMap<SessionKey, Instant>>,
    waits: Mutex<Vec<Duration>>,
}

impl Default for InstantCrm {
    fn default() -> Self {
        Self {
            profile: Profile {
                name: "instant",
                title_limit: 255,
                session_type_tag: str::to_owned,
                plain_tag: str::to_owned,
                record_without_customer: true,
                refuses: &[],
            },
            created: AtomicUsize::new(0),
            expected: Mutex::default(),
            waits: Mutex::default(),
        }
    }
}

impl InstantCrm {
    pub(crate) fn created(&self) -> usize {
        self.created.load(Ordering::Acquire)
    }

    /// An event is sent now that makes `session` due.
    pub(crate) fn expect(&self, session: &SessionKey) {
        self.expected
            .lock()
            .expect("no panic before")
            .insert(session.clone(), Instant::now());
    }

    /// How long it took until the CRM was asked for each expected session.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        std::mem::take(&mut self.waits.lock().expect("no panic before"))
    }
}

#[async_trait]
impl CrmConnector for InstantCrm {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let sent = self
            .expected
            .lock()
            .expect("no panic before")
            .remove(&query.session);
        if let Some(sent) = sent {
            let mut waits = self.waits.lock().expect("no panic before");
            waits.push(sent.elapsed());
        }
        Ok(Found::default())
    }

    async fn read_record(&self, _id: &RecordId) -> Result<Option<Record>> {
        Ok(None)
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let number = self.created.fetch_add(1, Ordering::AcqRel);
        let mut trace = Trace::default();
        trace.add(&new.session, &new.notes);
        Ok(Record {
            id: RecordId(number.to_string()),
            customer: Some(CustomerId(number.to_string())),
            queue: new.queue.clone(),
            state: RecordState::Open,
            created_at: Timestamp::now(),
            closed_at: None,
            tags: Vec::new(),
            trace,
            version: Some("1".to_owned()),
            url: None,
        })
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let mut record = to.clone();
        for joining in &what.sessions {
            record.trace.add(&joining.session, &joining.notes);
        }
        Ok(record)
    }

    async fn find_user(&self, _email: &Email) -> Result<Option<UserId>> {
        Ok(None)
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        Ok(Vec::new())
    }

    async fn setup(&self, _apply: Apply) -> Result<Vec<Change>> {
        Ok(Vec::new())
    }
}
