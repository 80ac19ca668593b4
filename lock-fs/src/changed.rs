//! Learning that something has changed.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_io::Timer;
use lock_core::Version;
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags},
    io::Errno,
};

use crate::{
    error::{Doing as _, Result},
    state::{Found, State},
    store::STATE,
};

/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// Looks at the version without taking the guard.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
}

impl Watch {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns once the version is not `seen`, at the latest after `limit`.
    pub(crate) async fn changed(&self, seen: Version, limit: Duration) -> Result<Version> {
        let deadline = Instant::now().checked_add(limit);
        let mut pause = PAUSES.0;
        loop {
            let version = self.version(seen)?;
            let now = Instant::now();
            if version != seen || deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(version);
            }
            let left = deadline.map_or(pause, |deadline| deadline - now);
            Timer::after(pause.min(left)).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// The version in the state file. A line that is just being written counts as `seen`: the next
    /// look finds it whole.
    fn version(&self, seen: Version) -> Result<Version> {
        let found = match self.open() {
            Ok(file) => State::read(file).doing(|| format!("reading {STATE}"))?,
            // No store has no version.
            Err(Errno::NOENT) => return Ok(Version::default()),
            Err(errno) => return Err(errno).doing(|| format!("opening {STATE}")),
        };
        Ok(match found {
            Found::State(state) => state.version,
            _ => seen,
        })
    }

    fn open(&self) -> std::result::Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        rustix::fs::open(&*self.path.join(STATE), flags, Mode::empty())
    }
}
