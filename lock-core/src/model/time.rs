//! A point on a store's clock.

use std::{fmt, time::Duration};

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A point on a store's clock: microseconds since the Unix epoch, shown as RFC 3339 in UTC.
///
/// Two timestamps compare only within one namespace: every store has a clock of its own, and that
/// clock alone decides what is live.
///
/// ```
/// use lock_core::Timestamp;
/// use std::time::Duration;
///
/// let start = Timestamp::from_micros(1_500_000);
/// assert_eq!(start.to_string(), "1970-01-01T00:00:01.500000Z");
/// assert_eq!((start + Duration::from_secs(2)).since(start), Duration::from_secs(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `micros` microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// The wall clock of this machine.
    ///
    /// ```
    /// assert!(lock_core::Timestamp::wall_clock().as_micros() > 0);
    /// ```
    pub fn wall_clock() -> Self {
        let now = std::time::SystemTime::now();
        match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => Self(i64::try_from(after.as_micros()).unwrap_or(i64::MAX)),
            Err(before) => {
                Self(i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |m| -m))
            }
        }
    }
}

/// Saturates: a lease near the end of time ends there, and never wraps into the past.
impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// Saturates, like addition.
impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// What the printer asks for, whatever it then needs.
const ROOM: usize = 40;

/// Always with microseconds, so that all times are of one length.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

impl Timestamp {
    /// Every record is full of times: the printer is asked without the detour through a formatter,
    /// which costs twice as much again.
    fn text(self) -> String {
        let mut text = String::with_capacity(ROOM);
        let printed = jiff::Timestamp::from_microsecond(self.0)
            .is_ok_and(|time| PRINTER.print_timestamp(&time, &mut text).is_ok());
        if printed {
            return text;
        }
        // Years that RFC 3339 cannot write; the number still says which.
        format!("{}us", self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        if let Some(micros) = text.strip_suffix("us") {
            return micros.parse().map(Self).map_err(|_| InvalidTime);
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
        Ok(Self(time.as_microsecond()))
    }
}

/// The text is not an RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write it like 2026-01-31T12:00:00Z")]
#[non_exhaustive]
pub struct InvalidTime;

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text() {
        for micros in [0, 1, -1, 1_764_000_000_123_456, 253_402_207_200_999_999, i64::MAX] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn arithmetic_never_wraps() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end + Duration::MAX, end);
        assert_eq!(Timestamp::from_micros(i64::MIN).since(end), Duration::ZERO);
    }
}
