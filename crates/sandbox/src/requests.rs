use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

/// The counts of handled requests; control routes are not among them.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    total: u64,
    writes: u64,
    by_operation: BTreeMap<String, u64>,
    by_status: BTreeMap<u16, u64>,
}

/// Whether a request may change the CRM's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Read,
    Write,
}

impl Requests {
    /// Counts one request as it arrives.
    pub(crate) fn arrived(&mut self, operation: String, effect: Effect) {
        self.total += 1;
        if effect == Effect::Write {
            self.writes += 1;
        }
        *self.by_operation.entry(operation).or_default() += 1;
    }

    /// Counts its answer, delivered or not. A reset connection has none.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        *self.by_status.entry(status.as_u16()).or_default() += 1;
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "total": self.total,
            "writes": self.writes,
            "by_operation": self.by_operation,
            "by_status": self.by_status.iter().map(|(status, count)| (status.to_string(), Value::from(*count))).collect::<serde_json::Map<_, _>>(),
        })
    }
}
