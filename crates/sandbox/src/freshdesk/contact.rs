use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::stamp;
use crate::indexed::Indexed;

/// A person who asks.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) unique_external_id: Option<String>,
    pub(super) other_emails: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) address: Option<String>,
    pub(super) description: Option<String>,
    pub(super) job_title: Option<String>,
    pub(super) view_all_tickets: Option<bool>,
    pub(super) is_deleted: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Contact {
    pub(super) fn blank(id: u64, name: String, at: Timestamp) -> Self {
        Self {
            id,
            name,
            email: None,
            phone: None,
            mobile: None,
            unique_external_id: None,
            other_emails: Vec::new(),
            tags: Vec::new(),
            address: None,
            description: None,
            job_title: None,
            view_all_tickets: None,
            is_deleted: false,
            created_at: at,
            updated_at: at,
        }
    }

    /// As in a list.
    pub(super) fn item(&self) -> Value {
        let (first, last) = self.name.split_once(' ').unwrap_or((&self.name, ""));
        json!({
            "active": false,
            "address": self.address,
            "company_id": null,
            "created_at": stamp(self.created_at),
            "csat_rating": null,
            "custom_fields": {},
            "description": self.description,
            "email": self.email,
            "facebook_id": null,
            "first_name": first,
            "id": self.id,
            "job_title": self.job_title,
            "language": "en",
            "last_name": last,
            "mobile": self.mobile,
            "name": self.name,
            // Beyond what a double can hold.
            "org_contact_id": 1_847_000_000_000_000_001_u64.saturating_add(self.id),
            "other_phone_numbers": [],
            "phone": self.phone,
            "preferred_source": null,
            "time_zone": "Eastern Time (US & Canada)",
            "twitter_id": null,
            "unique_external_id": self.unique_external_id,
            "updated_at": stamp(self.updated_at),
            "visitor_id": format!("00000000-0000-4000-8000-{:012x}", self.id),
        })
    }

    /// As on its own.
    pub(super) fn shown(&self) -> Value {
        let mut shown = self.item();
        shown["avatar"] = Value::Null;
        shown["deleted"] = json!(self.is_deleted);
        shown["other_companies"] = json!([]);
        shown["other_emails"] = json!(self.other_emails);
        shown["tags"] = json!(self.tags);
        shown["view_all_tickets"] = json!(self.view_all_tickets);
        shown
    }

    /// As in a ticket with its requester.
    pub(super) fn as_requester(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "email": self.email, "mobile": self.mobile, "phone": self.phone })
    }

    fn emails(&self) -> impl Iterator<Item = String> + '_ {
        let all = self.email.iter().chain(&self.other_emails);
        all.map(|email| email.to_lowercase())
    }

    fn phones(&self) -> impl Iterator<Item = &String> {
        self.phone.iter().chain(&self.mobile)
    }
}

/// The account's contacts, found by id, e-mail, phone and external id without a scan.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_id: BTreeMap<u64, Indexed<Contact>>,
    by_email: HashMap<String, u64>,
    by_external_id: HashMap<String, u64>,
    by_phone: HashMap<String, Vec<u64>>,
}

impl Contacts {
    pub(super) fn find(&self, id: u64) -> Option<&Contact> {
        self.by_id.get(&id).map(Indexed::current)
    }

    /// The contact with an e-mail address, whatever its case; deleted ones keep theirs.
    pub(super) fn with_email(&self, email: &str) -> Option<&Contact> {
        self.find(*self.by_email.get(&email.to_lowercase())?)
    }

    pub(super) fn with_external_id(&self, id: &str) -> Option<&Contact> {
        self.find(*self.by_external_id.get(id)?)
    }

    /// The contacts whose phone or mobile number is stored in exactly this form, oldest first.
    pub(super) fn with_phone(&self, number: &str) -> impl Iterator<Item = &Contact> {
        let ids = self.by_phone.get(number).into_iter().flatten();
        ids.filter_map(|id| self.find(*id))
    }

    /// All contacts, oldest first.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Contact> {
        self.by_id.values().map(Indexed::current)
    }

    /// What search shows, oldest first.
    pub(super) fn indexed(&self, now: Timestamp, lag: Duration) -> impl Iterator<Item = &Contact> {
        self.by_id
            .values()
            .filter_map(move |contact| contact.found(now, lag))
    }

    pub(super) fn put(&mut self, contact: Contact, now: Timestamp, lag: Duration) {
        let id = contact.id;
        if let Some(before) = self.find(id).cloned() {
            for email in before.emails() {
                self.by_email.remove(&email);
            }
            if let Some(external_id) = &before.unique_external_id {
                self.by_external_id.remove(external_id);
            }
            for phone in before.phones() {
                if let Some(ids) = self.by_phone.get_mut(phone) {
                    ids.retain(|other| *other != id);
                }
            }
        }
        for email in contact.emails() {
            self.by_email.insert(email, id);
        }
        if let Some(external_id) = &contact.unique_external_id {
            self.by_external_id.insert(external_id.clone(), id);
        }
        for phone in contact.phones() {
            let ids = self.by_phone.entry(phone.clone()).or_default();
            if !ids.contains(&id) {
                ids.push(id);
                ids.sort_unstable();
            }
        }
        match self.by_id.get_mut(&id) {
            Some(stored) => stored.replace(contact, now, lag),
            None => {
                self.by_id.insert(id, Indexed::new(contact, now));
            }
        }
    }
}
