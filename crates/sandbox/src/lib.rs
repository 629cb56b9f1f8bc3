#![doc = include_str!("../README.md")]

mod answer;
mod control;
mod crm;
mod fault;
pub mod freshdesk;
mod indexed;
pub mod kustomer;
mod random;
mod request;
mod requests;
mod responder;
pub mod salesforce;
mod sandbox;
mod serve;
pub mod zendesk;

pub use answer::{Answer, Delivery};
pub use fault::{Expiry, Fault, Faults, FaultsError};
pub use request::Request;
pub use sandbox::Sandbox;
pub use serve::serve;
