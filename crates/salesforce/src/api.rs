//! Sending requests and reading their answers.

use casewire_core::Result;
use casewire_http::{Client, Request, Response};
use serde::de::DeserializeOwned;

/// The client.
#[derive(Debug)]
pub(crate) struct Api(Client);

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response> {
        self.0.send(request).await
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }
}
