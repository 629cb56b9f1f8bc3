use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::answer::Answer;
use crate::control::{NewCustomer, NewRecord, RecordChange, Refusal};
use crate::request::Request;
use crate::requests::Effect;

/// One fake CRM: what differs between vendors.
pub(crate) trait Crm: Send {
    /// Answers one request to a vendor route, at one time.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer;

    /// The operation that a request is counted under.
    fn operation(&self, request: &Request) -> String;

    /// Whether a request may change records; token calls never do.
    fn effect(&self, request: &Request) -> Effect;

    /// Whether a request counts towards the limits.
    fn is_limited(&self, _: &Request) -> bool {
        true
    }

    /// The answer to a request that comes too fast, at one time.
    fn throttled(&self, retry_after: Duration, now: Timestamp) -> Answer;

    /// The answer of an overloaded server.
    fn unavailable(&self) -> Answer;

    /// Ends all access tokens; an API key, only until [`Crm::restore_keys`].
    fn expire_tokens(&mut self);

    /// Takes API keys again, where there are any: nobody issues a new one.
    fn restore_keys(&mut self) {}

    /// How far search stays behind from now on.
    fn set_index_lag(&mut self, lag: Duration);

    /// Has the next request find its row locked by another, where the vendor locks rows.
    fn lock_row(&mut self) {}

    /// Empties everything; options and tokens stay.
    fn reset(&mut self);

    /// The records in the shape that every fake's state has.
    fn records(&self) -> Vec<Value>;

    /// The customers in the shape that every fake's state has.
    fn customers(&self) -> Vec<Value>;

    /// Adds a customer or an agent as a person would, and shows it.
    fn add_customer(&mut self, new: NewCustomer, now: Timestamp) -> Result<Value, Refusal>;

    /// Adds a record as a person would, and shows it.
    fn add_record(&mut self, new: NewRecord, now: Timestamp) -> Result<Value, Refusal>;

    /// Changes a record as a person would, and shows it.
    fn change_record(
        &mut self,
        id: &str,
        change: RecordChange,
        now: Timestamp,
    ) -> Result<Value, Refusal>;

    /// Deletes a record as a person would.
    fn delete_record(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal>;
}
