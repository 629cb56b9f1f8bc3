//! Sending requests, and reading answers of several pages.

use casewire_core::Result;
use casewire_http::{Client, Request, Response};
use serde::de::DeserializeOwned;

use crate::wire::{One, Page};

/// How many things a page has at most.
const PAGE: usize = 100;

/// The client of an organisation's API.
#[derive(Debug)]
pub(crate) struct Api(Client);

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response> {
        self.0.send(request).await
    }

    /// The one thing that an answer is about.
    pub(crate) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let One { data } = self.send(request).await?.json()?;
        Ok(data)
    }

    /// All things of a list, over its pages: of so many pages at most, then a warning tells that there are more.
    /// `template` is the path for logs.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        template: &'static str,
        first: Request,
        max_pages: usize,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut request = first.query("page", 1).query("pageSize", PAGE);
        for _ in 0..max_pages {
            let Page { data, links } = self.send(request).await?.json()?;
            all.extend(data);
            let Some(next) = links.next.filter(|next| !next.is_empty()) else {
                return Ok(all);
            };
            request = Request::follow(template, next);
        }
        tracing::warn!(
            list = template,
            limit = PAGE * max_pages,
            "a list is longer than is looked at"
        );
        Ok(all)
    }
}
