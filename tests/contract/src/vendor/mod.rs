//! What the suite needs of a CRM beyond its connector.

mod freshdesk;
mod front;
mod kustomer;
mod memory;
mod salesforce;
mod sandboxed;
mod toy;
mod zendesk;

use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CrmConnector, CustomerId, CustomerIdentity, Email, QueueId, RecordId, RecordState, UserId,
};
use jiff::Timestamp;

pub(crate) use freshdesk::{freshdesk, freshdesk_otherwise, freshdesk_that_just_looked};
pub(crate) use kustomer::{kustomer, kustomer_otherwise, kustomer_with_repeatable_ids};
pub(crate) use memory::MemoryVendor;
pub(crate) use salesforce::{Mapping, salesforce, salesforce_with};
pub(crate) use sandboxed::Sandboxed;
pub(crate) use toy::toy;
pub(crate) use zendesk::{zendesk, zendesk_with_field_ids};

/// A CRM that can be set up, made to misbehave, and looked into as a person would.
pub(crate) trait Vendor: Send + Sync {
    /// A connector that remembers nothing of what others did.
    fn connect(&self) -> Arc<dyn CrmConnector>;

    /// The CRM's time.
    fn now(&self) -> Timestamp;

    /// Lets time pass.
    fn pass(&self, time: Duration);

    /// A note's `text` as the CRM keeps it: the same to the eye.
    fn kept_text(&self, text: &str) -> String;

    /// Those of `tags` that the CRM keeps, as it writes them.
    fn kept_tags(&self, tags: &[&str]) -> Vec<String>;

    /// How long the CRM is left alone when it asks for `asked`: not every CRM says how long.
    fn slow_down(&self, asked: Duration) -> Duration;

    /// How many requests one write of so many notes may take.
    fn writes_of(&self, notes: u64) -> u64;

    /// Whether a connector can mend credentials that are refused.
    fn credentials(&self) -> Credentials;

    /// A person adds a customer.
    fn given_customer(&self, identity: &CustomerIdentity) -> CustomerId;

    /// A person adds a record.
    fn given_record(&self, given: &GivenRecord<'_>) -> RecordId;

    /// There is an agent with this address.
    fn given_user(&self, email: &Email) -> UserId;

    /// Look-ups lag behind writes by so much.
    fn given_index_lag(&self, lag: Duration);

    /// Something goes wrong.
    fn given(&self, trouble: Trouble, often: Often);

    /// Many things go wrong now and then, as the harness's seed says, and look-ups lag.
    fn given_storm(&self);

    /// Nothing goes wrong any more; a lag stays.
    fn given_calm(&self);

    /// A person resolves a record, later than all that happened so far.
    fn person_resolves(&self, record: &RecordId);

    /// A person deletes a record.
    fn person_deletes(&self, record: &RecordId);

    /// All records, oldest first.
    fn records(&self) -> Vec<Shown>;

    /// How many customers there are.
    fn customers(&self) -> usize;

    /// How many writes reached the CRM.
    fn writes(&self) -> u64;

    /// Secrets that were used so far.
    fn secrets(&self) -> Vec<String>;
}

/// A record that a person added.
#[derive(Clone, Debug)]
pub(crate) struct GivenRecord<'a> {
    pub(crate) customer: &'a CustomerId,
    pub(crate) queue: &'a str,
    pub(crate) state: RecordState,
    pub(crate) created_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) tags: &'a [&'a str],
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The answer is no whole JSON.
    AnswerBroken,
    /// The write is done and its answer lost.
    AnswerLost,
    /// The credentials are refused: until they are renewed, or, those that never are, for one request.
    CredentialsExpired,
    /// After so many requests the credentials are refused, and stay so.
    CredentialsRevokedAfter(usize),
    /// The CRM fails without saying whether it did anything.
    Failing,
    /// It fails so at writes; what a connector reads before is answered.
    FailingWrites,
    /// The CRM asks to slow down for so many seconds.
    Throttled(u64),
    /// The CRM says that it did nothing.
    Unavailable,
}

/// How often it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Often {
    /// At each call.
    Always,
    /// At the next call that it can happen to.
    Once,
}

/// What becomes of credentials that are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// They are renewed, as access tokens are.
    Renewed,
    /// Nothing is to be done by the connector, as with an API key.
    Fixed,
}

/// A record as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) id: RecordId,
    pub(crate) title: String,
    pub(crate) state: RecordState,
    pub(crate) queue: Option<QueueId>,
    /// Phone number, or else e-mail address, or else external id.
    pub(crate) customer: Option<String>,
    pub(crate) tags: Vec<String>,
    /// The sessions on it, such as `call/987`.
    pub(crate) sessions: Vec<String>,
    pub(crate) notes: Vec<ShownNote>,
    /// How many notes the customer can read.
    pub(crate) public_notes: usize,
    pub(crate) owner: Option<UserId>,
    pub(crate) follow_up_of: Option<RecordId>,
}

/// A note as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownNote {
    pub(crate) session: String,
    /// Its marker's kind: `linked`, `transferred`, `ended` or `late`.
    pub(crate) kind: String,
    pub(crate) text: String,
}
