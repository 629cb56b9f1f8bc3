//! How the fake Kustomer behaves.

mod access;
mod client;
mod control;
mod conversations;
mod customers;
mod faults;
mod limits;
mod notes;
mod recordings;
mod refusals;
mod search;
mod tags;
