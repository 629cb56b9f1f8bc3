//! The store as people and commands see it: real files, looked into, repaired, kept small and copied.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

mod backup;
mod erase;
mod expire;
mod file;
mod look;
mod moody;
mod repair;
mod story;
