//! How long, how often, and from which seed.

use std::{env, time::Duration};

/// How long each race runs that is measured in time: `LOCK_TEST_SECONDS`, by default half a
/// second.
pub(crate) fn race_time() -> Duration {
    Duration::from_secs_f64(number("LOCK_TEST_SECONDS").unwrap_or(0.5))
}

/// How many processes the crash scenario kills: `LOCK_TEST_KILLS`, by default three dozen.
pub(crate) fn kills() -> usize {
    number("LOCK_TEST_KILLS").unwrap_or(36)
}

/// At how many system calls of each operation a process is killed or stopped: `LOCK_TEST_POINTS`,
/// by default as many as fit into some seconds. As many as there are, if there are no more.
pub(crate) fn points() -> Option<usize> {
    number("LOCK_TEST_POINTS")
}

/// How many random sequences of commands the differential scenario tries: `LOCK_TEST_CASES`, by
/// default 60.
pub(crate) fn cases() -> u32 {
    number("LOCK_TEST_CASES").unwrap_or(60)
}

/// Where all random choices begin: `LOCK_TEST_SEED`, by default the clock.
pub(crate) fn seed() -> u64 {
    number("LOCK_TEST_SEED").unwrap_or_else(|| {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(32)
    })
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    let number = text.parse().ok();
    assert!(number.is_some(), "{name} is a number, not {text:?}");
    number
}
