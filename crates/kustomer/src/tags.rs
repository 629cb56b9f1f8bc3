//! Tags: Kustomer takes names and shows ids.

use std::collections::HashSet;
use std::time::Duration;

use casewire_core::{ErrorKind, RecordId, Result};
use casewire_http::Request;
use tokio::time::Instant;

use crate::connector::Kustomer;
use crate::limits::{CONVERSATION_UPDATE, part_of};
use crate::wire::{Conversation, Item, TagAttributes};

const TAGS: &str = "/v1/tags";

/// Of an organisation's tags, so many pages are looked at.
const MAX_PAGES: usize = 20;

/// How long it is believed that there is no tag of a name: one added since is seen after that.
const LIST_LASTS: Duration = Duration::from_secs(10 * 60);

/// Tags to add, sorted by what is known of them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct NewTags {
    /// Ids of those that the organisation has.
    pub(crate) ids: Vec<String>,
    /// Names of those that it does not have, as far as is known.
    pub(crate) names: Vec<String>,
}

impl NewTags {
    /// All by their names, whatever is known of them.
    pub(crate) fn by_name(tags: &[String]) -> Self {
        let names = tags.iter().filter(|name| !name.is_empty());
        Self {
            ids: Vec::new(),
            names: names.cloned().collect(),
        }
    }
}

impl Kustomer {
    /// Sorts `tags`. The organisation's tags are listed when one is not known.
    pub(crate) async fn sort_tags(&self, tags: &[String]) -> Result<NewTags> {
        if tags
            .iter()
            .any(|name| !name.is_empty() && self.tags.find(name).is_none())
        {
            self.list_tags().await?;
        }
        let mut sorted = NewTags::default();
        for name in tags.iter().filter(|name| !name.is_empty()) {
            match self.tags.find(name) {
                Some(id) if sorted.ids.contains(&id) => {}
                Some(id) => sorted.ids.push(id),
                None if sorted.names.contains(name) => {}
                None => sorted.names.push(name.clone()),
            }
        }
        Ok(sorted)
    }

    async fn list_tags(&self) -> Result<()> {
        let mut listed_at = self.tags_listed_at.lock().await;
        if listed_at.is_some_and(|at| at.elapsed() < LIST_LASTS) {
            return Ok(());
        }
        match self.all_tags().await {
            Ok(tags) => {
                for tag in tags.into_iter().filter(|tag| !tag.attributes.deleted) {
                    if let Some(name) = tag.attributes.name {
                        self.tags.remember(name, tag.id);
                    }
                }
            }
            Err(error) if error.is_transient() => return Err(error.context("listing the tags")),
            // The list is not part of the documented API. Without it tags are added by name, in a call of their own.
            Err(error) => tracing::warn!("the tags can not be listed: {}", error.message()),
        }
        *listed_at = Some(Instant::now());
        Ok(())
    }

    pub(crate) async fn all_tags(&self) -> Result<Vec<Item<TagAttributes>>> {
        let first = Request::get(TAGS).query("deleted", false);
        self.api.list(TAGS, first, MAX_PAGES).await
    }

    /// Adds tags by their names to `to`, which makes those that are missing, and answers the conversation as it is then.
    /// Nothing happens without names, or when they are refused: a conversation can be full of tags.
    pub(crate) async fn add_tags(
        &self,
        to: Conversation,
        names: &[String],
    ) -> Result<Conversation> {
        if names.is_empty() {
            return Ok(to);
        }
        let RecordId(id) = to.record_id();
        let request = Request::post("/v1/conversations/{id}/tags")
            .fill("id", &id)
            .json(&names)
            // Adding a tag that is there changes nothing.
            .repeat(casewire_http::Repeat::Guarded)
            .bucket(part_of(CONVERSATION_UPDATE, &id));
        let tagged: Conversation = match self.api.read(request).await {
            Ok(tagged) => tagged,
            Err(error) if error.kind() == ErrorKind::Rejected => {
                tracing::warn!(record = id, "tags were refused: {}", error.message());
                return Ok(to);
            }
            Err(error) => return Err(error.context("adding tags")),
        };
        let before: HashSet<_> = to.tags().iter().collect();
        let new: Vec<_> = tagged
            .tags()
            .iter()
            .filter(|id| !before.contains(id))
            .collect();
        match (names, &new[..]) {
            ([name], [id]) => self.tags.remember(name.clone(), (*id).clone()),
            // Which is which, the list tells next time.
            _ => *self.tags_listed_at.lock().await = None,
        }
        Ok(tagged)
    }

    /// Warns of `wanted` tags that a conversation did not take: a person may have deleted them.
    pub(crate) async fn mind_dropped_tags(&self, conversation: &Conversation, wanted: &[String]) {
        let is_dropped = |id: &String| !conversation.tags().contains(id);
        if !wanted.iter().any(is_dropped) {
            return;
        }
        tracing::warn!(record = conversation.id, "Kustomer did not keep all tags");
        self.tags.forget(|id| wanted.contains(id) && is_dropped(id));
        *self.tags_listed_at.lock().await = None;
    }

    /// After a refusal: tags may have been deleted that are remembered, and users switched off.
    pub(crate) async fn forget_ids(&self) {
        self.tags.forget(|_| true);
        self.agents.forget(|_| true);
        *self.tags_listed_at.lock().await = None;
    }
}

/// `tags` and then those of `new` that are not among them.
pub(crate) fn united(tags: &[String], new: &[String]) -> Vec<String> {
    let mut all = tags.to_vec();
    for id in new {
        if !all.contains(id) {
            all.push(id.clone());
        }
    }
    all
}
