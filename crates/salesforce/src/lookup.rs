//! Finding customers, records and a session's own record.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Found, LookUp, Phone, QueueId, Record, RecordId,
    Result, SessionKey, TraceSearch, WantedRecords,
};
use casewire_http::Request;
use jiff::Timestamp;
use serde::Deserialize;

use crate::composite::{Answers, Composite, Rows};
use crate::connector::Salesforce;
use crate::entry;
use crate::person::People;
use crate::records::RECORD;
use crate::row::{Row, plain};
use crate::soql;

/// What was asked of a customer in one call.
struct Seen {
    customer: Option<CustomerId>,
    /// The place, among the customer's keys, of the one that the customer was found by.
    key: usize,
    records: Vec<Record>,
}

/// Hits of a search: older versions answer with the bare list.
#[derive(Deserialize)]
#[serde(untagged)]
enum SearchAnswer {
    #[serde(rename_all = "camelCase")]
    Wrapped {
        search_records: Vec<Row>,
    },
    Bare(Vec<Row>),
}

impl Salesforce {
    pub(crate) async fn find(&self, query: &LookUp) -> Result<Found> {
        if query.trace == TraceSearch::Thorough
            && let Some(own) = self.find_own(&query.session).await?
        {
            return Ok(Found {
                customer: own.customer.clone(),
                own: Some(own),
                ..Found::default()
            });
        }
        let Some(identity) = &query.customer else {
            return Ok(Found::default());
        };
        let keys: Vec<_> = identity.keys(query.session.kind()).collect();
        let seen = self.find_of_customer(query, identity, &keys).await?;
        // By that key alone: of another one it is not known whether the customer has it too.
        if let (Some(customer), Some(key)) = (&seen.customer, keys.get(seen.key)) {
            self.customers.remember(key.clone(), customer.clone());
        }
        Ok(Found {
            customer: seen.customer,
            records: seen.records,
            own: None,
        })
    }

    /// Phone numbers are stored in any notation, which only a search finds, and it lags. So it is asked unless the
    /// customer is remembered, or found by a key that comes before the phone number.
    async fn find_of_customer(
        &self,
        query: &LookUp,
        identity: &CustomerIdentity,
        keys: &[CustomerKey],
    ) -> Result<Seen> {
        let remembered = keys.first().and_then(|key| self.customers.find(key));
        if let Some(customer) = remembered {
            if query.records.is_none() {
                return Ok(Seen {
                    customer: Some(customer),
                    key: 0,
                    records: Vec::new(),
                });
            }
            let known = std::slice::from_ref(&customer);
            let seen = self.ask(query, identity, keys, known).await?;
            if seen.customer.is_some() {
                return Ok(seen);
            }
            self.customers.forget(|known| *known == customer);
        }
        let place = keys
            .iter()
            .position(|key| matches!(key, CustomerKey::Phone(_)));
        let (Some(place), Some(phone)) = (place, &identity.phone) else {
            return self.ask(query, identity, keys, &[]).await;
        };
        if place > 0 {
            let seen = self.ask(query, identity, keys, &[]).await?;
            if seen.customer.is_some() && seen.key < place {
                return Ok(seen);
            }
            let hits = self.search(phone).await?;
            return match hits.is_empty() {
                true => Ok(seen),
                false => self.ask(query, identity, keys, &hits).await,
            };
        }
        let hits = self.search(phone).await?;
        self.ask(query, identity, keys, &hits).await
    }

    /// One call for the customer and, if wanted, the customer's records. The records are asked for by the customer's
    /// keys, so that nobody has to wait for the customer's id; where that is not possible they take a second call.
    async fn ask(
        &self,
        query: &LookUp,
        identity: &CustomerIdentity,
        keys: &[CustomerKey],
        ids: &[CustomerId],
    ) -> Result<Seen> {
        let mut asked = Composite::apart(&self.version);
        for (number, people) in self.people.iter().enumerate() {
            asked = asked.query(&format!("customers{number}"), &people.query(identity, ids));
            let parent = self.records.parent(people.object);
            if let (Some(wanted), Some(parent)) = (&query.records, parent) {
                let field = self.records.customer_field(people.object);
                let condition = people.condition(&format!("{parent}."), field, identity, ids);
                let records = self.records.wanted(wanted, &condition);
                asked = asked.query(&format!("records{number}"), &records);
            }
        }
        let mut answers: Answers = self.api.read(asked.request()).await?;
        for (number, people) in self.people.iter().enumerate() {
            let rows: Rows = answers.body(&format!("customers{number}"))?;
            let Some((key, customer)) = chosen(people, &rows.records, keys) else {
                continue;
            };
            let records = match (&query.records, self.records.parent(people.object)) {
                (None, _) => Vec::new(),
                (Some(_), Some(_)) => {
                    let rows: Rows = answers.body(&format!("records{number}"))?;
                    self.read_along(&rows.records)
                }
                (Some(wanted), None) => self.records_of(&customer, people, wanted).await?,
            };
            return Ok(Seen {
                records: records
                    .into_iter()
                    .filter(|record| record.customer.as_ref() == Some(&customer))
                    .collect(),
                customer: Some(customer),
                key,
            });
        }
        Ok(Seen {
            customer: None,
            key: keys.len(),
            records: Vec::new(),
        })
    }

