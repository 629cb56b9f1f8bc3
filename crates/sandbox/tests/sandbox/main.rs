//! How the fakes behave.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on has to fail its test"
)]

mod auth;
mod bulk;
mod client;
mod control;
mod faults;
mod freshdesk;
mod kustomer;
mod limits;
mod recordings;
mod salesforce;
mod search;
mod serving;
mod statuses;
mod tickets;
mod users;
