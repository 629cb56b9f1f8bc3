use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, created, ok};
use super::error::Refusal;
use super::limits::Bucket;
use super::page::Page;
use super::params::{Given, Params};
use super::query::{Kind, Query};
use super::tags;
use super::users::{Identity, User, UserRole, is_e164, is_email};
use super::{Zendesk, whole_seconds};
use crate::answer::Answer;

const MAX_NAME_CHARS: usize = 255;

/// The body of a user write.
struct UserInput {
    name: Option<String>,
    email: Option<String>,
    phone: Given<String>,
    external_id: Given<String>,
    role: Option<UserRole>,
    verified: Option<bool>,
    suspended: Option<bool>,
    tags: Option<Vec<String>>,
    notes: Given<String>,
    details: Given<String>,
}

impl UserInput {
    fn read(call: &mut Call<'_>) -> Result<Self, Refusal> {
        let mut body = Params::body(&call.request.body)?;
        let mut sent = body.required("user")?;
        // It only keeps the vendor from sending a mail.
        sent.flag("skip_verify_email")?;
        let input = Self {
            name: sent.text("name")?.value(),
            email: sent.text("email")?.value(),
            phone: sent.text("phone")?,
            external_id: sent.text("external_id")?,
            role: sent
                .choice("role", UserRole::WORDS)?
                .value()
                .and_then(UserRole::parse),
            verified: sent.flag("verified")?,
            suspended: sent.flag("suspended")?,
            tags: sent.words("tags")?.map(|words| tags::stored(&words)),
            notes: sent.text("notes")?,
            details: sent.text("details")?,
        };
        sent.finish(&mut call.unpermitted);
        body.finish(&mut call.unpermitted);
        call.permit()?;
        input.check()?;
        Ok(input)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self
            .name
            .as_ref()
            .is_some_and(|name| name.trim().is_empty())
        {
            return Err(blank_name());
        }
        if self
            .name
            .as_ref()
            .is_some_and(|name| name.chars().count() > MAX_NAME_CHARS)
        {
            return Err(Refusal::invalid_as(
                "name",
                "Name: is too long (255 characters at most)",
                "ValueTooLong",
            ));
        }
        if self.email.as_ref().is_some_and(|email| !is_email(email)) {
            return Err(Refusal::invalid_as(
                "email",
                "Email: is not properly formatted",
                "InvalidFormat",
            ));
        }
        match &self.phone {
            Given::Value(phone) if !is_e164(phone) => Err(Refusal::invalid_as(
                "phone",
                "Phone: is not in E.164 format",
                "InvalidFormat",
            )),
            _ => Ok(()),
        }
    }
}

fn blank_name() -> Refusal {
    Refusal::invalid_as("name", "Name: cannot be blank", "BlankValue")
}

impl Zendesk {
    /// `GET /api/v2/users/me`: without valid credentials the vendor answers an anonymous user.
    pub(super) fn show_current_user(
        &self,
        call: &mut Call<'_>,
        known: bool,
    ) -> Result<Answer, Refusal> {
        call.permit()?;
        let user = self.users.find(call.actor).filter(|_| known);
        Ok(ok(match user {
            Some(user) => json!({ "user": user.to_json(&call.origin()) }),
            None => json!({ "user": { "name": "Anonymous user" } }),
        }))
    }

    pub(super) fn show_user(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        let user = self.users.read(id)?;
        Ok(ok(json!({ "user": user.to_json(&call.origin()) })))
    }

    pub(super) fn list_identities(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        let kind = match call.choice("type[]", &["email", "phone_number"])? {
            Some(kind) => Some(kind),
            None => call.choice("type", &["email", "phone_number"])?,
        };
        let page = Page::read(call)?;
        call.permit()?;
        let mut identities = self.users.read(id)?.identities_json(&call.origin());
        identities.retain(|identity| kind.is_none_or(|kind| identity["type"] == kind));
        let total = identities.len();
        let (start, size) = page.span();
        let shown = identities.into_iter().skip(start).take(size).collect();
        Ok(ok(page.body(call, "identities", shown, total)))
    }

    /// `GET /api/v2/users/search`: `query` is behind by the index lag, `external_id` is not.
    pub(super) fn search_users(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let page = Page::read_offset(call)?;
        let (query, external_id) = (call.parameter("query"), call.parameter("external_id"));
        call.permit()?;
        page.check_depth()?;
        let found: Vec<_> = match (query, external_id) {
            (Some(query), None) => {
                let query = Query::parse(&query, Some(Kind::User))?;
                self.find_users(&query, call.now)
            }
            (None, Some(external_id)) => self
                .users
                .with_external_id(&external_id)
                .into_iter()
                .collect(),
            _ => return Err(Refusal::bad_attribute("Send either query or external_id")),
        };
        let origin = call.origin();
        let (start, size) = page.span();
        let shown = found
            .iter()
            .skip(start)
            .take(size)
            .map(|user| user.to_json(&origin))
            .collect();
        Ok(ok(page.body(call, "users", shown, found.len())))
    }

    pub(super) fn create_user(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let input = UserInput::read(call)?;
        self.created_user(call, input)
    }

    pub(super) fn update_user(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        self.take_user_update(call, id)?;
        let input = UserInput::read(call)?;
        self.updated_user(call, id, input)
    }

