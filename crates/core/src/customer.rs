//! The person a session is with, and how the same person is found again.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SessionKind;

/// Declares a string newtype whose `Debug` shows nothing: customer data never reaches a log.
macro_rules! private_string {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub struct $name(Box<str>);

        impl $name {
            /// The text itself. Write it to the CRM or to standard output, never to a log.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[private]")
            }
        }
    };
}

private_string! {
    /// A phone number in E.164 form: `+` and 7 to 15 digits.
    Phone
}
private_string! {
    /// An e-mail address in lower case; addresses compare without regard to case.
    Email
}
private_string! {
    /// The id of a customer in the contact center's own systems.
    ExternalId
}
private_string! {
    /// The name of a customer or agent.
    PersonName
}

impl Phone {
    /// Reads a phone number that carries its country code, in any usual notation. `None` for anything
    /// else, for example `anonymous` or a number without `+`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('+')
            && (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Some(Self(text.into()));
        }
        if !text.starts_with(['+', '＋']) {
            return None;
        }
        let number: PhoneNumber = text.parse().ok()?;
        Some(Self(number.to_string().into()))
    }

    /// The digits without `+`, as search languages want them.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// The digits as people store them: with country code, as dialed within the country, and without either. Each form
    /// once.
    pub fn digit_forms(&self) -> Vec<String> {
        let mut forms = vec![self.digits().to_owned()];
        let Ok(number) = self.0.parse::<PhoneNumber>() else {
            return forms;
        };
        let national = number.format_as(PhoneNumberFormat::National);
        let significant = &self.digits()[number.country_code.to_string().len()..];
        for form in [&*national, significant] {
            let digits: String = form.chars().filter(char::is_ascii_digit).collect();
            if !forms.contains(&digits) {
                forms.push(digits);
            }
        }
        forms
    }

    /// Whether `text`, in any usual notation, is this number. Without a country code it is read as one of this number's
    /// country.
    pub fn is_written(&self, text: &str) -> bool {
        if let Some(phone) = Self::parse(text) {
            return phone == *self;
        }
        let Ok(own) = self.0.parse::<PhoneNumber>() else {
            return false;
        };
        let country = PHONE_NUMBER_UTIL.get_region_for_country_code(own.country_code);
        let written = PHONE_NUMBER_UTIL.parse(text.trim(), country);
        written.is_ok_and(|written| *written.to_string() == *self.0)
    }
}

impl Email {
    /// Reads an address: something, `@`, something, without spaces. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let plausible = !local.is_empty()
            && !domain.is_empty()
            && !text
                .contains(|c: char| c.is_whitespace() || c.is_control() || "\"<>,;".contains(c));
        plausible.then(|| Self(text.to_lowercase().into()))
    }
}

impl ExternalId {
    /// Takes any text that is not blank.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.into()))
    }
}

impl PersonName {
    /// Takes any text that is not blank.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.into()))
    }
}

/// What is known of a customer. All absent means anonymous.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CustomerIdentity {
    /// The number the customer calls from.
    pub phone: Option<Phone>,
    /// The customer's e-mail address.
    pub email: Option<Email>,
    /// The customer's id in the contact center's own systems.
    pub external_id: Option<ExternalId>,
    /// The customer's name: written to new customers, never looked up by.
    pub name: Option<PersonName>,
}

/// One thing a customer can be looked up by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomerKey {
    /// By the id in the contact center's own systems.
    ExternalId(ExternalId),
    /// By phone number.
    Phone(Phone),
    /// By e-mail address.
    Email(Email),
}

impl CustomerKey {
    /// Reads a key as `casewire simulate --records` gives it: a phone number in E.164, an e-mail
    /// address, or else an external id. `None` when blank.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(phone) = Phone::parse(text) {
            return Some(Self::Phone(phone));
        }
        if let Some(email) = Email::parse(text) {
            return Some(Self::Email(email));
        }
        ExternalId::parse(text).map(Self::ExternalId)
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ExternalId(id) => id.as_str(),
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }
}

