#![doc = include_str!("../README.md")]

#[cfg(test)]
mod campaign;
#[cfg(test)]
#[macro_use]
mod contract;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod story;
#[cfg(test)]
mod vendor;
#[cfg(test)]
mod zendesk_calls;

#[cfg(test)]
contract!(memory, crate::vendor::MemoryVendor::new);
#[cfg(test)]
contract!(zendesk, crate::vendor::ZendeskVendor::new);
