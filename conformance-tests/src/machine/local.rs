//! A store on this machine's disk, as the tests that cut its operations short need it.

use std::path::Path;

use lock_core::{BackendError, Backends, LockBackend, LockManager};
use std::sync::Arc;

/// A kind of store on this machine's disk. Each lies in a directory of its own.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// Where the store in a directory is.
    pub url: fn(&Path) -> String,
    /// Opens the store in a directory, with little patience.
    pub open: fn(&Path) -> Result<Arc<dyn LockBackend>, BackendError>,
    /// Those that know the URL.
    pub backends: fn() -> Backends,
    /// Makes the record of `lib/*.py` one that cannot be read.
    pub damage: fn(&Path),
    /// Makes all records those of another boot.
    pub reboot: fn(&Path),
    /// A system call, and which of them, in the middle of a step that takes a set of locks.
    pub midway: (&'static str, usize),
    /// Makes a store whose history is so long that the next step puts it away.
    pub fill: fn(&Path),
}

impl Local {
    /// The store in `dir`, for an agent.
    ///
    /// # Panics
    /// If it does not open.
    pub fn agent(&self, dir: &Path, name: &str) -> LockManager {
        LockManager::new((self.open)(dir).unwrap(), name).unwrap()
    }
}
