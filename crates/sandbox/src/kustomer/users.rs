//! Users: the key's own machine user, and the people that control routes add.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Kustomer;
use super::call::{Call, ok};
use super::id::Id;
use super::page::Page;
use super::problem::Problem;
use super::view::{relationship, stamp};
use crate::answer::Answer;

#[derive(Debug)]
pub(super) struct User {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) user_type: UserType,
    pub(super) created_at: Timestamp,
    pub(super) deleted_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserType {
    Machine,
    User,
}

impl UserType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::User => "user",
        }
    }
}

const MACHINE: &str = "integration@example.com";

impl Kustomer {
    /// The users of a new organisation.
    pub(super) fn fill_users(&mut self) {
        let at = Timestamp::UNIX_EPOCH;
        self.machine = self.add_user(
            "Integration",
            Some(MACHINE.to_owned()),
            UserType::Machine,
            at,
        );
        for email in self.options.inactive_users.clone() {
            let id = self.add_user("Left", Some(email), UserType::User, at);
            if let Some(user) = self.store.users.get_mut(&id) {
                user.deleted_at = Some(at);
            }
        }
    }

    pub(super) fn add_user(
        &mut self,
        name: &str,
        email: Option<String>,
        user_type: UserType,
        created_at: Timestamp,
    ) -> Id {
        let id = self.ids.next(created_at);
        let user = User {
            id,
            name: name.to_owned(),
            email,
            user_type,
            created_at,
            deleted_at: None,
        };
        self.store.users.insert(id, user);
        id
    }

    pub(super) fn list_users(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read(call)?;
        call.finish()?;
        let (part, total) = page.of(self.store.users.keys().copied().collect());
        let part = part.iter().filter_map(|id| self.store.users.get(id));
        let shown = part.map(|user| self.shown_user(user)).collect();
        Ok(page.answer(call, shown, total))
    }

    pub(super) fn show_user(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        self.user_answer(call.id()?)
    }

    pub(super) fn show_current_user(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        self.user_answer(self.machine)
    }

    fn user_answer(&self, id: Id) -> Result<Answer, Problem> {
        let user = self.store.users.get(&id);
        let user = user.ok_or_else(|| Problem::not_found("id"))?;
        Ok(ok(self.shown_user(user)))
    }

    fn shown_user(&self, user: &User) -> Value {
        json!({
            "type": "user",
            "id": user.id.to_string(),
            "attributes": {
                "name": user.name, "displayName": user.name, "email": user.email, "userType": user.user_type.as_str(),
                "createdAt": stamp(user.created_at), "updatedAt": stamp(user.created_at),
                "deletedAt": user.deleted_at.map(stamp),
            },
            "relationships": { "org": relationship("org", self.organisation) },
            "links": { "self": format!("/v1/users/{}", user.id) },
        })
    }

    /// What the API key is and may do.
    pub(super) fn show_token(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish()?;
        let at = stamp(Timestamp::UNIX_EPOCH);
        Ok(ok(json!({
            "type": "token",
            "id": self.token.to_string(),
            "attributes": {
                "name": "Integration", "roles": self.options.roles, "lastTokenChars": "dbox",
                "createdAt": at, "updatedAt": at, "lastAccessedAt": stamp(call.now), "expiresAt": null,
            },
            "relationships": { "org": relationship("org", self.organisation), "user": relationship("user", self.machine) },
            "links": { "self": "/v1/auth/tokens/current" },
        })))
    }
}