    /// The customer's records, by the customer's id.
    async fn records_of(
        &self,
        customer: &CustomerId,
        people: &People,
        wanted: &WantedRecords,
    ) -> Result<Vec<Record>> {
        let field = self.records.customer_field(people.object);
        let condition = format!("{field} = {}", soql::text(&customer.0));
        let soql = self.records.wanted(wanted, &condition);
        let asked = Composite::apart(&self.version).query("records", &soql);
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("records")?;
        Ok(self.read_along(&rows.records))
    }

    /// Whether the customer has a record in this queue, whatever its state.
    pub(crate) async fn has_record_in(
        &self,
        customer: &CustomerId,
        queue: &QueueId,
    ) -> Result<bool> {
        let wanted = WantedRecords {
            queue: queue.clone(),
            closed_since: Some(Timestamp::UNIX_EPOCH),
        };
        for people in &self.people {
            if !self.records_of(customer, people, &wanted).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those rows that are whole, each with what this connector wrote there itself.
    fn read_along(&self, rows: &[Row]) -> Vec<Record> {
        let records = rows.iter().filter_map(|row| self.records.record(row, &[]));
        records
            .map(|mut record| {
                if !self.records.has_entries()
                    && let Some(written) = self.written.find(&record.id)
                {
                    record.trace.merge(&written.trace);
                }
                record
            })
            .collect()
    }

    /// The customers whose numbers are `phone`. A search knows words, so each hit is compared.
    async fn search(&self, phone: &Phone) -> Result<Vec<CustomerId>> {
        let words: Vec<_> = phone
            .digit_forms()
            .iter()
            .map(|digits| soql::search_word(digits))
            .collect();
        let returning: Vec<_> = self.people.iter().map(People::returning).collect();
        let sosl = format!(
            "FIND {{{}}} IN PHONE FIELDS RETURNING {}",
            words.join(" OR "),
            returning.join(", ")
        );
        let request = Request::get("/services/data/v{version}/search")
            .fill("version", &self.version)
            .query("q", sosl);
        let hits = match self.api.read(request).await? {
            SearchAnswer::Wrapped { search_records } => search_records,
            SearchAnswer::Bare(rows) => rows,
        };
        let key = CustomerKey::Phone(phone.clone());
        let is_meant = |row: &&Row| self.people.iter().any(|people| people.has_key(row, &key));
        let ids = hits
            .iter()
            .filter(is_meant)
            .filter_map(|row| row.text("Id"));
        Ok(ids.map(|id| CustomerId(id.to_owned())).collect())
    }

    /// The record that the session is on: the one it made, or the one where its entries are. No index lags here.
    pub(crate) async fn find_own(&self, session: &SessionKey) -> Result<Option<Record>> {
        let token = plain(session.token());
        let asked = Composite::apart(&self.version)
            .query("made", &self.records.by_session(&token))
            .query("entries", &entry::of_session(&token, &self.config));
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let made: Rows = answers.body("made")?;
        let entries: Rows = answers.body("entries")?;
        // A field of the org's own may compare without case.
        let is_made = |row: &&Row| {
            let made_by = row.text(&self.records.session).unwrap_or_default();
            made_by == token || !made_by.eq_ignore_ascii_case(&token)
        };
        let made = made.records.iter().find(is_made);
        let id = match (made, entries.records.first()) {
            (Some(made), _) if self.records.has_entries() => {
                return Ok(self.records.record(made, &[]));
            }
            (Some(made), _) => made.text("Id"),
            // The org moves an entry along when records are merged, and with it the first of these.
            (None, Some(entry)) => {
                let field = entry::record_field(&self.config);
                field
                    .and_then(|field| entry.text(field))
                    .or_else(|| entry.text(RECORD))
            }
            (None, None) => None,
        };
        match id {
            Some(id) => self.read(&RecordId(id.to_owned())).await,
            None => Ok(None),
        }
    }

    /// The record with this id.
    pub(crate) async fn read(&self, id: &RecordId) -> Result<Option<Record>> {
        if !soql::is_id(&id.0) {
            return Ok(None);
        }
        let mut asked = Composite::apart(&self.version).query("record", &self.records.by_id(id));
        if !self.records.has_entries() {
            asked = asked.query("entries", &entry::of_record(&id.0, &self.config));
        }
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("record")?;
        let entries: Rows = match self.records.has_entries() {
            true => Rows::default(),
            false => answers.body("entries")?,
        };
        let row = rows.records.first();
        Ok(row.and_then(|row| self.records.record(row, &entries.records)))
    }
}

/// The customer found by the first key that finds one, with that key's place.
fn chosen(people: &People, rows: &[Row], keys: &[CustomerKey]) -> Option<(usize, CustomerId)> {
    keys.iter().enumerate().find_map(|(place, key)| {
        let id = people.newest(rows, key)?.text("Id")?;
        Some((place, CustomerId(id.to_owned())))
    })
}
