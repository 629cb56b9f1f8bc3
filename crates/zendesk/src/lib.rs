#![doc = include_str!("../README.md")]

mod api;
mod append;
mod body;
mod check;
mod comment;
mod config;
mod connector;
mod create;
mod customers;
mod errors;
mod fields;
mod limits;
mod profile;
mod records;
mod setup;
mod user;
mod wire;

pub use config::{Fields, Statuses, ZendeskAuth, ZendeskConfig};
pub use connector::Zendesk;
pub use profile::profile;
pub use wire::Status;
