//! When a lease ends, whatever happens to the wall clock.

use std::cmp;

use super::{Host, Moment};
use crate::{Timestamp, Ttl};

/// The two clocks of a [`Moment`] are read one after the other, so that the same instant can come
/// out this many microseconds apart; a step of the wall clock that is smaller goes unnoticed.
const JITTER: u64 = 1_000;

/// When a lease ends, on a clock that nobody can step: stored beside its wall-clock expiry.
///
/// Made by [`Host::mark`], read by [`Host::read`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeaseMark {
    /// The boot on whose clock the lease ends; empty for a clock that has no name.
    pub boot_id: String,
    /// The end, in microseconds since that boot.
    pub boottime_us: i64,
}

/// A stored expiry, read at some moment, by [`Host::read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When the lease ends, on the wall clock as it stands at that moment.
    pub expires_at: Timestamp,
    /// Whether the record should be marked anew: its mark says nothing here, and this host can
    /// make a better one or has cut the lease.
    pub foreign: bool,
}

impl Host {
    /// The mark to store beside `expires_at`, which is on the wall clock of `moment`.
    ///
    /// ```
    /// use lock_core::host::{Host, Moment};
    /// use std::time::Duration;
    ///
    /// let now = Moment::now();
    /// let mark = Host::current().mark(now, now.wall + Duration::from_secs(2));
    /// assert_eq!(mark.boottime_us, now.boottime + 2_000_000);
    /// ```
    pub fn mark(&self, moment: Moment, expires_at: Timestamp) -> LeaseMark {
        let left = expires_at.as_micros().saturating_sub(moment.wall.as_micros());
        LeaseMark {
            boot_id: self.clock().to_owned(),
            boottime_us: moment.boottime.saturating_add(left),
        }
    }

    /// When a stored lease ends, on the wall clock of `moment`: a lease is over when
    /// `moment.wall >= expires_at`.
    ///
    /// A mark of this boot decides alone, so that no step of the wall clock makes a lease longer
    /// or shorter. Without one the stored wall-clock expiry holds, but never beyond a whole `ttl`
    /// from now: a record written under a clock that was ahead must not hold for ever. Such a
    /// record is [foreign](Reading::foreign) and should be marked anew, or it would be cut
    /// short of the same `ttl` at every look.
    ///
    /// ```
    /// use lock_core::host::{Host, LeaseMark, Moment};
    /// use lock_core::Ttl;
    /// use std::time::Duration;
    ///
    /// let (now, ttl) = (Moment::now(), Ttl::default());
    /// let mark = LeaseMark { boot_id: "another boot".into(), boottime_us: 5 };
    /// let far = now.wall + Duration::from_secs(86_400);
    /// let reading = Host::current().read(now, Some(&mark), far, ttl);
    /// assert_eq!(reading.expires_at, now.wall + ttl.duration());
    /// assert!(reading.foreign);
    /// ```
    pub fn read(
        &self,
        moment: Moment,
        mark: Option<&LeaseMark>,
        expires_at: Timestamp,
        ttl: Ttl,
    ) -> Reading {
        let here = self.clock();
        if let Some(mark) = mark.filter(|mark| !here.is_empty() && mark.boot_id == here) {
            return Reading { expires_at: by_boottime(moment, mark, expires_at), foreign: false };
        }
        let latest = moment.wall + ttl.duration();
        Reading {
            expires_at: cmp::min(expires_at, latest),
            foreign: !here.is_empty() || expires_at > latest,
        }
    }
}

