#![doc = include_str!("../README.md")]

mod check;
mod cli;
mod command;
mod completions;
mod config;
mod context;
mod crm;
mod demo;
mod exit;
mod explain;
mod init;
mod input;
mod log;
mod parked;
mod replay;
mod sandbox;
mod schema;
mod serve;
mod sessions;
mod setup;
mod simulate;
mod store;
mod table;
mod term;

pub use command::run;
pub use config::{
    Config, ConfigError, ConnectorConfig, ConsoleConfig, DEFAULT_CONNECTOR, IntakeConfig, Problem,
    StoreConfig, WebhookConfig,
};
pub use exit::{Exit, Failure};
pub use term::Stream;
