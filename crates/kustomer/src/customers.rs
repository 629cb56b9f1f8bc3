//! Customers: found by what only one of them has, or created.

use std::time::Duration;

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, Error, ErrorKind, ExternalId, NewRecord,
    Phone, RecordCustomer, Result, SessionKind,
};
use casewire_http::{Repeat, Request};
use http::StatusCode;
use tokio::time::Instant;

use crate::body::{CustomerWrite, EmailWrite, PhoneWrite, shortened};
use crate::connector::Kustomer;
use crate::errors;
use crate::external_id::in_path;
use crate::wire::Customer;

/// How long a customer's name can be.
const MAX_NAME: usize = 256;

/// How long a customer is remembered: people merge customers.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// How a customer is looked for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Memory {
    /// One seen a moment ago will do.
    Used,
    /// Kustomer is asked.
    Unused,
}

/// A customer that was found.
pub(crate) struct FoundCustomer {
    pub(crate) id: CustomerId,
    /// Whether Kustomer just said that there are no conversations.
    pub(crate) has_no_conversations: bool,
}

/// Whose a new conversation is.
pub(crate) enum CustomerOf {
    /// This customer's.
    Customer(CustomerId),
    /// This customer's, who is there although the session did not see it: another created it just now, or this session
    /// did before.
    Overlooked(CustomerId),
}

impl Kustomer {
    /// The customer by the first key that finds one. No two customers share a key, and no look-up lags.
    pub(crate) async fn find_customer(
        &self,
        identity: &CustomerIdentity,
        kind: SessionKind,
        memory: Memory,
    ) -> Result<Option<FoundCustomer>> {
        for key in identity.keys(kind) {
            if memory == Memory::Used
                && let Some((id, seen_at)) = self.customers.find(&key)
                && seen_at.elapsed() < REMEMBERED
            {
                return Ok(Some(FoundCustomer {
                    id,
                    has_no_conversations: false,
                }));
            }
            if let Some(customer) = self.customer_with(&key).await?
                && !customer.is_deleted()
            {
                let id = customer.customer_id();
                self.remember_customer(key, &id);
                return Ok(Some(FoundCustomer {
                    id,
                    has_no_conversations: customer.has_no_conversations(),
                }));
            }
        }
        Ok(None)
    }

    pub(crate) fn remember_customer(&self, key: CustomerKey, id: &CustomerId) {
        self.customers.remember(key, (id.clone(), Instant::now()));
    }

    pub(crate) fn forget_customer(&self, id: &CustomerId) {
        self.customers.forget(|(known, _)| known == id);
    }

