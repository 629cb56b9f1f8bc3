//! Sending requests, and minding what Zendesk warns of.

use std::sync::atomic::{AtomicU64, Ordering};

use casewire_core::Result;
use casewire_http::{Client, Request, Response};
use serde::de::DeserializeOwned;

/// The client with a count of Zendesk's warnings.
#[derive(Debug)]
pub(crate) struct Api {
    client: Client,
    warnings: AtomicU64,
}

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            warnings: AtomicU64::new(0),
        }
    }

    pub(crate) fn warnings(&self) -> u64 {
        self.warnings.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response> {
        let what = format!("{request:?}");
        let response = self.client.send(request).await?;
        if let Some(warning) = response.headers().get("x-zendesk-api-warn") {
            self.warnings.fetch_add(1, Ordering::Relaxed);
            let keys = unpermitted_keys(warning.to_str().unwrap_or_default());
            tracing::warn!(request = what, keys, "Zendesk ignored part of the request");
        }
        Ok(response)
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }
}

/// The keys in a warning such as `{:allowed_parameters=>{..., :unpermitted_keys=>["ticket.x"], :invalid_values=>[]}}`.
/// The values are left out: they may be customer data.
fn unpermitted_keys(warning: &str) -> &str {
    warning
        .split_once(":unpermitted_keys=>[")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(keys, _)| keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_tells_its_keys_only() {
        let warning = r#"{:allowed_parameters=>{:controller=>"tickets", :action=>"update", :unpermitted_keys=>["ticket.id", "ticket.x"], :invalid_values=>["kim@example.com"]}}"#;
        assert_eq!(unpermitted_keys(warning), r#""ticket.id", "ticket.x""#);
        assert_eq!(unpermitted_keys("something else"), "");
    }
}
