//! The vendor's query language, as far as it is modelled: read strictly, checked against what the
//! caller may see, and answered in the order and shape of the REST API.
//!
//! An org shows itself through [`Rows`]; [`parse`] makes a [`Query`], which finds rows and shows
//! them as records. Pages and their locators are the org's.

mod condition;
mod datum;
mod error;
mod filter;
mod literal;
mod parse;
mod query;
mod resolve;
mod rows;
mod run;
mod shape;
mod token;

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;

pub(crate) use error::SoqlError;
pub(crate) use parse::{Parser, parse};
pub(crate) use query::{Clauses, Item, Path, Query, Select};
pub(crate) use rows::{Child, Column, ColumnType, Entity, Parent, Rows};
