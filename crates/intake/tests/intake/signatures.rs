//! Who signed a request, and when.

use casewire_intake::{SecretError, SignatureError, SigningKeys, WebhookHeaders};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use secrecy::SecretString;

/// The test vector that the Standard Webhooks project publishes with its libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP: &str = "1614265330";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// A second key, and what it makes of the same message.
const OTHER_SECRET: &str = "whsec_Y2FzZXdpcmUtdGVzdC1rZXktbnVtYmVyLXR3bw==";
const OTHER_SIGNATURE: &str = "v1,qHxd5M+cl2cufv8CWtAyLRzTlkaipC+4vHOZht9tJZI=";

/// What made the signatures that are our own. KEY is the secret of a chat webhook, or
/// `casewire-test-key-number-two`, which is what the second secret encodes.
pub(crate) const MADE_WITH: &str = r#"python3 -c 'import base64, hashlib, hmac, sys; print(base64.b64encode(hmac.new(
    sys.argv[1].encode(), sys.argv[2].encode(), hashlib.sha256).digest()).decode())' KEY CONTENT"#;

pub(crate) fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from(*text)).collect()
}

fn keys(texts: &[&str]) -> SigningKeys {
    SigningKeys::parse(&secrets(texts)).unwrap()
}

pub(crate) fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn headers<'h>(id: &'h str, timestamp: &'h str, signature: &'h str) -> WebhookHeaders<'h> {
    WebhookHeaders {
        id: Some(id),
        timestamp: Some(timestamp),
        signature: Some(signature),
    }
}

/// Verifies the published message with this signature.
fn verify(keys: &SigningKeys, signature: &str) -> Result<(), SignatureError> {
    keys.verify(headers(ID, TIMESTAMP, signature), BODY, second(1614265330))
}

#[test]
fn the_published_signature_is_made_and_taken() {
    let keys = keys(&[SECRET]);
    assert_eq!(keys.sign(ID, second(1614265330), BODY), SIGNATURE);
    assert_eq!(verify(&keys, SIGNATURE), Ok(()));
}

#[test]
fn a_secret_is_base64_with_and_without_its_prefix() {
    for secret in [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    ] {
        assert_eq!(verify(&keys(&[secret]), SIGNATURE), Ok(()), "{secret}");
    }
}

#[test]
fn while_rotating_all_keys_sign_and_any_is_enough() {
    let both = keys(&[SECRET, OTHER_SECRET]);
    let signed = both.sign(ID, second(1614265330), BODY);
    assert_eq!(
        signed,
        format!("{SIGNATURE} {OTHER_SIGNATURE}"),
        "made with {MADE_WITH}"
    );
    for verifier in [&both, &keys(&[SECRET]), &keys(&[OTHER_SECRET])] {
        assert_eq!(verify(verifier, &signed), Ok(()));
    }
    assert_eq!(verify(&both, OTHER_SIGNATURE), Ok(()));
    assert_eq!(
        verify(&keys(&[OTHER_SECRET]), SIGNATURE),
        Err(SignatureError::NoMatch)
    );
}

#[test]
fn other_versions_and_broken_signatures_are_passed_over() {
    let keys = keys(&[SECRET]);
    let foreign = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    for signature in [
        format!("{foreign} {SIGNATURE}"),
        format!("{SIGNATURE} {foreign}"),
        format!("v1,%%% v1,  {SIGNATURE}  v2,x"),
    ] {
        assert_eq!(verify(&keys, &signature), Ok(()), "{signature}");
    }
    // The right bytes under another version are not ours.
    let renamed = SIGNATURE.replacen("v1,", "v2,", 1);
    assert!(verify(&keys, &renamed).is_err());
}

#[test]
fn headers_must_be_there_and_readable() {
    let keys = keys(&[SECRET]);
    let whole = headers(ID, TIMESTAMP, SIGNATURE);
    let refusal = |headers| keys.verify(headers, BODY, second(1614265330)).unwrap_err();
    for nothing in [None, Some(""), Some("  ")] {
        for (headers, header) in [
            (
                WebhookHeaders {
                    id: nothing,
                    ..whole
                },
                "webhook-id",
            ),
            (
                WebhookHeaders {
                    timestamp: nothing,
                    ..whole
                },
                "webhook-timestamp",
            ),
            (
                WebhookHeaders {
                    signature: nothing,
                    ..whole
                },
                "webhook-signature",
            ),
        ] {
            assert_eq!(refusal(headers), SignatureError::Missing { header });
        }
    }
    for timestamp in [
        "now",
        "+1614265330",
        "-5",
        "1614265330.5",
        "2021-02-25T15:02:10Z",
        "99999999999999999999",
        "9999999999999",
    ] {
        let error = refusal(headers(ID, timestamp, SIGNATURE));
        let SignatureError::Malformed { header, .. } = error else {
            panic!("{timestamp}: {error}");
        };
        assert_eq!(header, "webhook-timestamp");
        assert!(error.to_string().contains("whole seconds"), "{error}");
    }
    for signature in ["g0hM9SsE", "v1", "v2,g0hM9SsE", "v1,%%%", ","] {
        let error = refusal(headers(ID, TIMESTAMP, signature));
        let SignatureError::Malformed { header, .. } = error else {
            panic!("{signature}: {error}");
        };
        assert_eq!(header, "webhook-signature");
    }
    for signature in ["v1,", "v1,g0hM9SsE"] {
        assert_eq!(
            refusal(headers(ID, TIMESTAMP, signature)),
            SignatureError::NoMatch
        );
    }
}

