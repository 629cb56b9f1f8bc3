//! Agents: Kustomer's users.

use casewire_core::{Email, Result, UserId};
use casewire_http::{DefaultUser, Request};
use serde::Deserialize;
use serde_json::Value;

use crate::connector::Kustomer;
use crate::wire::Item;

const USERS: &str = "/v1/users";

/// Of an organisation's users, so many pages are looked at.
const MAX_PAGES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserAttributes {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    user_type: Option<String>,
    #[serde(default)]
    deleted_at: Option<Value>,
}

impl UserAttributes {
    /// The address of a person who can own conversations: no machine, and not switched off.
    pub(crate) fn agent_email(&self) -> Option<Email> {
        let is_machine = self.user_type.as_deref() == Some("machine");
        let email = self.email.as_deref().and_then(Email::parse);
        email.filter(|_| !is_machine && self.deleted_at.is_none())
    }
}

impl Kustomer {
    /// The configured default user (R16): who owns a conversation when no agent does.
    pub(crate) async fn default_user(&self) -> Result<Option<UserId>> {
        match &self.config.default_user {
            Some(DefaultUser::Id(id)) => Ok(Some(id.clone())),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await,
            None => Ok(None),
        }
    }

    /// The user with this e-mail address. Kustomer does not look users up by it, so they are all listed and remembered.
    pub(crate) async fn agent_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        self.agents.find(email, self.list_agents(email)).await
    }

    async fn list_agents(&self, wanted: &Email) -> Result<Option<UserId>> {
        let mut found = None;
        for user in self.all_users().await? {
            if let Some(email) = user.attributes.agent_email() {
                let id = UserId(user.id);
                if email == *wanted {
                    found = Some(id.clone());
                }
                self.agents.remember(email, id);
            }
        }
        Ok(found)
    }

    pub(crate) async fn all_users(&self) -> Result<Vec<Item<UserAttributes>>> {
        self.api.list(USERS, Request::get(USERS), MAX_PAGES).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn machines_and_people_who_left_own_nothing() {
        let email = |attributes: Value| {
            let user: UserAttributes = serde_json::from_value(attributes).unwrap();
            user.agent_email()
        };
        let address = Email::parse("ana@example.com");
        assert_eq!(
            email(json!({ "email": "Ana@example.com", "userType": "user", "deletedAt": null })),
            address
        );
        assert_eq!(email(json!({ "email": "ana@example.com" })), address);
        assert_eq!(
            email(json!({ "email": "ana@example.com", "userType": "machine" })),
            None
        );
        assert_eq!(
            email(json!({ "email": "ana@example.com", "deletedAt": "2026-01-24T19:00:00Z" })),
            None
        );
        assert_eq!(email(json!({ "email": null })), None);
    }
}
