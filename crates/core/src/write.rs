//! What is looked up and what is written for a session that is due (docs/RULES.md §4 and §5).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Action, AnonymousCustomers, CustomerId, LookUp, Profile, RecordCustomer, Rules, Session,
    TraceSearch, WantedRecords,
    choose::{closed_since, may_append},
};

/// How a session ended up (docs/RULES.md §6).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It made a record (R12).
    Created,
    /// It joined an open record (R9).
    Appended,
    /// It joined a resolved record, which was opened again (R10).
    Reopened,
    /// It made a record that follows up a closed one (R11).
    FollowUp,
    /// It made and joined none, as a rule says.
    None,
    /// It could not be written; a person can try again.
    Parked,
}

impl Outcome {
    /// The word for it, for example `follow_up`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Appended => "appended",
            Self::Reopened => "reopened",
            Self::FollowUp => "follow_up",
            Self::None => "none",
            Self::Parked => "parked",
        }
    }
}

impl From<&Action> for Outcome {
    fn from(action: &Action) -> Self {
        match action {
            Action::Append { .. } => Self::Appended,
            Action::Reopen { .. } => Self::Reopened,
            Action::FollowUp { .. } => Self::FollowUp,
            Action::Create => Self::Created,
            Action::Nothing => Self::None,
        }
    }
}

/// What to look up for `session`, which became due at `now`.
pub fn wanted(rules: &Rules, session: &Session, now: Timestamp, trace: TraceSearch) -> LookUp {
    let customer = session.customer();
    let known = !customer.is_anonymous() && !rules.skip_customer_lookup;
    let queue = session.queue().filter(|_| may_append(rules, session));
    LookUp {
        session: session.key().clone(),
        customer: known.then_some(customer),
        records: queue.map(|queue| WantedRecords {
            queue: queue.leaf().clone(),
            closed_since: closed_since(rules, now),
        }),
        trace,
    }
}

/// The title of a new record for `session`.
pub fn title(rules: &Rules, session: &Session, profile: &Profile) -> String {
    rules
        .title
        .render(session, &rules.timezone, profile.title_limit)
}

/// The tags of `session` (R13): of its type, then of the platform, as the switches say and as far as the CRM keeps them.
pub fn tags(rules: &Rules, session: &Session, profile: &Profile) -> Vec<String> {
    let session_type = session
        .session_type()
        .filter(|_| rules.tag_session_type)
        .map(profile.session_type_tag);
    let platform = rules
        .tag_platform
        .then(|| (profile.plain_tag)(&rules.platform_tag));
    let tags = session_type.into_iter().chain(platform);
    tags.filter(|tag| !tag.is_empty()).collect()
}

/// Why a record can not be made although one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// The customer is unknown, creating customers is skipped, and the CRM wants every record to have one.
    NoCustomer,
}

impl Unwritable {
    /// The reason in plain words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoCustomer => {
                "the customer is unknown, skip_customer_creation is on, and the CRM has no records without a customer"
            }
        }
    }
}

impl RecordCustomer {
    /// The customer of a new record for `session`, of whom the CRM knows `found`.
    ///
    /// # Errors
    /// When the record must stay without a customer and the CRM does not allow that.
    pub fn of(
        rules: &Rules,
        session: &Session,
        found: Option<&CustomerId>,
        profile: &Profile,
    ) -> Result<Self, Unwritable> {
        if let Some(known) = found {
            return Ok(Self::Known(known.clone()));
        }
        let customer = match rules.anonymous {
            _ if rules.skip_customer_creation => Self::None,
            _ if !session.is_anonymous() => Self::New(session.customer()),
            AnonymousCustomers::Separate => Self::Anonymous,
            AnonymousCustomers::Shared => Self::SharedAnonymous,
            AnonymousCustomers::None => Self::None,
        };
        if customer == Self::None && !profile.record_without_customer {
            return Err(Unwritable::NoCustomer);
        }
        Ok(customer)
    }
}
