#![doc = include_str!("../README.md")]

mod access;
mod app;
mod body;
mod config;
mod endpoint;
mod events;
mod headers;
mod health;
mod metrics;
mod openapi;
mod problem;
mod pubsub;
mod receipts;
mod routes;
mod server;
mod stream;
mod upkeep;
mod webhooks;

pub use access::Keys;
pub use config::{Limits, RETRY_AFTER, ServerConfig};
pub use endpoint::{Endpoint, EndpointError};
pub use metrics::recorder;
pub use server::Server;
