//! Customers and agents: Freshdesk's contacts and agents.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, Error, ErrorKind, ExternalId, NewRecord,
    Phone, RecordCustomer, Result, SessionKey, TraceSearch, UserId,
};
use casewire_http::{DefaultUser, Request};

use crate::body::Requester;
use crate::connector::{Freshdesk, freshdesk_id};
use crate::contact::{Contact, newest};
use crate::limits::CONTACTS_LIST;
use crate::phone::notations;
use crate::records::Whose;
use crate::wire::Agent;

/// The external id of the contact that all withheld callers share.
pub(crate) const SHARED_ANONYMOUS: &str = "casewire:anonymous";

impl Freshdesk {
    /// Whose tickets those of the customer of `session` with `keys` are. None when Freshdesk has no such contact.
    pub(crate) async fn whose(
        &self,
        session: &SessionKey,
        keys: &[CustomerKey],
    ) -> Result<Option<Whose>> {
        // Tickets of a contact that is gone may still be listed.
        let refused = self.refused.find(session).unwrap_or_default();
        let is_listed_by_key = keys.len() == 1 && !refused.contains(&"requester_id");
        for key in keys {
            if let Some(known) = self.customers.find(key) {
                return Ok(Some(Whose::Contact(known)));
            }
            match key {
                CustomerKey::Email(email) if is_listed_by_key => {
                    return Ok(Some(Whose::Email(email.clone())));
                }
                CustomerKey::ExternalId(id) if is_listed_by_key => {
                    return Ok(Some(Whose::ExternalId(id.as_str().to_owned())));
                }
                _ => {}
            }
            if let Some(found) = newest(&self.contacts_with(key, TraceSearch::OnTheWay).await?) {
                self.customers.remember(key.clone(), found.clone());
                return Ok(Some(Whose::Contact(found)));
            }
        }
        Ok(None)
    }

    /// The contacts who have `key`. A number is asked for in one notation and field after the other, up to the first that
    /// finds somebody, or in all.
    pub(crate) async fn contacts_with(
        &self,
        key: &CustomerKey,
        search: TraceSearch,
    ) -> Result<Vec<Contact>> {
        let filters = match key {
            CustomerKey::ExternalId(id) => vec![("unique_external_id", id.as_str().to_owned())],
            CustomerKey::Email(email) => vec![("email", email.as_str().to_owned())],
            CustomerKey::Phone(phone) => {
                let mut filters = Vec::new();
                for notation in notations(phone, &self.config.phone_formats) {
                    filters.push(("phone", notation.clone()));
                    filters.push(("mobile", notation));
                }
                filters
            }
        };
        let mut found = Vec::new();
        for (filter, value) in filters {
            let hits = self.contacts_by(filter, &value, key).await;
            found.extend(hits.map_err(|error| error.context("looking for a customer"))?);
            if !found.is_empty() && search == TraceSearch::OnTheWay {
                break;
            }
        }
        Ok(found)
    }

    async fn contacts_by(
        &self,
        filter: &'static str,
        value: &str,
        key: &CustomerKey,
    ) -> Result<Vec<Contact>> {
        let request = Request::get("/api/v2/contacts")
            .query(filter, value)
            .query("per_page", 100)
            .bucket(CONTACTS_LIST);
        let mut hits: Vec<Contact> = self.filtered(request, filter).await?.unwrap_or_default();
        if let ([only], CustomerKey::Email(_)) = (&hits[..], key)
            && !only.has_key(key)
            && only.lacks_addresses()
        {
            let whole = Request::get("/api/v2/contacts/{id}").fill("id", only.id);
            hits = vec![self.read(whole).await?];
        }
        hits.retain(|contact| contact.has_key(key));
        Ok(hits)
    }