    /// `POST /api/v2/users/create_or_update`: matches by e-mail or external id, never by phone.
    pub(super) fn create_or_update_user(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let input = UserInput::read(call)?;
        let by_email = input
            .email
            .as_ref()
            .and_then(|email| self.users.with_email(email));
        let external_id = input.external_id.clone().value();
        let by_external_id = external_id.and_then(|id| self.users.with_external_id(&id));
        let id = by_email.or(by_external_id).map(|user| user.id);
        self.take_user_update(call, id.unwrap_or(0))?;
        match id {
            Some(id) => self.updated_user(call, id, input),
            None => self.created_user(call, input),
        }
    }

    fn take_user_update(&mut self, call: &mut Call<'_>, user: u64) -> Result<(), Refusal> {
        self.limits
            .take(Bucket::UserUpdates, call.now, &mut call.readings)?;
        match user {
            0 => Ok(()),
            user => self.limits.take(
                Bucket::PerUserUpdates { user },
                call.now,
                &mut call.readings,
            ),
        }
    }

    fn created_user(&mut self, call: &Call<'_>, input: UserInput) -> Result<Answer, Refusal> {
        let name = input.name.clone().ok_or_else(blank_name)?;
        let mut user = self.blank_user(name, input.role.unwrap_or(UserRole::EndUser), call.now);
        self.apply_user(&mut user, input, call.now)?;
        let body = user.to_json(&call.origin());
        self.users.insert(user, call.now);
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        Ok(created(&json!({ "user": body }), &location))
    }

    fn updated_user(
        &mut self,
        call: &Call<'_>,
        id: u64,
        input: UserInput,
    ) -> Result<Answer, Refusal> {
        let mut user = self.users.read(id)?.clone();
        self.apply_user(&mut user, input, call.now)?;
        user.updated_at = whole_seconds(call.now);
        let body = user.to_json(&call.origin());
        self.users.replace(user, call.now, self.index_lag);
        Ok(ok(json!({ "user": body })))
    }

    /// A further e-mail becomes a secondary one, as with the vendor.
    fn apply_user(
        &mut self,
        user: &mut User,
        input: UserInput,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(email) = input.email
            && !user
                .emails
                .iter()
                .any(|known| known.value.eq_ignore_ascii_case(&email))
        {
            if self.users.with_email(&email).is_some() {
                let problem = format!("Email: {email} is already being used by another user");
                return Err(Refusal::invalid_as("email", &problem, "DuplicateValue"));
            }
            user.emails.push(self.identity(email.to_lowercase(), now));
        }
        if let Given::Value(external_id) = &input.external_id {
            let taken = self.users.with_external_id(external_id);
            if taken.is_some_and(|other| other.id != user.id) {
                return Err(Refusal::invalid_as(
                    "external_id",
                    "External ID: has already been taken",
                    "DuplicateValue",
                ));
            }
        }
        input.external_id.set(&mut user.external_id);
        match input.phone {
            Given::Absent => {}
            Given::Null => {
                (user.phone, user.phone_identity, user.shared_phone) = (None, None, None)
            }
            Given::Value(phone) => self.set_phone(user, phone, now),
        }
        input.notes.set(&mut user.notes);
        input.details.set(&mut user.details);
        user.name = input.name.unwrap_or_else(|| user.name.clone());
        user.role = input.role.unwrap_or(user.role);
        user.verified = input.verified.unwrap_or(user.verified);
        user.suspended = input.suspended.unwrap_or(user.suspended);
        user.tags = input.tags.unwrap_or_else(|| user.tags.clone());
        Ok(())
    }

    /// The first user of a number gets it as a line of their own; for others it is shared.
    pub(super) fn set_phone(&mut self, user: &mut User, phone: String, now: Timestamp) {
        let taken = self
            .users
            .with_phone(&phone)
            .any(|other| other.id != user.id);
        user.shared_phone = Some(taken);
        user.phone_identity = (!taken).then(|| self.identity(phone.clone(), now));
        user.phone = Some(phone);
    }

    pub(super) fn identity(&mut self, value: String, now: Timestamp) -> Identity {
        Identity {
            id: self.ids.next(),
            value,
            created_at: whole_seconds(now),
        }
    }

    pub(super) fn blank_user(&mut self, name: String, role: UserRole, now: Timestamp) -> User {
        let at = whole_seconds(now);
        User {
            id: self.ids.next(),
            name,
            phone: None,
            shared_phone: None,
            emails: Vec::new(),
            phone_identity: None,
            external_id: None,
            role,
            verified: false,
            suspended: false,
            tags: Vec::new(),
            notes: None,
            details: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// The end user whom a ticket with a new requester creates.
    pub(super) fn add_requester(&mut self, name: &str, email: &str, now: Timestamp) -> u64 {
        let mut user = self.blank_user(name.to_owned(), UserRole::EndUser, now);
        let email = self.identity(email.to_lowercase(), now);
        user.emails.push(email);
        let id = user.id;
        self.users.insert(user, now);
        id
    }

    /// Users by id, each once.
    pub(super) fn users_json(&self, call: &Call<'_>, mut ids: Vec<u64>) -> Value {
        ids.sort_unstable();
        ids.dedup();
        let origin = call.origin();
        let users = ids.into_iter().filter_map(|id| self.users.find(id));
        users.map(|user| user.to_json(&origin)).collect()
    }
}
