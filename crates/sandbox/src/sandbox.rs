use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::{Answer, Delivery};
use crate::control;
use crate::crm::Crm;
use crate::fault::{Arrival, Expiry, Fault, FaultPlan, Faults, Refused};
use crate::freshdesk::{self, Freshdesk};
use crate::kustomer::{self, Kustomer};
use crate::request::Request;
use crate::requests::Requests;
use crate::salesforce::{self, Salesforce};
use crate::zendesk::{self, Zendesk};

/// One fake CRM. Clones share its state.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    crm: Box<dyn Crm>,
    plan: FaultPlan,
    requests: Requests,
    clock: Clock,
}

/// The fake's time.
#[derive(Clone, Copy)]
enum Clock {
    /// The machine's time, moved on by so much.
    Ahead(Duration),
    /// Stands still.
    Frozen(Timestamp),
}

impl Clock {
    fn now(self) -> Timestamp {
        match self {
            Self::Ahead(by) => later(Timestamp::now(), by),
            Self::Frozen(at) => at,
        }
    }

    fn advanced(self, by: Duration) -> Self {
        match self {
            Self::Ahead(before) => Self::Ahead(before.saturating_add(by)),
            Self::Frozen(at) => Self::Frozen(later(at, by)),
        }
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Sandbox {
    /// A fake Zendesk Support account with the Enterprise plan's limits that refuses unknown
    /// keys. The seed fixes tokens and faults.
    pub fn zendesk(seed: u64) -> Self {
        Self::zendesk_with(seed, zendesk::Options::default())
    }

    /// A fake Zendesk Support account with chosen limits and strictness.
    pub fn zendesk_with(seed: u64, options: zendesk::Options) -> Self {
        Self::holding(Zendesk::new(seed, options), seed)
    }

    /// A fake Salesforce org as new: nothing of Casewire is set up. The seed fixes tokens and
    /// faults.
    pub fn salesforce(seed: u64) -> Self {
        Self::salesforce_with(seed, salesforce::Options::default())
    }

    /// A fake Salesforce org with chosen limits, statuses, rules and permissions.
    pub fn salesforce_with(seed: u64, options: salesforce::Options) -> Self {
        Self::holding(Salesforce::new(seed, options), seed)
    }

    /// A fake Freshdesk account as new: nothing of Casewire is set up. The seed fixes faults.
    pub fn freshdesk(seed: u64) -> Self {
        Self::freshdesk_with(seed, freshdesk::Options::default())
    }

    /// A fake Freshdesk account with chosen limits, fields, statuses and permissions.
    pub fn freshdesk_with(seed: u64, options: freshdesk::Options) -> Self {
        Self::holding(Freshdesk::new(options), seed)
    }

    /// A fake Kustomer organisation as new, whose API key has all roles that it needs. The seed
    /// fixes ids and faults.
    pub fn kustomer(seed: u64) -> Self {
        Self::kustomer_with(seed, kustomer::Options::default())
    }

    /// A fake Kustomer organisation with chosen limits, roles and answers to what the vendor's
    /// documents leave open.
    pub fn kustomer_with(seed: u64, options: kustomer::Options) -> Self {
        Self::holding(Kustomer::new(seed, options), seed)
    }

    fn holding(crm: impl Crm + 'static, seed: u64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                crm: Box::new(crm),
                plan: FaultPlan::seeded(seed),
                requests: Requests::default(),
                clock: Clock::Ahead(Duration::ZERO),
            })),
        }
    }

    /// Answers one request: a control route, or a vendor route with the faults in force.
    pub fn handle(&self, request: &Request) -> Answer {
        let mut inner = self.lock();
        let now = inner.clock.now();
        if request.path.starts_with("/_sandbox/") {
            return inner.control(request, now);
        }
        inner.vendor(request, now)
    }

    /// What the fake holds, as `GET /_sandbox/state` answers it.
    pub fn state(&self) -> Value {
        self.lock().state()
    }

    /// How many requests were made, as in the member `requests` of the state.
    pub fn requests(&self) -> Value {
        self.lock().requests.to_json()
    }

    /// Replaces the faults in force.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().set_faults(faults);
    }

    /// Lets one fault happen to the next request, or, for [`Fault::LostAnswer`] and
    /// [`Fault::LockRow`], to the next write.
    pub fn inject(&self, fault: Fault) {
        self.lock().plan.inject(fault);
    }

    /// Moves the fake's time on, as if it had passed.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.lock();
        inner.clock = inner.clock.advanced(by);
    }

    /// Stops the fake's time at an instant; only [`Sandbox::advance`] moves it from then on.
    pub fn freeze(&self, at: Timestamp) {
        self.lock().clock = Clock::Frozen(at);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn vendor(&mut self, request: &Request, now: Timestamp) -> Answer {
        let effect = self.crm.effect(request);
        self.requests.arrived(self.crm.operation(request), effect);
        let mishap = self.plan.draw(Arrival {
            effect,
            is_limited: self.crm.is_limited(request),
        });
        if mishap.expire_token {
            self.crm.expire_tokens();
        }
        if mishap.lock_row {
            self.crm.lock_row();
        }
        let mut answer = match mishap.refusal {
            Some(Refused::Reset) => dropped(Answer::empty(StatusCode::SERVICE_UNAVAILABLE)),
            Some(Refused::Throttled) => self.crm.throttled(self.plan.faults.retry_after, now),
            Some(Refused::Unavailable) => self.crm.unavailable(),
            None => self.crm.answer(request, now),
        };
        if mishap.expire_token {
            self.crm.restore_keys();
        }
        if mishap.refusal == Some(Refused::Reset) {
            return answer;
        }
        self.requests.answered(answer.status);
        if mishap.lost_answer {
            answer = dropped(answer);
        }
        answer.delay = self.plan.faults.slow;
        answer
    }

    fn control(&mut self, request: &Request, now: Timestamp) -> Answer {
        match control::Command::read(request) {
            Ok(command) => self
                .obey(command, now)
                .unwrap_or_else(control::Refusal::answer),
            Err(refusal) => refusal.answer(),
        }
    }

    fn obey(
        &mut self,
        command: control::Command,
        now: Timestamp,
    ) -> Result<Answer, control::Refusal> {
        use control::Command;
        match command {
            Command::AddCustomer(new) => {
                let customer = self.crm.add_customer(new, now)?;
                Ok(Answer::json(StatusCode::CREATED, &customer))
            }
            Command::AddRecord(new) => {
                let record = self.crm.add_record(new, now)?;
                Ok(Answer::json(StatusCode::CREATED, &record))
            }
            Command::ChangeRecord(id, change) => {
                let record = self.crm.change_record(&id, change, now)?;
                Ok(Answer::json(StatusCode::OK, &record))
            }
            Command::DeleteRecord(id) => {
                self.crm.delete_record(&id, now)?;
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            Command::Reset => {
                self.crm.reset();
                self.plan.clear();
                self.requests = Requests::default();
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            Command::SetFaults(faults) => {
                self.set_faults(faults);
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            Command::State => Ok(Answer::json(StatusCode::OK, &self.state())),
        }
    }

    fn set_faults(&mut self, faults: Faults) {
        self.crm.set_index_lag(faults.index_lag);
        self.crm.restore_keys();
        if faults.expire_token == Expiry::Once {
            self.crm.expire_tokens();
        }
        self.plan.faults = Faults {
            expire_token: match faults.expire_token {
                Expiry::Once => Expiry::Never,
                other => other,
            },
            ..faults
        };
    }

    fn state(&self) -> Value {
        json!({
            "records": self.crm.records(),
            "customers": self.crm.customers(),
            "requests": self.requests.to_json(),
        })
    }
}

fn dropped(mut answer: Answer) -> Answer {
    answer.delivery = Delivery::Dropped;
    answer
}

/// Without the state: it holds customer data.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}
