#![doc = include_str!("../README.md")]

mod api;
mod append;
mod body;
mod check;
mod children;
mod config;
mod connector;
mod create;
mod customers;
mod errors;
mod external_id;
mod fields;
mod limits;
mod messages;
mod notes;
mod profile;
mod records;
mod revision;
mod sessions;
mod setup;
mod tags;
mod users;
mod wire;

pub use config::{ExternalIdPrefix, KustomerConfig, Org, Statuses};
pub use connector::Kustomer;
pub use fields::{AttributeName, Fields};
pub use profile::profile;
pub use wire::Status;
