//! Notes: internal, and they never reopen a conversation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Kustomer;
use super::body::Body;
use super::call::{Call, created, ok};
use super::id::Id;
use super::limits::Created;
use super::options::Children;
use super::page::Page;
use super::problem::Problem;
use super::schema::Attributes;
use super::schemas;
use super::store::Name;
use super::view::{object, relationship, set, stamp};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct Note {
    id: Id,
    customer: Id,
    conversation: Id,
    pub(super) external_id: Option<String>,
    pub(super) body: String,
    created_at: Timestamp,
}

/// What only an admin's key may say of a note or a message.
const OF_ADMINS: [&str; 4] = ["createdAt", "createdBy", "modifiedAt", "modifiedBy"];

impl Kustomer {
    pub(super) fn create_note(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let of = call.id()?;
        let body = call.body(&schemas::CREATE_NOTE, &Attributes::new())?;
        if body.id("conversation").is_some_and(|id| id != of) {
            return Err(Problem::bad("conversation", "Not the one in the path"));
        }
        self.check_admin(&body)?;
        let customer = self.writable(of)?.customer;
        self.take_create(call, &body, Created::Note, customer)?;
        let id = self.new_id(&body, call.now)?;
        self.claim(&body, id, Name::Note)?;
        let note = Note {
            id,
            customer,
            conversation: of,
            external_id: body.owned("externalId"),
            body: body.owned("body").unwrap_or_default(),
            created_at: body.time("createdAt").unwrap_or(call.now),
        };
        let shown = self.shown_note(&note);
        self.store.notes.insert(id, note);
        self.writable(of)?.notes.push(id);
        self.child_came(of, call.now)?;
        Ok(created(shown))
    }

    pub(super) fn check_admin(&self, body: &Body) -> Result<(), Problem> {
        let says_more = OF_ADMINS.into_iter().any(|key| body.has(key));
        match says_more && !self.options.has_role("org.admin") {
            true => Err(Problem::missing_role()),
            false => Ok(()),
        }
    }

    /// A note or a message has come to a conversation.
    pub(super) fn child_came(&mut self, of: Id, now: Timestamp) -> Result<(), Problem> {
        let moves_rev = self.options.children == Children::MoveRev;
        let conversation = self.writable(of)?;
        conversation.updated_at = now;
        conversation.rev += u64::from(moves_rev);
        Ok(())
    }

    pub(super) fn list_notes(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        call.finish()?;
        let conversation = self.read_conversation(call.id()?, "id")?;
        let (part, total) = page.of(conversation.notes.clone());
        let part = part.iter().filter_map(|id| self.store.notes.get(id));
        let shown = part.map(|note| self.shown_note(note)).collect();
        Ok(page.answer(call, shown, total))
    }

    pub(super) fn show_note(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let note = self.store.notes.get(&call.id()?);
        let note = note.ok_or_else(|| Problem::not_found("id"))?;
        self.read_conversation(note.conversation, "id")?;
        Ok(ok(self.shown_note(note)))
    }

    fn shown_note(&self, note: &Note) -> Value {
        let at = stamp(note.created_at);
        let mut attributes = object(json!({
            "body": note.body, "userMentions": [], "createdAt": at, "updatedAt": at, "modifiedAt": at,
        }));
        set(&mut attributes, "externalId", note.external_id.clone());
        json!({
            "type": "note",
            "id": note.id.to_string(),
            "attributes": attributes,
            "relationships": {
                "org": relationship("org", self.organisation),
                "customer": relationship("customer", note.customer),
                "conversation": relationship("conversation", note.conversation),
                "createdBy": relationship("user", self.machine),
                "modifiedBy": relationship("user", self.machine),
            },
            "links": { "self": format!("/v1/notes/{}", note.id) },
        })
    }
}
