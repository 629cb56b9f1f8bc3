//! The connector against the stateful fake: what is Zendesk's own. The contract suite has the rest.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not go on fails where it stands"
)]

mod account;
mod customers;
mod finding_again;
mod looking_up;
mod replaying;
mod setting_up;
mod writing;
