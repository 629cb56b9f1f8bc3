#![doc = include_str!("../README.md")]

#[cfg(test)]
mod campaign;
#[cfg(test)]
#[macro_use]
mod contract;
#[cfg(test)]
mod salesforce_calls;
#[cfg(test)]
mod salesforce_mappings;
#[cfg(test)]
mod salesforce_writes;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod story;
#[cfg(test)]
mod vendor;
#[cfg(test)]
mod zendesk_calls;

#[cfg(test)]
contract!(freshdesk, crate::vendor::freshdesk);
#[cfg(test)]
contract!(memory, crate::vendor::MemoryVendor::new);
#[cfg(test)]
contract!(salesforce, crate::vendor::salesforce);
#[cfg(test)]
contract!(zendesk, crate::vendor::zendesk);
