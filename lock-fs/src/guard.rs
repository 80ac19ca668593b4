//! The lock of the operating system that every step holds.
//!
//! `flock` belongs to the open file, so the kernel lets it go when its process dies, however it
//! dies; nobody ever takes it from anybody. The file is never deleted: if it were, two processes
//! could each hold the guard of a different file. (fs4, on Unix, wraps this very call; used
//! directly, it takes an open descriptor and says which error it was.)

use std::path::Path;

use rustix::{
    fd::AsFd,
    fs::{FlockOperation, Stat, flock, major, minor},
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

/// The kernel tells its locks in pieces, and now and then leaves one out while others come and go.
const LOOKS: usize = 4;

/// The processes that hold the guard at `path`, as far as this machine says.
pub(crate) fn holders(path: &Path) -> Vec<u32> {
    let Ok(stat) = rustix::fs::stat(path) else { return Vec::new() };
    let look = |_| -> Vec<u32> {
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        locks.lines().filter_map(|line| holder_in(line, &stat)).collect()
    };
    found(look)
}

fn found(look: impl FnMut(usize) -> Vec<u32>) -> Vec<u32> {
    (0..LOOKS).map(look).find(|found| !found.is_empty()).unwrap_or_default()
}

/// The same for people; never empty.
pub(crate) fn holders_named(path: &Path) -> String {
    let holders: Vec<String> = holders(path).iter().map(u32::to_string).collect();
    match holders.is_empty() {
        true => "another process, perhaps in another container".to_owned(),
        false => format!("process {}", holders.join(", ")),
    }
}

/// `1: FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF`; with `->` before FLOCK, it only waits.
fn holder_in(line: &str, stat: &Stat) -> Option<u32> {
    let mut words = line.split_whitespace();
    (words.nth(1)? == "FLOCK").then_some(())?;
    let pid: i64 = words.nth(2)?.parse().ok()?;
    let (device, inode) = words.next()?.rsplit_once(':')?;
    let here = format!("{:02x}:{:02x}", major(stat.st_dev), minor(stat.st_dev));
    (device == here && inode.parse() == Ok(stat.st_ino)).then_some(())?;
    // A holder in another pid namespace is shown as 0 or -1.
    u32::try_from(pid).ok().filter(|pid| *pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_the_guard_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let file = std::fs::File::create(&path).unwrap();
        assert_eq!(holders(&path), Vec::<u32>::new());
        let held = try_take(&file, Turn::Alone).unwrap();
        assert!(held.is_some());
        assert_eq!(holders(&path), vec![std::process::id()]);
        let other = std::fs::File::open(&path).unwrap();
        assert!(try_take(&other, Turn::Beside).unwrap().is_none());
        drop(held);
        assert!(try_take(&other, Turn::Beside).unwrap().is_some());
    }

    /// While two hundred locks came and went, about one look in a thousand did not show the one that
    /// stayed, never two in a row; whoever was held up was told of "another process" then.
    #[test]
    fn whom_one_look_leaves_out_the_next_one_finds() {
        let mut looks = 0;
        let second = |_| {
            looks += 1;
            if looks == 2 { vec![4_242] } else { Vec::new() }
        };
        assert_eq!(found(second), [4_242]);
        assert_eq!(found(|_| Vec::new()), [0; 0]);
    }
}
