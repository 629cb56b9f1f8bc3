//! The connector against scripted answers: which requests it sends, in which order. The contract suite has the rest.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not go on fails where it stands"
)]

mod appending;
mod creating;
mod customers;
mod halves;
mod looking_up;
mod messages;
mod org;
mod others;
mod setting_up;
mod undocumented;
