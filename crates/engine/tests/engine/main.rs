//! The engine on a store in a temporary folder, with a CRM in memory.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

mod crm;
mod lanes;
mod once;
mod story;
