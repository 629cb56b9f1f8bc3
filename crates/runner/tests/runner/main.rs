//! The config's errors, and the command as people run it.

mod casewire;
mod commands;
mod config;
mod metadata;
mod sandbox;
mod sections;
#[cfg(unix)]
mod serve;
mod values;
