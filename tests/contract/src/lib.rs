#![doc = include_str!("../README.md")]

#[cfg(test)]
mod campaign;
#[cfg(test)]
#[macro_use]
mod contract;
#[cfg(test)]
mod freshdesk_calls;
#[cfg(test)]
mod kustomer_calls;
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
mod tags;
#[cfg(test)]
mod toy;
#[cfg(test)]
mod vendor;
#[cfg(test)]
mod zendesk_calls;

#[cfg(test)]
contract!(freshdesk, crate::vendor::freshdesk);
#[cfg(test)]
contract!(freshdesk_otherwise, crate::vendor::freshdesk_otherwise);
#[cfg(test)]
contract!(kustomer, crate::vendor::kustomer);
#[cfg(test)]
contract!(kustomer_otherwise, crate::vendor::kustomer_otherwise);
#[cfg(test)]
contract!(
    kustomer_with_repeatable_ids,
    crate::vendor::kustomer_with_repeatable_ids
);
#[cfg(test)]
contract!(memory, crate::vendor::MemoryVendor::new);
#[cfg(test)]
contract!(salesforce, crate::vendor::salesforce);
#[cfg(test)]
contract!(toy_desk, crate::vendor::toy);
#[cfg(test)]
contract!(zendesk, crate::vendor::zendesk);
