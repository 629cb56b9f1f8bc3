use std::collections::BTreeMap;

use jiff::Timestamp;

use super::problem::Problem;
use crate::answer::Answer;

/// The limits of an account, in a minute. `u32::MAX` means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Credits of all requests together; most cost one.
    pub account: u32,
    /// Lists of contacts.
    pub contact_lists: u32,
    /// New tickets.
    pub ticket_creates: u32,
    /// Lists of tickets.
    pub ticket_lists: u32,
    /// Updates of tickets.
    pub ticket_updates: u32,
}

impl Default for Limits {
    /// The Enterprise plan.
    fn default() -> Self {
        Self {
            account: 700,
            contact_lists: 200,
            ticket_creates: 280,
            ticket_lists: 200,
            ticket_updates: 280,
        }
    }
}

impl Limits {
    /// The smallest plan that has an API worth the name.
    pub const fn growth() -> Self {
        Self {
            account: 200,
            contact_lists: 20,
            ticket_creates: 80,
            ticket_lists: 20,
            ticket_updates: 80,
        }
    }

    /// No limits, for bulk runs.
    pub const fn unlimited() -> Self {
        Self {
            account: u32::MAX,
            contact_lists: u32::MAX,
            ticket_creates: u32::MAX,
            ticket_lists: u32::MAX,
            ticket_updates: u32::MAX,
        }
    }

    fn of(&self, class: Class) -> u32 {
        match class {
            Class::ContactLists => self.contact_lists,
            Class::TicketCreates => self.ticket_creates,
            Class::TicketLists => self.ticket_lists,
            Class::TicketUpdates => self.ticket_updates,
        }
    }
}

/// The requests that have a limit of their own below the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    ContactLists,
    TicketCreates,
    TicketLists,
    TicketUpdates,
}

const MINUTE: i64 = 60;

/// The requests of the current minute.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    started: Option<Timestamp>,
    credits: u32,
    requests: BTreeMap<Class, u32>,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            started: None,
            credits: 0,
            requests: BTreeMap::new(),
        }
    }

    /// Counts one request, or refuses it.
    pub(super) fn take(
        &mut self,
        class: Option<Class>,
        credits: u32,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let mut started = *self.started.get_or_insert(now);
        if now.duration_since(started).as_secs() >= MINUTE {
            started = now;
            self.started = Some(now);
            self.credits = 0;
            self.requests.clear();
        }
        let wait = MINUTE - now.duration_since(started).as_secs();
        let spent = self.credits.saturating_add(credits);
        if spent > self.limits.account {
            return Err(Problem::throttled(wait.unsigned_abs()));
        }
        if let Some(class) = class {
            let used = self.requests.entry(class).or_default();
            if *used >= self.limits.of(class) {
                return Err(Problem::throttled(wait.unsigned_abs()));
            }
            *used += 1;
        }
        self.credits = spent;
        Ok(())
    }

    /// Says what is left of the account's limit. No header tells of the limits below it.
    pub(super) fn write_headers(&self, credits: u32, answer: &mut Answer) {
        let total = self.limits.account;
        answer.set("x-ratelimit-total", &total.to_string());
        answer.set(
            "x-ratelimit-remaining",
            &total.saturating_sub(self.credits).to_string(),
        );
        answer.set("x-ratelimit-used-currentrequest", &credits.to_string());
    }
}
