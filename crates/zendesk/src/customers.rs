//! Customers and agents: Zendesk users.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, Error, ErrorKind, ExternalId, NewRecord,
    Phone, RecordCustomer, Result, SessionKey, SessionKind, UserId,
};
use casewire_http::{DefaultUser, Repeat, Request};
use http::StatusCode;

use crate::body::{UserBody, UserWithEmail, UserWrite};
use crate::connector::Zendesk;
use crate::errors;
use crate::user::{IdentityList, User, UserAnswer, UserList, newest, search};

/// Of users found by an address that is not their primary one, so many are asked for their other addresses.
const MAX_ASKED: usize = 5;

/// Who a new ticket is for.
pub(crate) enum RequesterOf {
    /// This user.
    User(CustomerId),
    /// This user, whom the look-up did not see: the search index lags, or nobody looked.
    Overlooked(CustomerId),
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
            if let Some(found) = newest(&self.users_with(&key).await?) {
                self.customers.remember(key, found.clone());
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The users who have `key`. Suspended ones are left out: their tickets would be suspended.
    async fn users_with(&self, key: &CustomerKey) -> Result<Vec<User>> {
        let UserList { users } = self.api.read(search(key)).await?;
        let users = users.into_iter().filter(|user| !user.is_suspended());
        let (mut with_key, others): (Vec<_>, Vec<_>) = users.partition(|user| user.has_key(key));
        let CustomerKey::Email(email) = key else {
            return Ok(with_key);
        };
        if !with_key.is_empty() {
            return Ok(with_key);
        }
        // Users are found by all their addresses and shown with the primary one.
        for user in others.into_iter().take(MAX_ASKED) {
            if self.has_other_email(&user, email).await? {
                with_key.push(user);
            }
        }
        Ok(with_key)
    }

    async fn has_other_email(&self, user: &User, email: &Email) -> Result<bool> {
        let Some(CustomerId(id)) = user.customer_id() else {
            return Ok(false);
        };
        let request = Request::get("/api/v2/users/{id}/identities").fill("id", id);
        match self.api.read::<IdentityList>(request).await {
            Ok(list) => Ok(list.has_email(email)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.context("asking for a user's other addresses")),
        }
    }

    /// The requester of a new ticket; the user is created when it has to be.
    pub(crate) async fn requester(&self, new: &NewRecord) -> Result<RequesterOf> {
        let nothing = CustomerIdentity::default();
        let (identity, external_id, name) = match &new.customer {
            RecordCustomer::None => return Ok(RequesterOf::Nobody),
            RecordCustomer::Known(known) => return Ok(RequesterOf::User(known.clone())),
            RecordCustomer::Anonymous => {
                let external_id = external_id_of(&new.session);
                (&nothing, Some(external_id), Some("Anonymous caller"))
            }
            RecordCustomer::SharedAnonymous => {
                let external_id = "casewire:anonymous".to_owned();
                (&nothing, Some(external_id), Some("Anonymous callers"))
            }
            RecordCustomer::New(identity) => {
                (identity, external_id_of_user(identity), name_of(identity))
            }
        };
        let email = identity.email.as_ref();
        let by_external_id = external_id.as_deref().and_then(ExternalId::parse);
        let by_external_id = by_external_id.map(CustomerKey::ExternalId);
        let unique = by_external_id.or_else(|| email.cloned().map(CustomerKey::Email));
        let (Some(unique), Some(name)) = (unique, name) else {
            return Ok(RequesterOf::Nobody);
        };
        if let Some(known) = self.customers.find(&unique) {
            return Ok(RequesterOf::User(known));
        }
        let phone = identity.phone.as_ref();
        let user = UserWrite {
            name: shortened(name),
            phone: phone.map(|phone| phone.as_str().to_owned()),
            email: email.map(|email| email.as_str().to_owned()),
            external_id,
            role: "end-user",
            skip_verify_email: true,
        };
        let (id, is_new) = match self.create_user(user).await? {
            Some(id) => (id, true),
            None => (self.find_duplicate(&unique, email).await?, false),
        };
        for key in identity.keys(new.session.kind()).chain([unique]) {
            self.customers.remember(key, id.clone());
        }
        Ok(match &new.customer {
            RecordCustomer::New(_) if !is_new => RequesterOf::Overlooked(id),
            // The others are not looked up, so finding them here is nothing that a decision should have known.
            _ => RequesterOf::User(id),
        })
    }

    /// Creates the user. None when another has its external id or e-mail address, which two can not have: so a repeat
    /// does nothing.
    async fn create_user(&self, user: UserWrite) -> Result<Option<CustomerId>> {
        let request = Request::post("/api/v2/users")
            .json(&UserBody { user })
            .repeat(Repeat::Guarded)
            .allow(StatusCode::UNPROCESSABLE_ENTITY);
        let mut answer = self.api.send(request.clone()).await;
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Uncertain
        {
            // Asked anew, Zendesk says whether it was done.
            answer = self.api.send(request).await;
        }
        let answer = answer.map_err(|error| certain(error).context("creating a customer"))?;
        if answer.status().is_success() {
            let UserAnswer { user } = answer.json()?;
            return user.customer_id().map(Some).ok_or_else(no_user_id);
        }
        if errors::is_duplicate(answer.body()) {
            return Ok(None);
        }
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        Err(Error::new(
            ErrorKind::Rejected,
            format!("creating a customer: Zendesk refused it: {}", refusal.text),
        ))
    }

    /// The user who has what only one user can have, without the lag of a search.
    async fn find_duplicate(
        &self,
        unique: &CustomerKey,
        email: Option<&Email>,
    ) -> Result<CustomerId> {
        if let CustomerKey::ExternalId(_) = unique
            && let Some(found) = newest(&self.users_with(unique).await?)
        {
            return Ok(found);
        }
        let Some(email) = email else {
            return Err(Error::new(
                ErrorKind::Rejected,
                "creating a customer: a user who is suspended has the same external id; lift that in Zendesk",
            ));
        };
        // Of a user who is there nothing is changed, for nothing else is sent.
        let user = UserWithEmail {
            email: email.as_str().to_owned(),
            skip_verify_email: true,
        };
        let request = Request::post("/api/v2/users/create_or_update")
            .json(&UserBody { user })
            .repeat(Repeat::Guarded);
        let answer = self.api.read::<UserAnswer>(request).await;
        let UserAnswer { user } = answer.map_err(|error| {
            certain(error).context("finding the customer who has the e-mail address")
        })?;
        user.customer_id().ok_or_else(no_user_id)
    }

    /// The configured default user (R16): who owns a ticket when no agent does.
    pub(crate) async fn default_user(&self) -> Result<Option<UserId>> {
        match &self.config.default_user {
            Some(DefaultUser::Id(id)) => Ok(Some(id.clone())),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await,
            None => Ok(None),
        }
    }

    /// The agent or admin with this e-mail address.
    pub(crate) async fn agent_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        self.agents.find(email, self.find_agent(email)).await
    }

