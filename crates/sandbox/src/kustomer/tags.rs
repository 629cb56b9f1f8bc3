//! Tags: conversations hold their ids; appending a name makes the tag.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Kustomer;
use super::call::{Call, ok};
use super::conversation::Conversation;
use super::id::Id;
use super::limits::Bucket;
use super::page::Page;
use super::problem::Problem;
use super::schemas::{MAX_TAGS, TAGS};
use super::view::{relationship, stamp};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct Tag {
    id: Id,
    pub(super) name: String,
    created_at: Timestamp,
}

const COLOR: &str = "#4a90e2";

impl Kustomer {
    pub(super) fn append_tags(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let sent = self.sent_tags(call)?;
        let id = call.id()?;
        let mut tags = self.writable(id)?.tags.clone();
        let known: Vec<_> = sent.iter().map(|text| self.tag_called(text)).collect();
        for (text, tag) in sent.iter().zip(&known) {
            // What looks like an id is never a new tag's name.
            if tag.is_none() && Id::parse(text).is_some() {
                return Err(Problem::bad("tags", "Not the id of a tag"));
            }
        }
        let added = known
            .iter()
            .filter(|tag| tag.is_none_or(|tag| !tags.contains(&tag)));
        if tags.len() + added.count() > MAX_TAGS {
            return Err(Problem::bad("tags", format!("More than {MAX_TAGS} tags")));
        }
        for text in &sent {
            let tag = self.ensure_tag(text, call.now);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        self.change_tags(id, tags, call.now)
    }

    pub(super) fn remove_tags(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let sent = self.sent_tags(call)?;
        let id = call.id()?;
        let gone: Vec<_> = sent
            .iter()
            .filter_map(|text| self.tag_called(text))
            .collect();
        let mut tags = self.writable(id)?.tags.clone();
        tags.retain(|tag| !gone.contains(tag));
        self.change_tags(id, tags, call.now)
    }

    /// The names and ids in a body, once the conversation may be changed.
    fn sent_tags(&mut self, call: &mut Call<'_>) -> Result<Vec<String>, Problem> {
        call.finish()?;
        let id = call.id()?;
        let is_locked = self.writable(id)?.is_locked;
        let body = call.json()?;
        TAGS.check_body(&body)?;
        self.limits.take(Bucket::Updates { object: id }, call.now)?;
        if is_locked {
            return Err(Problem::bad("locked", "The conversation is locked"));
        }
        let items = body.as_array().into_iter().flatten();
        let texts = items.filter_map(Value::as_str).map(str::to_owned);
        Ok(texts.collect())
    }

    fn change_tags(&mut self, id: Id, tags: Vec<Id>, now: Timestamp) -> Result<Answer, Problem> {
        let conversation = self.writable(id)?;
        conversation.tags = tags;
        conversation.tags_at = Some(now);
        conversation.touch(now);
        let conversation = self.read_conversation(id, "id")?;
        Ok(ok(self.shown(conversation)))
    }

    /// The tag with this id or name.
    fn tag_called(&self, text: &str) -> Option<Id> {
        let with_id = Id::parse(text).and_then(|id| self.store.tags.get(&id));
        let with_name = || self.store.tags.values().find(|tag| tag.name == text);
        with_id.or_else(with_name).map(|tag| tag.id)
    }

    /// The tag with this id or name, made when there is none.
    pub(super) fn ensure_tag(&mut self, text: &str, now: Timestamp) -> Id {
        if let Some(id) = self.tag_called(text) {
            return id;
        }
        let id = self.ids.next(now);
        let tag = Tag {
            id,
            name: text.to_owned(),
            created_at: now,
        };
        self.store.tags.insert(id, tag);
        id
    }

    /// The names of a conversation's tags.
    pub(super) fn tag_names(&self, conversation: &Conversation) -> Vec<&str> {
        let tags = conversation.tags.iter();
        tags.filter_map(|id| self.store.tags.get(id))
            .map(|tag| tag.name.as_str())
            .collect()
    }

    pub(super) fn list_tags(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        // Nobody deletes tags here.
        let all: Vec<_> = match call.parameter("deleted").as_deref() {
            None | Some("false") => self.store.tags.keys().copied().collect(),
            Some("true") => Vec::new(),
            Some(_) => return Err(Problem::bad("deleted", "Not a boolean")),
        };
        call.finish()?;
        let (part, total) = page.of(all);
        let part = part.iter().filter_map(|id| self.store.tags.get(id));
        let shown = part.map(|tag| self.shown_tag(tag)).collect();
        Ok(page.answer(call, shown, total))
    }

    fn shown_tag(&self, tag: &Tag) -> Value {
        json!({
            "type": "tag",
            "id": tag.id.to_string(),
            "attributes": {
                "name": tag.name, "color": COLOR, "deleted": false,
                "createdAt": stamp(tag.created_at), "updatedAt": stamp(tag.created_at),
            },
            "relationships": { "org": relationship("org", self.organisation) },
            "links": { "self": format!("/v1/tags/{}", tag.id) },
        })
    }
}
