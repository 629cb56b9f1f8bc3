//! `MemoryCrm` behind a line that fails as HTTP would.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use casewire_core::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerIdentity, Email, Error, ErrorKind,
    Finding, Found, LookUp, MemoryCrm, MemoryRecord, NewRecord, QueueId, Record, RecordId,
    RecordState, Result, Trace, UserId,
};
use jiff::Timestamp;

use super::{Credentials, GivenRecord, Often, Shown, ShownNote, Trouble, Vendor};

/// How often a call is tried before its failure is the caller's.
const TRIES: u32 = 2;

pub(crate) struct MemoryVendor(Arc<Line>);

/// The way to the CRM.
#[derive(Debug)]
struct Line {
    crm: MemoryCrm,
    now: Mutex<Timestamp>,
    weather: Mutex<Weather>,
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
        let may_happen = |trouble: &Trouble| {
            let is_of_writes = matches!(trouble, Trouble::AnswerLost | Trouble::FailingWrites);
            !is_of_writes || effect == Effect::Write
        };
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
                Some(Trouble::CredentialsExpired | Trouble::CredentialsRevokedAfter(_)) => {
                    ErrorKind::Auth
                }
                Some(Trouble::Failing | Trouble::FailingWrites) if effect == Effect::Write => {
                    ErrorKind::Uncertain
                }
                Some(Trouble::Failing | Trouble::FailingWrites | Trouble::Unavailable) => {
                    ErrorKind::Unavailable
                }
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
        }))
    }

    fn show(&self, customers: &[CustomerIdentity], kept: MemoryRecord) -> Shown {
        let record = kept.record;
        let customer = record.customer.as_ref().and_then(|CustomerId(id)| {
            let place = id.parse::<usize>().ok()?;
            address(&customers[place - 1])
        });
        let notes = kept.notes.into_iter().map(|(session, note)| ShownNote {
            session: session.to_string(),
            kind: note
                .id
                .to_string()
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned(),
            text: note.text,
        });
        Shown {
            id: record.id,
            title: kept.title,
            state: record.state,
            queue: record.queue,
            customer,
            tags: record.tags,
            sessions: sessions(&record.trace),
            notes: notes.collect(),
            public_notes: 0,
            owner: kept.owner,
            follow_up_of: kept.follow_up_of,
        }
    }
}

fn address(identity: &CustomerIdentity) -> Option<String> {
    let phone = identity.phone.as_ref().map(|phone| phone.as_str());
    let email = identity.email.as_ref().map(|email| email.as_str());
    let external_id = identity.external_id.as_ref().map(|id| id.as_str());
    phone.or(email).or(external_id).map(str::to_owned)
}

fn sessions(trace: &Trace) -> Vec<String> {
    let mut sessions = Vec::new();
    for token in trace.to_text(1_000_000).split_whitespace() {
        let session = token.split('@').next().unwrap_or_default().to_owned();
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    sessions
}

impl Vendor for MemoryVendor {
    fn connect(&self) -> Arc<dyn CrmConnector> {
        Arc::<Line>::clone(&self.0)
    }

    fn now(&self) -> Timestamp {
        *self.0.now.lock().unwrap()
    }

    fn pass(&self, time: Duration) {
        *self.0.now.lock().unwrap() += time;
        self.0.crm.advance(time.try_into().unwrap());
    }

    fn kept_text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn kept_tags(&self, tags: &[&str]) -> Vec<String> {
        tags.iter().map(|&tag| tag.to_owned()).collect()
    }

    fn slow_down(&self, asked: Duration) -> Duration {
        asked
    }

    fn writes_of(&self, _: u64) -> u64 {
        1
    }

    fn credentials(&self) -> Credentials {
        Credentials::Renewed
    }

    fn given_customer(&self, identity: &CustomerIdentity) -> CustomerId {
        self.0.crm.add_customer(identity.clone())
    }

    fn given_record(&self, given: &GivenRecord<'_>) -> RecordId {
        let record = Record {
            id: RecordId(String::new()),
            customer: Some(given.customer.clone()),
            queue: Some(QueueId(given.queue.into())),
            state: given.state,
            created_at: given.created_at,
            closed_at: given.closed_at,
            tags: given.tags.iter().map(|&tag| tag.to_owned()).collect(),
            trace: Trace::default(),
            version: None,
            url: None,
        };
        self.0.crm.add_record(record, "Added by a person")
    }

    fn given_user(&self, email: &Email) -> UserId {
        self.0.crm.add_user(email)
    }

    fn given_index_lag(&self, lag: Duration) {
        self.0.crm.set_index_lag(lag.try_into().unwrap());
    }

    fn given(&self, trouble: Trouble, often: Often) {
        // Each write is one request here.
        if matches!(trouble, Trouble::CredentialsRevokedAfter(1..)) {
            return;
        }
        let mut weather = self.0.weather();
        match often {
            Often::Always => weather.always = Some(trouble),
            Often::Once => weather.once = Some(trouble),
        }
    }

    fn given_storm(&self) {
        self.given_index_lag(Duration::from_secs(30));
        self.0.weather().is_stormy = true;
    }

    fn given_calm(&self) {
        let mut weather = self.0.weather();
        weather.always = None;
        weather.once = None;
        weather.is_stormy = false;
    }

    fn person_resolves(&self, record: &RecordId) {
        self.pass(Duration::from_secs(2));
        let closed_at = Some(self.now());
        self.0
            .crm
            .set_state(record, RecordState::Resolved, closed_at);
    }

    fn person_deletes(&self, record: &RecordId) {
        self.0.crm.delete(record);
    }

    fn records(&self) -> Vec<Shown> {
        let customers = self.0.crm.customers();
        let records = self.0.crm.records().into_iter();
        records.map(|kept| self.show(&customers, kept)).collect()
    }

    fn customers(&self) -> usize {
        self.0.crm.customers().len()
    }

    fn writes(&self) -> u64 {
        self.0.weather().writes
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}
