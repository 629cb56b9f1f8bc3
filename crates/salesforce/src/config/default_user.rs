//! Who owns a record when the agent has no user in the org.

use casewire_http::DefaultUser;
use serde::Deserializer;

use crate::soql::is_id;

/// A user (`005...`), by e-mail address or id, or a queue (`00G...`), by id.
pub(super) fn default_user<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DefaultUser>, D::Error> {
    let expected = "expected a user's e-mail address or id (005...), or a queue's id (00G...)";
    DefaultUser::deserialize(deserializer, is_owner_id, expected)
}

fn is_owner_id(text: &str) -> bool {
    is_id(text) && (text.starts_with("005") || text.starts_with("00G"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{Email, UserId};
    use serde_json::json;

    #[test]
    fn a_user_is_an_address_or_an_id_and_a_queue_an_id() {
        let read = |text: &str| default_user(json!(text));
        let address = Email::parse("ana@example.com").map(DefaultUser::Email);
        assert_eq!(read("Ana@example.com").unwrap(), address);
        for id in [
            "00500000000000A",
            "00500000000000AAAA",
            "00G00000000000AAAA",
        ] {
            let user = DefaultUser::Id(UserId(id.to_owned()));
            assert_eq!(read(id).unwrap(), Some(user));
        }
        for text in ["Ana", "", "50000000000000AAAA", "005000", "00500000000000'"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("expected"), "{text}");
        }
    }
}
