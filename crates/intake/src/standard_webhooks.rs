//! Standard Webhooks 1.0, symmetric signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::signature::{Keys, SecretError, SignatureError, digits, near, required};

/// The keys of webhooks signed per Standard Webhooks 1.0, to verify those that come in and to sign those that
/// go out.
///
/// Several keys are for rotation: a request is taken when any of them signed it, and all of them sign.
#[derive(Clone, Debug)]
pub struct SigningKeys(Keys);

/// The three headers of a signed request, as they came; `None` for one that did not.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebhookHeaders<'h> {
    /// `webhook-id`.
    pub id: Option<&'h str>,
    /// `webhook-timestamp`, in whole Unix seconds.
    pub timestamp: Option<&'h str>,
    /// `webhook-signature`: signatures such as `v1,<base64>`, with spaces between them.
    pub signature: Option<&'h str>,
}

impl WebhookHeaders<'_> {
    /// The name of the header that identifies a message, the same at each try to deliver it.
    pub const ID: &'static str = "webhook-id";
    /// The name of the header with the time of this try.
    pub const TIMESTAMP: &'static str = "webhook-timestamp";
    /// The name of the header with the signatures.
    pub const SIGNATURE: &'static str = "webhook-signature";
}

const SHORTEST_KEY: usize = 24;

impl SigningKeys {
    /// Keys from their secrets: base64 (RFC 4648, padded) of at least 24 bytes, after `whsec_`.
    ///
    /// The prefix may be missing: what follows is base64 all the same, as in the libraries of the standard, and
    /// never the bytes of the text itself. White space around a secret is left out.
    ///
    /// # Errors
    /// Which secret is wrong, in what, and how to make one; also when there is none.
    pub fn parse(secrets: &[SecretString]) -> Result<Self, SecretError> {
        let keys = secrets.iter().zip(1..).map(|(secret, position)| {
            let text = secret.expose_secret().trim_ascii();
            let encoded = text.strip_prefix("whsec_").unwrap_or(text);
            let key = STANDARD
                .decode(encoded)
                .map(SecretSlice::from)
                .map_err(|_| SecretError::NotBase64 { position })?;
            let key = key.expose_secret();
            match key.len() {
                0 => Err(SecretError::Blank { position }),
                bytes @ 1..SHORTEST_KEY => Err(SecretError::TooShort { position, bytes }),
                _ => Ok(Keys::key(key)),
            }
        });
        Keys::new(keys.collect::<Result<_, _>>()?).map(Self)
    }

    /// Verifies that one of the keys signed this request, within five minutes of `now` either way. `body` is the
    /// body's bytes before anything is done with them.
    ///
    /// Signatures of other versions than `v1` are passed over.
    ///
    /// # Errors
    /// What is wrong with the headers, or that no signature fits.
    pub fn verify(
        &self,
        headers: WebhookHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let id = required(WebhookHeaders::ID, headers.id)?;
        let timestamp = required(WebhookHeaders::TIMESTAMP, headers.timestamp)?;
        let signature = required(WebhookHeaders::SIGNATURE, headers.signature)?;
        let signed_at = digits(timestamp)
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(SignatureError::Malformed {
                header: WebhookHeaders::TIMESTAMP,
                expected: "whole seconds since 1970, like 1769217246",
            })?;
        let signatures: Vec<Vec<u8>> = signature
            .split_ascii_whitespace()
            .filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok())
            .collect();
        if signatures.is_empty() {
            return Err(SignatureError::Malformed {
                header: WebhookHeaders::SIGNATURE,
                expected: "`v1,` and base64, with a space before each further one",
            });
        }
        near(WebhookHeaders::TIMESTAMP, signed_at, now)?;
        self.0.verify(&content(id, timestamp, body), &signatures)
    }

    /// The value of `webhook-signature` for a message that goes out at `timestamp`, which its header tells in
    /// whole Unix seconds: each key's signature, in the order the secrets were given. The standard asks for an
    /// `id` without a full stop.
    pub fn sign(&self, id: &str, timestamp: Timestamp, body: &[u8]) -> String {
        let timestamp = timestamp.as_second().to_string();
        let signatures = self.0.sign(&content(id, &timestamp, body));
        format!("v1,{}", signatures.join(" v1,"))
    }
}

fn content<'c>(id: &'c str, timestamp: &'c str, body: &'c [u8]) -> [&'c [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}
