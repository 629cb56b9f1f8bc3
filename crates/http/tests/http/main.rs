//! The client against servers on this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not set up its server has failed"
)]

mod assertions;
mod logs;
mod oauth;
mod origins;
mod refused_logins;
mod repeats;
mod sending;
mod server;
mod unreachable;
mod verdicts;
