//! The lock of the operating system that every step holds.
//!
//! `flock` belongs to the open file, so the kernel lets it go when its process dies, however it
//! dies; nobody ever takes it from anybody. The file is never deleted: if it were, two processes
//! could each hold the guard of a different file. (fs4, on Unix, wraps this very call; used
//! directly, it takes an open descriptor and says which error it was.)

use std::path::Path;

use rustix::{
    fd::AsFd,
    fs::{FlockOperation, flock},
    io::{Errno, retry_on_intr},
};

/// Whether a step changes things or only looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nobody else looks or changes.
    Alone,
    /// Others may look.
    Beside,
}

/// The guard, held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held<F: AsFd>(F);

impl<F: AsFd> Drop for Held<F> {
    fn drop(&mut self) {
        if let Err(error) = retry_on_intr(|| flock(self.0.as_fd(), FlockOperation::Unlock)) {
            tracing::error!(%error, "the guard could not be let go");
        }
    }
}

/// Takes the guard if it is free.
pub(crate) fn try_take<F: AsFd>(file: F, turn: Turn) -> Result<Option<Held<F>>, Errno> {
    let operation = match turn {
        Turn::Alone => FlockOperation::NonBlockingLockExclusive,
        Turn::Beside => FlockOperation::NonBlockingLockShared,
    };
    match retry_on_intr(|| flock(file.as_fd(), operation)) {
        Ok(()) => Ok(Some(Held(file))),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Takes the guard, and waits for it as long as it takes: for a thread that may block.
pub(crate) fn take<F: AsFd>(file: F, turn: Turn) -> Result<Held<F>, Errno> {
    let operation = match turn {
        Turn::Alone => FlockOperation::LockExclusive,
        Turn::Beside => FlockOperation::LockShared,
    };
    retry_on_intr(|| flock(file.as_fd(), operation)).map(|()| Held(file))
}

/// Who has the guard at `path`, for people; never empty.
pub(crate) fn holders_named(path: &Path) -> String {
    let named = lock_core::host::keepers_named(path);
    named.unwrap_or_else(|| "another process, perhaps in another container".to_owned())
}

#[cfg(test)]
mod tests {
    use lock_core::host::keepers;

    use super::*;

    #[test]
    fn the_holder_of_the_guard_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let file = std::fs::File::create(&path).unwrap();
        assert_eq!(keepers(&path), Vec::<u32>::new());
        let held = try_take(&file, Turn::Alone).unwrap();
        assert!(held.is_some());
        assert_eq!(keepers(&path), vec![std::process::id()]);
        let other = std::fs::File::open(&path).unwrap();
        assert!(try_take(&other, Turn::Beside).unwrap().is_none());
        drop(held);
        assert!(try_take(&other, Turn::Beside).unwrap().is_some());
    }
}
