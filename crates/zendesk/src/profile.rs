//! What is constant about Zendesk Support.

use casewire_core::Profile;

/// What is constant about Zendesk Support: data and pure functions, no client.
///
/// Subjects hold 255 characters. A session type becomes a tag in lower case, each run of other characters than
/// letters and digits one `_`, trimmed (R13): `Voice Inbound (IVR)` becomes `voice_inbound_ivr`.
pub fn profile() -> Profile {
    Profile {
        name: "zendesk",
        title_limit: 255,
        session_type_tag,
        plain_tag,
        record_without_customer: true,
        refuses: &[],
    }
}

/// ASCII only: which other letters a tag may have is not documented.
fn session_type_tag(session_type: &str) -> String {
    let words = session_type
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase);
    words.collect::<Vec<_>>().join("_")
}

/// A space separates tags in Zendesk, and a tag with other characters than these vanishes.
fn plain_tag(tag: &str) -> String {
    let keeps = |c: char| c.is_ascii_alphanumeric() || "_-:/".contains(c);
    let words = tag
        .split(|c: char| !keeps(c))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r13_session_types_become_snake_case_tags() {
        for (session_type, tag) in [
            ("Voice Inbound (IVR)", "voice_inbound_ivr"),
            ("Messaging Inbound (Web Chat)", "messaging_inbound_web_chat"),
            ("Voice Outbound - API", "voice_outbound_api"),
            ("__Voice__", "voice"),
            ("(!)", ""),
        ] {
            assert_eq!(session_type_tag(session_type), tag, "{session_type}");
        }
    }

    #[test]
    fn r13_other_tags_keep_their_case() {
        assert_eq!(plain_tag("UJET"), "UJET");
        assert_eq!(plain_tag("My Platform, Inc"), "My_Platform_Inc");
    }

    proptest! {
        #[test]
        fn r13_tags_hold_only_what_zendesk_keeps(session_type in any::<String>()) {
            let tag = session_type_tag(&session_type);
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            prop_assert!(tag.chars().all(is_plain));
            prop_assert!(!tag.starts_with('_') && !tag.ends_with('_') && !tag.contains("__"));
            prop_assert_eq!(session_type_tag(&tag), tag.clone());
        }
    }
}
