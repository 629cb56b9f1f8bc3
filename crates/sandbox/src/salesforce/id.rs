use std::fmt;

/// A record id in its long form: 15 characters whose case counts, and 3 that repeat the case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id([u8; 18]);

/// In ASCII order, so that later ids sort after earlier ones.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM_DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

impl Id {
    /// The id with this number of an object; `prefix` has three characters.
    pub(super) fn numbered(prefix: &str, number: u64) -> Self {
        let mut short = *b"000Sb0000000000";
        for (into, from) in short.iter_mut().zip(prefix.bytes().take(3)) {
            *into = from;
        }
        let mut rest = number;
        for digit in short[6..].iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        Self::long(short)
    }

    /// Reads 15 characters, or 18 with a checksum that fits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let short: [u8; 15] = bytes.get(..15)?.try_into().ok()?;
        let id = Self::long(short);
        match bytes.len() {
            15 => Some(id),
            18 => (id.0 == bytes).then_some(id),
            _ => None,
        }
    }

    fn long(short: [u8; 15]) -> Self {
        let mut long = [0; 18];
        long[..15].copy_from_slice(&short);
        for (index, chunk) in short.chunks(5).enumerate() {
            let upper = chunk.iter().enumerate();
            let bits = upper.fold(0, |bits, (place, character)| {
                bits | usize::from(character.is_ascii_uppercase()) << place
            });
            long[15 + index] = CHECKSUM_DIGITS[bits];
        }
        Self(long)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The three characters that name the object.
    pub(super) fn prefix(&self) -> &str {
        &self.as_str()[..3]
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_repeats_the_case() {
        // A published example pair.
        let long = "0035000000Wqz2kAAB";
        assert_eq!(Id::parse("0035000000Wqz2k").unwrap().as_str(), long);
        assert_eq!(Id::parse(long), Id::parse("0035000000Wqz2k"));
    }

    #[test]
    fn wrong_ids_are_refused() {
        for wrong in [
            "",
            "500",
            "0035000000Wqz2kAAA",
            "0035000000Wqz2-",
            "0035000000Wqz2kA",
        ] {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn later_numbers_sort_later() {
        let ids: Vec<_> = [1, 61, 62, 4000]
            .map(|number| Id::numbered("500", number))
            .into();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| Id::parse(id.as_str()) == Some(*id)));
        assert_eq!(ids[0].prefix(), "500");
    }
}
