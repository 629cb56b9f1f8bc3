use http::{Method, StatusCode};
use jiff::Timestamp;

use super::Freshdesk;
use super::call::{Call, created, ok};
use super::contact::Contact;
use super::form::{Form, is_email};
use super::problem::{FieldProblem, Problem};
use super::ticket_input::RequesterInput;
use super::time::whole_seconds;
use crate::answer::Answer;

impl Freshdesk {
    /// Exact matches with the stored forms; several filters are combined. Deleted contacts are left out.
    pub(super) fn list_contacts(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = call.page()?;
        let email = call.parameter("email");
        if email.as_ref().is_some_and(|email| !is_email(email)) {
            let message = "It should be in the 'valid email address' format";
            return Err(FieldProblem::invalid("email", message).into());
        }
        let phone = call.parameter("phone");
        let mobile = call.parameter("mobile");
        let external_id = call.parameter("unique_external_id");
        let updated_since = call.time_parameter("_updated_since")?;
        let state = call.choice("state", &["blocked", "deleted", "unverified", "verified"])?;
        if call.id_parameter("company_id")?.is_some() {
            return Err(FieldProblem::nobody("company_id", "company").into());
        }
        call.finish_query()?;
        let candidates: Vec<&Contact> =
            match (&external_id, &email, phone.as_ref().or(mobile.as_ref())) {
                (Some(id), _, _) => self.contacts.with_external_id(id).into_iter().collect(),
                (None, Some(email), _) => self.contacts.with_email(email).into_iter().collect(),
                (None, None, Some(number)) => self.contacts.with_phone(number).collect(),
                (None, None, None) => self.contacts.all().collect(),
            };
        let same_email = |contact: &Contact, email: &String| {
            let mut all = contact.email.iter().chain(&contact.other_emails);
            all.any(|own| own.eq_ignore_ascii_case(email))
        };
        let found = candidates.into_iter().filter(|contact| {
            let in_state = match state {
                Some("deleted") => contact.is_deleted,
                Some("blocked" | "verified") => false,
                _ => !contact.is_deleted,
            };
            in_state
                && email
                    .as_ref()
                    .is_none_or(|email| same_email(contact, email))
                && (phone.is_none() || contact.phone == phone)
                && (mobile.is_none() || contact.mobile == mobile)
                && (external_id.is_none() || contact.unique_external_id == external_id)
                && updated_since.is_none_or(|since| contact.updated_at >= since)
        });
        Ok(call.paged(page, found.map(|contact| || contact.item())))
    }

    pub(super) fn show_contact(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let contact = self
            .contacts
            .find(call.id()?)
            .ok_or_else(Problem::not_found)?;
        Ok(ok(&contact.shown()))
    }

    pub(super) fn create_contact(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let at = whole_seconds(call.now);
        let mut form = Form::read(call.request)?;
        let name = form.line("name");
        let name = form.required("name", name);
        let mut contact = Contact::blank(self.ids.next(), name, at);
        self.take_contact(&mut form, &mut contact);
        let is_reachable = contact.email.is_some()
            || contact.phone.is_some()
            || contact.mobile.is_some()
            || contact.unique_external_id.is_some();
        if !is_reachable {
            let message =
                "Please fill at least 1 of the email, mobile, phone, unique_external_id fields";
            form.missing("email", message);
        }
        form.finish()?;
        let location = format!("{}/api/v2/contacts/{}", call.origin(), contact.id);
        let shown = contact.shown();
        self.contacts.put(contact, call.now, self.index_lag);
        Ok(created(&shown, &location))
    }

    pub(super) fn update_contact(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let found = self
            .contacts
            .find(call.id()?)
            .ok_or_else(Problem::not_found)?;
        let mut contact = found.clone();
        if contact.is_deleted {
            return Err(Problem::not_allowed(&[&Method::GET]));
        }
        let mut form = Form::read(call.request)?;
        if let Some(name) = form.line("name") {
            contact.name = form.required("name", Some(name));
        }
        self.take_contact(&mut form, &mut contact);
        form.finish()?;
        contact.updated_at = whole_seconds(call.now);
        let shown = contact.shown();
        self.contacts.put(contact, call.now, self.index_lag);
        Ok(ok(&shown))
    }

