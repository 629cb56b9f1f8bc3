use serde_json::{Map, Value};

use super::Freshdesk;
use super::form::Form;
use super::html;
use super::problem::{FieldProblem, Problem};
use super::stock_fields::{PRIORITIES, SOURCES, TYPES};
use super::ticket::{CLOSED, RESOLVED, Ticket};
use crate::request::Request;

/// What both ticket writes may say; what is `None` was not sent.
#[derive(Debug)]
pub(super) struct TicketInput {
    subject: Option<String>,
    description: Option<String>,
    pub(super) status: Option<u64>,
    priority: Option<u64>,
    source: Option<u64>,
    kind: Option<Option<String>>,
    responder_id: Option<Option<u64>>,
    tags: Option<Vec<String>>,
    custom_fields: Map<String, Value>,
}

/// Who a ticket is from: by whatever of it a contact is found, and with all of it a new one is made.
#[derive(Debug, Default)]
pub(super) struct RequesterInput {
    pub(super) id: Option<u64>,
    pub(super) unique_external_id: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) name: Option<String>,
}

/// What the stock form wants of every ticket; priority, source and status have defaults.
const ALWAYS_REQUIRED: &[&str] = &["subject", "description"];

impl Freshdesk {
    /// Reads the body of a new ticket.
    pub(super) fn read_new_ticket(
        &self,
        request: &Request,
    ) -> Result<(RequesterInput, Vec<String>, TicketInput), Problem> {
        let mut form = Form::read(request)?;
        let requester = RequesterInput::take(&mut form);
        if let Some(id) = requester.id
            && !self.is_person(id)
        {
            form.refuse(FieldProblem::nobody("requester_id", "contact"));
        }
        let cc_emails = form.texts("cc_emails").unwrap_or_default();
        if form.id("parent_id").is_some() {
            return Err(Problem::require_feature("parent_child_tickets"));
        }
        let input = self.take_ticket(&mut form);
        for key in ALWAYS_REQUIRED {
            if !input.has(key) {
                form.missing(key, "It should be a/an String");
            }
        }
        for name in &self.options.required_for_agents {
            if !input.has(name) {
                form.missing(
                    &path_of(name),
                    "It should not be blank as this is a mandatory field",
                );
            }
        }
        form.finish()?;
        Ok((requester, cc_emails, input))
    }

    /// Reads the body of a ticket's update, and the requester if it changes.
    pub(super) fn read_update(
        &self,
        request: &Request,
        ticket: &Ticket,
    ) -> Result<(Option<u64>, TicketInput), Problem> {
        let mut form = Form::read(request)?;
        let requester = form.id("requester_id");
        if requester.is_some_and(|id| !self.is_person(id)) {
            form.refuse(FieldProblem::nobody("requester_id", "contact"));
        }
        let input = self.take_ticket(&mut form);
        if matches!(input.status, Some(RESOLVED | CLOSED)) {
            let mut after = ticket.clone();
            input.clone_into(&mut after);
            for name in &self.options.required_for_closure {
                if !has(&after, name) {
                    form.missing(
                        &path_of(name),
                        "It should not be blank as this is a mandatory field",
                    );
                }
            }
        }
        form.finish()?;
        Ok((requester, input))
    }

    fn is_person(&self, id: u64) -> bool {
        let contact = self.contacts.find(id);
        contact.is_some_and(|contact| !contact.is_deleted) || self.agent(id).is_some()
    }

    fn take_ticket(&self, form: &mut Form) -> TicketInput {
        let numbers =
            |known: &[(u64, &str)]| known.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        let input = TicketInput {
            subject: form.line("subject"),
            description: form.text("description"),
            status: form.number_of("status", &self.status_numbers()),
            priority: form.number_of("priority", &numbers(PRIORITIES)),
            source: form.number_of("source", &numbers(SOURCES)),
            kind: form.nullable("type", |form, key| form.text_of(key, TYPES)),
            responder_id: form.nullable("responder_id", Form::id),
            tags: form.tags("tags"),
            custom_fields: self.take_custom_fields(form),
        };
        if let Some(Some(id)) = input.responder_id
            && self.agent(id).is_none()
        {
            form.refuse(FieldProblem::nobody("responder_id", "agent"));
        }
        // The account has none of these.
        for key in ["company_id", "email_config_id", "group_id", "product_id"] {
            if let Some(Some(_)) = form.nullable(key, Form::id) {
                let what = key.trim_end_matches("_id");
                form.refuse(FieldProblem::nobody(key, what));
            }
        }
        input
    }

