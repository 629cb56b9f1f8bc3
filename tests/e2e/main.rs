//! The command as a process: what people run, and what they see.

mod crash;
mod day;
mod demo;
mod http;
mod ops;
mod process;
mod race;
mod readme;
mod recordings;
mod replay;
mod sender;
mod serve;
mod serving;
mod simulate;
mod sources;
