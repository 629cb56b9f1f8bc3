use http::StatusCode;

use super::Freshdesk;
use super::call::{Call, created, ok};
use super::form::Form;
use super::html;
use super::options::PrivateNote;
use super::problem::{FieldProblem, Problem};
use super::ticket::{Conversation, ConversationKind};
use super::time::whole_seconds;
use crate::answer::Answer;

impl Freshdesk {
    /// Notes and replies, oldest first.
    pub(super) fn list_conversations(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = call.page()?;
        call.finish_query()?;
        let stored = self.stored(call)?;
        let all = stored.conversations.iter();
        Ok(call.paged(page, all.map(|conversation| || conversation.shown())))
    }

    /// Without `private` a note is private.
    pub(super) fn create_note(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        self.writable(call)?;
        let mut form = Form::read(call.request)?;
        let body = self.take_body(&mut form);
        let kind = match form.flag("private") {
            Some(false) => ConversationKind::PublicNote,
            Some(true) | None => ConversationKind::PrivateNote,
        };
        let is_incoming = form.flag("incoming").unwrap_or_default();
        let user_id = self.take_author(&mut form);
        form.finish()?;
        self.say(call, body, kind, is_incoming, user_id)
    }

    /// E-mails the customer.
    pub(super) fn create_reply(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let requester_id = self.writable(call)?.ticket().requester_id;
        let mut form = Form::read(call.request)?;
        let body = self.take_body(&mut form);
        let user_id = self.take_author(&mut form);
        let requester = self.contacts.find(requester_id);
        let to = requester.and_then(|contact| contact.email.clone());
        let kind = ConversationKind::Reply {
            to: to.into_iter().collect(),
            cc: form.texts("cc_emails").unwrap_or_default(),
        };
        form.finish()?;
        self.say(call, body, kind, false, user_id)
    }

    fn take_body(&self, form: &mut Form) -> String {
        let body = form.text("body");
        html::block(&form.required("body", body))
    }

    fn take_author(&self, form: &mut Form) -> u64 {
        let sent = form.id("user_id");
        if let Some(id) = sent
            && self.agent(id).is_none()
            && self.contacts.find(id).is_none()
        {
            form.refuse(FieldProblem::nobody("user_id", "contact"));
        }
        sent.unwrap_or(self.me)
    }

    fn say(
        &mut self,
        call: &Call<'_>,
        body: String,
        kind: ConversationKind,
        is_incoming: bool,
        user_id: u64,
    ) -> Result<Answer, Problem> {
        let at = whole_seconds(call.now);
        let conversation = Conversation {
            id: self.ids.next(),
            ticket_id: call.id()?,
            body,
            kind,
            is_incoming,
            user_id,
            created_at: at,
            updated_at: at,
        };
        let mut ticket = self.writable(call)?.ticket().clone();
        if matches!(conversation.kind, ConversationKind::Reply { .. }) {
            ticket.agent_responds(at);
        }
        if !conversation.is_private() || self.options.private_note == PrivateNote::TouchesTicket {
            ticket.updated_at = at;
        }
        self.tickets.put(ticket, call.now, self.index_lag);
        let shown = conversation.shown();
        let location = format!("{}/api/v2/conversations/{}", call.origin(), conversation.id);
        self.tickets.say(conversation);
        Ok(created(&shown, &location))
    }

    /// Of a note only the body can be changed, and of a reply nothing.
    pub(super) fn update_conversation(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let id = call.id()?;
        let mut form = Form::read(call.request)?;
        let body = self.take_body(&mut form);
        let conversation = self
            .tickets
            .conversation(id)
            .ok_or_else(Problem::not_found)?;
        if matches!(conversation.kind, ConversationKind::Reply { .. }) {
            return Err(Problem::denied());
        }
        form.finish()?;
        conversation.body = body;
        conversation.updated_at = whole_seconds(call.now);
        Ok(ok(&conversation.shown()))
    }

    pub(super) fn delete_conversation(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let id = call.id()?;
        self.tickets
            .conversation(id)
            .ok_or_else(Problem::not_found)?;
        self.tickets.unsay(id);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }
}
