//! Agents: Kustomer's users.

use std::time::Duration;

use casewire_core::{Email, Result, UserId};
use casewire_http::Request;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::config::DefaultUser;
use crate::connector::Kustomer;
use crate::wire::Item;

const USERS: &str = "/v1/users";

/// Of an organisation's users, so many pages are looked at.
const MAX_PAGES: usize = 50;

/// How long it is believed that there is no user with an address: one added since is seen after that.
const MISS_LASTS: Duration = Duration::from_secs(10 * 60);

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
            Some(DefaultUser::Id(id)) => Ok(Some(UserId(id.clone()))),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await,
            None => Ok(None),
        }
    }

    /// The user with this e-mail address. Kustomer does not look users up by it, so they are all listed and remembered.
    pub(crate) async fn agent_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        if let Some(known) = self.agents.find(email) {
            return Ok(Some(known));
        }
        if let Some(missed_at) = self.missed_agents.find(email)
            && missed_at.elapsed() < MISS_LASTS
        {
            return Ok(None);
        }
        for user in self.all_users().await? {
            if let Some(email) = user.attributes.agent_email() {
                self.agents.remember(email, UserId(user.id));
            }
        }
        let found = self.agents.find(email);
        if found.is_none() {
            self.missed_agents.remember(email.clone(), Instant::now());
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
