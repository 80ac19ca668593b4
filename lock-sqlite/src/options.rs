//! How to open a store.

use std::path::Path;

use lock_core::BackendError;

use crate::SqliteBackend;

/// How to open a store.
///
/// ```
/// use lock_sqlite::SqliteOptions;
///
/// # let dir = tempfile::tempdir()?;
/// let backend = SqliteOptions::new().allow_network(true).open(dir.path().join("locks.db"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SqliteOptions {
    pub(crate) allow_network: bool,
}

impl SqliteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to open a file on a network file system. There neither the locks nor the shared
    /// memory of SQLite can be relied on, so it is refused by default.
    #[must_use]
    pub fn allow_network(mut self, allow: bool) -> Self {
        self.allow_network = allow;
        self
    }

    /// Opens the store in the file at `path`; see [`SqliteBackend::open`].
    ///
    /// # Errors
    /// As [`SqliteBackend::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<SqliteBackend, BackendError> {
        SqliteBackend::open_with(path.as_ref(), self)
    }
}