    /// Who a new ticket is from, and whose tickets to look among for one that the session made before; nobody's when
    /// the contact is new. `is_sure` says that there is no such ticket.
    pub(crate) async fn requester(
        &self,
        new: &NewRecord,
        is_sure: bool,
    ) -> Result<(Requester, Option<Whose>)> {
        let (external_id, name) = match &new.customer {
            RecordCustomer::None => return Err(nobody()),
            RecordCustomer::Known(known) => {
                return Ok((by_id(known)?, Some(Whose::Contact(known.clone()))));
            }
            RecordCustomer::New(identity) => {
                let keys: Vec<_> = identity.keys(new.session.kind()).collect();
                let refused = self.refused.find(&new.session).unwrap_or_default();
                let requester = described(identity).ok_or_else(nobody)?.without(&refused);
                if is_sure {
                    return Ok((requester, None));
                }
                return Ok(match self.whose(&new.session, &keys).await? {
                    Some(Whose::Contact(known)) => (by_id(&known)?, Some(Whose::Contact(known))),
                    whose => (requester, whose),
                });
            }
            RecordCustomer::Anonymous => (external_id_of(&new.session), "Anonymous caller"),
            RecordCustomer::SharedAnonymous => (SHARED_ANONYMOUS.to_owned(), "Anonymous callers"),
        };
        let requester = Requester {
            unique_external_id: Some(external_id.clone()),
            name: Some(name.to_owned()),
            ..Requester::default()
        };
        Ok((requester, Some(Whose::ExternalId(external_id))))
    }

    /// The configured default user (R16): who owns a ticket when no agent does.
    pub(crate) async fn default_user(&self) -> Result<Option<UserId>> {
        match &self.config.default_user {
            Some(DefaultUser::Id(id)) => Ok(Some(id.clone())),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await,
            None => Ok(None),
        }
    }

    /// The agent with this e-mail address.
    pub(crate) async fn agent_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        self.agents.find(email, self.find_agent(email)).await
    }

    async fn find_agent(&self, email: &Email) -> Result<Option<UserId>> {
        let request = Request::get("/api/v2/agents").query("email", email.as_str());
        let agents: Vec<Agent> = self.read_collection(request).await?;
        let mut agents = agents.iter().filter(|agent| agent.is_active());
        let found =
            agents.find(|agent| agent.email().and_then(Email::parse).as_ref() == Some(email));
        Ok(found.map(|agent| UserId(agent.id.to_string())))
    }
}

/// The external id of the contact that `session` makes when its caller is withheld.
pub(crate) fn external_id_of(session: &SessionKey) -> String {
    format!("casewire:{}", session.token())
}

fn by_id(CustomerId(id): &CustomerId) -> Result<Requester> {
    Ok(Requester {
        requester_id: Some(freshdesk_id("customer", id)?),
        ..Requester::default()
    })
}

/// All that is known of a new contact. Phone numbers are not unique in Freshdesk, so a contact known by number gets an
/// external id that is. None when nothing is known.
fn described(identity: &CustomerIdentity) -> Option<Requester> {
    let email = identity.email.as_ref().map(Email::as_str);
    let phone = identity.phone.as_ref().map(Phone::as_str);
    let external_id = identity.external_id.as_ref().map(ExternalId::as_str);
    let guard = match (external_id, email, phone) {
        (Some(given), _, _) => Some(given.to_owned()),
        (None, None, Some(phone)) => Some(format!("casewire:tel:{phone}")),
        _ => None,
    };
    // Freshdesk wants a name, so a customer without one is called by what is known.
    let name = identity.name.as_ref().map(|name| name.as_str());
    let name = name.or(external_id).or(phone).or(email)?;
    Some(Requester {
        requester_id: None,
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        unique_external_id: guard,
        name: Some(name.chars().take(255).collect()),
    })
}

fn nobody() -> Error {
    Error::new(
        ErrorKind::Rejected,
        "Freshdesk has no tickets without a requester",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(identity: &CustomerIdentity) -> Value {
        serde_json::to_value(described(identity).unwrap()).unwrap()
    }

    #[test]
    fn a_new_contact_is_known_by_what_only_it_has() {
        let phone = CustomerIdentity {
            phone: Phone::parse("+15550100100"),
            ..CustomerIdentity::default()
        };
        let expected = json!({ "phone": "+15550100100", "name": "+15550100100",
            "unique_external_id": "casewire:tel:+15550100100" });
        assert_eq!(written(&phone), expected);
        let email = CustomerIdentity {
            email: Email::parse("kim@example.com"),
            ..phone
        };
        let expected =
            json!({ "email": "kim@example.com", "phone": "+15550100100", "name": "+15550100100" });
        assert_eq!(written(&email), expected);
        let all = CustomerIdentity {
            external_id: ExternalId::parse("c-7"),
            ..email
        };
        let expected = json!({ "email": "kim@example.com", "phone": "+15550100100", "name": "c-7",
            "unique_external_id": "c-7" });
        assert_eq!(written(&all), expected);
    }

    #[test]
    fn no_email_address_is_ever_invented() {
        assert!(described(&CustomerIdentity::default()).is_none());
    }
}
