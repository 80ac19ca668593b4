//! How a store is opened.

use std::{path::Path, time::Duration};

use lock_core::BackendError;

use crate::SqliteBackend;

/// How a store is opened: made by [`SqliteBackend::options`].
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// let store = lock_sqlite::SqliteBackend::options()
///     .patience(std::time::Duration::from_secs(2))
///     .open(dir.path().join("locks.db"))?;
/// # Ok::<(), lock_core::BackendError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) allow_network: bool,
    pub(crate) patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { allow_network: false, patience: Duration::from_secs(10) }
    }
}

impl Options {
    /// Whether the file may lie on a network file system, where neither the locks nor the shared
    /// memory of SQLite can be relied on. By default it may not.
    #[must_use]
    pub fn allow_network(mut self, allow: bool) -> Self {
        self.allow_network = allow;
        self
    }

    /// How long a step waits for its turn before it is given up as
    /// [`Unavailable`](lock_core::ErrorKind::Unavailable); by default ten seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The store in the file `file`. If it is not there, it reads as empty, and the first step
    /// that changes something makes it.
    ///
    /// # Errors
    /// As for [`SqliteBackend::open`].
    pub fn open(self, file: impl AsRef<Path>) -> Result<SqliteBackend, BackendError> {
        SqliteBackend::with(file.as_ref(), &self)
    }
}
