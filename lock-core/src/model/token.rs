//! The fencing token.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A fencing token: of two grants in one namespace, the later has the higher token.
///
/// A resource that remembers the highest token it has seen, and refuses any lower, is safe even
/// from a holder that was paused past its lease. (Martin Kleppmann, *How to do distributed
/// locking*, 2016.)
///
/// A token is at least the microseconds since the epoch at the grant, so that it rises even when
/// a store was lost and made anew; it stays below 2^53, so that it is exact in JSON everywhere.
///
/// ```
/// use lock_core::{Timestamp, Token};
///
/// let first = Token::ZERO.next(Timestamp::from_micros(1_000)).unwrap();
/// assert_eq!(first.get(), 1_000);
/// // The clock went back; the token does not.
/// assert_eq!(first.next(Timestamp::from_micros(10)).unwrap().get(), 1_001);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(u64);

impl Token {
    /// Before the first grant.
    pub const ZERO: Self = Self(0);

    /// The largest token: 2^53 - 1, the last integer that every JSON reader holds exactly.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// A clock past this is broken (2100-01-01T00:00:00Z), and following it would burn the tokens.
    pub(crate) const SANE: i64 = 4_102_444_800_000_000;

    /// The token with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The token of the next grant, made at `now`; `None` when the tokens are used up.
    pub fn next(self, now: Timestamp) -> Option<Self> {
        let sane = Some(now.as_micros()).filter(|micros| *micros < Self::SANE);
        let clock = sane.and_then(|micros| u64::try_from(micros).ok()).unwrap_or(0);
        let next = self.0.checked_add(1)?.max(clock);
        (next <= Self::MAX.0).then_some(Self(next))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl std::str::FromStr for Token {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mad_clock_is_ignored() {
        let last = Token::new(7);
        for micros in [Token::SANE, i64::MAX, -5, i64::MIN] {
            assert_eq!(last.next(Timestamp::from_micros(micros)), Some(Token::new(8)));
        }
    }

    #[test]
    fn the_tokens_end_and_do_not_wrap() {
        assert_eq!(Token::MAX.next(Timestamp::default()), None);
        assert_eq!(Token::new(u64::MAX).next(Timestamp::default()), None);
    }
}