/// The end of `mark` on the wall clock of `moment`.
///
/// While the wall clock was not stepped this is the stored expiry to the microsecond, so that it
/// reads the same each time. Whether the lease is over is the mark's to say even then.
fn by_boottime(moment: Moment, mark: &LeaseMark, stored: Timestamp) -> Timestamp {
    let left = mark.boottime_us.saturating_sub(moment.boottime);
    let exact = Timestamp::from_micros(moment.wall.as_micros().saturating_add(left));
    let same = exact.as_micros().abs_diff(stored.as_micros()) <= JITTER;
    let agrees = (moment.wall < stored) == (left > 0);
    if same && agrees { stored } else { exact }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn host(boot: &str) -> Host {
        Host { boot_id: boot.to_owned().into(), clock_offset: Some(0).into(), ..Host::default() }
    }

    fn at(wall: i64, boottime: i64) -> Moment {
        Moment { wall: Timestamp::from_micros(wall), boottime }
    }

    fn ttl(seconds: u64) -> Ttl {
        Ttl::new(Duration::from_secs(seconds)).unwrap()
    }

    const SECOND: i64 = 1_000_000;

    #[test]
    fn steps_of_the_wall_clock_change_nothing() {
        let host = host("here");
        let granted = at(1_000 * SECOND, 50 * SECOND);
        let expires_at = granted.wall + Duration::from_secs(10);
        let mark = host.mark(granted, expires_at);
        for step in [-900, -20, -1, 1, 20, 1_000_000] {
            let over = |after: i64| {
                let moment = at((1_000 + step + after) * SECOND, (50 + after) * SECOND);
                let reading = host.read(moment, Some(&mark), expires_at, ttl(10));
                assert!(!reading.foreign);
                moment.wall >= reading.expires_at
            };
            assert_eq!((over(9), over(10), over(11)), (false, true, true), "step {step}");
        }
    }

    #[test]
    fn an_unstepped_lease_reads_as_it_was_written() {
        let host = host("here");
        let expires_at = Timestamp::from_micros(10 * SECOND);
        let mark = host.mark(at(0, 0), expires_at);
        // A context switch between the two readings of the clock.
        let reading = host.read(at(SECOND + 400, SECOND), Some(&mark), expires_at, ttl(10));
        assert_eq!(reading.expires_at, expires_at);
    }

    #[test]
    fn a_lease_that_is_over_stays_over_however_the_clocks_are_sampled() {
        let host = host("here");
        let expires_at = Timestamp::from_micros(10 * SECOND);
        let mark = host.mark(at(0, 0), expires_at);
        for jitter in [-900, -1, 0, 1, 900] {
            let over = |boottime: i64| {
                let moment = at(boottime + jitter, boottime);
                moment.wall >= host.read(moment, Some(&mark), expires_at, ttl(10)).expires_at
            };
            assert!(!over(10 * SECOND - 1) && over(10 * SECOND), "{jitter}");
        }
    }

    #[test]
    fn another_boot_counts_on_the_wall_clock_and_never_beyond_a_whole_lease() {
        let now = at(1_000 * SECOND, 7);
        for (mark, here) in [("there", "here"), ("", "here"), ("there", "")] {
            let mark = LeaseMark { boot_id: mark.into(), boottime_us: 0 };
            let read = |wall| host(here).read(now, Some(&mark), wall, ttl(10));
            assert_eq!(
                read(now.wall + Duration::from_secs(3)).expires_at.as_micros(),
                1_003 * SECOND
            );
            assert_eq!(
                read(now.wall - Duration::from_secs(3)).expires_at.as_micros(),
                997 * SECOND
            );
            let cut = read(now.wall + Duration::from_secs(11));
            assert_eq!((cut.expires_at.as_micros(), cut.foreign), (1_010 * SECOND, true));
        }
        assert!(host("here").read(now, None, now.wall, ttl(10)).foreign);
    }

    /// Where no clock has a name, nothing is gained by marking every record at every step.
    #[test]
    fn a_host_without_a_boot_id_marks_anew_only_what_it_cut() {
        let (host, now) = (host(""), at(1_000 * SECOND, 7));
        let expires_at = now.wall + Duration::from_secs(10);
        let mark = host.mark(now, expires_at);
        assert!(!host.read(now, Some(&mark), expires_at, ttl(10)).foreign);
        assert!(host.read(now, Some(&mark), expires_at, ttl(9)).foreign);
    }

    #[test]
    fn damaged_numbers_saturate() {
        let host = host("here");
        for boottime_us in [i64::MIN, i64::MAX] {
            let mark = LeaseMark { boot_id: "here".into(), boottime_us };
            for moment in [at(i64::MIN, i64::MIN), at(i64::MAX, i64::MAX), at(i64::MAX, i64::MIN)] {
                host.read(moment, Some(&mark), Timestamp::from_micros(i64::MIN), ttl(10));
                host.mark(moment, Timestamp::from_micros(boottime_us));
            }
        }
    }
}
