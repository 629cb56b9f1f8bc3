#![doc = include_str!("../README.md")]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod oas;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod own_ticket;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod script;
#[cfg(test)]
mod setting_up;
#[cfg(test)]
mod story;
