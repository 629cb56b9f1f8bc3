//! Short digests: stable names for sources and notes, the same on every machine and in every version.

use sha2::{Digest, Sha256};

/// The first eight bytes of the SHA-256 of `text`.
pub(crate) fn of(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Six hexadecimal digits of the digest of `text`.
pub(crate) fn short(text: &str) -> String {
    format!("{:06x}", of(text) >> 40)
}
