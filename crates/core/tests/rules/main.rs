//! The decision table, the properties, and what is written: each rule has a test named after it.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

mod choose;
mod due;
mod fold;
mod manual;
mod stored;
mod story;
mod written;
