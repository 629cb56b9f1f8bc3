#![doc = include_str!("README.md")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that can not start its programs has failed"
)]

mod clients;
mod packages;
mod queries;
