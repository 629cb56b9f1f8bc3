//! A CRM in memory whose answers follow a script.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, Email, Error, ErrorKind, Finding, Found, LookUp,
    MemoryCrm, NewRecord, Profile, Record, RecordId, Result, SessionNotes, UserId,
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Fine,
    Fail(ErrorKind),
    /// A write is done and its answer is this error; all else is fine.
    WriteThenFail(ErrorKind),
    /// A write is done and never answered; all else is fine.
    WriteThenHang,
    Hang,
    Panic,
    /// Answered after so many milliseconds.
    Slow(u64),
    /// Of an append only that its sessions are to come is written, its answer makes no sense, and records show them.
    HalfDone,
    /// A new record is never answered, and only made with [`Crm::let_arrive`].
    OnItsWay,
}

type Script = Box<dyn FnMut(&str) -> Fate + Send>;

/// A [`MemoryCrm`] that follows a script and lists what it was asked.
pub(crate) struct Crm {
    pub(crate) memory: MemoryCrm,
    script: Mutex<Script>,
    asked: Mutex<Vec<String>>,
    on_their_way: Mutex<Vec<NewRecord>>,
    half_done: Mutex<Vec<SessionNotes>>,
}

/// `fate` for the requests that begin with `operation`.
pub(crate) fn each(operation: &'static str, fate: Fate) -> impl FnMut(&str) -> Fate {
    first(usize::MAX, operation, fate)
}

/// `fate` for the first `times` requests that begin with `operation`.
pub(crate) fn first(
    mut times: usize,
    operation: &'static str,
    fate: Fate,
) -> impl FnMut(&str) -> Fate {
    move |asked| {
        if times == 0 || !asked.starts_with(operation) {
            return Fate::Fine;
        }
        times -= 1;
        fate
    }
}

impl Crm {
    pub(crate) fn new(memory: MemoryCrm) -> Arc<Self> {
        Arc::new(Self {
            memory,
            script: Mutex::new(Box::new(|_| Fate::Fine)),
            asked: Mutex::default(),
            on_their_way: Mutex::default(),
            half_done: Mutex::default(),
        })
    }

    /// Lets `script` choose what becomes of each request: `look up SESSION`, `read RECORD`, `create SESSION`,
    /// `append SESSIONS` or `find user`.
    pub(crate) fn script(&self, script: impl FnMut(&str) -> Fate + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub(crate) fn set(&self, fate: Fate) {
        self.script(move |_| fate);
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

    /// Makes the records that are on their way, and says how many that were.
    pub(crate) async fn let_arrive(&self) -> usize {
        let arriving = std::mem::take(&mut *self.on_their_way.lock().unwrap());
        for new in &arriving {
            self.memory.create_record(new).await.unwrap();
        }
        arriving.len()
    }

    async fn ask(&self, what: String) -> Result<Fate> {
        let fate = (self.script.lock().unwrap())(&what);
        self.asked.lock().unwrap().push(what);
        tokio::task::yield_now().await;
        match fate {
            Fate::Fail(kind) => return Err(refusal(kind)),
            Fate::Hang => std::future::pending().await,
            Fate::Panic => panic!("the script says so"),
            Fate::Slow(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            _ => {}
        }
        Ok(fate)
    }
}

fn refusal(kind: ErrorKind) -> Error {
    Error::new(kind, "a validation rule: Priority is required")
}

async fn answer(fate: Fate, record: Result<Record>) -> Result<Record> {
    match fate {
        Fate::WriteThenFail(kind) => Err(refusal(kind)),
        Fate::WriteThenHang => std::future::pending().await,
        _ => record,
    }
}

impl fmt::Debug for Crm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crm")
    }
}

#[async_trait]
impl CrmConnector for Crm {
    fn profile(&self) -> &Profile {
        self.memory.profile()
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        self.ask(format!("look up {}", query.session)).await?;
        self.memory.look_up(query).await
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        self.ask(format!("read {id}")).await?;
        self.memory.read_record(id).await
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let fate = self.ask(format!("create {}", new.session)).await?;
        if fate == Fate::OnItsWay {
            self.on_their_way.lock().unwrap().push(new.clone());
            return std::future::pending().await;
        }
        if let Some(closed) = &new.follow_up_of
            && self.memory.read_record(closed).await?.is_none()
        {
            return Err(refusal(ErrorKind::NotFound));
        }
        answer(fate, self.memory.create_record(new).await).await
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let sessions: Vec<_> = what
            .sessions
            .iter()
            .map(|joining| joining.session.to_string())
            .collect();
        let fate = self.ask(format!("append {}", sessions.join(" "))).await?;
        let mut half_done = self.half_done.lock().unwrap().clone();
        if fate == Fate::HalfDone {
            half_done.extend(what.sessions.clone());
            *self.half_done.lock().unwrap() = half_done;
            return Err(refusal(ErrorKind::Protocol));
        }
        let mut record = self.memory.append(to, what).await;
        if let Ok(record) = &mut record {
            for joining in &half_done {
                record.trace.add(&joining.session, &joining.notes);
            }
        }
        answer(fate, record).await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        self.ask("find user".to_owned()).await?;
        self.memory.find_user(email).await
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.memory.check().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.memory.setup(apply).await
    }
}
