#![doc = include_str!("../README.md")]

mod answer;
mod control;
mod fault;
mod random;
mod request;
mod requests;
mod responder;
mod sandbox;
mod serve;
pub mod zendesk;

pub use answer::{Answer, Delivery};
pub use fault::{Expiry, Fault, Faults, FaultsError};
pub use request::Request;
pub use sandbox::Sandbox;
pub use serve::serve;
