//! What an examination of a store finds.

use serde::Serialize;

use crate::{Timestamp, Token};

/// Before this no clock of a machine that runs this can be right: 2025-01-01T00:00:00Z.
const EARLIEST: i64 = 1_735_689_600_000_000;

/// How far the clock may lie behind the last token, in microseconds: clocks are corrected by less
/// than this all the time.
const BEHIND: i64 = 10_000_000;

/// So many are named; the others are counted.
const SHOWN: usize = 5;

/// One finding of an examination of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in a word or two.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to do about it; empty if there is nothing to do.
    pub hint: String,
}

impl Check {
    /// A finding that is as it should be.
    ///
    /// ```
    /// let check = lock_core::Check::good("clock", "follows the system's");
    /// assert!(check.ok && check.hint.is_empty());
    /// ```
    pub fn good(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), ok: true, detail: detail.into(), hint: String::new() }
    }

    /// A finding that needs attention.
    ///
    /// ```
    /// let check = lock_core::Check::bad("guard", "missing", "lockctl doctor --repair");
    /// assert!(!check.ok);
    /// ```
    pub fn bad(
        name: impl Into<String>,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), ok: false, detail: detail.into(), hint: hint.into() }
    }
    /// What a store's clock shows, beside the last token it gave out. A token is at least the
    /// microseconds since the epoch at its grant, so a clock that lies behind it has gone back.
    ///
    /// ```
    /// use lock_core::{Check, Timestamp, Token};
    ///
    /// let now = Timestamp::wall_clock();
    /// assert!(Check::clock(now, Token::ZERO).ok);
    /// assert!(Check::clock(now, Token::ZERO.next(now).unwrap()).ok);
    /// assert!(!Check::clock(Timestamp::from_micros(0), Token::ZERO).ok);
    /// ```
    pub fn clock(now: Timestamp, last: Token) -> Self {
        const NAME: &str = "clock";
        const HINT: &str = "set the clock, and keep it set: timedatectl set-ntp true";
        let last = Timestamp::from_micros(i64::try_from(last.get()).unwrap_or(i64::MAX));
        if now.as_micros() < EARLIEST || now.as_micros() >= Token::SANE {
            return Self::bad(NAME, format!("shows {now}, which cannot be"), HINT);
        }
        if last.as_micros() >= Token::SANE {
            let detail = format!("shows {now}; the last token was not taken from a clock");
            return Self::good(NAME, detail);
        }
        if last.as_micros().saturating_sub(now.as_micros()) > BEHIND {
            let detail = format!(
                "shows {now}, and the last token is of {last}: one of them was wrong; tokens rise \
                 all the same"
            );
            return Self::bad(NAME, detail, HINT);
        }
        Self::good(NAME, format!("shows {now}"))
    }
}

/// What was found among records of one kind.
///
/// ```
/// use lock_core::Findings;
///
/// let findings = Findings { total: 3, mended: 1, left: vec!["a.rs.lock cannot be read".into()] };
/// let check = findings.check("records", "locks");
/// assert!(!check.ok);
/// assert_eq!(
///     check.detail,
///     "3 locks, 1 of them mended; 1 not as they should be: a.rs.lock cannot be read"
/// );
/// ```
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// How many there are.
    pub total: usize,
    /// How many of them have been mended.
    pub mended: usize,
    /// What is still wrong, in words.
    pub left: Vec<String>,
}

impl Findings {
    /// The check `name` of records that are called `what`.
    pub fn check(&self, name: &str, what: &str) -> Check {
        let Self { total, mended, left } = self;
        let healed = if *mended > 0 { format!(", {mended} of them mended") } else { String::new() };
        if left.is_empty() {
            return Check::good(name, format!("{total} {what}{healed}"));
        }
        let shown: Vec<&str> = left.iter().take(SHOWN).map(String::as_str).collect();
        let more = left.len().saturating_sub(shown.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let detail = format!(
            "{total} {what}{healed}; {} not as they should be: {}{more}",
            left.len(),
            shown.join("; ")
        );
        Check::bad(name, detail, "lockctl doctor --repair")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_went_back_is_noticed_by_the_last_token() {
        let now = Timestamp::wall_clock();
        let after = |micros: i64| {
            let later = Timestamp::from_micros(now.as_micros() + micros);
            Check::clock(now, Token::ZERO.next(later).unwrap())
        };
        assert!(after(-3_600_000_000).ok && after(0).ok && after(BEHIND).ok);
        let check = after(3_600_000_000);
        assert!(!check.ok && check.hint.contains("timedatectl"), "{check:?}");
    }

    #[test]
    fn a_clock_out_of_all_bounds_is_noticed_without_a_token() {
        for micros in [i64::MIN, 0, EARLIEST - 1, Token::SANE, i64::MAX] {
            assert!(!Check::clock(Timestamp::from_micros(micros), Token::ZERO).ok, "{micros}");
        }
        // What a mad clock, or somebody's import, did to the tokens says nothing of today.
        assert!(Check::clock(Timestamp::wall_clock(), Token::MAX).ok);
    }

    #[test]
    fn only_some_of_many_are_named() {
        let left = (0..9).map(|n| format!("number {n} is bad")).collect();
        let check = Findings { total: 9, mended: 0, left }.check("records", "locks");
        assert!(check.detail.ends_with("number 4 is bad; and 4 more"), "{}", check.detail);
    }
}
