//! Learning that something has changed.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use async_io::Timer;
use futures_lite::{FutureExt as _, future};
use lock_core::{Pace, Version};
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags},
    io::Errno,
};

use crate::{
    bell::{Bell, Heard},
    error::{Doing as _, Result},
    state::{Found, State},
    store::STATE,
};

/// Looks at the version without taking the guard.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    bell: Bell,
    /// Of looking, where no bell can be heard.
    pace: Pace,
}

impl Watch {
    /// `listens` says whether the kernel is asked to tell of changes.
    pub(crate) fn new(path: PathBuf, listens: bool) -> Self {
        let bell = Bell::new(&path, listens);
        Self { path, bell, pace: Pace::default() }
    }

    /// Returns once the version is not `seen`, at the latest after `limit`.
    pub(crate) async fn changed(&self, seen: Version, limit: Duration) -> Result<Version> {
        let end = Instant::now().checked_add(limit);
        loop {
            // First listen, then look: a ring in between is heard.
            let (rung, ear) = self.bell.listen();
            let mut elsewhere = std::pin::pin!(async {
                match &ear {
                    Some(ear) => ear.heard().await,
                    None => future::pending().await,
                }
            });
            let heard = future::poll_once(elsewhere.as_mut()).await;
            let version = self.version(seen)?;
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let over = version != seen || left.is_some_and(|left| left.is_zero());
            let heard = match heard {
                None if over => return Ok(version),
                None => {
                    let mut next = left.unwrap_or(Duration::MAX);
                    if ear.is_none() {
                        next = next.min(self.pace.pause(seen));
                    }
                    let here = async {
                        rung.await;
                        None
                    };
                    let late = async {
                        Timer::after(next).await;
                        None
                    };
                    here.or(async { Some(elsewhere.await) }).or(late).await
                }
                heard => heard,
            };
            let Some(heard) = heard else { continue };
            if let Some(ear) = &ear
                && !matches!(heard, Ok(Heard::Ring))
            {
                self.bell.forget(ear);
            }
            // It was for all who wait in this process, and only this one has heard it.
            self.bell.ring();
            if over {
                return Ok(version);
            }
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
