//! The records of a simulation: given ones, and those it creates.

use std::collections::HashMap;

use casewire_core::{
    Action, Candidates, CustomerKey, LookUp, QueueId, Record, RecordCustomer, RecordId,
    RecordState, Session, Trace,
};
use jiff::Timestamp;

use crate::SeedRecord;

/// Customers by their keys, and the records that may still be joined, by lane.
#[derive(Debug, Default)]
pub(crate) struct Records {
    customers: HashMap<CustomerKey, u32>,
    known_customers: u32,
    lanes: HashMap<(u32, QueueId), Lane>,
    created: u64,
    joinable: bool,
}

/// What may be joined in one customer's leaf queue.
#[derive(Debug, Default)]
struct Lane {
    given: Vec<Record>,
    /// The record created last: of those created here, no other can ever be chosen (R9).
    latest: Option<(u64, Timestamp)>,
}

/// A look-up's result.
pub(crate) struct LookedUp {
    customer: Option<u32>,
    records: Vec<Record>,
}

impl LookedUp {
    pub(crate) fn candidates(&self) -> Candidates<'_> {
        Candidates {
            records: &self.records,
            customer_known: self.customer.is_some(),
        }
    }
}

impl Records {
    /// The records of `seed`; `joinable` when any queue lets sessions join records.
    pub(crate) fn new(seed: &[SeedRecord], joinable: bool) -> Self {
        let mut records = Self {
            joinable,
            ..Self::default()
        };
        for given in seed {
            let customer = match records.customers.get(&given.customer) {
                Some(known) => *known,
                None => records.add_customer([given.customer.clone()]),
            };
            let queue = QueueId(given.queue.as_str().into());
            let record = record(
                &given.id,
                given.state.into(),
                given.created_at,
                given.closed_at,
                &queue,
            );
            let lane = records.lanes.entry((customer, queue)).or_default();
            lane.given.push(record);
        }
        records
    }

    fn add_customer(&mut self, keys: impl IntoIterator<Item = CustomerKey>) -> u32 {
        self.known_customers += 1;
        for key in keys {
            self.customers.insert(key, self.known_customers);
        }
        self.known_customers
    }

    /// Looks up what the rules want: the customer by its keys in order, and the records in its leaf queue.
    pub(crate) fn look_up(&self, session: &Session, wanted: &LookUp) -> LookedUp {
        let customer = wanted.customer.as_ref().and_then(|identity| {
            identity
                .keys(session.key().kind())
                .find_map(|key| self.customers.get(&key).copied())
        });
        let queue = wanted.records.as_ref().map(|wanted| wanted.queue.clone());
        let lane = customer
            .zip(queue.clone())
            .and_then(|lane| self.lanes.get(&lane));
        let mut records = Vec::new();
        if let (Some(lane), Some(queue)) = (lane, queue) {
            records.extend(lane.given.iter().cloned());
            records.extend(lane.latest.map(|(number, created_at)| {
                record(&name(number), RecordState::Open, created_at, None, &queue)
            }));
        }
        LookedUp { customer, records }
    }

    /// Creates a record and answers with its id. Remembers it and its customer only when sessions may join
    /// records at all.
    pub(crate) fn create(
        &mut self,
        session: &Session,
        found: &LookedUp,
        customer: &RecordCustomer,
        at: Timestamp,
    ) -> String {
        self.created += 1;
        let number = self.created;
        if !self.joinable {
            return name(number);
        }
        let known = match (found.customer, customer) {
            (Some(known), _) => Some(known),
            (None, RecordCustomer::New(identity)) => {
                let keys: Vec<_> = identity.keys(session.key().kind()).collect();
                Some(self.add_customer(keys))
            }
            (None, _) => None,
        };
        if let (Some(known), Some(queue)) = (known, session.queue()) {
            let lane = self.lanes.entry((known, queue.leaf().clone())).or_default();
            lane.latest = Some((number, at));
        }
        name(number)
    }

    /// Does to the records what `action` would do to the CRM's, apart from creating.
    pub(crate) fn apply(&mut self, action: &Action, session: &Session, found: &LookedUp) {
        let Action::Reopen { to } = action else {
            return;
        };
        let queue = session.queue().map(|queue| queue.leaf().clone());
        let lane = found
            .customer
            .zip(queue)
            .and_then(|lane| self.lanes.get_mut(&lane));
        let given = lane.and_then(|lane| lane.given.iter_mut().find(|record| record.id == *to));
        if let Some(record) = given {
            record.state = RecordState::Open;
            record.closed_at = None;
        }
    }
}

fn name(number: u64) -> String {
    format!("sim-{number}")
}

fn record(
    id: &str,
    state: RecordState,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
    queue: &QueueId,
) -> Record {
    Record {
        id: RecordId(id.to_owned()),
        customer: None,
        queue: Some(queue.clone()),
        state,
        created_at,
        closed_at,
        tags: Vec::new(),
        trace: Trace::default(),
        version: None,
        url: None,
    }
}
