//! The OS lock in front of the database: whoever writes, opens or closes it holds `FILE.guard`.
//!
//! SQLite has waiting of its own, but it sleeps and tries again, and among eight busy processes
//! one got 1 turn while another got 23,596. Here whoever waits sleeps in the kernel's queue.
//!
//! The guard is only for order. What keeps two writers apart for certain is the database's own
//! lock, so a guard that somebody deletes costs fairness and nothing else. Nobody ever steals it:
//! the system frees it when its process ends.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_lock::{Mutex, MutexGuardArc};
use fs4::{FileExt, TryLockError};

use crate::file::{make_dir_of, private};

/// The way to the guard. In this process one at a time: a lock on an open file is the file's, and
/// two threads would hold it together.
#[derive(Debug)]
pub(crate) struct Gate {
    file: Arc<Mutex<GuardFile>>,
}

#[derive(Debug)]
struct GuardFile {
    path: PathBuf,
    open: Option<File>,
}

/// The right to wait for the guard: the first in line of this process.
#[derive(Debug)]
pub(crate) struct Turn(MutexGuardArc<GuardFile>);

/// The guard, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Held(MutexGuardArc<GuardFile>);

impl Gate {
    pub(crate) fn new(path: &Path) -> Self {
        let file = GuardFile { path: path.to_owned(), open: None };
        Self { file: Arc::new(Mutex::new(file)) }
    }

    /// The turn, if nobody in this process has it.
    pub(crate) fn try_turn(&self) -> Option<Turn> {
        self.file.try_lock_arc().map(Turn)
    }

    pub(crate) async fn turn(&self) -> Turn {
        Turn(self.file.lock_arc().await)
    }

    pub(crate) fn turn_blocking(&self) -> Turn {
        Turn(self.file.lock_arc_blocking())
    }
}

impl Turn {
    /// The guard, if no other process has it.
    pub(crate) fn try_enter(mut self) -> io::Result<Result<Held, Self>> {
        Ok(if self.0.take(false)? { Ok(Held(self.0)) } else { Err(self) })
    }

    /// The guard, as soon as it is free. Nothing but the end of the process ends this wait early.
    pub(crate) fn enter_blocking(mut self) -> io::Result<Held> {
        self.0.take(true)?;
        Ok(Held(self.0))
    }
}

impl Held {
    /// Lets go of the guard and wakes those who wait for a change: by one byte read, which who
    /// watches the file hears. Reading is five times as cheap as writing, and a full disk does not
    /// silence it. In this order, because they come for the guard at once.
    pub(crate) fn leave_ringing(self) {
        self.0.unlock();
        if let Some(file) = &self.0.open {
            // A bell that cannot be rung delays others until they look of their own accord.
            let _ = ring(file);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

impl GuardFile {
    /// Locks the file that has the guard's name when the lock is had: one that was deleted
    /// meanwhile guards nothing.
    fn take(&mut self, wait: bool) -> io::Result<bool> {
        loop {
            let file = match &self.open {
                Some(file) => file,
                None => self.open.insert(open(&self.path)?),
            };
            let taken = if wait {
                FileExt::lock(file).map(|()| true)?
            } else {
                match FileExt::try_lock(file) {
                    Ok(()) => true,
                    Err(TryLockError::WouldBlock) => false,
                    Err(TryLockError::Error(error)) => return Err(error),
                }
            };
            if is_linked(file)? {
                return Ok(taken);
            }
            self.open = None;
        }
    }

    fn unlock(&self) {
        if let Some(file) = &self.open {
            // It cannot fail on an open file; closing it would be the only other way.
            let _ = FileExt::unlock(file);
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = private();
    options.create(true).truncate(false);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_dir_of(path)?;
            options.open(path)?
        }
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let what = format!("{} is no plain file", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    if metadata.len() == 0 {
        // Something to read, for the bell.
        file.write_all(b"\n")?;
    }
    Ok(file)
}

/// Whether the file still has a name.
#[cfg(unix)]
fn is_linked(file: &File) -> io::Result<bool> {
    Ok(rustix::fs::fstat(file)?.st_nlink > 0)
}

#[cfg(unix)]
fn ring(file: &File) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, &mut [0], 0)
}

/// An open file cannot be deleted.
#[cfg(not(unix))]
fn is_linked(_file: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
fn ring(_file: &File) -> io::Result<usize> {
    Ok(0)
}
