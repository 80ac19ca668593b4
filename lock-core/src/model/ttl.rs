//! How long a lock lives without a refresh, and the text of durations.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A lease's length: from 100 ms to 7 days, in whole milliseconds; 5 minutes unless told.
///
/// ```
/// use lock_core::Ttl;
/// use std::time::Duration;
///
/// assert_eq!(Ttl::default().duration(), Duration::from_secs(300));
/// assert_eq!("1h30m".parse::<Ttl>().unwrap().duration(), Duration::from_secs(5_400));
/// assert!(Ttl::new(Duration::from_millis(99)).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(Duration);

impl Ttl {
    /// The shortest lease: 100 ms.
    pub const MIN: Self = Self(Duration::from_millis(100));
    /// The longest lease: 7 days.
    pub const MAX: Self = Self(Duration::from_secs(7 * 24 * 3600));

    /// A lease of `length`, cut to whole milliseconds.
    ///
    /// # Errors
    /// [`InvalidDuration::OutOfRange`] outside [`Ttl::MIN`] to [`Ttl::MAX`].
    pub fn new(length: Duration) -> Result<Self, InvalidDuration> {
        if length < Self::MIN.0 || length > Self::MAX.0 {
            return Err(InvalidDuration::OutOfRange);
        }
        Ok(Self(length - Duration::from_nanos(u64::from(length.subsec_nanos() % 1_000_000))))
    }

    /// The length.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Default for Ttl {
    fn default() -> Self {
        Self(Duration::from_secs(300))
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        for (unit, count) in
            [("d", seconds / 86_400), ("h", seconds / 3600 % 24), ("m", seconds / 60 % 60)]
        {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        match (seconds % 60, millis) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}s"),
            (0, millis) => write!(f, "{millis}ms"),
            (seconds, millis) => write!(f, "{seconds}s{millis}ms"),
        }
    }
}

impl fmt::Debug for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Ttl {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        Self::new(parse_duration(text)?)
    }
}

/// Stored as a whole number of milliseconds.
impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX))
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = u64::deserialize(deserializer)?;
        Self::new(Duration::from_millis(millis)).map_err(D::Error::custom)
    }
}

/// A text or number that is no duration, or no lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDuration {
    /// The text is not a duration.
    #[error("not a duration: write it like 500ms, 90s, 5m or 1h30m; a bare number is seconds")]
    Syntax,
    /// The lease is shorter or longer than a lease may be.
    #[error("a lease lasts from 100ms to 7d")]
    OutOfRange,
}

/// Reads `500ms`, `90s`, `5m`, `1h30m`, `7d`; a bare number, with or without a fraction, is
/// seconds.
///
/// # Errors
/// [`InvalidDuration::Syntax`] for anything else: a sign, `nan`, spaces, a unit without a number.
///
/// ```
/// use lock_core::parse_duration;
/// use std::time::Duration;
///
/// assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5_400)));
/// assert_eq!(parse_duration("2.5"), Ok(Duration::from_millis(2_500)));
/// assert!(parse_duration("-1s").is_err());
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return Err(InvalidDuration::Syntax);
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "" if rest.len() == text.len() => 1.0,
            _ => return Err(InvalidDuration::Syntax),
        };
        let digits = number.starts_with(|c: char| c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit());
        let number: f64 = number.parse().ok().filter(|_| digits).ok_or(InvalidDuration::Syntax)?;
        let part = Duration::try_from_secs_f64(number * scale);
        let part = part.map_err(|_| InvalidDuration::Syntax)?;
        total = total.checked_add(part).ok_or(InvalidDuration::Syntax)?;
        rest = tail;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_written() {
        let read = |text| parse_duration(text).map(|d| d.as_millis());
        for (text, millis) in [
            ("500ms", 500),
            ("90s", 90_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("0", 0),
            ("30", 30_000),
            ("0.25", 250),
            ("1d2h3m4s5ms", 93_784_005),
        ] {
            assert_eq!(read(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "-1",
            "+1",
            "nan",
            "inf",
            "1e3",
            "s",
            "5 m",
            " 5",
            "5x",
            "1h30",
            ".",
            "1.",
            ".5",
            "1..2",
            "99999999999999999999999999d",
            "5m-3s",
            "٣s",
        ] {
            assert_eq!(read(text), Err(InvalidDuration::Syntax), "{text}");
        }
    }

    #[test]
    fn a_lease_has_limits() {
        assert!("100ms".parse::<Ttl>().is_ok() && "7d".parse::<Ttl>().is_ok());
        for text in ["0", "99ms", "8d", "7d1ms"] {
            assert_eq!(text.parse::<Ttl>(), Err(InvalidDuration::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_lease_prints_what_it_reads() {
        for text in ["100ms", "5m", "1h30m", "7d", "1s500ms"] {
            assert_eq!(text.parse::<Ttl>().unwrap().to_string(), text);
        }
    }
}
