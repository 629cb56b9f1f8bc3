//! A CRM in memory: the reference implementation of the contract.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Append, Apply, Change, CrmConnector, CustomerId, CustomerIdentity, CustomerKey, Email, Error,
    ErrorKind, Finding, Found, LookUp, NewRecord, Note, Profile, Record, RecordCustomer, RecordId,
    RecordState, Result, SessionKey, SessionNotes, StatusChange, Trace, TraceSearch, UserId,
};

/// A CRM in memory, with an index that may lag: what every connector must behave like.
///
/// It has a clock of its own that only [`MemoryCrm::advance`] moves. Customers and records that changed
/// less than the lag ago are not found by a look-up, as in a CRM whose search is behind; by id they are.
/// A session's own record is seen among the customer's; a thorough look-up sees all of the customer's,
/// and otherwise the one that the session made.
#[derive(Debug)]
pub struct MemoryCrm {
    profile: Profile,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    index_lag: SignedDuration,
    customers: Vec<(CustomerIdentity, Timestamp)>,
    records: BTreeMap<u64, Kept>,
    users: BTreeMap<String, UserId>,
    lose_next_answer: bool,
}

#[derive(Clone, Debug)]
struct Kept {
    record: Record,
    title: String,
    notes: Vec<(SessionKey, Note)>,
    owner: Option<UserId>,
    changed_at: Timestamp,
    follow_up_of: Option<RecordId>,
    maker: Option<SessionKey>,
}

/// A record of a [`MemoryCrm`] with all that a person would see.
#[derive(Clone, Debug)]
pub struct MemoryRecord {
    /// The record.
    pub record: Record,
    /// Its title.
    pub title: String,
    /// Its notes, oldest first.
    pub notes: Vec<(SessionKey, Note)>,
    /// Its owner.
    pub owner: Option<UserId>,
    /// The record it follows up.
    pub follow_up_of: Option<RecordId>,
}

impl MemoryCrm {
    /// An empty CRM whose clock stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        let state = State {
            now,
            index_lag: SignedDuration::ZERO,
            customers: Vec::new(),
            records: BTreeMap::new(),
            users: BTreeMap::new(),
            lose_next_answer: false,
        };
        Self {
            profile: Profile {
                name: "memory",
                title_limit: 255,
                session_type_tag: str::to_owned,
                plain_tag: str::to_owned,
                record_without_customer: true,
                refuses: &[],
            },
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        let mut state = self.state();
        state.now = state.now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Lets look-ups lag behind writes by `lag`.
    pub fn set_index_lag(&self, lag: SignedDuration) {
        self.state().index_lag = lag;
    }

    /// Lets the next write happen and its answer get lost.
    pub fn lose_next_answer(&self) {
        self.state().lose_next_answer = true;
    }

    /// Adds a user with this e-mail address.
    pub fn add_user(&self, email: &Email) -> UserId {
        let mut state = self.state();
        let id = UserId(format!("user-{}", state.users.len() + 1));
        state.users.insert(email.as_str().to_owned(), id.clone());
        id
    }

    /// Adds a customer, as a person in the CRM would.
    pub fn add_customer(&self, identity: CustomerIdentity) -> CustomerId {
        self.state().add_customer(identity)
    }

    /// Adds a record, as a person in the CRM would. Its id is replaced by a new one, which is returned.
    pub fn add_record(&self, mut record: Record, title: &str) -> RecordId {
        let mut state = self.state();
        let number = state.next_number();
        record.id = RecordId(number.to_string());
        let kept = Kept {
            record,
            title: title.to_owned(),
            notes: Vec::new(),
            owner: None,
            changed_at: Timestamp::MIN,
            follow_up_of: None,
            maker: None,
        };
        let id = kept.record.id.clone();
        state.records.insert(number, kept);
        id
    }

    /// Changes a record's state, as a person in the CRM would.
    pub fn set_state(&self, id: &RecordId, to: RecordState, closed_at: Option<Timestamp>) {
        let mut state = self.state();
        if let Some(kept) = state.kept(id) {
            kept.record.state = to;
            kept.record.closed_at = closed_at;
            kept.touch();
        }
    }

    /// Deletes a record, as a person in the CRM would.
    pub fn delete(&self, id: &RecordId) {
        if let Ok(number) = id.0.parse::<u64>() {
            self.state().records.remove(&number);
        }
    }

    /// All customers, oldest first: the first one's id is `1`.
    pub fn customers(&self) -> Vec<CustomerIdentity> {
        let state = self.state();
        let all = state.customers.iter();
        all.map(|(identity, _)| identity.clone()).collect()
    }

    /// All records, oldest first.
    pub fn records(&self) -> Vec<MemoryRecord> {
        let state = self.state();
        let all = state.records.values().cloned();
        all.map(|kept| MemoryRecord {
            record: kept.record,
            title: kept.title,
            notes: kept.notes,
            owner: kept.owner,
            follow_up_of: kept.follow_up_of,
        })
        .collect()
    }
}

