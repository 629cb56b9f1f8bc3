//! What hangs on a conversation, its notes and messages: each is written once, and looked for by its external id.

use std::collections::HashSet;

use casewire_core::{ErrorKind, RecordId, Result};
use casewire_http::Request;
use serde::Serialize;

use crate::connector::Kustomer;
use crate::external_id::again;
use crate::limits::{MESSAGE_CREATE, NOTE_CREATE, part_of};
use crate::wire::{ChildAttributes, Item};

/// Of one conversation, so many pages of notes or messages are looked at.
const MAX_PAGES: usize = 50;

/// Which of the two; their external ids do not get into each other's way.
#[derive(Clone, Copy)]
pub(crate) enum Child {
    Message,
    Note,
}

impl Child {
    fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Note => "note",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Message => "/v1/conversations/{id}/messages",
            Self::Note => "/v1/conversations/{id}/notes",
        }
    }

    fn limit(self) -> &'static str {
        match self {
            Self::Message => MESSAGE_CREATE,
            Self::Note => NOTE_CREATE,
        }
    }
}

/// The external ids of the notes, or of the messages, on a conversation.
#[derive(Default)]
pub(crate) struct ExternalIds(HashSet<String>);

impl ExternalIds {
    /// Whether one with `external_id` is among them, or the one in its place.
    pub(crate) fn have(&self, external_id: &str) -> bool {
        self.0.contains(external_id) || self.0.contains(&again(external_id))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a, T> {
    external_id: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

impl Kustomer {
    /// Writes a note or message to the conversation `id`, unless a failure turns out to be because it is there.
    pub(crate) async fn write_child<T: Serialize + Sync>(
        &self,
        child: Child,
        id: &RecordId,
        external_id: &str,
        body: &T,
    ) -> Result<()> {
        let Err(error) = self.send_child(child, id, external_id, body).await else {
            return Ok(());
        };
        let may_be_there = matches!(
            error.kind(),
            ErrorKind::Conflict | ErrorKind::Rejected | ErrorKind::Uncertain
        );
        if may_be_there && self.children(child, id).await?.have(external_id) {
            return Ok(());
        }
        // One of a conversation that was deleted has it.
        if error.kind() == ErrorKind::Conflict && self.is_taken_for_good(external_id) {
            return self.send_child(child, id, &again(external_id), body).await;
        }
        Err(error)
    }

    async fn send_child<T: Serialize + Sync>(
        &self,
        child: Child,
        id: &RecordId,
        external_id: &str,
        body: &T,
    ) -> Result<()> {
        // Not `Repeat::Keyed`: that Kustomer refuses a second one with the same external id is not documented.
        let request = Request::post(child.path())
            .fill("id", id)
            .json(&Named { external_id, body })
            .bucket(part_of(child.limit(), &id.0));
        match self.api.send(request).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.context(format!("writing a {}", child.name()))),
        }
    }

    /// The external ids of the notes or messages on the conversation `id`.
    pub(crate) async fn children(&self, child: Child, id: &RecordId) -> Result<ExternalIds> {
        let first = Request::get(child.path()).fill("id", id);
        let listed = self
            .api
            .list::<Item<ChildAttributes>>(child.path(), first, MAX_PAGES)
            .await;
        let listed = listed.map_err(|error| {
            error.context(format!(
                "reading the {}s of conversation {id}",
                child.name()
            ))
        })?;
        let ids = listed
            .into_iter()
            .filter_map(|item| item.attributes.external_id);
        Ok(ExternalIds(ids.collect()))
    }
}
