//! How the fake Freshdesk behaves.

mod access;
mod client;
mod contacts;
mod control;
mod conversations;
mod faults;
mod fields;
mod lists;
mod recordings;
mod refusals;
mod search;
mod tickets;
