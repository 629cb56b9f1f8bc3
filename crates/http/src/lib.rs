#![doc = include_str!("../README.md")]

mod assertion;
mod attempt;
mod auth;
mod base_url;
mod calls;
mod client;
mod decode;
mod exchange;
mod gauge;
mod known;
mod limits;
mod refusal;
mod request;
mod response;
mod retry;
mod secret;
mod token;
mod token_endpoint;
mod token_store;
mod users;

pub use auth::{Auth, Grant, OAuth, TokenEncoding};
pub use base_url::BaseUrl;
pub use calls::{Call, record_calls};
pub use client::{Client, ClientConfig};
pub use known::Known;
pub use limits::{Bucket, Reading};
pub use refusal::{Refusal, TokenRefusal};
pub use request::{Repeat, Request};
pub use response::Response;
pub use retry::RetryPolicy;
pub use secret::SecretSource;
pub use token_store::{FileTokenStore, MemoryTokenStore, TokenStore};
pub use users::{DefaultUser, KnownUsers};
