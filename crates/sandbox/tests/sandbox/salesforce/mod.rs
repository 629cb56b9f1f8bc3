//! How the fake Salesforce behaves.

mod access;
mod auth;
mod client;
mod composite;
mod control;
mod faults;
mod queries;
mod recordings;
mod rows;
mod rules;
mod upserts;
