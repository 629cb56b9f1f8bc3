//! Who owns a record when the agent has no user in the org.

use casewire_core::{Email, UserId};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::soql::is_id;

/// A user, by e-mail address or id, or a queue, by id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub enum DefaultUser {
    /// A user by e-mail address.
    Email(Email),
    /// A user (`005...`) or queue (`00G...`) by id.
    Id(UserId),
}

impl TryFrom<String> for DefaultUser {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if let Some(email) = Email::parse(&text) {
            return Ok(Self::Email(email));
        }
        if is_id(&text) && (text.starts_with("005") || text.starts_with("00G")) {
            return Ok(Self::Id(UserId(text)));
        }
        Err("expected a user's e-mail address or id (005...), or a queue's id (00G...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_an_address_or_an_id_and_a_queue_an_id() {
        let read = |text: &str| DefaultUser::try_from(text.to_owned());
        let address = Email::parse("ana@example.com").map(DefaultUser::Email);
        assert_eq!(read("Ana@example.com").ok(), address);
        for id in [
            "00500000000000A",
            "00500000000000AAAA",
            "00G00000000000AAAA",
        ] {
            assert_eq!(read(id), Ok(DefaultUser::Id(UserId(id.to_owned()))));
        }
        for text in ["Ana", "", "50000000000000AAAA", "005000", "00500000000000'"] {
            assert!(read(text).unwrap_err().contains("expected"), "{text}");
        }
    }
}
