//! What is constant about Freshdesk.

use casewire_core::Profile;

/// Freshdesk refuses a longer tag.
const MAX_TAG_CHARS: usize = 32;

/// What is constant about Freshdesk: data and pure functions, no client.
///
/// Subjects hold 255 characters, tags 32. A session type is its own tag (R13), `Messaging Inbound (Web Chat)` as it is;
/// what is too long is cut, and a comma, which separates tags, becomes a space.
pub fn profile() -> Profile {
    Profile {
        name: "freshdesk",
        title_limit: 255,
        session_type_tag: tag,
        plain_tag: tag,
        record_without_customer: false,
        refuses: &[
            "skip_customer_lookup",
            "skip_customer_creation",
            "skip_record_creation",
        ],
    }
}

fn tag(text: &str) -> String {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let tag = parts.collect::<Vec<_>>().join(" ");
    let cut: String = tag.chars().take(MAX_TAG_CHARS).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_session_types_and_platforms_stay_themselves() {
        for text in [
            "Messaging Inbound (Web Chat)",
            "Voice Inbound (IVR)",
            "UJET",
            "Größe <XL>",
        ] {
            assert_eq!(tag(text), text);
        }
    }

    #[test]
    fn r13_a_tag_is_what_freshdesk_takes() {
        for (text, expected) in [
            ("Voice, Inbound,(IVR)", "Voice Inbound (IVR)"),
            (" , ", ""),
            (
                "Messaging Inbound (Mobile SDK App)",
                "Messaging Inbound (Mobile SDK Ap",
            ),
            (
                "ünïcödé ünïcödé ünïcödé ünïcödé x",
                "ünïcödé ünïcödé ünïcödé ünïcödé",
            ),
        ] {
            assert_eq!(tag(text), expected);
            assert!(expected.chars().count() <= MAX_TAG_CHARS);
        }
    }
}
