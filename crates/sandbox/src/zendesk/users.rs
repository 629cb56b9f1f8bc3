use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::Refusal;
use super::stamp;
use crate::indexed::Indexed;

/// The account's people, found by id, e-mail, phone and external id without a scan.
#[derive(Debug, Default)]
pub(super) struct Users {
    by_id: BTreeMap<u64, Indexed<User>>,
    by_email: HashMap<String, u64>,
    by_external_id: HashMap<String, u64>,
    /// By the last digits of every phone a user has or had: search may still show an old one.
    by_phone_tail: HashMap<String, Vec<u64>>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) phone: Option<String>,
    /// More than one user has the phone.
    pub(super) shared_phone: Option<bool>,
    /// The first one is the primary one.
    pub(super) emails: Vec<Identity>,
    /// Set when the phone is the user's own line.
    pub(super) phone_identity: Option<Identity>,
    pub(super) external_id: Option<String>,
    pub(super) role: UserRole,
    pub(super) verified: bool,
    pub(super) suspended: bool,
    pub(super) tags: Vec<String>,
    pub(super) notes: Option<String>,
    pub(super) details: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// One way in which a user is known.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: u64,
    pub(super) value: String,
    pub(super) created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserRole {
    Admin,
    Agent,
    EndUser,
}

impl UserRole {
    pub(super) const WORDS: &[&str] = &["end-user", "agent", "admin"];

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Admin, Self::Agent, Self::EndUser]
            .into_iter()
            .find(|role| role.as_str() == word)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::EndUser => "end-user",
        }
    }
}

impl Users {
    pub(super) fn all(&self) -> impl Iterator<Item = &Indexed<User>> {
        self.by_id.values()
    }

    pub(super) fn find(&self, id: u64) -> Option<&User> {
        self.by_id.get(&id).map(Indexed::current)
    }

    pub(super) fn read(&self, id: u64) -> Result<&User, Refusal> {
        self.find(id).ok_or_else(Refusal::not_found)
    }

    /// The user with this e-mail, whatever its letters' case.
    pub(super) fn with_email(&self, email: &str) -> Option<&User> {
        self.find(*self.by_email.get(&email.to_lowercase())?)
    }

    /// The user with this external id, whatever its letters' case.
    pub(super) fn with_external_id(&self, external_id: &str) -> Option<&User> {
        self.find(*self.by_external_id.get(&external_id.to_lowercase())?)
    }

    pub(super) fn with_phone(&self, phone: &str) -> impl Iterator<Item = &User> {
        self.with_phone_tail(&phone_tail(phone))
            .map(Indexed::current)
            .filter(move |user| user.phone.as_deref() == Some(phone))
    }

    /// The users who have or had a phone with these last digits, in order of creation.
    pub(super) fn with_phone_tail<'a>(
        &'a self,
        tail: &str,
    ) -> impl Iterator<Item = &'a Indexed<User>> + use<'a> {
        let ids = self.by_phone_tail.get(tail).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
    }

    pub(super) fn insert(&mut self, user: User, now: Timestamp) {
        self.link(&user);
        self.by_id.insert(user.id, Indexed::new(user, now));
    }

    pub(super) fn replace(&mut self, user: User, now: Timestamp, lag: Duration) {
        self.unlink(user.id);
        self.link(&user);
        if let Some(stored) = self.by_id.get_mut(&user.id) {
            stored.replace(user, now, lag);
        }
    }

    fn link(&mut self, user: &User) {
        for email in &user.emails {
            self.by_email.insert(email.value.to_lowercase(), user.id);
        }
        if let Some(external_id) = &user.external_id {
            self.by_external_id
                .insert(external_id.to_lowercase(), user.id);
        }
        if let Some(phone) = &user.phone {
            let ids = self.by_phone_tail.entry(phone_tail(phone)).or_default();
            if let Err(place) = ids.binary_search(&user.id) {
                ids.insert(place, user.id);
            }
        }
    }

    fn unlink(&mut self, id: u64) {
        let Some(user) = self.by_id.get(&id).map(Indexed::current) else {
            return;
        };
        for email in &user.emails {
            self.by_email.remove(&email.value.to_lowercase());
        }
        if let Some(external_id) = &user.external_id {
            self.by_external_id.remove(&external_id.to_lowercase());
        }
    }
}

impl User {
    pub(super) fn email(&self) -> Option<&str> {
        self.emails.first().map(|email| email.value.as_str())
    }

    pub(super) fn to_json(&self, origin: &str) -> Value {
        let is_end_user = self.role == UserRole::EndUser;
        json!({
            "id": self.id, "url": format!("{origin}/api/v2/users/{}.json", self.id), "name": self.name,
            "email": self.email(), "created_at": stamp(self.created_at), "updated_at": stamp(self.updated_at),
            "time_zone": "Etc/UTC", "iana_time_zone": "Etc/UTC", "phone": self.phone,
            "shared_phone_number": self.shared_phone, "photo": null, "locale_id": 1, "locale": "en-US",
            "organization_id": null, "role": self.role.as_str(), "verified": self.verified,
            "external_id": self.external_id, "tags": self.tags, "alias": null, "active": true, "shared": false,
            "shared_agent": false, "last_login_at": null, "two_factor_auth_enabled": false, "signature": null,
            "details": self.details, "notes": self.notes, "role_type": null, "custom_role_id": null,
            "moderator": !is_end_user, "ticket_restriction": is_end_user.then_some("requested"),
            "only_private_comments": false, "restricted_agent": is_end_user, "suspended": self.suspended,
            "default_group_id": null, "report_csv": false, "user_fields": {},
        })
    }

    pub(super) fn identities_json(&self, origin: &str) -> Vec<Value> {
        let emails = self
            .emails
            .iter()
            .enumerate()
            .map(|(index, email)| (email, "email", index == 0));
        let phone = self
            .phone_identity
            .iter()
            .map(|phone| (phone, "phone_number", true));
        let identity = |(identity, kind, primary): (&Identity, &str, bool)| {
            let mut body = json!({
                "url": format!("{origin}/api/v2/users/{}/identities/{}.json", self.id, identity.id), "id": identity.id,
                "user_id": self.id, "type": kind, "value": identity.value, "verified": self.verified,
                "primary": primary, "created_at": stamp(identity.created_at), "updated_at": stamp(identity.created_at),
            });
            if kind == "email" {
                body["undeliverable_count"] = json!(0);
                body["deliverable_state"] = json!("deliverable");
            }
            body
        };
        emails.chain(phone).map(identity).collect()
    }
}

/// How many digits at its end a phone is filed under.
pub(super) const PHONE_TAIL_DIGITS: usize = 7;

/// The last digits of a phone; fewer when it has no more.
pub(super) fn phone_tail(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(PHONE_TAIL_DIGITS)..].to_owned()
}

/// Enough of a check to refuse what is plainly no address.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains('@')
        && !text.contains(char::is_whitespace)
}

/// A phone number in E.164.
pub(super) fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}
