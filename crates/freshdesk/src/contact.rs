//! Freshdesk's contacts: their JSON, and which of them is meant by a key. No I/O. Customer data, so without a Debug.

use casewire_core::{CustomerId, CustomerKey, Email};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: u64,
    email: Option<String>,
    #[serde(default)]
    other_emails: Option<Vec<String>>,
    phone: Option<String>,
    mobile: Option<String>,
    /// What its items are is not documented; those that are texts are numbers.
    #[serde(default)]
    other_phone_numbers: Option<Vec<Value>>,
    unique_external_id: Option<String>,
    created_at: Option<Timestamp>,
}

impl Contact {
    pub(crate) fn customer(&self) -> CustomerId {
        CustomerId(self.id.to_string())
    }

    /// Whether it is shown as in a list, where addresses beyond the first are left out.
    pub(crate) fn lacks_addresses(&self) -> bool {
        self.other_emails.is_none()
    }

    /// Whether the contact has `key`. A filter that Freshdesk does not know could show any contact, so every hit is
    /// compared.
    pub(crate) fn has_key(&self, key: &CustomerKey) -> bool {
        match key {
            CustomerKey::ExternalId(id) => self.unique_external_id.as_deref() == Some(id.as_str()),
            CustomerKey::Phone(phone) => {
                let others = self.other_phone_numbers.iter().flatten();
                let numbers = [&self.phone, &self.mobile].into_iter().flatten();
                let mut numbers = numbers
                    .map(String::as_str)
                    .chain(others.filter_map(Value::as_str));
                numbers.any(|number| phone.is_written(number))
            }
            CustomerKey::Email(email) => {
                let mut addresses = self.email.iter().chain(self.other_emails.iter().flatten());
                addresses.any(|address| Email::parse(address).as_ref() == Some(email))
            }
        }
    }
}

/// Of several contacts, the one created last.
pub(crate) fn newest(contacts: &[Contact]) -> Option<CustomerId> {
    let newest = contacts
        .iter()
        .max_by_key(|contact| (contact.created_at, contact.id));
    newest.map(Contact::customer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contact(id: u64, changes: Value) -> Contact {
        let mut contact = json!({
            "id": id, "name": "Kim", "email": null, "phone": null, "mobile": null, "unique_external_id": null,
            "org_contact_id": 1_847_404_637_041_218_600_u64, "created_at": "2026-01-24T01:14:06Z",
        });
        for (key, value) in changes.as_object().unwrap() {
            contact[key] = value.clone();
        }
        serde_json::from_value(contact).unwrap()
    }

    #[test]
    fn a_contact_has_its_number_in_any_notation_and_in_either_field() {
        let key = CustomerKey::parse("+12015550123").unwrap();
        for (field, number, has) in [
            ("phone", "+12015550123", true),
            ("phone", "(201) 555-0123", true),
            ("mobile", "+1 201 555 0123", true),
            ("phone", "+12015550124", false),
            ("phone", "ask Kim", false),
        ] {
            assert_eq!(
                contact(1, json!({ field: number })).has_key(&key),
                has,
                "{number}"
            );
        }
        let others = json!({ "other_phone_numbers": ["+12015550199", {}, "(201) 555-0123"] });
        assert!(contact(1, others).has_key(&key));
    }

    #[test]
    fn a_contact_has_several_addresses_and_one_external_id() {
        let kim = contact(
            1,
            json!({ "email": "Kim@Example.com", "other_emails": ["k@example.com"], "unique_external_id": "c-7" }),
        );
        for (key, has) in [
            ("kim@example.com", true),
            ("k@example.com", true),
            ("lee@example.com", false),
            ("c-7", true),
            ("C-7", false),
        ] {
            assert_eq!(kim.has_key(&CustomerKey::parse(key).unwrap()), has, "{key}");
        }
    }

    #[test]
    fn of_several_contacts_the_one_created_last_counts() {
        let contacts = [
            contact(9, json!({})),
            contact(2, json!({ "created_at": "2026-02-24T01:14:06Z" })),
            contact(501_001_204_168, json!({})),
        ];
        assert_eq!(newest(&contacts), Some(CustomerId("2".to_owned())));
        assert_eq!(newest(&[]), None);
    }
}
