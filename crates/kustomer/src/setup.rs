//! Creating what the organisation lacks.

use std::collections::BTreeMap;

use casewire_core::{Apply, Change, Error, ErrorKind, Result};
use casewire_http::{Repeat, Request};

use crate::body::{MetadataWrite, PropertyWrite};
use crate::connector::Kustomer;
use crate::wire::{Item, MetadataAttributes};

const METADATA: &str = "/v1/metadata/conversation";

impl Kustomer {
    /// What is defined of the attributes of conversations.
    pub(crate) async fn metadata(&self) -> Result<MetadataAttributes> {
        let read = self
            .api
            .read::<Item<MetadataAttributes>>(Request::get(METADATA))
            .await;
        let read =
            read.map_err(|error| error.context("reading the attributes of conversations"))?;
        Ok(read.attributes)
    }

    /// Defines the attributes that are missing, or says that it would.
    pub(crate) async fn set_up(&self, apply: Apply) -> Result<Vec<Change>> {
        let before = self.metadata().await?.properties;
        let wanted = self.config.fields.shown_names().into_iter();
        let missing: BTreeMap<_, _> = wanted
            .filter(|(name, _)| !before.contains_key(*name))
            .collect();
        let changes = missing.iter().map(|(name, shown)| Change {
            what: format!("text attribute `{name}` of conversations, shown as `{shown}`"),
        });
        let changes: Vec<_> = changes.collect();
        if apply == Apply::Plan || missing.is_empty() {
            return Ok(changes);
        }
        let properties = missing
            .iter()
            .map(|(name, display_name)| (*name, PropertyWrite { display_name }));
        let write = MetadataWrite {
            properties: properties.collect(),
        };
        let request = Request::put(METADATA).json(&write).repeat(Repeat::Guarded);
        let answer = self.api.read::<Item<MetadataAttributes>>(request).await.map_err(|error| {
            error.context(
                "creating attributes of conversations (it takes the role org.permission.metadata.update)",
            )
        })?;
        let after = answer.attributes.properties;
        // That the others stay is what the vendor's example shows, and not said.
        let is_there = |name: &&str| after.contains_key(*name);
        let all = before.keys().map(String::as_str).chain(missing.into_keys());
        let lost: Vec<_> = all.filter(|name| !is_there(name)).collect();
        if lost.is_empty() {
            return Ok(changes);
        }
        Err(Error::new(
            ErrorKind::Protocol,
            format!(
                "creating attributes of conversations: Kustomer's answer lacks {}; look at the attributes of conversations in \
                 its settings (Platform, Klasses) before going on",
                lost.join(", ")
            ),
        ))
    }
}
