#![doc = include_str!("../README.md")]

mod absent;
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
mod scalar;
mod shared;
mod snapshot;

pub use elements::Shape;
pub use error::{InputError, InputErrorKind};
pub use read::{Events, Incoming, parse_binary, parse_body, read};
