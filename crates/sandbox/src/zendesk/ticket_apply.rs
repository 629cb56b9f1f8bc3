use jiff::Timestamp;
use serde_json::Value;

use super::Zendesk;
use super::error::Refusal;
use super::params::Given;
use super::tags;
use super::ticket::{Status, Ticket};
use super::ticket_input::{CommentInput, RequesterInput, TicketInput};
use super::users::{UserRole, is_email};

/// Whom a ticket write makes the requester.
#[derive(Debug)]
pub(super) enum Requester {
    /// Nobody was named.
    Actor,
    Known(u64),
    /// To be added once the whole write is found to be good.
    New {
        name: String,
        email: String,
    },
}

impl Zendesk {
    pub(super) fn check_people(&self, input: &TicketInput) -> Result<(), Refusal> {
        let authors = [
            input.submitter_id,
            input.comment.as_ref().and_then(|comment| comment.author_id),
        ];
        for author in authors.into_iter().flatten() {
            if self.users.find(author).is_none() {
                return Err(Refusal::invalid_as(
                    "base",
                    "Author: is no user of the account",
                    "InvalidValue",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn check_requester(
        &self,
        requester: Option<&RequesterInput>,
    ) -> Result<Requester, Refusal> {
        match requester {
            None => Ok(Requester::Actor),
            Some(RequesterInput::Id(id)) => match self.users.find(*id) {
                Some(_) => Ok(Requester::Known(*id)),
                None => Err(Refusal::invalid_as(
                    "requester",
                    "Requester: is no user of the account",
                    "InvalidValue",
                )),
            },
            Some(RequesterInput::Person { name, email }) => {
                if !is_email(email) {
                    return Err(Refusal::invalid_as(
                        "requester",
                        "Requester: Email is invalid",
                        "InvalidValue",
                    ));
                }
                Ok(match self.users.with_email(email) {
                    Some(user) => Requester::Known(user.id),
                    None => Requester::New {
                        name: name.clone().unwrap_or_else(|| email.clone()),
                        email: email.clone(),
                    },
                })
            }
        }
    }

    /// Writes what was sent onto the ticket; people but the assignee are left to the caller.
    pub(super) fn apply(
        &self,
        ticket: &mut Ticket,
        input: &TicketInput,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        input.subject.clone().set(&mut ticket.subject);
        input.kind.clone().set(&mut ticket.kind);
        input.external_id.clone().set(&mut ticket.external_id);
        match (&input.priority, ticket.priority) {
            (Given::Null, Some(_)) => {
                return Err(Refusal::invalid("priority", "Priority: cannot be cleared"));
            }
            (priority, _) => priority.clone().set(&mut ticket.priority),
        }
        if let Some(tags) = &input.tags {
            ticket.tags.clone_from(tags);
        }
        for (id, value) in &input.custom_fields {
            self.set_custom_field(ticket, *id, value)?;
        }
        self.set_assignee(ticket, input, at)?;
        let custom = input.custom_status_id.map(|id| {
            let category = self.statuses.category_of(id);
            category.ok_or_else(|| {
                Refusal::invalid_as(
                    "custom_status_id",
                    "Custom status: does not exist",
                    "InvalidValue",
                )
            })
        });
        if let Some(status) = custom.transpose()?.or(input.status) {
            if status == Status::New && ticket.status != Status::New {
                return Err(Refusal::invalid_as(
                    "status",
                    "Status: new cannot be set again",
                    "InvalidValue",
                ));
            }
            ticket.set_status(status, at);
        }
        if ticket.status == Status::New && ticket.assignee_id.is_some() {
            ticket.set_status(Status::Open, at);
        }
        Ok(())
    }

    fn set_assignee(
        &self,
        ticket: &mut Ticket,
        input: &TicketInput,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let refused = || {
            Refusal::invalid_as(
                "assignee",
                "Assignee: is no agent of the account",
                "InvalidValue",
            )
        };
        let assignee = match (&input.assignee_email, &input.assignee_id) {
            (Some(email), _) => Given::Value(self.users.with_email(email).ok_or_else(refused)?.id),
            (None, id) => id.clone(),
        };
        if let Given::Value(group) = input.group_id
            && group != self.group_id
        {
            return Err(Refusal::invalid_as(
                "group",
                "Group: does not exist",
                "InvalidValue",
            ));
        }
        input.group_id.clone().set(&mut ticket.group_id);
        if let Given::Value(id) = assignee {
            let user = self.users.find(id).ok_or_else(refused)?;
            if user.role == UserRole::EndUser {
                return Err(refused());
            }
            ticket.group_id = Some(self.group_id);
            if ticket.assignee_id != Some(id) {
                ticket.metrics.assigned_at = Some(at);
                ticket.metrics.initially_assigned_at.get_or_insert(at);
            }
        }
        assignee.set(&mut ticket.assignee_id);
        Ok(())
    }

    fn set_custom_field(&self, ticket: &mut Ticket, id: u64, value: &Value) -> Result<(), Refusal> {
        let field = self.fields.custom_with_id(id).ok_or_else(|| {
            Refusal::invalid_as(
                "custom_fields",
                &format!("Custom field {id}: does not exist"),
                "InvalidValue",
            )
        })?;
        if !field.admits(value) {
            let problem = format!(
                "Custom field {id}: the value does not fit its type {}",
                field.kind
            );
            return Err(Refusal::invalid_as(
                "custom_fields",
                &problem,
                "InvalidValue",
            ));
        }
        let dropped = field.tags_of(ticket.custom_fields.get(&id));
        ticket.tags.retain(|tag| !dropped.contains(tag));
        tags::add(&mut ticket.tags, &field.tags_of(Some(value)));
        match value {
            Value::Null => ticket.custom_fields.remove(&id),
            value => ticket.custom_fields.insert(id, value.clone()),
        };
        Ok(())
    }

    pub(super) fn check_transition(&self, old: &Ticket, new: &Ticket) -> Result<(), Refusal> {
        let solves = new.status == Status::Solved && old.status != Status::Solved;
        if solves && new.assignee_id.is_none() {
            return Err(Refusal::required_on_solve(
                "Assignee: is required when solving a ticket",
                self.fields.system("assignee"),
                "FieldAssignee",
            ));
        }
        Ok(())
    }

    /// A customer's comment re-opens a ticket that waits or is solved.
    pub(super) fn reopens(
        &self,
        comment: &CommentInput,
        ticket: &Ticket,
        input: &TicketInput,
    ) -> bool {
        let by_customer = comment
            .author_id
            .and_then(|id| self.users.find(id))
            .is_some_and(|user| user.role == UserRole::EndUser);
        by_customer
            && input.status.is_none()
            && matches!(
                ticket.status,
                Status::Pending | Status::Hold | Status::Solved
            )
    }
}