    pub(crate) async fn customer_with(&self, key: &CustomerKey) -> Result<Option<Customer>> {
        match self.api.read(request_for(key)).await {
            Ok(customer) => Ok(Some(customer)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whose the new conversation is; the customer is created when it has to be.
    pub(crate) async fn customer_of(&self, new: &NewRecord) -> Result<CustomerOf> {
        let nothing = CustomerIdentity::default();
        let prefix = &self.config.external_id_prefix;
        let (identity, external_id, name) = match &new.customer {
            RecordCustomer::None => {
                return Err(Error::new(
                    ErrorKind::Rejected,
                    "in Kustomer each conversation has a customer; let `anonymous` be `separate` or `shared`",
                ));
            }
            RecordCustomer::Known(known) => return Ok(CustomerOf::Customer(known.clone())),
            RecordCustomer::Anonymous => (
                &nothing,
                Some(prefix.of_session(&new.session)),
                "Anonymous caller",
            ),
            RecordCustomer::SharedAnonymous => {
                (&nothing, Some(prefix.of_anonymous()), "Anonymous callers")
            }
            RecordCustomer::New(identity) => {
                let external_id = identity.external_id.as_ref().map(ExternalId::as_str);
                (identity, external_id.map(str::to_owned), name_of(identity))
            }
        };
        let own_key = external_id
            .as_deref()
            .and_then(ExternalId::parse)
            .map(CustomerKey::ExternalId);
        if new.customer == RecordCustomer::SharedAnonymous
            && let Some(key) = &own_key
            && let Some((known, seen_at)) = self.customers.find(key)
            && seen_at.elapsed() < REMEMBERED
        {
            return Ok(CustomerOf::Customer(known));
        }
        let phone = identity.phone.as_ref().map(Phone::as_str);
        let email = identity.email.as_ref().map(Email::as_str);
        let write = CustomerWrite {
            name: shortened(name, MAX_NAME),
            external_id,
            phones: phone.map(|phone| [PhoneWrite::new(phone)]),
            emails: email.map(|email| [EmailWrite::new(email)]),
        };
        let keys: Vec<_> = identity.keys(new.session.kind()).chain(own_key).collect();
        let (id, is_new) = match self.create_customer(&write).await? {
            Some(id) => (id, true),
            None => (self.find_duplicate(&keys).await?, false),
        };
        for key in keys {
            self.remember_customer(key, &id);
        }
        Ok(match &new.customer {
            RecordCustomer::New(_) | RecordCustomer::Anonymous if !is_new => {
                CustomerOf::Overlooked(id)
            }
            _ => CustomerOf::Customer(id),
        })
    }

    /// Creates the customer. None when another has its number, address or external id, which two can not have: so a
    /// repeat does nothing.
    async fn create_customer(&self, write: &CustomerWrite<'_>) -> Result<Option<CustomerId>> {
        let request = Request::post("/v1/customers")
            .json(write)
            .repeat(Repeat::Guarded)
            .allow(StatusCode::BAD_REQUEST)
            .allow(StatusCode::CONFLICT);
        let mut answer = self.api.send(request.clone()).await;
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Uncertain
        {
            // Asked anew, Kustomer says whether it was done.
            answer = self.api.send(request).await;
        }
        let answer = answer.map_err(|error| certain(error).context("creating a customer"))?;
        if answer.status().is_success() {
            let created: crate::wire::One<Customer> = answer.json()?;
            return Ok(Some(created.data.customer_id()));
        }
        let keys = [
            "phone",
            "phones",
            "email",
            "emails",
            "externalId",
            "externalIds",
        ];
        if answer.status() == StatusCode::CONFLICT || errors::is_about(answer.body(), &keys) {
            return Ok(None);
        }
        let refusal = errors::refusal(answer.status(), answer.headers(), answer.body());
        Err(Error::new(
            refusal.kind.unwrap_or(ErrorKind::Rejected),
            format!("creating a customer: Kustomer refused it: {}", refusal.text),
        ))
    }

    /// The customer who has one of `keys`, although it was just not found.
    async fn find_duplicate(&self, keys: &[CustomerKey]) -> Result<CustomerId> {
        for key in keys {
            if let Some(customer) = self.customer_with(key).await? {
                return Ok(customer.customer_id());
            }
        }
        Err(Error::new(
            ErrorKind::Rejected,
            "creating a customer: Kustomer refused it as one that is there, and does not find it; the number or address \
             may not be valid, or be shared by several customers",
        ))
    }
}

fn request_for(key: &CustomerKey) -> Request {
    let (template, name) = match key {
        CustomerKey::ExternalId(_) => ("/v1/customers/externalId={externalId}", "externalId"),
        CustomerKey::Phone(_) => ("/v1/customers/phone={phone}", "phone"),
        CustomerKey::Email(_) => ("/v1/customers/email={email}", "email"),
    };
    Request::follow(
        template,
        format!("/v1/customers/{name}={}", in_path(key.as_str())),
    )
}

/// A customer created twice is one, so nothing is left to find out.
fn certain(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Uncertain => {
            Error::new(ErrorKind::Unavailable, error.message()).with_source(error)
        }
        _ => error,
    }
}

/// What a customer without a name is called.
fn name_of(identity: &CustomerIdentity) -> &str {
    let name = identity.name.as_ref().map(|name| name.as_str());
    let external_id = identity.external_id.as_ref().map(ExternalId::as_str);
    let phone = identity.phone.as_ref().map(Phone::as_str);
    let email = identity.email.as_ref().map(Email::as_str);
    let known = name.or(external_id).or(phone).or(email);
    known.unwrap_or("Unknown caller")
}
