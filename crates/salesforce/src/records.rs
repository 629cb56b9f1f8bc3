//! What a record is in this org: a case, an opportunity, or a task on a customer.
//!
//! Source: Object Reference, "Case", "Opportunity" and "Task".

use std::collections::BTreeSet;

use casewire_core::{CustomerId, QueueId, Record, RecordId, RecordState, Trace, WantedRecords};

use crate::config::{AttachTo, CustomerObject, RecordObject, SalesforceConfig, SessionDataObject};
use crate::row::{Row, as_given, plain};
use crate::soql;

/// Of one customer, so many records are looked at: open ones first, then those closed last.
const MOST_RECORDS: usize = 200;

/// Of one record, so many entries are read along.
const MOST_ENTRIES: usize = 500;

/// The unique field by which one entry is told from another.
pub(crate) const KEY: &str = "Casewire_Key__c";

/// The field of an entry that holds its record's id.
pub(crate) const RECORD: &str = "Casewire_Record__c";

/// How this org's records are written and read.
pub(crate) struct Records {
    pub(crate) object: RecordObject,
    /// What a customer may be, the usual one first.
    customers: Vec<CustomerObject>,
    pub(crate) leaf_queue: String,
    pub(crate) session: String,
    /// Closed statuses that never open again.
    final_statuses: BTreeSet<String>,
    /// The child relationship by which the entries hang on the record.
    entries: Option<&'static str>,
    /// Where people see records.
    url: String,
}

impl Records {
    pub(crate) fn new(config: &SalesforceConfig, base: &str) -> Self {
        let has_children = matches!(
            config.record_object,
            RecordObject::Case | RecordObject::Opportunity
        ) && config.session_data.attach_to == AttachTo::Record;
        let entries = match config.session_data.object {
            SessionDataObject::Activity => "Tasks",
            SessionDataObject::SessionEntry => "Casewire_Session_Entries__r",
        };
        Self {
            object: config.record_object,
            customers: [Some(config.customer_object()), config.customer.second]
                .into_iter()
                .flatten()
                .collect(),
            leaf_queue: config.fields.leaf_queue.to_string(),
            session: config.fields.session.to_string(),
            final_statuses: config.statuses.closed.iter().cloned().collect(),
            entries: has_children.then_some(entries),
            url: format!("{base}/"),
        }
    }

