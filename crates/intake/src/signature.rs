//! What the signature schemes of webhooks have in common: keys, a time that must be near, and why a request
//! is refused.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

/// How far the time of a signature may lie from now, either way.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a request's signature is refused. Shows neither keys nor signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is not written as the scheme asks.
    #[error("the header `{header}` is malformed; write it as {expected}")]
    Malformed {
        /// Its name.
        header: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A header is not there, or blank.
    #[error("the header `{header}` is missing; sign each request and send this header along")]
    Missing {
        /// Its name.
        header: &'static str,
    },
    /// None of the signatures is one of the keys'.
    #[error(
        "no signature fits; sign the very bytes that are sent, with a secret that is configured here"
    )]
    NoMatch,
    /// The request was not signed within five minutes of now.
    #[error("{}", stale(header, *age))]
    Stale {
        /// The header that tells the time.
        header: &'static str,
        /// How long ago the request was signed; negative when that is still to come.
        age: SignedDuration,
    },
}

fn stale(header: &str, age: SignedDuration) -> String {
    let direction = match age.is_negative() {
        true => "in the future",
        false => "in the past",
    };
    format!(
        "the time in `{header}` lies {:#} {direction}, more than the {TOLERANCE:#} allowed; \
         sign each try anew, and set both clocks by NTP",
        age.abs()
    )
}

/// Why signing secrets are refused. Never shows one; positions count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A secret says nothing.
    #[error("signing secret {position} is blank; copy it whole from where it was made")]
    Blank {
        /// Which one.
        position: usize,
    },
    /// There is no secret at all.
    #[error("there is no signing secret; give at least one")]
    None,
    /// A secret is not base64 (RFC 4648), after `whsec_` if it begins so.
    #[error("signing secret {position} is not base64; {MAKE_ONE}")]
    NotBase64 {
        /// Which one.
        position: usize,
    },
    /// A secret has less than the 24 bytes that Standard Webhooks asks for.
    #[error("signing secret {position} has {bytes} bytes, at least 24 are needed; {MAKE_ONE}")]
    TooShort {
        /// Which one.
        position: usize,
        /// How many bytes it has, decoded.
        bytes: usize,
    },
}

const MAKE_ONE: &str = "make one with `echo \"whsec_$(openssl rand -base64 32)\"`";

/// Keys of HMAC-SHA256. Their `Debug` tells how many there are.
#[derive(Clone)]
pub(crate) struct Keys(Vec<Hmac<Sha256>>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} redacted]", self.0.len())
    }
}

impl Keys {
    /// Keys of these bytes; an error when there are none.
    pub(crate) fn new(keys: Vec<Hmac<Sha256>>) -> Result<Self, SecretError> {
        match keys.is_empty() {
            true => Err(SecretError::None),
            false => Ok(Self(keys)),
        }
    }

    pub(crate) fn key(bytes: &[u8]) -> Hmac<Sha256> {
        Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length")
    }

    /// Whether one of the signatures is one of the keys', of these pieces written one after another. Each
    /// signature is compared in constant time.
    pub(crate) fn verify(
        &self,
        content: &[&[u8]],
        signatures: &[Vec<u8>],
    ) -> Result<(), SignatureError> {
        // The content is hashed once a key, however many signatures a header lists.
        let fits = self.macs(content).any(|mac| {
            signatures
                .iter()
                .any(|signature| mac.clone().verify_slice(signature).is_ok())
        });
        match fits {
            true => Ok(()),
            false => Err(SignatureError::NoMatch),
        }
    }

    /// Each key's signature of these pieces, in base64.
    pub(crate) fn sign(&self, content: &[&[u8]]) -> Vec<String> {
        self.macs(content)
            .map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
            .collect()
    }

    fn macs(&self, content: &[&[u8]]) -> impl Iterator<Item = Hmac<Sha256>> {
        self.0.iter().map(move |key| {
            let mut mac = key.clone();
            for piece in content {
                mac.update(piece);
            }
            mac
        })
    }
}

/// The header's value; an error when it is not there or blank.
pub(crate) fn required<'h>(
    header: &'static str,
    value: Option<&'h str>,
) -> Result<&'h str, SignatureError> {
    value
        .filter(|value| !value.trim_ascii().is_empty())
        .ok_or(SignatureError::Missing { header })
}

/// An error when `signed_at`, which `header` tells, is not near `now`.
pub(crate) fn near(
    header: &'static str,
    signed_at: Timestamp,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let age = now.duration_since(signed_at);
    match age.abs() <= TOLERANCE {
        true => Ok(()),
        false => Err(SignatureError::Stale { header, age }),
    }
}

/// A whole number without sign, in decimal digits alone.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| text.parse().ok())?
}
