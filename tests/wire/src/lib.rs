#![doc = include_str!("../README.md")]

#[cfg(test)]
mod freshdesk;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod kustomer;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod salesforce;
#[cfg(test)]
mod script;
#[cfg(test)]
mod story;
#[cfg(test)]
mod zendesk;
