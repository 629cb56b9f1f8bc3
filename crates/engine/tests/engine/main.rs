//! The engine on a store in a temporary folder, with a CRM in memory.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

mod campaign;
mod crm;
mod doubt;
mod intake;
mod lanes;
mod once;
mod records;
mod story;
mod trouble;
mod world;
