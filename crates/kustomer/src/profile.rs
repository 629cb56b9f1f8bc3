//! What is constant about Kustomer.

use casewire_core::Profile;

/// How long a conversation's name can be.
pub(crate) const MAX_TITLE: usize = 256;

/// How long a tag can be.
const MAX_TAG: usize = 64;

/// What is constant about Kustomer: data and pure functions, no client.
///
/// Names of conversations hold 256 characters. A session type becomes a tag with ` - X` for ` (X)` (R13):
/// `Voice Inbound (IVR)` becomes `Voice Inbound - IVR`. Characters that Kustomer refuses in tags become spaces, and
/// what is longer than 64 characters is cut. Every conversation has a customer, so customers can not be skipped.
pub fn profile() -> Profile {
    Profile {
        name: "kustomer",
        title_limit: MAX_TITLE,
        session_type_tag,
        plain_tag,
        record_without_customer: false,
        refuses: &[
            "skip_customer_lookup",
            "skip_customer_creation",
            "skip_record_creation",
        ],
    }
}

fn session_type_tag(session_type: &str) -> String {
    let parts = session_type.trim_end().strip_suffix(')');
    match parts.and_then(|parts| parts.split_once(" (")) {
        Some((before, inside)) => plain_tag(&format!("{before} - {inside}")),
        None => plain_tag(session_type),
    }
}

/// The characters of Kustomer's own pattern; a space may not come first.
fn plain_tag(tag: &str) -> String {
    let keeps =
        |c: char| c.is_ascii_alphanumeric() || ('À'..='ÿ').contains(&c) || "_/<>-.".contains(c);
    let words = tag
        .split(|c: char| !keeps(c))
        .filter(|word| !word.is_empty());
    let tag = words.collect::<Vec<_>>().join(" ");
    let tag: String = tag.chars().take(MAX_TAG).collect();
    tag.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r13_parentheses_of_session_types_become_a_dash() {
        for (session_type, tag) in [
            ("Voice Inbound (IVR)", "Voice Inbound - IVR"),
            (
                "Messaging Inbound (Web Chat)",
                "Messaging Inbound - Web Chat",
            ),
            ("Voice Outbound - API", "Voice Outbound - API"),
            ("Voice Campaign (A) (B)", "Voice Campaign - A B"),
            ("(!)", ""),
        ] {
            assert_eq!(session_type_tag(session_type), tag, "{session_type}");
        }
    }

    #[test]
    fn r13_other_tags_keep_what_kustomer_takes() {
        assert_eq!(plain_tag("UJET"), "UJET");
        assert_eq!(plain_tag(" Müller & Söhne: A/B"), "Müller Söhne A/B");
        assert_eq!(plain_tag(&"x".repeat(80)).len(), 64);
    }

    proptest! {
        #[test]
        fn r13_tags_hold_only_what_kustomer_takes(text in any::<String>()) {
            for tag in [session_type_tag(&text), plain_tag(&text)] {
                let fits = |c: char| c == ' ' || c.is_ascii_alphanumeric() || ('À'..='ÿ').contains(&c) || "_/<>-.".contains(c);
                prop_assert!(tag.chars().all(fits), "{}", tag);
                prop_assert!(tag.chars().count() <= 64 && !tag.starts_with(' ') && !tag.ends_with(' '));
                prop_assert_eq!(plain_tag(&tag), tag.clone());
            }
        }
    }
}
