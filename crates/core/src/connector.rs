//! The contract between Casewire and a CRM.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Append, CustomerId, CustomerIdentity, Email, NewRecord, QueueId, Record, RecordId, Result,
    SessionKey, UserId,
};

/// A CRM that records are written to.
///
/// Implementors promise the clauses below; each has a scenario of the same number in the contract suite.
/// Callers promise to serve one customer's leaf queue one session after another.
///
/// * **C1** What is created is read by id at once, whatever a search index lags.
/// * **C2** A customer that the CRM does not have is found as none, not as an error. Of several, the one
///   created last counts.
/// * **C3** The records of a customer are found across all pages.
/// * **C4** A write either happens whole or not at all, and its error says which: every kind but
///   [`Uncertain`](crate::ErrorKind::Uncertain) and [`Protocol`](crate::ErrorKind::Protocol) means that
///   nothing was written that a repeat would double. Where a CRM needs several requests for a write, one that stopped
///   half-way is uncertain, and given again it adds what is lacking.
/// * **C5** A write whose answer was lost is found again by its session's trace, by whichever of its customer's keys,
///   though another customer may have one of them since.
/// * **C6** The same [`NewRecord`] given twice makes one record, for as long as the CRM keeps what tells
///   the second one by (two hours at least); after that the caller looks up thoroughly first. The same
///   [`Append`] given twice, with the same record as read before the first, writes once. Sessions and notes
///   that the record shows as it is given are not written again: of an append known in part the rest is.
/// * **C7** Notes keep their exact text, as far as the CRM can hold it (each connector's README says where it can not),
///   and are never shown to the customer.
/// * **C8** A resolved record opens again; a closed one is refused as
///   [`Conflict`](crate::ErrorKind::Conflict), and a record that is gone as
///   [`NotFound`](crate::ErrorKind::NotFound).
/// * **C9** A write on a record that changed since it was read is refused as
///   [`Conflict`](crate::ErrorKind::Conflict).
/// * **C10** Tags are added; those on the record stay. A CRM without tags, whose [`Profile`] refuses the settings
///   of tags, ignores them.
/// * **C11** Expired credentials are renewed once; then the error is [`Auth`](crate::ErrorKind::Auth).
/// * **C12** A CRM that asks to slow down is obeyed within a request's patience; then the error is
///   [`RateLimited`](crate::ErrorKind::RateLimited) with its delay.
/// * **C13** No secret and no customer data is in any error, log or `Debug`.
#[async_trait]
pub trait CrmConnector: Debug + Send + Sync {
    /// What is constant about this CRM.
    fn profile(&self) -> &Profile;

    /// Looks up all that a decision needs, in as few calls as the CRM allows.
    async fn look_up(&self, query: &LookUp) -> Result<Found>;

    /// Reads one record by its id; never lags. `None` when it is gone.
    async fn read_record(&self, id: &RecordId) -> Result<Option<Record>>;

    /// Creates a record, its customer if new, its tags and first notes.
    async fn create_record(&self, new: &NewRecord) -> Result<Record>;

    /// Adds to `to`, as it was read: the notes of one session or of several, tags, owner, status; in one write.
    async fn append(&self, to: &Record, what: &Append) -> Result<Record>;

    /// Finds the CRM user with this e-mail address.
    async fn find_user(&self, email: &Email) -> Result<Option<UserId>>;

    /// Asks the CRM whether credentials, permissions, fields and statuses are as needed. What is wrong is
    /// a [`Finding`]; an error only when asking was not possible.
    async fn check(&self) -> Result<Vec<Finding>>;

    /// Says what the CRM lacks, or creates it.
    async fn setup(&self, apply: Apply) -> Result<Vec<Change>>;
}

/// What is constant about a CRM: data and pure functions, no client.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The connector's name, as in the config.
    pub name: &'static str,
    /// The longest title in characters.
    pub title_limit: usize,
    /// Turns a session type into a tag (R13). Empty when nothing is left of it.
    pub session_type_tag: fn(&str) -> String,
    /// Turns any other tag, such as the platform's, into one that this CRM keeps (R13). Empty when nothing is left of it.
    pub plain_tag: fn(&str) -> String,
    /// Whether a record can be without a customer.
    pub record_without_customer: bool,
    /// The keys of settings that this CRM can not honour: an error at start.
    pub refuses: &'static [&'static str],
}

/// What to look up for a session.
#[derive(Clone, Debug, PartialEq)]
pub struct LookUp {
    /// The session.
    pub session: SessionKey,
    /// The customer; absent when anonymous, or when the customer look-up is skipped.
    pub customer: Option<CustomerIdentity>,
    /// Which of the customer's records are wanted; absent for none.
    pub records: Option<WantedRecords>,
    /// How hard to look for the session's own trace.
    pub trace: TraceSearch,
}

/// Which records of a customer a decision needs.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedRecords {
    /// Of this leaf queue. Others may be among the found.
    pub queue: QueueId,
    /// Closed ones too, when closed at or after this.
    pub closed_since: Option<Timestamp>,
}

/// How hard to look for a session's own trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceSearch {
    /// The session is believed new: report what is seen on the way, spend no call on it.
    OnTheWay,
    /// The session may have been written before: look until that is certain.
    Thorough,
}

/// What a look-up found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The customer.
    pub customer: Option<CustomerId>,
    /// The customer's records that may qualify, in any order.
    pub records: Vec<Record>,
    /// The record that this session is on already.
    pub own: Option<Record>,
}

/// Something that `check` found wrong or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at, what is wrong with it, and how to mend it.
    pub message: String,
}

impl Finding {
    /// What was found.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
        }
    }
}

/// How bad a [`Finding`] is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Fine,
    /// It works, and something should be looked at.
    Warning,
    /// The CRM's set-up lacks something, for example a field.
    Missing,
    /// The credentials lack a permission, or are refused.
    Denied,
}

/// Whether `setup` only says what it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// Say it.
    Plan,
    /// Do it.
    Write,
}

/// Something that `setup` would create, or created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is, for example ``text field `Casewire leaf queue` ``.
    pub what: String,
}
