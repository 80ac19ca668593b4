//! Systems where nothing can be proved: no boot id and no start times that safe code could read.
//!
//! The wall clock decides about leases, and every process counts as alive.

use std::io;

use super::Identity;

/// The system that this program runs on.
#[derive(Debug, Clone, Default)]
pub(super) struct System;

impl System {
    pub(super) const HERE: Self = Self;

    pub(super) fn boot_id(&self) -> String {
        String::new()
    }

    pub(super) fn clock_offset(&self) -> Option<i64> {
        None
    }

    pub(super) fn identity(&self) -> Identity {
        Identity { name: name(), ..Identity::default() }
    }

    #[cfg(unix)]
    pub(super) fn start_of(&self, pid: u32, _proc_is_ours: bool) -> io::Result<u64> {
        let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        let id = id.ok_or(io::ErrorKind::InvalidInput)?;
        match rustix::process::test_kill_process(id) {
            Err(rustix::io::Errno::SRCH) => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(0),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn start_of(&self, pid: u32, _proc_is_ours: bool) -> io::Result<u64> {
        if pid == 0 { Err(io::ErrorKind::InvalidInput.into()) } else { Ok(0) }
    }

    pub(super) fn is_gone(&self, _pid: u32, _start: u64, _proc_is_ours: bool) -> bool {
        false
    }
}

/// Microseconds on a clock that nobody can step.
#[cfg(unix)]
pub(super) fn boottime() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

/// Microseconds on a clock that nobody can step.
#[cfg(not(unix))]
pub(super) fn boottime() -> i64 {
    use std::{sync::OnceLock, time::Instant};

    static START: OnceLock<Instant> = OnceLock::new();
    i64::try_from(START.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn name() -> String {
    super::printable(&rustix::system::uname().nodename().to_string_lossy())
}

#[cfg(not(unix))]
fn name() -> String {
    super::printable(&std::env::var("COMPUTERNAME").unwrap_or_default())
}
