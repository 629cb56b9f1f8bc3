//! Creating tickets.

use std::collections::BTreeMap;

use casewire_core::{
    ErrorKind, NewRecord, Record, RecordCustomer, RecordId, Result, SessionKey, SessionKind,
    SessionNotes,
};
use casewire_http::Request;
use http::StatusCode;

use crate::body::{CustomFields, NewTicket, Requester};
use crate::config::Literal;
use crate::connector::{Freshdesk, Made, Named, gone, of_every_account, owner_id, united};
use crate::limits::TICKET_CREATE;
use crate::look::Look;
use crate::note;
use crate::wire::Ticket;

impl Freshdesk {
    /// The ticket first, with the session in its field, and then its note: a ticket without its note is found by the field
    /// and completed, a note without its ticket there is none.
    pub(crate) async fn create(&self, new: &NewRecord) -> Result<Record> {
        let known = self.made.find(&new.session);
        if let Some(Made::Yes(id)) = &known
            && let Some(own) = self.whole(id).await?
        {
            return Ok(own.record);
        }
        let is_sure = known == Some(Made::No);
        let (requester, whose) = self.requester(new, is_sure).await?;
        if !is_sure
            && let Some(whose) = whose
            && let Some(own) = self.recent_of(&whose, &new.session).await?
        {
            let made = Made::Yes(own.record.id.clone());
            self.made.remember(new.session.clone(), made);
            return Ok(own.record);
        }
        let parent = match &new.follow_up_of {
            Some(parent) => Some(self.whole(parent).await?.ok_or_else(gone)?),
            None => None,
        };
        let making = SessionNotes {
            session: new.session.clone(),
            notes: new.notes.clone(),
        };
        let ticket = self
            .new_ticket(new, &making, requester, parent.as_ref())
            .await?;
        self.made.remember(new.session.clone(), Made::Perhaps);
        let look = self.send_new(&new.session, &ticket).await?;
        let made = Made::Yes(look.record.id.clone());
        self.made.remember(new.session.clone(), made);
        if let (RecordCustomer::New(identity), Some(customer)) =
            (&new.customer, &look.record.customer)
        {
            for key in identity.keys(new.session.kind()) {
                self.customers.remember(key, customer.clone());
            }
        }
        self.complete(look, &[making]).await
    }

    async fn new_ticket<'a>(
        &'a self,
        new: &'a NewRecord,
        making: &SessionNotes,
        requester: Requester,
        parent: Option<&Look>,
    ) -> Result<NewTicket<'a>> {
        let names = self.field_names().await?;
        let mut custom_fields = CustomFields::sessions(names, &note::word(making));
        for (name, value) in self.config.ticket_values.custom() {
            custom_fields.set(name, value);
        }
        let queue = parent.and_then(|parent| parent.record.queue.as_ref());
        if let Some(queue) = new.queue.as_ref().or(queue) {
            custom_fields.set(&names.leaf_queue, &*queue.0);
        }
        let owner = match &new.owner {
            Some(owner) => Some(owner.clone()),
            None => self.default_user().await?,
        };
        let source = match new.session.kind() {
            SessionKind::Call => 3,
            SessionKind::Chat => 7,
        };
        let mut values = BTreeMap::from([
            ("priority", Literal::Number(1)),
            ("source", Literal::Number(source)),
        ]);
        for (name, value) in self.config.ticket_values.own() {
            values.insert(name, value.clone());
        }
        let tags = parent.map_or(&[][..], |parent| &parent.record.tags);
        Ok(NewTicket {
            requester,
            subject: &new.title,
            description: description(&new.title, new.follow_up_of.as_ref()),
            status: self.config.statuses.default_open(),
            tags: united(tags, &new.tags),
            responder_id: owner_id(owner.as_ref())?,
            custom_fields,
            values,
        })
    }

    /// A lost answer leaves it open whether there is a ticket, and it may be on its way still. So the error waits for it:
    /// who looks after that sees it.
    async fn send_new(&self, session: &SessionKey, ticket: &NewTicket<'_>) -> Result<Look> {
        let request = Request::post("/api/v2/tickets")
            .json(ticket)
            .bucket(TICKET_CREATE)
            .allow(StatusCode::BAD_REQUEST)
            .allow(StatusCode::CONFLICT);
        let answer = match self.client.send(request).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == ErrorKind::Uncertain => {
                tokio::time::sleep(self.config.settle).await;
                return Err(error);
            }
            Err(error) => return Err(of_every_account(error)),
        };
        if !answer.status().is_success() {
            let named = Named {
                requester: ticket.requester.requester_id,
                owner: ticket.responder_id,
            };
            return Err(self.refused(&answer, session, &named));
        }
        let made: Ticket = answer.json()?;
        let mut look = self.seen(&made, None).await?;
        // Nothing of it is on the ticket until its note is.
        look.record.trace = note::trace(made.sessions(self.field_names().await?), &[]);
        Ok(look)
    }
}

/// What customers may read: the title, and which ticket is followed up, for Freshdesk has no link that fits.
fn description(title: &str, follow_up_of: Option<&RecordId>) -> String {
    let title = note::escaped(title);
    match follow_up_of {
        Some(parent) => format!(
            "<div>{title}</div><div>Follow-up of ticket #{}</div>",
            note::escaped(&parent.0)
        ),
        None => format!("<div>{title}</div>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_a_follow_up_names_its_ticket() {
        let parent = RecordId("14".to_owned());
        let html = description("Call <b> & 987", Some(&parent));
        assert_eq!(
            html,
            "<div>Call &lt;b&gt; &amp; 987</div><div>Follow-up of ticket #14</div>"
        );
    }
}
