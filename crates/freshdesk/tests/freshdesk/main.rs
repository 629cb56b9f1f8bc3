//! The connector against scripted answers: which requests it makes, in which order, and what it makes of the answers.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not go on fails where it stands"
)]

mod account;
mod changed;
mod creating;
mod doubt;
mod joining;
mod looking_up;
mod setting_up;
