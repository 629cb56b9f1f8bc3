//! A CRM in memory that can be out of order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, Email, Error, ErrorKind, Finding, Found, LookUp,
    MemoryCrm, NewRecord, Profile, Record, RecordId, Result, UserId,
};

/// What the CRM does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It answers.
    Well,
    /// It fails every request so.
    Fails(ErrorKind),
    /// It writes, and never answers.
    Hangs,
    /// It refuses to create records, and does all else.
    RefusesRecords,
}

/// A [`MemoryCrm`] with moods, which lists what it was asked.
#[derive(Debug)]
pub(crate) struct Crm {
    pub(crate) memory: MemoryCrm,
    mood: Mutex<Mood>,
    asked: Mutex<Vec<String>>,
    pub(crate) side_by_side: AtomicUsize,
}

impl Crm {
    pub(crate) fn new(memory: MemoryCrm) -> Arc<Self> {
        Arc::new(Self {
            memory,
            mood: Mutex::new(Mood::Well),
            asked: Mutex::default(),
            side_by_side: AtomicUsize::new(0),
        })
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What it was asked since this was last called.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| asked.starts_with(operation))
            .count()
    }

    fn ask(&self, what: String) -> Result<Mood> {
        self.asked.lock().unwrap().push(what);
        match *self.mood.lock().unwrap() {
            Mood::Fails(kind) => Err(Error::new(kind, "asking a CRM that is out of order")),
            mood => Ok(mood),
        }
    }
}

async fn hang_if(mood: Mood) {
    if mood == Mood::Hangs {
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl CrmConnector for Crm {
    fn profile(&self) -> &Profile {
        self.memory.profile()
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        self.ask(format!("look up {}", query.session))?;
        self.side_by_side.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.memory.look_up(query).await
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        self.ask(format!("read {id}"))?;
        self.memory.read_record(id).await
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let mood = self.ask(format!("create {}", new.session))?;
        if mood == Mood::RefusesRecords {
            return Err(Error::new(
                ErrorKind::Rejected,
                "a validation rule: Priority is required",
            ));
        }
        let record = self.memory.create_record(new).await;
        hang_if(mood).await;
        record
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let sessions: Vec<_> = what
            .sessions
            .iter()
            .map(|joining| joining.session.to_string())
            .collect();
        let mood = self.ask(format!("append {}", sessions.join(" ")))?;
        let record = self.memory.append(to, what).await;
        hang_if(mood).await;
        record
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        self.ask("find user".to_owned())?;
        self.memory.find_user(email).await
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.memory.check().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.memory.setup(apply).await
    }
}
