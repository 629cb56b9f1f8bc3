//! `MemoryCrm` behind a line that fails as HTTP would.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerIdentity, Email, Error, ErrorKind,
    Finding, Found, LookUp, MemoryCrm, NewRecord, QueueId, Record, RecordId, RecordState, Result,
    Trace, UserId,
};
use jiff::{SignedDuration, Timestamp};

use super::{GivenRecord, Often, Shown, ShownNote, Trouble, Vendor};

/// How often a call is tried before its failure is the caller's.
const TRIES: u32 = 2;

pub(crate) struct MemoryVendor(Arc<Line>);

/// The way to the CRM.
#[derive(Debug)]
struct Line {
    crm: MemoryCrm,
    now: Mutex<Timestamp>,
    weather: Mutex<Weather>,
    customers: Mutex<Vec<CustomerIdentity>>,
}

#[derive(Debug)]
struct Weather {
    random: fastrand::Rng,
    always: Option<Trouble>,
    once: Option<Trouble>,
    is_stormy: bool,
    writes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Read,
    Write,
}

impl Weather {
    fn draw(&mut self, effect: Effect) -> Option<Trouble> {
        let may_happen =
            |trouble: &Trouble| *trouble != Trouble::AnswerLost || effect == Effect::Write;
        if let Some(trouble) = self.once.take_if(|trouble| may_happen(trouble)) {
            return Some(trouble);
        }
        if let Some(trouble) = self.always {
            return Some(trouble).filter(may_happen);
        }
        let drawn = match self.random.u32(..100) {
            _ if !self.is_stormy => return None,
            0..10 => Trouble::AnswerLost,
            10..15 => Trouble::Throttled(0),
            15..20 => Trouble::Unavailable,
            20..25 => Trouble::CredentialsExpired,
            _ => return None,
        };
        Some(drawn).filter(may_happen)
    }

    /// Whether a call gets through, and whether its answer comes back.
    fn let_through(&mut self, effect: Effect) -> Result<bool> {
        let mut refusal = None;
        for _ in 0..TRIES {
            let kind = match self.draw(effect) {
                None => return Ok(true),
                Some(Trouble::AnswerLost) => return Ok(false),
                Some(Trouble::AnswerBroken) => ErrorKind::Protocol,
                Some(Trouble::CredentialsExpired) => ErrorKind::Auth,
                Some(Trouble::Failing) if effect == Effect::Write => ErrorKind::Uncertain,
                Some(Trouble::Failing | Trouble::Unavailable) => ErrorKind::Unavailable,
                Some(Trouble::Throttled(seconds)) => ErrorKind::RateLimited {
                    retry_after: Duration::from_secs(seconds),
                },
            };
            refusal = Some(kind);
        }
        let Some(kind) = refusal else { return Ok(true) };
        Err(Error::new(kind, "calling the CRM in memory: it refuses"))
    }
}

impl Line {
    fn weather(&self) -> MutexGuard<'_, Weather> {
        self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<()> {
        self.weather().let_through(Effect::Read).map(|_| ())
    }

    fn write(&self) -> Result<()> {
        let mut weather = self.weather();
        if !weather.let_through(Effect::Write)? {
            self.crm.lose_next_answer();
        }
        weather.writes += 1;
        Ok(())
    }
}

#[async_trait]
impl CrmConnector for Line {
    fn profile(&self) -> &casewire_core::Profile {
        self.crm.profile()
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        self.read()?;
        self.crm.look_up(query).await
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        self.read()?;
        self.crm.read_record(id).await
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        self.write()?;
        self.crm.create_record(new).await
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        self.write()?;
        self.crm.append(to, what).await
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        self.read()?;
        self.crm.find_user(email).await
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        self.crm.check().await
    }

    async fn setup(&self, apply: Apply) -> Result<Vec<Change>> {
        self.crm.setup(apply).await
    }
}

impl MemoryVendor {
    #[expect(clippy::unused_async, reason = "other vendors start a server")]
    pub(crate) async fn new(seed: u64) -> Self {
        let now = Timestamp::now();
        Self(Arc::new(Line {
            crm: MemoryCrm::new(now),
            now: Mutex::new(now),
            weather: Mutex::new(Weather {
                random: fastrand::Rng::with_seed(seed),
                always: None,
                once: None,
                is_stormy: false,
                writes: 0,
            }),
            customers: Mutex::default(),
        }))
    }
}
