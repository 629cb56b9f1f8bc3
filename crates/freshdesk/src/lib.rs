#![doc = include_str!("../README.md")]

mod append;
mod body;
mod check;
mod config;
mod connector;
mod contact;
mod create;
mod customers;
mod errors;
mod fields;
mod limits;
mod look;
mod note;
mod own;
mod phone;
mod profile;
mod records;
mod setup;
mod wire;

pub use config::{Fields, FreshdeskConfig, Literal, Statuses, TicketValues};
pub use connector::Freshdesk;
pub use phone::PhoneFormat;
pub use profile::profile;
