//! A CRM in memory that refuses, fails or hesitates when told to.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, Email, Error, ErrorKind, Finding, Found, LookUp,
    MemoryCrm, NewRecord, Profile, Record, RecordId, Result, TraceSearch, UserId,
};
use jiff::Timestamp;
use tokio::sync::watch;

/// How it takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Fine,
    /// Not at all.
    Down,
    /// It says no, for good.
    Refusing,
    /// It says no, and has done it.
    Lying,
    /// It does not answer a write until its mood changes.
    Hesitating,
    /// It does not answer a look-up until its mood changes.
    Pondering,
}

#[derive(Debug)]
pub(crate) struct Moody {
    pub(crate) crm: MemoryCrm,
    mood: watch::Sender<Mood>,
    looked: Mutex<Vec<TraceSearch>>,
}

impl Moody {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            crm: MemoryCrm::new(now),
            mood: watch::Sender::new(Mood::Fine),
            looked: Mutex::default(),
        }
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How hard it was looked for sessions, in the order of the looks.
    pub(crate) fn looked(&self) -> Vec<TraceSearch> {
        let looked = self.looked.lock();
        looked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn write(&self, write: impl Future<Output = Result<Record>> + Send) -> Result<Record> {
        let refused = || Error::new(ErrorKind::Rejected, "creating a record: the form is closed");
        let mut mood = self.mood.subscribe();
        let now = *mood.borrow_and_update();
        match now {
            Mood::Fine | Mood::Pondering => write.await,
            Mood::Down => Err(Error::new(
                ErrorKind::Unavailable,
                "creating a record: out of order",
            )),
            Mood::Refusing => Err(refused()),
            Mood::Lying => {
                write.await?;
                Err(refused())
            }
            Mood::Hesitating => {
                drop(mood.wait_for(|mood| *mood != Mood::Hesitating).await);
                write.await
            }
        }
    }
}

#[async_trait]
impl CrmConnector for Moody {
    fn profile(&self) -> &Profile {
        self.crm.profile()
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let looked = self.looked.lock();
        looked
            .unwrap_or_else(PoisonError::into_inner)
            .push(query.trace);
        let mut mood = self.mood.subscribe();
        drop(mood.wait_for(|mood| *mood != Mood::Pondering).await);
        self.crm.look_up(query).await
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        self.crm.read_record(id).await
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        self.write(self.crm.create_record(new)).await
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        self.write(self.crm.append(to, what)).await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        self.crm.find_user(email).await
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.crm.check().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.crm.setup(apply).await
    }
}
