#![doc = include_str!("../README.md")]

mod attempt;
mod flow;
mod lane;
mod patience;
mod receipt;
mod replay;

pub use flow::{DueSession, Flow};
pub use lane::Lane;
pub use patience::Patience;
pub use receipt::Receipt;
pub use replay::{Progress, replay};
