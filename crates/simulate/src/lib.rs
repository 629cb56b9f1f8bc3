#![doc = include_str!("../README.md")]

mod diff;
mod line;
mod records;
mod reorder;
mod seed;
mod simulation;

pub use diff::{Change, Diff};
pub use line::Line;
pub use reorder::Reorder;
pub use seed::{SeedError, SeedRecord, SeedState, read_seed};
pub use simulation::Simulation;
