//! Names that no two commands share.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A command's name: 128 random bits, the same on every retry of that command.
///
/// It stands in whatever record the command made, so that a retry whose first reply was lost
/// finds its own work instead of doing it twice.
///
/// ```
/// use lock_core::Nonce;
///
/// let nonce = Nonce::random();
/// assert_ne!(nonce, Nonce::random());
/// assert_eq!(nonce.to_string().parse(), Ok(nonce));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(u128);

impl Nonce {
    /// A fresh nonce from the operating system's randomness.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        if getrandom::fill(&mut bytes).is_err() {
            // Without kernel randomness uniqueness is all that is needed: the standard
            // library's per-process keys, a counter inside them, and the clock.
            use std::hash::{BuildHasher, RandomState};
            let half = || RandomState::new().hash_one(std::time::SystemTime::now());
            bytes = (u128::from(half()) << 64 | u128::from(half())).to_le_bytes();
        }
        Self(u128::from_le_bytes(bytes))
    }

    /// The nonce with these bits, for tests that need to repeat themselves.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Between 0 and 1, and as random as the nonce.
    pub(crate) fn share(self) -> f64 {
        let [first, ..] = self.0.to_le_bytes();
        f64::from(first) / 255.0
    }
}

/// Every record is full of names, so their texts are put together by hand.
impl Nonce {
    /// 32 hexadecimal digits.
    fn digits(self) -> [u8; 32] {
        let digit = |value| if value < 10 { b'0' + value } else { b'a' - 10 + value };
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0.to_be_bytes()) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        digits
    }

    fn text(self) -> String {
        let mut text = String::with_capacity(RecordId::LONGEST);
        // Digits are always text.
        text.push_str(std::str::from_utf8(&self.digits()).unwrap_or_default());
        text
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 32 hexadecimal digits, or not a record's name made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record's name")]
#[non_exhaustive]
pub struct InvalidName;

impl std::str::FromStr for Nonce {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let (high, low) = text.split_at_checked(16).filter(|_| hex).ok_or(InvalidName)?;
        let half = |text| u64::from_str_radix(text, 16).map_err(|_| InvalidName);
        Ok(Self(u128::from(half(high)?) << 64 | u128::from(half(low)?)))
    }
}

/// A record's name: the command that made it, and its place among the records of that command.
///
/// Every change to a record names it by this, never by its pattern: whoever would touch the
/// wrong record touches none.
///
/// ```
/// use lock_core::{Nonce, RecordId};
///
/// let id = RecordId::new(Nonce::random(), 3);
/// assert_eq!(id.to_string().parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    nonce: Nonce,
    index: u16,
}

impl RecordId {
    /// The name of the record number `index` that the command `nonce` made.
    pub const fn new(nonce: Nonce, index: u16) -> Self {
        Self { nonce, index }
    }

    /// The command that made the record.
    pub const fn nonce(self) -> Nonce {
        self.nonce
    }

    /// Room for the text of any.
    const LONGEST: usize = 32 + "-65535".len();

    fn text(self) -> String {
        let mut text = self.nonce.text();
        text.push('-');
        match u8::try_from(self.index) {
            // Nearly all: most requests are for one or a few.
            Ok(digit @ 0..10) => text.push(char::from(b'0' + digit)),
            _ => text.push_str(&self.index.to_string()),
        }
        text
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for RecordId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let (nonce, index) = text.split_once('-').ok_or(InvalidName)?;
        let plain = index.bytes().all(|b| b.is_ascii_digit());
        let index = index.parse().ok().filter(|_| plain).ok_or(InvalidName)?;
        Ok(Self { nonce: nonce.parse()?, index })
    }
}

macro_rules! as_text {
    ($name:ty) => {
        /// The same text as for people, and made in one piece.
        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.text()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // In one piece: a serializer looks at each piece for what it must escape.
                serializer.serialize_str(&self.text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

as_text!(Nonce);
as_text!(RecordId);
