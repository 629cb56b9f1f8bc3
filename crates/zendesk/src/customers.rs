//! Customers and agents: Zendesk users.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, Error, ErrorKind, ExternalId, NewRecord,
    Phone, RecordCustomer, Result, SessionKey, SessionKind, UserId,
};
use casewire_http::{Repeat, Request};
use http::StatusCode;

use crate::body::{Requester, UserBody, UserWrite};
use crate::config::DefaultUser;
use crate::connector::Zendesk;
use crate::errors;
use crate::limits::SEARCH;
use crate::wire::{User, UserAnswer, UserList};

/// Who a new ticket is for.
#[derive(Debug)]
pub(crate) enum RequesterOf {
    /// This user.
    User(CustomerId),
    /// This user, whom the look-up did not see: the search index lags, or nobody looked.
    Overlooked(CustomerId),
    /// Whoever has this e-mail address; Zendesk creates the user with the ticket.
    Inline(Requester),
    /// Nobody in particular.
    Nobody,
}

impl Zendesk {
    /// The customer by the first key that finds one: from memory, or else by a search per key.
    pub(crate) async fn find_customer(
        &self,
        identity: &CustomerIdentity,
        kind: SessionKind,
    ) -> Result<Option<CustomerId>> {
        for key in identity.keys(kind) {
            if let Some(known) = self.customers.find(&key) {
                return Ok(Some(known));
            }
            let users = self.search_users(users_with(&key)).await?;
            let matching = users.iter().filter(|user| has_key(user, &key));
            if let Some(found) = newest(matching) {
                self.customers.remember(key, found.clone());
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn search_users(&self, request: Request) -> Result<Vec<User>> {
        let list: UserList = self.api.read(request).await?;
        Ok(list.users)
    }

    /// The requester of a new ticket; the user is created when it has to be and the ticket can not do it.
    pub(crate) async fn requester(&self, new: &NewRecord) -> Result<RequesterOf> {
        let (identity, external_id, name) = match &new.customer {
            RecordCustomer::None => return Ok(RequesterOf::Nobody),
            RecordCustomer::Known(known) => return Ok(RequesterOf::User(known.clone())),
            RecordCustomer::Anonymous => {
                let external_id = external_id_of(&new.session);
                (
                    &CustomerIdentity::default(),
                    external_id,
                    "Anonymous caller",
                )
            }
            RecordCustomer::SharedAnonymous => {
                let external_id = "casewire:anonymous".to_owned();
                (
                    &CustomerIdentity::default(),
                    external_id,
                    "Anonymous callers",
                )
            }
            RecordCustomer::New(identity) => match (&identity.external_id, &identity.phone) {
                (Some(id), _) => (identity, id.as_str().to_owned(), id.as_str()),
                (None, Some(phone)) => (identity, external_id_of_phone(phone), phone.as_str()),
                (None, None) => return Ok(inline(identity)),
            },
        };
        let user = UserWrite {
            name: shortened(name_of(identity).unwrap_or(name)),
            phone: identity
                .phone
                .as_ref()
                .map(|phone| phone.as_str().to_owned()),
            email: identity
                .email
                .as_ref()
                .map(|email| email.as_str().to_owned()),
            external_id,
            role: "end-user",
            skip_verify_email: true,
        };
        let requester = self.create_user(user, identity).await?;
        if let RequesterOf::User(id) | RequesterOf::Overlooked(id) = &requester {
            for key in identity.keys(new.session.kind()) {
                self.customers.remember(key, id.clone());
            }
        }
        Ok(match (requester, &new.customer) {
            // These are not looked up, so finding them here is nothing that a decision should have known.
            (
                RequesterOf::Overlooked(id),
                RecordCustomer::Anonymous | RecordCustomer::SharedAnonymous,
            ) => RequesterOf::User(id),
            (requester, _) => requester,
        })
    }

    /// Creates the user, or finds the one that has its external id: a repeat makes no second one.
    async fn create_user(
        &self,
        user: UserWrite,
        identity: &CustomerIdentity,
    ) -> Result<RequesterOf> {
        let key = ExternalId::parse(&user.external_id).map(CustomerKey::ExternalId);
        let Some(key) = key else {
            return Ok(inline(identity));
        };
        if let Some(known) = self.customers.find(&key) {
            return Ok(RequesterOf::User(known));
        }
        // Two users can not have one external id, so a repeat does nothing.
        let request = Request::post("/api/v2/users")
            .json(&UserBody { user })
            .repeat(Repeat::Guarded)
            .allow(StatusCode::UNPROCESSABLE_ENTITY);
        let (is_ours, problem) = match self.api.send(request).await {
            Ok(answer) if answer.status().is_success() => {
                let UserAnswer { user } = answer.json()?;
                let id = user.customer_id().ok_or_else(no_user_id)?;
                self.customers.remember(key, id.clone());
                return Ok(RequesterOf::User(id));
            }
            Ok(answer) => {
                let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
                let problem = Error::new(
                    ErrorKind::Rejected,
                    format!("creating a customer: Zendesk refused it: {}", refusal.text),
                );
                if !errors::is_duplicate(answer.body()) {
                    return Err(problem);
                }
                (false, problem)
            }
            Err(error) if error.kind() == ErrorKind::Uncertain => {
                // A repeat creates no second user, so for the ticket nothing is uncertain.
                let unsure = Error::new(ErrorKind::Unavailable, error.message())
                    .context("creating a customer");
                (true, unsure)
            }
            Err(error) => return Err(error.context("creating a customer")),
        };
        let users = self.search_users(users_with(&key)).await?;
        let matching = users.iter().filter(|user| has_key(user, &key));
        match (newest(matching), &identity.email) {
            (Some(id), _) => {
                self.customers.remember(key, id.clone());
                Ok(match is_ours {
                    true => RequesterOf::User(id),
                    false => RequesterOf::Overlooked(id),
                })
            }
            // It is the e-mail address that another user has: the ticket finds that user.
            (None, Some(_)) if !is_ours => Ok(inline(identity)),
            (None, _) => Err(problem),
        }
    }

    /// The configured default user (R16): who owns a ticket when no agent does.
    pub(crate) async fn default_user(&self) -> Result<Option<UserId>> {
        match &self.config.default_user {
            Some(DefaultUser::Id(id)) => Ok(Some(UserId(id.to_string()))),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await,
            None => Ok(None),
        }
    }

    /// The agent or admin with this e-mail address.
    pub(crate) async fn agent_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        if let Some(known) = self.agents.find(email) {
            return Ok(Some(known));
        }
        let key = CustomerKey::Email(email.clone());
        let users = self.search_users(users_with(&key)).await?;
        let agents = users
            .iter()
            .filter(|user| user.is_agent() && has_key(user, &key));
        let found = newest(agents).map(|CustomerId(id)| UserId(id));
        if let Some(found) = &found {
            self.agents.remember(email.clone(), found.clone());
        }
        Ok(found)
    }
}

/// The external id of what `session` makes: of its ticket, and of its customer when anonymous.
pub(crate) fn external_id_of(session: &SessionKey) -> String {
    format!("casewire:{}", session.token())
}

/// Phone numbers are not unique in Zendesk, so a customer known by number alone gets an id that is.
fn external_id_of_phone(phone: &Phone) -> String {
    format!("casewire:tel:{}", phone.as_str())
}

fn name_of(identity: &CustomerIdentity) -> Option<&str> {
    identity.name.as_ref().map(|name| name.as_str())
}

/// Zendesk refuses names longer than 255 characters.
fn shortened(name: &str) -> String {
    name.chars().take(255).collect()
}

fn inline(identity: &CustomerIdentity) -> RequesterOf {
    let Some(email) = &identity.email else {
        return RequesterOf::Nobody;
    };
    RequesterOf::Inline(Requester {
        name: shortened(name_of(identity).unwrap_or(email.as_str())),
        email: email.as_str().to_owned(),
    })
}

fn users_with(key: &CustomerKey) -> Request {
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

/// Searches match beginnings of words, so every hit is compared. A suspended user's tickets would be suspended.
fn has_key(user: &User, key: &CustomerKey) -> bool {
    let fits = match key {
        // Zendesk compares external ids without case.
        CustomerKey::ExternalId(id) => user
            .external_id
            .as_ref()
            .is_some_and(|of_user| of_user.to_lowercase() == id.as_str().to_lowercase()),
        CustomerKey::Phone(phone) => {
            user.phone.as_deref().and_then(Phone::parse).as_ref() == Some(phone)
        }
        CustomerKey::Email(email) => user.has_email(email),
    };
    fits && !user.is_suspended()
}

impl User {
    pub(crate) fn customer_id(&self) -> Option<CustomerId> {
        self.id.map(|id| CustomerId(id.to_string()))
    }

    pub(crate) fn has_email(&self, email: &Email) -> bool {
        self.email.as_deref().and_then(Email::parse).as_ref() == Some(email)
    }
}

/// Of several users, the one created last.
fn newest<'a>(users: impl Iterator<Item = &'a User>) -> Option<CustomerId> {
    users
        .max_by_key(|user| (user.created_at, user.id))
        .and_then(User::customer_id)
}

fn no_user_id() -> Error {
    Error::new(
        ErrorKind::Protocol,
        "creating a customer: Zendesk's answer has no user id",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user(id: u64, phone: &str, suspended: bool) -> User {
        serde_json::from_value(json!({
            "id": id, "name": "Kim", "phone": phone, "email": null, "role": "end-user",
            "suspended": suspended, "created_at": "2026-01-24T01:14:06Z",
        }))
        .unwrap()
    }

    #[test]
    fn of_several_users_with_the_number_the_last_one_counts() {
        let key = CustomerKey::Phone(Phone::parse("+15550100100").unwrap());
        let users = [
            user(1, "+1 555 010 0100", false),
            user(2, "+15550100100", false),
            user(3, "+15550100100", true),
            user(4, "+15550100199", false),
            user(5, "5550100100", false),
        ];
        let found = newest(users.iter().filter(|user| has_key(user, &key)));
        assert_eq!(found, Some(CustomerId("2".to_owned())));
    }

    #[test]
    fn no_email_address_is_ever_invented() {
        let unknown = CustomerIdentity::default();
        assert!(matches!(inline(&unknown), RequesterOf::Nobody));
    }
}
