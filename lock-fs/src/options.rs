//! How a store is opened.

use std::{path::Path, time::Duration};

use lock_core::{BackendError, ErrorKind};

use crate::{FsBackend, error::Result};

/// How a store is opened: made by [`FsBackend::options`].
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// let store = lock_fs::FsBackend::options()
///     .mode(0o770)
///     .patience(std::time::Duration::from_secs(2))
///     .open(dir.path().join("locks"))?;
/// # Ok::<(), lock_core::BackendError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) mode: Option<u32>,
    pub(crate) allow_network: bool,
    pub(crate) notification: bool,
    pub(crate) patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let patience = Duration::from_secs(10);
        Self { mode: None, allow_network: false, notification: true, patience }
    }
}

impl Options {
    /// The permissions of the store's directories when it is created, by default `0o700`; its
    /// files have the same without the execute bits. With a group's write bit (`0o770`), a store
    /// that another member of its group created is trusted too.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Whether the store may lie on a network file system, where locks of the operating system
    /// may not exclude other machines. By default it may not.
    #[must_use]
    pub fn allow_network(mut self, allow: bool) -> Self {
        self.allow_network = allow;
        self
    }

    /// Whether those who wait are told of changes by the kernel, where it can. By default they are;
    /// otherwise, and on a network file system, they look every now and then, at most 50 ms late.
    #[must_use]
    pub fn notification(mut self, notification: bool) -> Self {
        self.notification = notification;
        self
    }

    /// How long a step waits for its turn before it is given up as
    /// [`Unavailable`](ErrorKind::Unavailable); by default ten seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The store in the directory `dir`. If it is not there, the first step that changes something
    /// creates it.
    ///
    /// # Errors
    /// As for [`FsBackend::open`]; [`ErrorKind::Invalid`] for a [mode](Self::mode) that would lock
    /// out the owner or let in everybody.
    pub fn open(self, dir: impl AsRef<Path>) -> Result<FsBackend> {
        if let Some(mode) = self.mode
            && (mode & 0o700 != 0o700 || mode & !0o2770 != 0)
        {
            let context = format!("a store's mode is 0700, 0750 or 0770, not {mode:04o}");
            return Err(BackendError::new(ErrorKind::Invalid, context));
        }
        FsBackend::with(dir.as_ref(), self)
    }
}
