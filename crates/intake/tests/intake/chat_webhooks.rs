//! Signatures of the CCAI Platform's chat webhooks.

use casewire_intake::{ChatWebhookHeaders, ChatWebhookKeys, SecretError, SignatureError};
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::signatures::{MADE_WITH, changed, changed_text, second, secrets};

const SECRETS: [&str; 2] = ["chat secret one", "chat secret two"];
const TIMESTAMP: &str = "1769217246";
const BODY: &[u8] = br#"{"a":1}"#;
const SIGNATURES: [&str; 2] = [
    "KEJXFjxKSuFZMcpo/HVVA4omSXTfce+K4ArJtsPAbBM=",
    "jAKMumOBhrF+swuXqtxXANKr0c100Hg3u9Vnvxnj3oA=",
];

fn keys(texts: &[&str]) -> ChatWebhookKeys {
    ChatWebhookKeys::parse(&secrets(texts)).unwrap()
}

fn headers<'h>(timestamp: &'h str, signature: &'h str) -> ChatWebhookHeaders<'h> {
    ChatWebhookHeaders {
        timestamp: Some(timestamp),
        signature: Some(signature),
    }
}

#[test]
fn chat_webhooks_are_taken_with_either_secret() {
    let [primary, secondary] = SIGNATURES;
    let both = format!("primary={primary} secondary={secondary}");
    for (secrets, signature) in [
        (&SECRETS[..], both.clone()),
        (&SECRETS[..1], both.clone()),
        (&SECRETS[1..], both.clone()),
        (&SECRETS[..1], format!("primary={primary}")),
        // What was the secondary secret here is the primary one there.
        (&SECRETS[..1], format!("primary=AAAA secondary={primary}")),
        (&SECRETS[..], format!("other=x  secondary={secondary}")),
    ] {
        let verified =
            keys(secrets).verify(headers(TIMESTAMP, &signature), BODY, second(1769217246));
        assert_eq!(verified, Ok(()), "{signature}, made with {MADE_WITH}");
    }
    let refused =
        keys(&["chat secret three"]).verify(headers(TIMESTAMP, &both), BODY, second(1769217246));
    assert_eq!(refused, Err(SignatureError::NoMatch));
}

#[test]
fn chat_webhooks_tell_their_time_in_three_ways() {
    let keys = keys(&["chat secret one"]);
    let verify = |timestamp, now| {
        let [primary, _] = SIGNATURES;
        let signature = format!("primary={primary}");
        keys.verify(headers(timestamp, &signature), BODY, second(now))
    };
    for timestamp in [
        "1769217246",
        "1769217246000",
        "2026-01-24T01:14:06Z",
        "2026-01-24T02:14:06.000+01:00",
    ] {
        // Only one of these was signed: what tells them apart is how far the verification came.
        let signed = timestamp == TIMESTAMP;
        let expected = if signed {
            Ok(())
        } else {
            Err(SignatureError::NoMatch)
        };
        assert_eq!(verify(timestamp, 1769217246 + 300), expected, "{timestamp}");
        let header = "x-signature-timestamp";
        for seconds in [301, -301] {
            let age = SignedDuration::from_secs(seconds);
            assert_eq!(
                verify(timestamp, 1769217246 + seconds),
                Err(SignatureError::Stale { header, age }),
                "{timestamp}"
            );
        }
    }
    for timestamp in ["yesterday", "-1", "99999999999999999999", "12:00"] {
        let error = verify(timestamp, 1769217246).unwrap_err();
        assert!(
            error.to_string().contains("milliseconds"),
            "{timestamp}: {error}"
        );
    }
}

#[test]
fn their_keys_are_never_shown() {
    assert_eq!(
        format!("{:?}", keys(&SECRETS)),
        "ChatWebhookKeys([2 redacted])"
    );
}

#[test]
fn chat_webhooks_need_their_headers_and_a_secret() {
    let keys = keys(&["chat secret one"]);
    let verify = |headers| keys.verify(headers, BODY, second(1769217246)).unwrap_err();
    let whole = headers(TIMESTAMP, "primary=AAAA");
    assert_eq!(
        verify(ChatWebhookHeaders {
            timestamp: None,
            ..whole
        }),
        SignatureError::Missing {
            header: "x-signature-timestamp"
        }
    );
    assert_eq!(
        verify(ChatWebhookHeaders {
            signature: Some(""),
            ..whole
        }),
        SignatureError::Missing {
            header: "x-signature"
        }
    );
    for signature in ["primary", "AAAA", "primary=%", "tertiary=AAAA"] {
        let error = verify(headers(TIMESTAMP, signature));
        assert!(
            error.to_string().contains("`primary=`"),
            "{signature}: {error}"
        );
    }
    for (texts, error) in [
        (&[][..], SecretError::None),
        (&["one", ""][..], SecretError::Blank { position: 2 }),
        (&[" \n"][..], SecretError::Blank { position: 1 }),
    ] {
        assert_eq!(ChatWebhookKeys::parse(&secrets(texts)).unwrap_err(), error);
    }
}

proptest! {
    #[test]
    fn any_changed_byte_of_a_chat_webhook_is_refused(place in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let keys = keys(&["chat secret one"]);
        let now = second(1769217246);
        let signature = format!("primary={}", SIGNATURES[0]);
        let body = changed(BODY, place, change);
        prop_assert!(keys.verify(headers(TIMESTAMP, &signature), &body, now).is_err());
        if let Some(timestamp) = changed_text(TIMESTAMP, place, change) {
            prop_assert!(keys.verify(headers(&timestamp, &signature), BODY, now).is_err());
        }
        if let Some(signature) = changed_text(&signature, place, change) {
            prop_assert!(keys.verify(headers(TIMESTAMP, &signature), BODY, now).is_err(), "{}", signature);
        }
    }
}