    pub(crate) fn sobject(&self) -> &'static str {
        self.object.sobject()
    }

    /// Whether reading a record brings its entries.
    pub(crate) fn has_entries(&self) -> bool {
        self.entries.is_some()
    }

    pub(crate) fn title_field(&self) -> &'static str {
        match self.object {
            RecordObject::Opportunity => "Name",
            _ => "Subject",
        }
    }

    pub(crate) fn status_field(&self) -> &'static str {
        match self.object {
            RecordObject::Opportunity => "StageName",
            _ => "Status",
        }
    }

    /// When the record was closed.
    fn closed_field(&self) -> &'static str {
        match self.object {
            RecordObject::Case => "ClosedDate",
            // Its `CloseDate` is a plan.
            RecordObject::Opportunity => "LastStageChangeDate",
            _ => "CompletedDateTime",
        }
    }

    /// The field that refers to a customer of this kind.
    pub(crate) fn customer_field(&self, customer: CustomerObject) -> &'static str {
        let is_task = self.sobject() == "Task";
        match customer {
            CustomerObject::Contact | CustomerObject::Lead if is_task => "WhoId",
            CustomerObject::Contact | CustomerObject::Lead => "ContactId",
            CustomerObject::Account | CustomerObject::PersonAccount if is_task => "WhatId",
            CustomerObject::Account | CustomerObject::PersonAccount => "AccountId",
        }
    }

    /// The parent by whose fields records are found. A task's parent can be of several kinds, whose fields can not be
    /// asked for.
    pub(crate) fn parent(&self, customer: CustomerObject) -> Option<&'static str> {
        if self.sobject() == "Task" {
            return None;
        }
        Some(customer.sobject())
    }

    /// The fields that are read of a record.
    pub(crate) fn fields(&self) -> String {
        let mut fields = vec![
            "Id",
            self.status_field(),
            "IsClosed",
            "CreatedDate",
            self.closed_field(),
            "SystemModstamp",
        ];
        fields.extend(self.parent_fields());
        fields.extend([&*self.leaf_queue, &*self.session]);
        fields.join(",")
    }

    /// The fields that refer to contact and account, in this order.
    pub(crate) fn parent_fields(&self) -> [&'static str; 2] {
        match self.sobject() {
            "Task" => ["WhoId", "WhatId"],
            _ => ["ContactId", "AccountId"],
        }
    }

    fn select(&self) -> String {
        let mut fields = self.fields();
        if self.tells_person_accounts() {
            fields.push_str(",Account.IsPersonAccount");
        }
        let entries = self.entries.map_or_else(String::new, |entries| {
            format!(
                ",(SELECT {KEY} FROM {entries} WHERE {KEY} != null \
                 ORDER BY CreatedDate ASC, Id ASC LIMIT {MOST_ENTRIES})"
            )
        });
        format!("SELECT {fields}{entries} FROM {}", self.sobject())
    }

    /// The record with this id.
    pub(crate) fn by_id(&self, id: &RecordId) -> String {
        format!("{} WHERE Id = {}", self.select(), soql::text(&id.0))
    }

    /// The record that the session with this token made.
    pub(crate) fn by_session(&self, token: &str) -> String {
        format!(
            "{} WHERE {} = {}",
            self.select(),
            self.session,
            soql::text(token)
        )
    }

    /// The row of the record with this id, unless it changed since `version`.
    pub(crate) fn unchanged(&self, id: &RecordId, version: &str) -> String {
        format!(
            "SELECT Id,{} FROM {} WHERE Id = {} AND SystemModstamp = {version}",
            self.parent_fields().join(","),
            self.sobject(),
            soql::text(&id.0)
        )
    }

    /// The records of the customers that `of_customer` describes.
    pub(crate) fn wanted(&self, wanted: &WantedRecords, of_customer: &str) -> String {
        let closed = match wanted.closed_since {
            Some(since) => format!(
                "(IsClosed = false OR {} >= {})",
                self.closed_field(),
                soql::instant(since)
            ),
            None => "IsClosed = false".to_owned(),
        };
        format!(
            "{} WHERE {} = {} AND ({of_customer}) AND {closed} \
             ORDER BY IsClosed ASC, {} DESC NULLS LAST, CreatedDate DESC LIMIT {MOST_RECORDS}",
            self.select(),
            self.leaf_queue,
            soql::text(&plain(wanted.queue.0.to_string())),
            self.closed_field(),
        )
    }

    /// A row as a record; none when it is not whole. `more` are keys of entries that were read apart.
    pub(crate) fn record(&self, row: &Row, more: &[Row]) -> Option<Record> {
        let id = row.text("Id")?;
        let is_closed = row.is("IsClosed");
        let status = row.text(self.status_field()).unwrap_or_default();
        let state = match is_closed {
            false => RecordState::Open,
            true if self.final_statuses.contains(status) => RecordState::Closed,
            true => RecordState::Resolved,
        };
        Some(Record {
            id: RecordId(id.to_owned()),
            customer: self.customer_of(row),
            queue: row
                .text(&self.leaf_queue)
                .map(|queue| QueueId(as_given(queue).into())),
            state,
            created_at: row.time("CreatedDate")?,
            closed_at: row.time(self.closed_field()).filter(|_| is_closed),
            tags: Vec::new(),
            trace: self.trace(row, more),
            version: Some(soql::instant(row.time("SystemModstamp")?)),
            url: Some(format!("{}{id}", self.url)),
        })
    }

    /// What is a contact's is also of the contact's account, and what is a person account's also of its contact.
    fn customer_of(&self, row: &Row) -> Option<CustomerId> {
        let is_persons = row.parent_is("Account", "IsPersonAccount");
        let mut fields: Vec<_> = self
            .customers
            .iter()
            .map(|customer| self.customer_field(*customer))
            .collect();
        fields.sort_by_key(|field| (*field == "ContactId") == is_persons);
        let id = fields.into_iter().find_map(|field| row.text(field))?;
        Some(CustomerId(id.to_owned()))
    }

    /// Whether a record's contact alone does not tell whose it is.
    fn tells_person_accounts(&self) -> bool {
        [CustomerObject::Contact, CustomerObject::PersonAccount]
            .iter()
            .all(|object| self.customers.contains(object))
    }

    /// What `entries` say.
    pub(crate) fn trace_of(&self, entries: &[Row]) -> Trace {
        let keys: Vec<_> = entries.iter().filter_map(|entry| entry.text(KEY)).collect();
        Trace::parse(&as_given(&keys.join(" ")))
    }

    /// The session that made the record, and all entries in the order they were written.
    fn trace(&self, row: &Row, more: &[Row]) -> Trace {
        let children: Vec<_> = self
            .entries
            .map_or_else(Vec::new, |entries| row.children(entries).collect());
        let maker = row.text(&self.session);
        let entries = children.iter().chain(more);
        let entries = entries.filter_map(|entry| entry.text(KEY));
        let mut seen = BTreeSet::new();
        let mut tokens: Vec<_> = maker.into_iter().chain(entries).collect();
        tokens.retain(|token| seen.insert(*token));
        Trace::parse(&as_given(&tokens.join(" ")))
    }
}
