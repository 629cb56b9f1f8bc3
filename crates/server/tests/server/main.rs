//! A server with an engine and a CRM in memory, asked over real connections.

#![expect(clippy::unwrap_used, reason = "what tests ask for is there")]

mod accepting;
mod documented;
mod limits;
mod outgoing;
mod reading;
mod refusals;
mod running;
mod streaming;
mod watching;