impl CustomerIdentity {
    /// Whether nothing is known that a customer could be found by (a withheld number).
    pub fn is_anonymous(&self) -> bool {
        self.phone.is_none() && self.email.is_none() && self.external_id.is_none()
    }

    /// The keys in the order they are looked up: external id, then phone for calls or e-mail for
    /// chats, then the other (docs/RULES.md §4).
    pub fn keys(&self, kind: SessionKind) -> impl Iterator<Item = CustomerKey> {
        let external_id = self.external_id.clone().map(CustomerKey::ExternalId);
        let phone = self.phone.clone().map(CustomerKey::Phone);
        let email = self.email.clone().map(CustomerKey::Email);
        let (second, third) = match kind {
            SessionKind::Call => (phone, email),
            SessionKind::Chat => (email, phone),
        };
        [external_id, second, third].into_iter().flatten()
    }
}

/// The id of a customer in the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomerId(pub String);

/// The id of a user (an agent) in the CRM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserId(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_compare_as_e164() {
        for notation in [
            "+12015550123",
            "+1 201 555 0123",
            "+1 (201) 555-0123",
            " +1.201.555.0123 ",
        ] {
            assert_eq!(
                Phone::parse(notation).unwrap().as_str(),
                "+12015550123",
                "{notation}"
            );
        }
    }

    #[test]
    fn a_stored_number_is_known_in_any_notation() {
        for (number, written, others) in [
            (
                "+12015550123",
                ["(201) 555-0123", "1 201 555 0123", "+1.201.555.0123"],
                ["(201) 555-0124", "+44 201 555 0123", "555-0123", ""],
            ),
            (
                "+442079460958",
                ["020 7946 0958", "+44 (0)20 7946 0958", "2079460958"],
                ["020 7946 0959", "+1 207 946 0958", "ask Kim", "0"],
            ),
        ] {
            let number = Phone::parse(number).unwrap();
            for text in written {
                assert!(number.is_written(text), "{text}");
            }
            for text in others {
                assert!(!number.is_written(text), "{text}");
            }
        }
    }

    #[test]
    fn digits_have_the_forms_that_people_store() {
        let forms = |number| Phone::parse(number).unwrap().digit_forms();
        assert_eq!(forms("+12015550123"), ["12015550123", "2015550123"]);
        assert_eq!(
            forms("+442079460958"),
            ["442079460958", "02079460958", "2079460958"]
        );
    }

    #[test]
    fn what_names_no_country_is_no_phone() {
        for text in [
            "",
            "anonymous",
            "2015550123",
            "+",
            "+0123456789",
            "Restricted",
        ] {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn emails_compare_without_case() {
        assert_eq!(
            Email::parse("Ana@Example.com"),
            Email::parse("ana@example.com")
        );
        for text in ["", "ana", "@example.com", "ana@", "ana @example.com"] {
            assert_eq!(Email::parse(text), None, "{text}");
        }
    }

    #[test]
    fn looks_up_by_external_id_then_by_the_channel_then_by_the_other() {
        let identity = CustomerIdentity {
            phone: Phone::parse("+12015550123"),
            email: Email::parse("kim@example.com"),
            external_id: ExternalId::parse("c-7"),
            name: None,
        };
        let order = |kind| {
            identity
                .keys(kind)
                .map(|key| key.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            order(SessionKind::Call),
            ["c-7", "+12015550123", "kim@example.com"]
        );
        assert_eq!(
            order(SessionKind::Chat),
            ["c-7", "kim@example.com", "+12015550123"]
        );
    }

    #[test]
    fn debug_shows_no_customer_data() {
        let identity = CustomerIdentity {
            phone: Phone::parse("+12015550123"),
            email: Email::parse("kim@example.com"),
            external_id: ExternalId::parse("c-7"),
            name: PersonName::parse("Kim"),
        };
        let shown = format!("{identity:?}");
        for private in ["2015550123", "kim", "Kim", "c-7"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}
