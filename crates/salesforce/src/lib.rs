#![doc = include_str!("../README.md")]

mod advice;
mod api;
mod append;
mod check;
mod composite;
mod config;
mod connector;
mod create;
mod describe;
mod duplicates;
mod entry;
mod errors;
mod identity;
mod inventory;
mod limits;
mod login;
mod lookup;
mod metadata;
mod org;
mod person;
mod profile;
mod records;
mod row;
mod schema;
mod setup;
mod soql;
mod users;

pub use config::{
    ApiVersion, AttachTo, CustomerObject, Customers, FieldName, Fields, Literal, LoginHost,
    RecordObject, RecordTypeId, SalesforceAuth, SalesforceConfig, SessionData, SessionDataObject,
    Statuses,
};
pub use connector::Salesforce;
pub use metadata::{MetadataFile, metadata};
pub use profile::profile;