    /// All but the name, and whether others have what is to be unique.
    fn take_contact(&self, form: &mut Form, contact: &mut Contact) {
        type Field = for<'a> fn(&'a mut Contact) -> &'a mut Option<String>;
        let lines: [(&str, Field); 6] = [
            ("phone", |contact| &mut contact.phone),
            ("mobile", |contact| &mut contact.mobile),
            ("unique_external_id", |contact| {
                &mut contact.unique_external_id
            }),
            ("address", |contact| &mut contact.address),
            ("description", |contact| &mut contact.description),
            ("job_title", |contact| &mut contact.job_title),
        ];
        for (key, field) in lines {
            if let Some(sent) = form.nullable(key, Form::line) {
                *field(contact) = sent;
            }
        }
        if let Some(sent) = form.nullable("email", Form::email) {
            contact.email = sent;
        }
        if let Some(sent) = form.texts("other_emails") {
            contact.other_emails = sent;
        }
        if let Some(sent) = form.tags("tags") {
            contact.tags = sent;
        }
        if let Some(sent) = form.flag("view_all_tickets") {
            contact.view_all_tickets = Some(sent);
        }
        for email in contact.email.iter().chain(&contact.other_emails) {
            let other = self.contacts.with_email(email);
            if let Some(other) = other.filter(|other| other.id != contact.id) {
                form.refuse(FieldProblem::duplicate("email", Some(other.id)));
            } else if self.agent_with_email(email).is_some() {
                form.refuse(FieldProblem::duplicate("email", None));
            }
        }
        let other = contact.unique_external_id.as_ref();
        let other = other.and_then(|id| self.contacts.with_external_id(id));
        if let Some(other) = other.filter(|other| other.id != contact.id) {
            form.refuse(FieldProblem::duplicate(
                "unique_external_id",
                Some(other.id),
            ));
        }
    }

    pub(super) fn delete_contact(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        self.set_deleted(call, true)
    }

    pub(super) fn restore_contact(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        self.set_deleted(call, false)
    }

    fn set_deleted(&mut self, call: &mut Call<'_>, is_deleted: bool) -> Result<Answer, Problem> {
        call.finish_query()?;
        let found = self
            .contacts
            .find(call.id()?)
            .ok_or_else(Problem::not_found)?;
        if found.is_deleted == is_deleted {
            return Err(Problem::not_allowed(&[&Method::GET]));
        }
        let mut contact = found.clone();
        contact.is_deleted = is_deleted;
        contact.updated_at = whole_seconds(call.now);
        self.contacts.put(contact, call.now, self.index_lag);
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    }

    /// The person whom a new ticket is from, added when there is none. Which of several keys wins is not documented;
    /// here the surest does.
    pub(super) fn requester(&mut self, sent: RequesterInput, now: Timestamp) -> u64 {
        if let Some(known) = sent.id.or_else(|| self.requester_found(&sent)) {
            return known;
        }
        let local = |email: &String| email.split('@').next().map(str::to_owned);
        let name = sent.name.or_else(|| sent.email.as_ref().and_then(local));
        let name = name.or_else(|| sent.unique_external_id.clone());
        let id = self.ids.next();
        let mut contact = Contact::blank(id, name.unwrap_or_default(), whole_seconds(now));
        contact.email = sent.email;
        contact.phone = sent.phone;
        contact.unique_external_id = sent.unique_external_id;
        self.contacts.put(contact, now, self.index_lag);
        id
    }

    fn requester_found(&self, sent: &RequesterInput) -> Option<u64> {
        let external_id = sent.unique_external_id.as_ref();
        let by_external_id = external_id.and_then(|id| self.contacts.with_external_id(id));
        let email = sent.email.as_ref();
        let by_email = || email.and_then(|email| self.contacts.with_email(email));
        let phone = sent.phone.as_ref();
        let by_phone = || {
            let mut found = phone
                .into_iter()
                .flat_map(|phone| self.contacts.with_phone(phone));
            found.find(|contact| !contact.is_deleted)
        };
        let contact = by_external_id.or_else(by_email).or_else(by_phone);
        let agent = || email.and_then(|email| self.agent_with_email(email));
        contact
            .map(|contact| contact.id)
            .or_else(|| agent().map(|agent| agent.id))
    }
}