impl Kept {
    fn touch(&mut self) {
        let version = self.record.version.as_deref().unwrap_or("0");
        let next = version.parse::<u64>().unwrap_or(0) + 1;
        self.record.version = Some(next.to_string());
    }

    fn add(&mut self, sessions: Vec<SessionNotes>, tags: &[String], now: Timestamp) {
        for SessionNotes { session, notes } in sessions {
            self.record.trace.add(&session, &notes);
            let notes = notes.into_iter().map(|note| (session.clone(), note));
            self.notes.extend(notes);
        }
        for tag in tags {
            if !self.record.tags.contains(tag) {
                self.record.tags.push(tag.clone());
            }
        }
        self.changed_at = now;
        self.touch();
    }
}

impl State {
    fn next_number(&self) -> u64 {
        self.records.keys().next_back().map_or(1, |last| last + 1)
    }

    fn kept(&mut self, id: &RecordId) -> Option<&mut Kept> {
        self.records.get_mut(&id.0.parse::<u64>().ok()?)
    }

    fn add_customer(&mut self, identity: CustomerIdentity) -> CustomerId {
        self.customers.push((identity, self.now));
        CustomerId(self.customers.len().to_string())
    }

    fn is_indexed(&self, changed_at: Timestamp) -> bool {
        self.now.duration_since(changed_at) >= self.index_lag
    }

    /// The customer created last that has `key`; the position counts up with creation.
    fn find_customer(&self, key: &CustomerKey) -> Option<CustomerId> {
        let place = self.customers.iter().rposition(|(identity, _)| match key {
            CustomerKey::ExternalId(id) => identity.external_id.as_ref() == Some(id),
            CustomerKey::Phone(phone) => identity.phone.as_ref() == Some(phone),
            CustomerKey::Email(email) => identity.email.as_ref() == Some(email),
        })?;
        self.is_indexed(self.customers[place].1)
            .then(|| CustomerId((place + 1).to_string()))
    }

    /// The record that `session` made, which no index lag hides.
    fn made_by(&self, session: &SessionKey) -> Option<&Kept> {
        let mut all = self.records.values();
        all.find(|kept| kept.maker.as_ref() == Some(session))
    }

    fn answer(&mut self, record: Record) -> Result<Record> {
        if std::mem::take(&mut self.lose_next_answer) {
            return Err(Error::new(
                ErrorKind::Uncertain,
                "writing to the CRM in memory: the answer was lost",
            ));
        }
        Ok(record)
    }

