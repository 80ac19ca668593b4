//! How often to look where nobody tells of changes.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Version;

/// The first pause between two looks, and the longest.
const RANGE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(250));

/// A pause is this part of the time for which nothing has changed.
const PART: u32 = 16;

/// How often to look for a new version where nobody tells of one.
///
/// The longer nothing has changed, the longer the pause: a sixteenth of that time, from 2 to 250 ms.
/// So a wait is never prolonged by more than a sixteenth, and a hundred who wait for a long time look
/// four hundred times a second, all together. One for all who wait at a store in a process.
///
/// ```
/// use lock_core::{Pace, Version};
/// use std::time::Duration;
///
/// let pace = Pace::default();
/// assert_eq!(pace.pause(Version::new(7)), Duration::from_millis(2));
/// ```
#[derive(Debug, Default)]
pub struct Pace(Mutex<Option<(Version, Instant)>>);

impl Pace {
    /// How long until the next look, for those who have just looked and `seen` this version still.
    ///
    /// ```
    /// # use lock_core::{Pace, Version};
    /// # use std::{thread::sleep, time::Duration};
    /// let (pace, version) = (Pace::default(), Version::new(7));
    /// let first = pace.pause(version);
    /// sleep(Duration::from_millis(100));
    /// assert!(pace.pause(version) > first, "nothing has changed for a while");
    /// assert_eq!(pace.pause(Version::new(8)), first, "something has");
    /// ```
    pub fn pause(&self, seen: Version) -> Duration {
        let now = Instant::now();
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = since.filter(|(version, _)| *version == seen);
        let (_, since) = *since.insert(same.unwrap_or((seen, now)));
        after(now.saturating_duration_since(since))
    }
}

fn after(quiet: Duration) -> Duration {
    let (least, most) = RANGE;
    (quiet / PART).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_prolonged_by_a_sixteenth_at_most_and_never_by_more_than_a_quarter_second() {
        let pauses =
            [0, 20, 160, 1_600, 4_000, 3_600_000].map(|ms| after(Duration::from_millis(ms)));
        assert_eq!(pauses.map(|pause| pause.as_millis()), [2, 2, 10, 100, 250, 250]);
    }
}
