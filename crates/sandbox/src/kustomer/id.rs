use std::fmt;

use jiff::Timestamp;

use crate::random::Random;

/// An object id: 24 hexadecimal digits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(u128);

const DIGITS: usize = 24;

impl Id {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id
            .then(|| u128::from_str_radix(text, 16).ok().map(Self))
            .flatten()
    }

    /// The place in a list: the vendor documents no order, so none that means anything is kept.
    pub(super) fn place(self) -> u128 {
        self.0
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

/// Gives out ids that grow: the second, a number of the organisation's, a count.
#[derive(Debug)]
pub(super) struct Ids {
    organisation: u64,
    count: u64,
}

impl Ids {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            organisation: Random::seeded(seed).next() >> 24,
            count: 0,
        }
    }

    pub(super) fn next(&mut self, now: Timestamp) -> Id {
        self.count += 1;
        let second = u128::from(now.as_second().unsigned_abs() & 0xFFFF_FFFF);
        Id(second << 64 | u128::from(self.organisation) << 24 | u128::from(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_read_back() {
        let mut ids = Ids::seeded(7);
        let now = "2026-01-24T01:14:06Z".parse().unwrap();
        let (first, second) = (ids.next(now), ids.next(now));
        assert!(first < second);
        assert_eq!(first.to_string().len(), DIGITS);
        assert_eq!(Id::parse(&first.to_string()), Some(first));
        assert_eq!(Id::parse("4711"), None);
        assert_eq!(Id::parse("5849765dc41e372700cc84ax"), None);
    }
}
