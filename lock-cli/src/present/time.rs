//! Times, absolute and relative.

use std::{fmt, time::Duration};

use lock_core::Timestamp;

/// A point in time as seen from `now`: `2026-01-31T12:00:00Z (in 4m57s)`.
pub(crate) struct Seen {
    pub(crate) time: Timestamp,
    pub(crate) now: Timestamp,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Clock(self.time))?;
        if self.time > self.now {
            write!(f, " (in {})", Length(self.time.since(self.now)))
        } else {
            write!(f, " ({} ago)", Length(self.now.since(self.time)))
        }
    }
}

/// A point in time to the second: `2026-01-31T12:00:00Z`.
pub(crate) struct Clock(pub(crate) Timestamp);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match text.split_once('.') {
            Some((seconds, _)) => write!(f, "{seconds}Z"),
            None => f.write_str(&text),
        }
    }
}

/// A length of time in its two largest units, to the nearest second: a lease of five minutes is
/// shown a moment after it was granted.
pub(crate) struct Length(pub(crate) Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            return write!(f, "{}ms", self.0.as_millis());
        }
        let seconds = self.0.saturating_add(Duration::from_millis(500)).as_secs();
        let units = [
            ("d", seconds / 86_400),
            ("h", seconds / 3_600 % 24),
            ("m", seconds / 60 % 60),
            ("s", seconds % 60),
        ];
        let largest = units.iter().skip_while(|(_, count)| *count == 0).take(2);
        for (unit, count) in largest.filter(|(_, count)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        let show = |millis| Length(Duration::from_millis(millis)).to_string();
        for (millis, text) in [
            (0, "0ms"),
            (999, "999ms"),
            (1_000, "1s"),
            (1_499, "1s"),
            (1_500, "2s"),
            (59_600, "1m"),
            (299_989, "5m"),
            (60_000, "1m"),
            (297_000, "4m57s"),
            (3_600_000, "1h"),
            (3_605_000, "1h"),
            (5_400_000, "1h30m"),
            (90_000_000, "1d1h"),
        ] {
            assert_eq!(show(millis), text);
        }
    }

    #[test]
    fn past_and_future_are_told_apart() {
        let now = Timestamp::from_micros(1_500_000);
        let seen = |micros| Seen { time: Timestamp::from_micros(micros), now }.to_string();
        assert_eq!(seen(3_500_000), "1970-01-01T00:00:03Z (in 2s)");
        assert_eq!(seen(500_000), "1970-01-01T00:00:00Z (1s ago)");
    }
}