    fn take_custom_fields(&self, form: &mut Form) -> Map<String, Value> {
        let sent = form.object("custom_fields").unwrap_or_default();
        for (name, value) in &sent {
            let checked = match self.fields.named(name) {
                Some(field) => field.check(value),
                None => Err(FieldProblem::unexpected(&format!("custom_fields.{name}"))),
            };
            if let Err(problem) = checked {
                form.refuse(problem);
            }
        }
        sent
    }
}

impl RequesterInput {
    fn take(form: &mut Form) -> Self {
        let requester = Self {
            id: form.id("requester_id"),
            unique_external_id: form.line("unique_external_id"),
            email: form.email("email"),
            phone: form.line("phone"),
            name: form.line("name"),
        };
        if !requester.has_key() {
            let message = "Please fill at least 1 of the requester_id, phone, email, unique_external_id fields";
            form.missing("requester_id", message);
        }
        if requester.phone.is_some() && requester.email.is_none() && requester.name.is_none() {
            form.missing("name", "It should be a/an String");
        }
        requester
    }

    fn has_key(&self) -> bool {
        self.id.is_some()
            || self.unique_external_id.is_some()
            || self.email.is_some()
            || self.phone.is_some()
    }
}

impl TicketInput {
    /// Writes what was sent. Tags replace all there were; a custom field that was not sent stays.
    pub(super) fn clone_into(&self, ticket: &mut Ticket) {
        let set = |target: &mut u64, sent: Option<u64>| *target = sent.unwrap_or(*target);
        set(&mut ticket.priority, self.priority);
        set(&mut ticket.source, self.source);
        if let Some(subject) = &self.subject {
            ticket.subject.clone_from(subject);
        }
        if let Some(description) = &self.description {
            ticket.description = html::block(description);
        }
        if let Some(kind) = &self.kind {
            ticket.kind.clone_from(kind);
        }
        if let Some(responder) = self.responder_id {
            ticket.responder_id = responder;
        }
        if let Some(tags) = &self.tags {
            ticket.tags.clone_from(tags);
        }
        for (name, value) in &self.custom_fields {
            ticket.custom_fields.insert(name.clone(), value.clone());
        }
    }

    fn has(&self, field: &str) -> bool {
        match field {
            "subject" => self
                .subject
                .as_ref()
                .is_some_and(|text| !text.trim().is_empty()),
            "description" => self
                .description
                .as_ref()
                .is_some_and(|text| !text.trim().is_empty()),
            "ticket_type" => matches!(self.kind, Some(Some(_))),
            "agent" => matches!(self.responder_id, Some(Some(_))),
            name if name.starts_with("cf_") => self.custom_fields.get(name).is_some_and(is_filled),
            // The others have defaults, or the account has nothing to put there.
            _ => !matches!(field, "group" | "product"),
        }
    }
}

fn has(ticket: &Ticket, field: &str) -> bool {
    match field {
        "ticket_type" => ticket.kind.is_some(),
        "agent" => ticket.responder_id.is_some(),
        name if name.starts_with("cf_") => ticket.custom_fields.get(name).is_some_and(is_filled),
        _ => !matches!(field, "group" | "product"),
    }
}

fn is_filled(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// What an error calls a field.
fn path_of(name: &str) -> String {
    match name {
        "agent" => "responder_id".to_owned(),
        "group" => "group_id".to_owned(),
        "product" => "product_id".to_owned(),
        "ticket_type" => "type".to_owned(),
        name if name.starts_with("cf_") => format!("custom_fields.{name}"),
        name => name.to_owned(),
    }
}
