//! This machine: its clock, and proof that a process is gone.

use crate::{Process, Timestamp, Ttl, View};

/// This machine, as far as clocks and proofs of death need it.
#[derive(Debug, Clone)]
pub struct Host {}

/// One reading of both of this machine's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: it can be stepped, and it means the same on every machine.
    pub wall: Timestamp,
    /// Microseconds since boot, suspend included: it cannot be stepped, and it means something on
    /// one boot of one machine only.
    pub boottime: i64,
}

/// When a lease ends, on a clock that nobody can step: stored beside its wall-clock expiry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeaseMark {
    /// The boot on whose clock the lease ends.
    pub boot_id: String,
    /// The end, in microseconds since that boot.
    pub boottime_us: i64,
}

/// A stored expiry, read at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When the lease ends, on the wall clock as it stands at that moment.
    pub expires_at: Timestamp,
    /// Whether the mark is of another boot or host, so that the record should be marked anew.
    pub foreign: bool,
}

#[allow(missing_docs)]
impl Moment {
    pub fn now() -> Self {
        Self { wall: Timestamp::wall_clock(), boottime: 0 }
    }
}

#[allow(missing_docs)]
impl Host {
    pub fn current() -> &'static Self {
        &Self {}
    }
    pub fn name(&self) -> &str {
        "localhost"
    }
    pub fn boot_id(&self) -> &str {
        ""
    }
    pub fn process(&self, _pid: u32) -> std::io::Result<Process> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    pub fn this_process(&self) -> std::io::Result<Process> {
        self.process(std::process::id())
    }
    pub fn proves_dead(&self, _process: &Process) -> bool {
        false
    }
    /// Enters into `view.dead` every lock and waiter that recorded processes, all proved dead.
    pub fn bury(&self, _view: &mut View) {}
    pub fn mark(&self, _moment: Moment, _expires_at: Timestamp) -> LeaseMark {
        LeaseMark { boot_id: String::new(), boottime_us: 0 }
    }
    pub fn read(
        &self,
        _moment: Moment,
        _mark: Option<&LeaseMark>,
        expires_at: Timestamp,
        _ttl: Ttl,
    ) -> Reading {
        Reading { expires_at, foreign: false }
    }
}
