//! Finding the ticket that a session is on already, wherever it is.

use casewire_core::{CustomerKey, Found, LookUp, Record, Result, SessionKey, Trace, TraceSearch};
use jiff::{SignedDuration, Timestamp};

use crate::connector::{Freshdesk, Made};
use crate::look::Look;
use crate::records::{MAX_PAGES, PAGE, Whose};

/// The same new record is known again for so long among its customer's, and found by a look-up after that.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// And among anybody's, which are many.
const RECENT_OF_ANYBODY: SignedDuration = SignedDuration::from_hours(3);

impl Freshdesk {
    /// The session's own ticket, which is not among those of the customer that was `found`: among those of the other
    /// contacts who have a key of the customer, for which of them is found may have changed since it was made; and among
    /// the newest of all, for a person may have given it to another requester.
    pub(crate) async fn find_own_of_others(
        &self,
        query: &LookUp,
        found: &Found,
    ) -> Result<Option<Record>> {
        for whose in self.others(query, found).await? {
            let listed = self.listed(&whose, query).await?;
            if let Some(own) = listed.and_then(|listed| listed.found.own) {
                return Ok(Some(self.knows(&query.session, own)));
            }
        }
        let own = self.recent_of(&Whose::Anybody, &query.session).await?;
        Ok(own.map(|own| self.knows(&query.session, own.record)))
    }

    fn knows(&self, session: &SessionKey, own: Record) -> Record {
        self.made
            .remember(session.clone(), Made::Yes(own.id.clone()));
        own
    }

    /// Who else has a key of the customer.
    async fn others(&self, query: &LookUp, found: &Found) -> Result<Vec<Whose>> {
        let identity = query.customer.iter();
        let keys: Vec<_> = identity
            .flat_map(|identity| identity.keys(query.session.kind()))
            .collect();
        let mut others = Vec::new();
        let mut listed: Vec<_> = found.customer.iter().cloned().collect();
        for key in &keys {
            match key {
                // Nobody has it: that was asked.
                CustomerKey::Phone(_) if found.customer.is_none() => {}
                CustomerKey::Phone(_) => {
                    for contact in self.contacts_with(key, TraceSearch::Thorough).await? {
                        let customer = contact.customer();
                        if !listed.contains(&customer) {
                            listed.push(customer.clone());
                            others.push(Whose::Contact(customer));
                        }
                    }
                }
                // Only one can have it: the customer that was found.
                _ if keys.len() == 1 => {}
                _ if self
                    .customers
                    .find(key)
                    .is_some_and(|known| listed.contains(&known)) => {}
                CustomerKey::ExternalId(id) => {
                    others.push(Whose::ExternalId(id.as_str().to_owned()));
                }
                CustomerKey::Email(email) => others.push(Whose::Email(email.clone())),
            }
        }
        Ok(others)
    }

    /// The ticket of `session` among the recent ones.
    pub(crate) async fn recent_of(
        &self,
        whose: &Whose,
        session: &SessionKey,
    ) -> Result<Option<Look>> {
        let names = self.field_names().await?;
        let since = match whose {
            Whose::Anybody => Timestamp::now() - RECENT_OF_ANYBODY,
            _ => Timestamp::now() - RECENT,
        };
        for page in 1..=MAX_PAGES {
            let tickets = self.page(whose, page, None).await?.unwrap_or_default();
            let is_last = tickets.len() < PAGE || tickets.iter().any(|at| at.created_at < since);
            for ticket in tickets {
                let claims = Trace::parse(ticket.sessions(names));
                if claims.has_session(session)
                    && let Some(own) = self.whole(&ticket.record_id()).await?
                {
                    return Ok(Some(own));
                }
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }
}
