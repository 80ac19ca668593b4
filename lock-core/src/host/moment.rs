//! Reading both clocks.

use super::{Host, system};
use crate::Timestamp;

/// How far the readings of the two clocks may lie apart, in microseconds.
const APART: i64 = 100;

/// How often they are read again; on a machine that busy, the best of them has to do.
const TRIES: usize = 4;

/// One reading of both of this machine's clocks.
///
/// ```
/// use lock_core::host::Moment;
///
/// let (first, second) = (Moment::now(), Moment::now());
/// assert!(first.boottime <= second.boottime);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: it can be stepped, and it means the same on every machine.
    pub wall: Timestamp,
    /// Microseconds since boot, suspend included: it cannot be stepped, and it means something on
    /// one boot of one machine only.
    ///
    /// A time namespace shifts this clock for those inside; the shift is taken out here, so that
    /// all containers of a machine are on one clock. On systems without a boot id it counts from
    /// some point of their own.
    pub boottime: i64,
}

impl Moment {
    /// Now. Costs three readings of the clock, and no system call after the first.
    ///
    /// Whoever is interrupted between the two clocks would put milliseconds between them, and a
    /// lease marked at such a moment would read as another than was granted: so the wall clock is
    /// read between two readings of the other, again if those lie too far apart.
    ///
    /// ```
    /// assert!(lock_core::host::Moment::now().wall.as_micros() > 0);
    /// ```
    pub fn now() -> Self {
        let offset = Host::current().clock_offset().unwrap_or(0);
        let read = || {
            let before = system::boottime();
            let wall = Timestamp::wall_clock();
            let apart = system::boottime().saturating_sub(before);
            (apart, Self { wall, boottime: before.saturating_sub(offset) })
        };
        let mut best = read();
        for _ in 0..TRIES {
            if best.0 <= APART {
                break;
            }
            let next = read();
            if next.0 < best.0 {
                best = next;
            }
        }
        best.1
    }
}
