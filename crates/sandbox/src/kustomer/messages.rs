//! Messages: a log of what was said elsewhere; nothing is sent. An inbound one reopens.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Kustomer;
use super::body::Body;
use super::call::{Call, created, ok};
use super::conversation::{Conversation, Status};
use super::id::Id;
use super::limits::Created;
use super::page::Page;
use super::problem::Problem;
use super::schemas;
use super::store::Name;
use super::view::{object, relationship, stamp};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct Message {
    id: Id,
    customer: Id,
    conversation: Id,
    /// The attributes that are shown as they were sent.
    as_sent: Map<String, Value>,
    created_at: Timestamp,
}

impl Message {
    pub(super) fn external_id(&self) -> Option<String> {
        let external_id = self.as_sent.get("externalId")?.as_str();
        external_id.map(str::to_owned)
    }
}

/// The keys of a body that are no attributes.
const NO_ATTRIBUTES: [&str; 5] = ["attachments", "conversation", "createdAt", "customer", "id"];

impl Kustomer {
    pub(super) fn create_message(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let of = call.id()?;
        let customer = self.writable(of)?.customer;
        let custom = self.metadata.of("message")?;
        let body = call.body_about("conversation", of, &schemas::CREATE_MESSAGE, custom)?;
        if body.id("customer").is_some_and(|id| id != customer) {
            return Err(Problem::bad("customer", "Not the conversation's customer"));
        }
        self.add_message(call, &body, customer, Some(of))
    }

    /// Without a conversation, one comes to be.
    pub(super) fn create_customer_message(
        &mut self,
        call: &mut Call<'_>,
    ) -> Result<Answer, Problem> {
        call.finish()?;
        let customer = call.id()?;
        self.customer(customer, "id")?;
        let custom = self.metadata.of("message")?;
        let body = call.body_about("customer", customer, &schemas::CREATE_MESSAGE, custom)?;
        let of = body.id("conversation");
        let is_theirs = |found: &Conversation| found.customer == customer;
        if let Some(of) = of
            && !self.writable(of).is_ok_and(|found| is_theirs(found))
        {
            return Err(Problem::bad("conversation", "Not one of the customer's"));
        }
        self.add_message(call, &body, customer, of)
    }

    fn add_message(
        &mut self,
        call: &Call<'_>,
        body: &Body,
        customer: Id,
        of: Option<Id>,
    ) -> Result<Answer, Problem> {
        self.check_admin(body)?;
        self.take_create(call, body, Created::Message, customer)?;
        let id = self.new_id(body, call.now)?;
        self.claim(body, id, Name::Message)?;
        let of = of.unwrap_or_else(|| {
            let of = self.ids.next(call.now);
            self.insert_conversation(Conversation::blank(of, customer, call.now));
            of
        });
        let mut as_sent = body.0.clone();
        as_sent.retain(|key, _| !NO_ATTRIBUTES.contains(&key.as_str()));
        let message = Message {
            id,
            customer,
            conversation: of,
            as_sent,
            created_at: body.time("createdAt").unwrap_or(call.now),
        };
        let shown = self.shown_message(&message);
        self.store.messages.insert(id, message);
        let conversation = self.writable(of)?;
        conversation.messages.push(id);
        conversation.channels.extend(body.owned("channel"));
        match body.text("direction") {
            Some("in") => conversation.set_status(Status::Open, call.now),
            Some("out") => conversation.outbound_messages += 1,
            _ => {}
        }
        self.child_came(of, call.now)?;
        Ok(created(shown))
    }

    pub(super) fn list_messages(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        call.finish()?;
        let conversation = self.read_conversation(call.id()?, "id")?;
        let (part, total) = page.of(conversation.messages.clone());
        let part = part.iter().filter_map(|id| self.store.messages.get(id));
        let shown = part.map(|message| self.shown_message(message)).collect();
        Ok(page.answer(call, shown, total))
    }

    pub(super) fn show_message(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let message = self.store.messages.get(&call.id()?);
        let message = message.ok_or_else(|| Problem::not_found("id"))?;
        self.read_conversation(message.conversation, "id")?;
        Ok(ok(self.shown_message(message)))
    }

    fn shown_message(&self, message: &Message) -> Value {
        let at = stamp(message.created_at);
        let mut attributes = object(json!({
            "size": 0, "sentAt": at, "createdAt": at, "updatedAt": at, "modifiedAt": at,
        }));
        attributes.extend(message.as_sent.clone());
        let mut customer = relationship("customer", message.customer);
        // The vendor's example has another word here than everywhere else.
        customer["data"]["type"] = "customers".into();
        json!({
            "type": "message",
            "id": message.id.to_string(),
            "attributes": attributes,
            "relationships": {
                "org": relationship("org", self.organisation),
                "customer": customer,
                "conversation": relationship("conversation", message.conversation),
                "modifiedBy": relationship("user", self.machine),
            },
            "links": { "self": format!("/v1/messages/{}", message.id) },
        })
    }
}
