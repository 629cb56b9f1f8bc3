//! The command as a process: what people run, and what they see.

mod day;
mod process;
mod readme;
mod recordings;
mod replay;
mod simulate;
