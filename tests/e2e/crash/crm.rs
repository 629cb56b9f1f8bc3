//! What the CRMs of the campaign have of their own: the fakes, and what goes wrong with them.

use casewire_sandbox::{Sandbox, freshdesk, kustomer, salesforce, zendesk};

use crate::process::Crm;

/// What a CRM has of its own.
#[derive(Debug)]
pub(super) struct Facts {
    /// Its fake without limits; the seed fixes its faults.
    pub(super) sandbox: fn(u64) -> Sandbox,
    /// The status with which it refuses requests that are too many.
    pub(super) throttled: u16,
    /// How many seconds it then asks to wait, at most.
    pub(super) longest_wait: u8,
    /// The kinds of errors that its connector tells after lost answers.
    pub(super) lost: &'static [&'static str],
    /// How often a write finds its row locked, in hundredths, at most.
    pub(super) locks: u8,
}

const SALESFORCE: Facts = Facts {
    sandbox: |seed| Sandbox::salesforce_with(seed, salesforce::Options::unlimited()),
    throttled: 403,
    // To ask for any would be to say that the day's limit is reached: a quarter of an hour.
    longest_wait: 0,
    // Hardly ever: whatever is written again is known by its keys.
    lost: &[],
    locks: 15,
};

const ZENDESK: Facts = Facts {
    sandbox: |seed| Sandbox::zendesk_with(seed, zendesk::Options::unlimited()),
    throttled: 429,
    longest_wait: 1,
    lost: &["uncertain"],
    locks: 0,
};

const KUSTOMER: Facts = Facts {
    sandbox: |seed| Sandbox::kustomer_with(seed, kustomer::Options::unlimited()),
    throttled: 429,
    longest_wait: 1,
    lost: &["uncertain"],
    locks: 0,
};

const FRESHDESK: Facts = Facts {
    sandbox: |seed| Sandbox::freshdesk_with(seed, freshdesk::Options::unlimited()),
    throttled: 429,
    longest_wait: 1,
    lost: &["uncertain"],
    locks: 0,
};

/// What `crm` has of its own.
pub(super) fn facts(crm: Crm) -> &'static Facts {
    match crm {
        Crm::Salesforce => &SALESFORCE,
        Crm::Zendesk => &ZENDESK,
        Crm::Kustomer => &KUSTOMER,
        Crm::Freshdesk => &FRESHDESK,
    }
}
