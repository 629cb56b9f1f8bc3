//! Signatures of the CCAI Platform's chat webhooks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::signature::{Keys, SecretError, SignatureError, digits, near, required};

/// The keys of the CCAI Platform's chat webhooks: the primary secret and, while they are rotated, the secondary.
///
/// The scheme is that of the vendor's "Chat platform API guide": base64 of a SHA-256 digest keyed by the secret,
/// over the timestamp header and the body, one after the other. Three things are not said there and are taken
/// thus: the digest is an HMAC, the secret's text is the key as it stands, and the timestamp is in any of
/// Unix seconds, Unix milliseconds and RFC 3339.
#[derive(Clone, Debug)]
pub struct ChatWebhookKeys(Keys);

/// The two headers of a signed request, as they came; `None` for one that did not.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChatWebhookHeaders<'h> {
    /// `x-signature-timestamp`.
    pub timestamp: Option<&'h str>,
    /// `x-signature`: `primary=<base64>`, and `secondary=<base64>` after a space when there are two secrets.
    pub signature: Option<&'h str>,
}

impl ChatWebhookHeaders<'_> {
    /// The name of the header with the time of signing.
    pub const TIMESTAMP: &'static str = "x-signature-timestamp";
    /// The name of the header with the signatures.
    pub const SIGNATURE: &'static str = "x-signature";
}

/// Below it a number is in seconds (up to the year 5138), from it on in milliseconds (since 1973).
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

impl ChatWebhookKeys {
    /// Keys from their secrets, whose text is taken as it is.
    ///
    /// # Errors
    /// Which secret is blank; also when there is none.
    pub fn parse(secrets: &[SecretString]) -> Result<Self, SecretError> {
        let keys = secrets.iter().zip(1..).map(|(secret, position)| {
            let text = secret.expose_secret();
            match text.trim().is_empty() {
                true => Err(SecretError::Blank { position }),
                false => Ok(Keys::key(text.as_bytes())),
            }
        });
        Keys::new(keys.collect::<Result<_, _>>()?).map(Self)
    }

    /// Verifies that one of the keys signed this request, within five minutes of `now` either way. `body` is the
    /// body's bytes before anything is done with them.
    ///
    /// Either signature may be of either key, since the two sides do not change places at the same moment.
    ///
    /// # Errors
    /// What is wrong with the headers, or that no signature fits.
    pub fn verify(
        &self,
        headers: ChatWebhookHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let timestamp = required(ChatWebhookHeaders::TIMESTAMP, headers.timestamp)?;
        let signature = required(ChatWebhookHeaders::SIGNATURE, headers.signature)?;
        let signed_at = moment(timestamp).ok_or(SignatureError::Malformed {
            header: ChatWebhookHeaders::TIMESTAMP,
            expected: "seconds or milliseconds since 1970, or like 2026-01-24T01:14:06Z",
        })?;
        let signatures: Vec<Vec<u8>> = signature
            .split_ascii_whitespace()
            .filter_map(|entry| {
                let encoded = entry
                    .strip_prefix("primary=")
                    .or_else(|| entry.strip_prefix("secondary="))?;
                STANDARD.decode(encoded).ok()
            })
            .collect();
        if signatures.is_empty() {
            return Err(SignatureError::Malformed {
                header: ChatWebhookHeaders::SIGNATURE,
                expected: "`primary=` and base64, and `secondary=` and base64 after a space",
            });
        }
        near(ChatWebhookHeaders::TIMESTAMP, signed_at, now)?;
        self.0.verify(&[timestamp.as_bytes(), body], &signatures)
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    match digits(text) {
        Some(seconds @ ..FIRST_MILLISECONDS) => Timestamp::from_second(seconds).ok(),
        Some(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        None => text.parse().ok(),
    }
}
