//! The backend.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use lock_core::{BackendError, Command, LockBackend, Outcome, Scope, Version, View, host::Host};

use crate::{
    changed,
    error::{Doing as _, Fault},
    file::Place,
    identity, network,
    options::SqliteOptions,
    step::{self, Done},
    store::Store,
};

/// One namespace of locks in one SQLite file.
///
/// Clones share one connection. Opening the same file twice is allowed, in one process too.
///
/// # Contract
/// The file belongs to the processes of one machine; it must not be opened over a network, and
/// while a process has it open, that process must not open and close it by other means: that
/// would drop SQLite's locks on it.
///
/// # Atomicity
/// [`execute`](LockBackend::execute) is one `BEGIN IMMEDIATE` transaction, behind an OS lock on
/// `FILE.guard`; [`view`](LockBackend::view) is one read transaction and waits for nobody.
///
/// # Waiting
/// A step that finds the guard free runs on the calling thread and never sleeps there. One that
/// does not waits in another thread, at most ten seconds; then it is
/// [`Unavailable`](lock_core::ErrorKind::Unavailable), and names the process in the way where the
/// system tells. No runtime is needed, any will do.
///
/// # Cancellation
/// A dropped future leaves nothing locked: its step is taken as a whole, or never.
///
/// # Cost
/// An acquire is ten statements or fewer, a release eight; unrelated locks add none.
#[derive(Clone)]
pub struct SqliteBackend {
    store: Arc<Store>,
}

impl SqliteBackend {
    /// Opens the store in the file at `path`, and makes it if there is none: readable and writable
    /// for its owner only. Directories that are missing are made.
    ///
    /// It may sleep while another process opens the file, at most ten seconds.
    ///
    /// # Atomicity
    /// The file gets its name when it is whole; of two that make it at once, one does.
    ///
    /// # Errors
    /// [`Corrupt`](lock_core::ErrorKind::Corrupt) for what is no database, or was cut off;
    /// [`Invalid`](lock_core::ErrorKind::Invalid) for another program's database;
    /// [`Unsupported`](lock_core::ErrorKind::Unsupported) for one written by a newer version, for a
    /// network file system, and if the SQLite linked in can damage the file;
    /// [`Denied`](lock_core::ErrorKind::Denied) for want of permission. Nothing is ever made anew
    /// in the place of what is there.
    ///
    /// ```
    /// use lock_sqlite::SqliteBackend;
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("locks.db");
    /// let backend = SqliteBackend::open(&path)?;
    /// assert!(backend.to_string().ends_with("/locks.db"));
    ///
    /// std::fs::write(dir.path().join("letter.txt"), "Dear Sir or Madam,")?;
    /// assert!(SqliteBackend::open(dir.path().join("letter.txt")).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        SqliteOptions::new().open(path)
    }

    /// How to open a store in other ways.
    pub fn options() -> SqliteOptions {
        SqliteOptions::new()
    }

    pub(crate) fn open_with(path: &Path, options: SqliteOptions) -> Result<Self, BackendError> {
        let backend = Self::at(path, options)?;
        backend.store.in_turn_blocking(|_| Ok(((), false)))?;
        Ok(backend)
    }

    /// The same, without sleeping on this thread.
    pub(crate) async fn connect(path: &Path, options: SqliteOptions) -> Result<Self, BackendError> {
        let backend = Self::at(path, options)?;
        match backend.store.at_once(|_| Ok(((), false))) {
            Some(opened) => opened?,
            None => backend.store.in_turn(|_| Ok(((), false))).await?,
        }
        Ok(backend)
    }

    /// The backend for `path`, which is yet to be opened.
    fn at(path: &Path, options: SqliteOptions) -> Result<Self, BackendError> {
        identity::refuse_old_sqlite()?;
        let place = Place::of(path).doing(format_args!("finding {}", path.display()));
        let place = place.map_err(Fault::unwaited)?;
        if !options.allow_network {
            network::refuse(&place.dir)?;
        }
        Ok(Self { store: Arc::new(Store::new(place)) })
    }
}

#[async_trait]
impl LockBackend for SqliteBackend {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        let host = Host::current();
        let step = move |db: &mut crate::db::Db, command: &Command| {
            let Done { outcome, audible } = step::execute(&db.conn, command, host)?;
            Ok((outcome, audible))
        };
        if let Some(done) = self.store.at_once(|db| step(db, command)) {
            return done;
        }
        let command = command.clone();
        self.store.in_turn(move |db| step(db, &command)).await
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        let host = Host::current();
        self.store.read(|db| step::view(&db.conn, scope, host)).await
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        changed::changed(&self.store, seen, limit).await
    }
}

impl fmt::Display for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.store.place.file.display())
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend")
            .field("file", &self.store.place.file)
            .finish_non_exhaustive()
    }
}
