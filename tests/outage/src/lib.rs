#![doc = include_str!("../README.md")]

#[cfg(test)]
mod drain;
#[cfg(test)]
mod world;