#[test]
fn five_minutes_either_way_are_allowed() {
    let keys = keys(&[SECRET]);
    let at = |now| keys.verify(headers(ID, TIMESTAMP, SIGNATURE), BODY, now);
    let signed_at = second(1614265330);
    let span = SignedDuration::from_secs;
    for fresh in [-300, -1, 0, 1, 300] {
        assert_eq!(at(signed_at + span(fresh)), Ok(()), "{fresh}");
    }
    for (seconds, shown) in [
        (301, "lies 5m 1s in the past"),
        (-301, "lies 5m 1s in the future"),
        (86_400, "lies 24h in the past"),
    ] {
        let error = at(signed_at + span(seconds)).unwrap_err();
        let header = "webhook-timestamp";
        let age = span(seconds);
        assert_eq!(error, SignatureError::Stale { header, age });
        let text = error.to_string();
        assert!(text.contains(shown) && text.contains("NTP"), "{text}");
    }
    let just_too_late = signed_at + span(300) + SignedDuration::from_nanos(1);
    assert!(at(just_too_late).is_err());
    assert!(at(Timestamp::MAX).is_err() && at(Timestamp::MIN).is_err());
}

#[test]
fn unfit_secrets_are_named_by_their_place_and_never_shown() {
    let parse = |texts: &[&str]| SigningKeys::parse(&secrets(texts)).unwrap_err();
    assert_eq!(parse(&[]), SecretError::None);
    for (text, error) in [
        ("", SecretError::Blank { position: 2 }),
        ("whsec_", SecretError::Blank { position: 2 }),
        ("not base64!", SecretError::NotBase64 { position: 2 }),
        (
            "whpk_MfKQ9r8GKYqrTwjU",
            SecretError::NotBase64 { position: 2 },
        ),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
            SecretError::NotBase64 { position: 2 },
        ),
        (
            "whsec_c2VjcmV0LW9mLTE3LWJ5dGU=",
            SecretError::TooShort {
                position: 2,
                bytes: 17,
            },
        ),
    ] {
        let found = parse(&[SECRET, text]);
        assert_eq!(found, error, "{text}");
        let shown = format!("{found} {found:?}");
        assert!(text.len() < 7 || !shown.contains(&text[6..]), "{shown}");
        assert!(shown.contains("secret 2"), "{shown}");
    }
    let hint = parse(&["x"]).to_string();
    assert!(hint.contains("openssl rand -base64 32"), "{hint}");
    assert_eq!(
        format!("{:?}", keys(&[SECRET, OTHER_SECRET])),
        "SigningKeys([2 redacted])"
    );
}

/// The bytes with one of them changed into another.
pub(crate) fn changed(bytes: &[u8], place: prop::sample::Index, change: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = place.index(bytes.len());
    bytes[place] ^= change;
    bytes
}

/// The text with one of its bytes changed, where it still is a text.
pub(crate) fn changed_text(text: &str, place: prop::sample::Index, change: u8) -> Option<String> {
    String::from_utf8(changed(text.as_bytes(), place, change)).ok()
}

proptest! {
    #[test]
    fn what_is_signed_is_taken(id in "[!-~]{1,40}", body in prop::collection::vec(any::<u8>(), 0..300), at in 0_i64..4_000_000_000) {
        let keys = keys(&[SECRET, OTHER_SECRET]);
        let (timestamp, signature) = (at.to_string(), keys.sign(&id, second(at), &body));
        prop_assert_eq!(keys.verify(headers(&id, &timestamp, &signature), &body, second(at)), Ok(()));
    }

    #[test]
    fn any_changed_byte_is_refused(place in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let keys = keys(&[SECRET]);
        let now = second(1614265330);
        let body = changed(BODY, place, change);
        prop_assert!(keys.verify(headers(ID, TIMESTAMP, SIGNATURE), &body, now).is_err());
        if let Some(id) = changed_text(ID, place, change) {
            prop_assert!(keys.verify(headers(&id, TIMESTAMP, SIGNATURE), BODY, now).is_err());
        }
        if let Some(timestamp) = changed_text(TIMESTAMP, place, change) {
            prop_assert!(keys.verify(headers(ID, &timestamp, SIGNATURE), BODY, now).is_err());
        }
        if let Some(signature) = changed_text(SIGNATURE, place, change) {
            prop_assert!(verify(&keys, &signature).is_err(), "{}", signature);
        }
    }
}