    async fn find_agent(&self, email: &Email) -> Result<Option<UserId>> {
        let users = self.users_with(&CustomerKey::Email(email.clone())).await?;
        let agents = users.iter().filter(|user| user.is_agent());
        Ok(newest(agents).map(|CustomerId(id)| UserId(id)))
    }
}

/// The external id of what `session` makes: of its ticket, and of its customer when anonymous.
pub(crate) fn external_id_of(session: &SessionKey) -> String {
    format!("casewire:{}", session.token())
}

/// Phone numbers are not unique in Zendesk, so a customer known by number gets an id that is.
fn external_id_of_user(identity: &CustomerIdentity) -> Option<String> {
    let given = identity
        .external_id
        .as_ref()
        .map(|id| id.as_str().to_owned());
    let phone = identity.phone.as_ref();
    given.or_else(|| phone.map(|phone| format!("casewire:tel:{}", phone.as_str())))
}

/// Zendesk wants a name, so a customer without one is called by what is known.
fn name_of(identity: &CustomerIdentity) -> Option<&str> {
    let name = identity.name.as_ref().map(|name| name.as_str());
    let external_id = identity.external_id.as_ref().map(ExternalId::as_str);
    let phone = identity.phone.as_ref().map(Phone::as_str);
    let email = identity.email.as_ref().map(Email::as_str);
    name.or(external_id).or(phone).or(email)
}

/// Zendesk refuses names longer than 255 characters.
fn shortened(name: &str) -> String {
    name.chars().take(255).collect()
}

/// A repeat makes no second user, so for the ticket a lost answer about its customer leaves nothing uncertain.
fn certain(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Uncertain => Error::new(ErrorKind::Unavailable, error.message()),
        _ => error,
    }
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

    #[test]
    fn no_email_address_is_ever_invented() {
        let by_phone = CustomerIdentity {
            phone: Phone::parse("+15550100100"),
            ..CustomerIdentity::default()
        };
        let external_id = external_id_of_user(&by_phone);
        assert_eq!(external_id.as_deref(), Some("casewire:tel:+15550100100"));
        assert_eq!(name_of(&by_phone), Some("+15550100100"));
        assert_eq!(external_id_of_user(&CustomerIdentity::default()), None);
    }
}
