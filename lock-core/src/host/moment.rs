//! Reading both clocks.

use super::{Host, system};
use crate::Timestamp;

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
    /// Now. Costs two readings of the clock, and no system call after the first.
    ///
    /// ```
    /// assert!(lock_core::host::Moment::now().wall.as_micros() > 0);
    /// ```
    pub fn now() -> Self {
        let boottime = system::boottime();
        let offset = Host::current().clock_offset().unwrap_or(0);
        Self { wall: Timestamp::wall_clock(), boottime: boottime.saturating_sub(offset) }
    }
}