    fn customer_of(&mut self, new: &NewRecord) -> Option<CustomerId> {
        let identity = match &new.customer {
            RecordCustomer::Known(known) => return Some(known.clone()),
            RecordCustomer::None => return None,
            RecordCustomer::Anonymous => {
                return Some(self.add_customer(CustomerIdentity::default()));
            }
            RecordCustomer::SharedAnonymous => CustomerIdentity::default(),
            RecordCustomer::New(identity) => identity.clone(),
        };
        let mut customers = self.customers.iter();
        let known = customers.position(|(known, _)| *known == identity);
        Some(match known {
            Some(place) => CustomerId((place + 1).to_string()),
            None => self.add_customer(identity),
        })
    }
}

#[async_trait]
impl CrmConnector for MemoryCrm {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn look_up(&self, query: &LookUp) -> Result<Found> {
        let state = self.state();
        let customer = query.customer.as_ref().and_then(|identity| {
            identity
                .keys(query.session.kind())
                .find_map(|key| state.find_customer(&key))
        });
        let mut shown: Vec<_> = state.records.values().collect();
        shown.retain(|kept| {
            let is_wanted = query.records.is_some() && customer.is_some();
            is_wanted && kept.record.customer == customer && state.is_indexed(kept.changed_at)
        });
        let has_session = |kept: &&Kept| kept.record.trace.has_session(&query.session);
        let own = match query.trace {
            TraceSearch::OnTheWay => shown.iter().copied().find(has_session),
            TraceSearch::Thorough => state.records.values().find(has_session),
        };
        Ok(Found {
            own: own.map(|kept| kept.record.clone()),
            records: shown.into_iter().map(|kept| kept.record.clone()).collect(),
            customer,
        })
    }

    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>> {
        Ok(self.state().kept(id).map(|kept| kept.record.clone()))
    }

    async fn create_record(&self, new: &NewRecord) -> Result<Record> {
        let mut state = self.state();
        if let Some(own) = state.made_by(&new.session) {
            let record = own.record.clone();
            return state.answer(record);
        }
        let customer = state.customer_of(new);
        let (number, now) = (state.next_number(), state.now);
        let mut kept = Kept {
            record: Record {
                id: RecordId(number.to_string()),
                customer,
                queue: new.queue.clone(),
                state: RecordState::Open,
                created_at: now,
                closed_at: None,
                tags: Vec::new(),
                trace: Trace::default(),
                version: None,
                url: None,
            },
            title: new.title.clone(),
            notes: Vec::new(),
            owner: new.owner.clone(),
            changed_at: now,
            follow_up_of: new.follow_up_of.clone(),
            maker: Some(new.session.clone()),
        };
        let making = SessionNotes {
            session: new.session.clone(),
            notes: new.notes.clone(),
        };
        kept.add(vec![making], &new.tags, now);
        let record = kept.record.clone();
        state.records.insert(number, kept);
        state.answer(record)
    }

    async fn append(&self, to: &Record, what: &Append) -> Result<Record> {
        let mut state = self.state();
        let now = state.now;
        let Some(kept) = state.kept(&to.id) else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("appending to record {}: it is gone", to.id),
            ));
        };
        if what.is_repeat(&kept.record.trace) {
            let record = kept.record.clone();
            return state.answer(record);
        }
        if kept.record.state == RecordState::Closed {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("appending to record {}: it is closed for good", to.id),
            ));
        }
        if kept.record.version != to.version {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "appending to record {}: it changed since it was read",
                    to.id
                ),
            ));
        }
        if what.status == StatusChange::DefaultOpen {
            kept.record.state = RecordState::Open;
            kept.record.closed_at = None;
        }
        if let Some(owner) = &what.owner {
            kept.owner = Some(owner.clone());
        }
        kept.add(what.missing(&kept.record.trace), &what.tags, now);
        let record = kept.record.clone();
        state.answer(record)
    }

    async fn find_user(&self, email: &Email) -> Result<Option<UserId>> {
        Ok(self.state().users.get(email.as_str()).cloned())
    }

    async fn check(&self) -> Result<Vec<Finding>> {
        Ok(Vec::new())
    }

    async fn setup(&self, _apply: Apply) -> Result<Vec<Change>> {
        Ok(Vec::new())
    }
}
