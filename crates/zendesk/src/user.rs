//! Zendesk's users: their JSON, and which of them is meant by a key. No I/O. Customer data, so without a Debug.

use casewire_core::{CustomerId, CustomerKey, Email, Phone};
use casewire_http::Request;
use jiff::Timestamp;
use serde::Deserialize;

use crate::limits::SEARCH;

#[derive(Deserialize)]
pub(crate) struct UserAnswer {
    pub(crate) user: User,
}

#[derive(Deserialize)]
pub(crate) struct UserList {
    pub(crate) users: Vec<User>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    /// Null for the anonymous user that wrong credentials get.
    pub(crate) id: Option<u64>,
    /// The primary one; others are [`Identity`]s.
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) suspended: Option<bool>,
    pub(crate) created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct IdentityList {
    identities: Vec<Identity>,
}

/// One way to reach a user.
#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "type")]
    kind: String,
    value: Option<String>,
}

impl User {
    pub(crate) fn customer_id(&self) -> Option<CustomerId> {
        self.id.map(|id| CustomerId(id.to_string()))
    }

    pub(crate) fn is_agent(&self) -> bool {
        matches!(self.role.as_deref(), Some("agent" | "admin"))
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended == Some(true)
    }

    pub(crate) fn has_email(&self, email: &Email) -> bool {
        is_email(self.email.as_deref(), email)
    }

    /// Whether the user has `key`, as far as its JSON tells. Searches match beginnings of words, so every hit is
    /// compared.
    pub(crate) fn has_key(&self, key: &CustomerKey) -> bool {
        match key {
            // Zendesk compares external ids without case.
            CustomerKey::ExternalId(id) => self
                .external_id
                .as_ref()
                .is_some_and(|of_user| of_user.to_lowercase() == id.as_str().to_lowercase()),
            CustomerKey::Phone(phone) => {
                self.phone.as_deref().and_then(Phone::parse).as_ref() == Some(phone)
            }
            CustomerKey::Email(email) => self.has_email(email),
        }
    }
}

impl IdentityList {
    pub(crate) fn has_email(&self, email: &Email) -> bool {
        let mut identities = self.identities.iter();
        identities
            .any(|identity| identity.kind == "email" && is_email(identity.value.as_deref(), email))
    }
}

fn is_email(text: Option<&str>, email: &Email) -> bool {
    text.and_then(Email::parse).as_ref() == Some(email)
}

/// Asks for the users who may have `key`.
pub(crate) fn search(key: &CustomerKey) -> Request {
    let request = Request::get("/api/v2/users/search");
    match key {
        // An exact filter, not a search: it has no syntax and is not said to lag.
        CustomerKey::ExternalId(id) => request.query("external_id", id.as_str()),
        // The star matches whatever stands before the digits in the stored notation.
        CustomerKey::Phone(phone) => request
            .query("query", format!("role:end-user phone:*{}", phone.digits()))
            .bucket(SEARCH),
        CustomerKey::Email(email) => request
            .query("query", format!("email:\"{}\"", email.as_str()))
            .bucket(SEARCH),
    }
}

/// Of several users, the one created last.
pub(crate) fn newest<'a>(users: impl IntoIterator<Item = &'a User>) -> Option<CustomerId> {
    users
        .into_iter()
        .max_by_key(|user| (user.created_at, user.id))
        .and_then(User::customer_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(id: u64, phone: &str) -> User {
        serde_json::from_value(json!({
            "id": id, "name": "Kim", "phone": phone, "email": null, "role": "end-user",
            "created_at": "2026-01-24T01:14:06Z",
        }))
        .unwrap()
    }

    #[test]
    fn of_several_users_with_the_number_the_last_one_counts() {
        let key = CustomerKey::Phone(Phone::parse("+15550100100").unwrap());
        let users = [
            user(1, "+1 555 010 0100"),
            user(2, "+15550100100"),
            user(4, "+15550100199"),
            user(5, "5550100100"),
        ];
        let found = newest(users.iter().filter(|user| user.has_key(&key)));
        assert_eq!(found, Some(CustomerId("2".to_owned())));
    }

    #[test]
    fn other_addresses_are_identities() {
        let list: IdentityList = serde_json::from_value(json!({ "identities": [
            { "type": "email", "value": "first@example.com" },
            { "type": "email", "value": "Kim@Example.com" },
            { "type": "facebook", "value": "lee@example.com" },
        ]}))
        .unwrap();
        let email = |text| Email::parse(text).unwrap();
        assert!(list.has_email(&email("kim@example.com")));
        assert!(!list.has_email(&email("lee@example.com")));
    }
}
