//! The connector against the stateful fake: what is Salesforce's own. The contract suite has the rest.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not go on fails where it stands"
)]

mod appending;
mod checking;
mod creating;
mod login;
mod looking_up;
mod org;
mod org_rules;
mod setting_up;
mod story;
