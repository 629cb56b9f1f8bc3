#![doc = include_str!("../README.md")]

mod absent;
mod chat_webhook;
mod cloudevent;
mod clues;
mod data;
mod elements;
mod error;
mod lenient;
mod locate;
mod log;
mod milestone;
mod object;
mod outcome;
mod parts;
mod queue;
mod read;
mod request;
mod scalar;
mod shared;
mod signature;
mod snapshot;
mod standard_webhooks;

pub use chat_webhook::{ChatWebhookHeaders, ChatWebhookKeys};
pub use elements::Shape;
pub use error::{InputError, InputErrorKind};
pub use read::{Events, Incoming, read};
pub use request::{Received, RequestError, parse_binary, parse_body, parse_request};
pub use signature::{SecretError, SignatureError};
pub use standard_webhooks::{SigningKeys, WebhookHeaders};
