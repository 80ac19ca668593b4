//! This machine: its clocks, and proof that a process is gone.
//!
//! A store whose users share one machine can do better than a wall clock. It stores beside each
//! expiry a [`LeaseMark`], the same instant on the clock that runs since boot, and
//! [`Host::read`] turns both back into an expiry that no step of the wall clock has moved. And a
//! lock that recorded its [`Process`](crate::Process) ends with it: [`Host::proves_dead`] says
//! when that is certain, and [`Host::bury`] enters it into a [`View`](crate::View).
//!
//! ```
//! use lock_core::host::{Host, Moment};
//! use lock_core::{Timestamp, Ttl};
//! use std::time::Duration;
//!
//! let (host, ttl) = (Host::current(), Ttl::default());
//! let now = Moment::now();
//! let expires_at = now.wall + ttl.duration();
//! let mark = host.mark(now, expires_at);
//!
//! // The wall clock is set back by a day; the lease ends in five minutes all the same.
//! let stepped = Moment { wall: now.wall - Duration::from_secs(86_400), ..now };
//! let reading = host.read(stepped, Some(&mark), expires_at, ttl);
//! assert_eq!(reading.expires_at, stepped.wall + ttl.duration());
//! ```

mod death;
mod keeper;
mod lease;
mod living;
mod moment;
mod process;
#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux/mod.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "other.rs")]
mod system;

use std::sync::OnceLock;

pub use keeper::{keepers, keepers_named};
pub use lease::{LeaseMark, Reading};
pub use moment::Moment;

/// This machine, as far as clocks and proofs of death need it.
///
/// Nothing is read before it is asked for, and everything once: a lock operation that meets
/// nobody's lock needs only the [boot id](Host::boot_id) and a [`Moment`].
///
/// What cannot be read is unknown, and what is unknown is equal to nothing: it makes a clock
/// foreign and a process alive. Nothing here can fail for want of a readable `/proc`.
#[derive(Debug, Clone, Default)]
pub struct Host {
    system: system::System,
    boot_id: OnceLock<String>,
    clock_offset: OnceLock<Option<i64>>,
    identity: OnceLock<Identity>,
    /// The process that first asked about itself, and when it started.
    own: OnceLock<(u32, u64)>,
    living: living::Living,
}

/// Where a process is: whose pids its pid is one of, and since when its start counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Identity {
    /// The machine's name, for people.
    name: String,
    /// The machine; empty when unknown.
    host_id: String,
    /// Whether `host_id` outlives a boot, and is no other machine's.
    lasting: bool,
    /// The inode of the pid namespace; 0 when unknown.
    pid_ns: u64,
    /// The inode of the time namespace; 0 when unknown.
    time_ns: u64,
    /// Whether `/proc/PID` is about our `PID`, and not about an outer namespace's.
    proc_is_ours: bool,
}

static CURRENT: Host = Host {
    system: system::System::HERE,
    boot_id: OnceLock::new(),
    clock_offset: OnceLock::new(),
    identity: OnceLock::new(),
    own: OnceLock::new(),
    living: living::Living::new(),
};

impl Host {
    /// This machine. Costs nothing.
    ///
    /// ```
    /// let host = lock_core::host::Host::current();
    /// assert_eq!(host.boot_id(), lock_core::host::Host::current().boot_id());
    /// ```
    pub fn current() -> &'static Self {
        &CURRENT
    }

    /// The machine's name, for people: it identifies nothing.
    ///
    /// ```
    /// assert!(!lock_core::host::Host::current().name().contains('\n'));
    /// ```
    pub fn name(&self) -> &str {
        &self.identity().name
    }

    /// The kernel's name for this boot; empty where there is none (other systems than Linux, no
    /// `/proc`). One small file is read, once.
    ///
    /// ```
    /// # if std::path::Path::new("/proc/sys/kernel/random/boot_id").exists() {
    /// assert_eq!(lock_core::host::Host::current().boot_id().len(), 36);
    /// # }
    /// ```
    pub fn boot_id(&self) -> &str {
        self.boot_id.get_or_init(|| self.system.boot_id())
    }

    fn identity(&self) -> &Identity {
        self.identity.get_or_init(|| self.system.identity())
    }

    /// What our boottime clock is ahead of the machine's; none when that cannot be told.
    fn clock_offset(&self) -> Option<i64> {
        *self.clock_offset.get_or_init(|| self.system.clock_offset())
    }

    /// The name of the clock that [`Moment::boottime`] is on; empty when it has none.
    fn clock(&self) -> &str {
        if self.clock_offset().is_some() { self.boot_id() } else { "" }
    }
}

/// A machine's name as it may be shown: it can hold anything.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
