//! A process, named so that it can later be proved dead.

use serde::{Deserialize, Serialize};

/// A process, with all that is needed to tell later whether it is gone.
///
/// A pid alone proves nothing: pids are reused, and another container has its own.
/// [`Host::proves_dead`](crate::host::Host::proves_dead) says what does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The process id, in its own pid namespace.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
    /// The boot of the machine it runs in.
    pub boot_id: String,
    /// The machine it runs on.
    pub host_id: String,
    /// That machine's name, for people.
    pub host: String,
    /// The inode of its pid namespace.
    pub pid_ns: u64,
    /// The inode of its time namespace: it shifts what `start` counts from.
    pub time_ns: u64,
}
