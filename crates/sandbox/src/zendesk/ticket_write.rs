use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::audit::{Audit, Change, Comment};
use super::call::{Call, created, ok};
use super::error::Refusal;
use super::limits::Bucket;
use super::params::Params;
use super::ticket::{Channel, Status, Ticket};
use super::ticket_apply::Requester;
use super::ticket_input::{CommentInput, TicketInput, Write, take_stamp};
use super::{Zendesk, whole_seconds};
use crate::answer::Answer;

/// From here on a ticket takes no further comment.
const MAX_COMMENTS: usize = 5000;

/// Who writes, from where, and what is kept beside it.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) user: u64,
    pub(super) channel: Channel,
    pub(super) custom: Map<String, Value>,
}

impl Zendesk {
    /// `POST /api/v2/tickets`, repeatable with an `Idempotency-Key`.
    pub(super) fn create_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        call.include_users()?;
        self.limits.take(
            Bucket::TicketCreates { user: call.actor },
            call.now,
            &mut call.readings,
        )?;
        let key = call
            .request
            .header_text("idempotency-key")
            .map(str::to_owned);
        let body = &call.request.body;
        if let Some(key) = &key
            && let Some(kept) = self.idempotency.look_up(key, body, call.now)?
        {
            return Ok(kept);
        }
        let input = TicketInput::read(call, Write::Create)?;
        let id = self.insert_ticket(call, input)?;
        let answer = self.ticket_and_audit(call, id, None)?;
        let url = format!("{}/api/v2/tickets/{id}.json", call.origin());
        let mut answer = created(&answer, &url);
        if let Some(key) = &key {
            self.idempotency.keep(key, body, &answer, call.now);
            answer.set("x-idempotency-lookup", "miss");
        }
        Ok(answer)
    }

    fn insert_ticket(&mut self, call: &Call<'_>, input: TicketInput) -> Result<u64, Refusal> {
        let at = whole_seconds(call.now);
        let source = self.closed_source(input.followup_source)?;
        self.check_people(&input)?;
        let mut ticket = Ticket::blank(call.actor, at, Channel::Api);
        ticket.follow_up_of = source;
        if let (Some(source), None) = (source, &input.tags) {
            ticket
                .tags
                .clone_from(&self.tickets.read(source)?.ticket.current().tags);
        }
        // Nobody is created for a ticket that is refused in the end.
        let requester = self.check_requester(input.requester.as_ref())?;
        self.apply(&mut ticket, &input, at)?;
        ticket.requester_id = match requester {
            Requester::Actor => call.actor,
            Requester::Known(user) => user,
            Requester::New { name, email } => self.add_requester(&name, &email, call.now),
        };
        // A follow-up keeps its author as submitter.
        ticket.submitter_id = match (input.submitter_id, source) {
            (Some(submitter), None) => submitter,
            _ => call.actor,
        };
        ticket.id = self.tickets.next_id();
        let id = ticket.id;
        if let Some(source) = source {
            self.link_follow_up(source, id, call.now);
        }
        let author = Author {
            user: ticket.submitter_id,
            channel: Channel::Api,
            custom: input.custom,
        };
        self.commit(None, ticket, input.comment, author, call.now);
        Ok(id)
    }

    /// `PUT /api/v2/tickets/{id}`.
    pub(super) fn update_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        self.take_update(call, id)?;
        let input = TicketInput::read(call, Write::Update)?;
        let old = self.open_for_update(id, input.expected_stamp)?;
        let at = whole_seconds(call.now);
        self.check_people(&input)?;
        if input.comment.is_some() && self.tickets.read(id)?.comments().count() >= MAX_COMMENTS {
            return Err(Refusal::invalid(
                "comment",
                "Comment: the ticket has 5000 comments and takes no more",
            ));
        }
        let mut ticket = old.clone();
        let requester = self.check_requester(input.requester.as_ref())?;
        self.apply(&mut ticket, &input, at)?;
        self.check_transition(&old, &ticket)?;
        match requester {
            Requester::Actor => {}
            Requester::Known(user) => ticket.requester_id = user,
            Requester::New { name, email } => {
                ticket.requester_id = self.add_requester(&name, &email, call.now)
            }
        }
        if let Some(comment) = &input.comment
            && self.reopens(comment, &ticket, &input)
        {
            ticket.set_status(Status::Open, at);
        }
        let author = Author {
            user: call.actor,
            channel: Channel::Api,
            custom: input.custom,
        };
        let audit = self.commit(Some(old), ticket, input.comment, author, call.now);
        Ok(ok(self.ticket_and_audit(call, id, Some(audit))?))
    }

    pub(super) fn delete_ticket(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        self.tickets.remove(id)?;
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    /// `POST`, `PUT` and `DELETE /api/v2/tickets/{id}/tags`: set, add and remove.
    pub(super) fn write_tags(
        &mut self,
        call: &mut Call<'_>,
        write: impl Fn(&mut Vec<String>, &[String]),
    ) -> Result<Vec<String>, Refusal> {
        let id = call.route.id(call.request)?;
        self.take_update(call, id)?;
        let in_query = call
            .parameter("tags")
            .map(|list| list.split(',').map(str::to_owned).collect());
        let (sent, expected_stamp) = match in_query {
            Some(tags) if call.request.body.is_empty() => (tags, None),
            _ => {
                let mut body = Params::body(&call.request.body)?;
                let words = body.words("tags")?;
                let words =
                    words.ok_or_else(|| Refusal::bad_attribute("Parameter tags is required"))?;
                // The vendor's own example of this endpoint sends a string.
                let stamp = take_stamp(&mut body, |sent| *sent == true || sent == "true")?;
                body.finish(&mut call.unpermitted);
                (words, stamp)
            }
        };
        call.permit()?;
        let old = self.open_for_update(id, expected_stamp)?;
        let mut ticket = old.clone();
        write(&mut ticket.tags, &sent);
        let tags = ticket.tags.clone();
        let author = Author {
            user: call.actor,
            channel: Channel::Api,
            custom: Map::new(),
        };
        self.commit(Some(old), ticket, None, author, call.now);
        Ok(tags)
    }

    fn take_update(&mut self, call: &mut Call<'_>, ticket: u64) -> Result<(), Refusal> {
        let user = call.actor;
        self.limits
            .take(Bucket::TicketUpdates, call.now, &mut call.readings)?;
        self.limits.take(
            Bucket::PerTicketUpdates { user, ticket },
            call.now,
            &mut call.readings,
        )
    }

    /// The ticket as it is, if it may be changed by someone who last saw it at `expected`.
    fn open_for_update(&self, id: u64, expected: Option<Timestamp>) -> Result<Ticket, Refusal> {
        let ticket = self.tickets.read(id)?.ticket.current();
        if ticket.status == Status::Closed {
            return Err(Refusal::closed_ticket());
        }
        if expected.is_some_and(|expected| expected != ticket.updated_at) {
            return Err(Refusal::update_conflict());
        }
        Ok(ticket.clone())
    }

    /// The source of a follow-up; one that is not closed makes an ordinary ticket.
    fn closed_source(&self, source: Option<u64>) -> Result<Option<u64>, Refusal> {
        let Some(id) = source else {
            return Ok(None);
        };
        let Some(stored) = self.tickets.find(id) else {
            return Err(Refusal::invalid(
                "base",
                "Followup source: the ticket does not exist",
            ));
        };
        Ok((stored.ticket.current().status == Status::Closed).then_some(id))
    }

    fn link_follow_up(&mut self, source: u64, id: u64, now: Timestamp) {
        let Some(stored) = self.tickets.find(source) else {
            return;
        };
        let mut ticket = stored.ticket.current().clone();
        ticket.followup_ids.push(id);
        self.tickets.replace(ticket, now, self.index_lag);
    }

    /// Stores a ticket that was created (`old` absent) or changed, with its comment and audit. A
    /// write that changes nothing leaves no audit and no new `updated_at`.
    pub(super) fn commit(
        &mut self,
        old: Option<Ticket>,
        mut ticket: Ticket,
        comment: Option<CommentInput>,
        author: Author,
        now: Timestamp,
    ) -> Audit {
        let at = whole_seconds(now);
        let mut audit = Audit {
            id: self.ids.next(),
            ticket_id: ticket.id,
            author_id: author.user,
            created_at: at,
            channel: author.channel,
            custom: author.custom,
            comment: None,
            changes: Vec::new(),
        };
        let is_first = old.is_none();
        audit.comment = comment.map(|input| self.add_comment(&mut ticket, input, &audit, is_first));
        audit.changes = Change::all(old.as_ref(), &ticket);
        for change in &mut audit.changes {
            change.id = self.ids.next();
        }
        if audit.comment.is_none() && audit.changes.is_empty() {
            return audit;
        }
        ticket.updated_at = at;
        match old {
            None => self.tickets.insert(ticket, now),
            Some(_) => self.tickets.replace(ticket, now, self.index_lag),
        }
        self.tickets.record(audit.clone());
        audit
    }

    /// Without `public` a comment is as the ticket is: a forgotten flag becomes visible.
    fn add_comment(
        &mut self,
        ticket: &mut Ticket,
        input: CommentInput,
        audit: &Audit,
        is_first: bool,
    ) -> Comment {
        let public = input.public.unwrap_or(is_first || ticket.is_public);
        if is_first {
            ticket.description.clone_from(&input.plain);
            ticket.is_public = public;
        } else {
            ticket.is_public |= public;
            ticket.metrics.replies += u32::from(public);
        }
        ticket.metrics.latest_comment_added_at = Some(audit.created_at);
        Comment {
            id: self.ids.next(),
            author_id: input.author_id.unwrap_or(audit.author_id),
            plain: input.plain,
            html: input.html,
            public,
        }
    }

    fn ticket_and_audit(
        &self,
        call: &Call<'_>,
        id: u64,
        audit: Option<Audit>,
    ) -> Result<Value, Refusal> {
        let stored = self.tickets.read(id)?;
        let audit = audit.as_ref().or(stored.audits.last());
        Ok(json!({
            "ticket": stored.ticket.current().to_json(&call.origin(), &self.fields, &self.statuses),
            "audit": audit.map(Audit::to_json),
        }))
    }
}
