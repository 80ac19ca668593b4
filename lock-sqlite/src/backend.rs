//! The backend.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use lock_core::{
    BackendError, Command, LockBackend, Note, Outcome, Scope, Version, View, host::Host,
};

use crate::{
    changed,
    db::Db,
    error::{Doing as _, Fault},
    file::Place,
    identity, network,
    options::Options,
    refusals,
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
/// does not waits in another thread, at most ten seconds or [as long as it is told](Options::patience);
/// then it is [`Unavailable`](lock_core::ErrorKind::Unavailable), and names the process in the way where the
/// system tells. No runtime is needed, any will do.
///
/// # Cancellation
/// A dropped future leaves nothing locked: its step is taken as a whole, or never.
///
/// # Cost
/// An acquire of a path that is free is eight statements, its release seven; unrelated locks add
/// none.
#[derive(Clone)]
pub struct SqliteBackend {
    pub(crate) store: Arc<Store>,
}

impl SqliteBackend {
    /// The store in the file `file`. If it is not there, it reads as empty, and the first step
    /// that changes something makes it, readable and writable for its owner only, with the
    /// directories that are missing.
    ///
    /// It may sleep while another process opens the same file, at most ten seconds.
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
    /// # let dir = tempfile::tempdir().unwrap();
    /// let path = dir.path().join("locks.db");
    /// let store = SqliteBackend::open(&path)?;
    /// assert!(!path.exists());
    ///
    /// std::fs::write(&path, "Dear Sir or Madam,").unwrap();
    /// assert!(SqliteBackend::open(&path).is_err());
    /// # Ok::<(), lock_core::BackendError>(())
    /// ```
    pub fn open(file: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::options().open(file)
    }

    /// For a store that is opened otherwise than by default.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// let options = lock_sqlite::SqliteBackend::options().allow_network(true);
    /// let store = options.open(dir.path().join("locks.db"))?;
    /// # Ok::<(), lock_core::BackendError>(())
    /// ```
    pub fn options() -> Options {
        Options::default()
    }

    pub(crate) fn with(file: &Path, options: &Options) -> Result<Self, BackendError> {
        futures_lite::future::block_on(Self::connect(file, options))
    }

    /// The same, without sleeping on this thread.
    pub(crate) async fn connect(file: &Path, options: &Options) -> Result<Self, BackendError> {
        identity::refuse_old_sqlite()?;
        let place = Place::of(file).doing(format_args!("finding {}", file.display()));
        let place = place.map_err(Fault::unwaited)?;
        if !options.allow_network {
            network::refuse(&place.dir)?;
        }
        let store = Arc::new(Store::new(place, options.patience));
        if !store.is_absent() {
            store.open().await?;
        }
        Ok(Self { store })
    }
}

#[async_trait]
impl LockBackend for SqliteBackend {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        if let Some(note) = Note::in_command(command) {
            if !self.store.is_absent() {
                refusals::note(&self.store.place, note);
            }
            return Ok(Note::outcome());
        }
        let host = Host::current();
        let step = move |db: &mut Db, command: &Command| {
            let Done { outcome, audible } = step::execute(&db.conn, command, host)?;
            Ok((outcome, audible))
        };
        if self.store.is_absent()
            && let Some(outcome) = step::on_nothing(command)
        {
            return Ok(outcome);
        }
        if let Some(done) = self.store.at_once(|db| step(db, command)) {
            return done;
        }
        let command = command.clone();
        self.store.in_turn(move |db| step(db, &command)).await
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        let host = Host::current();
        let view = self.store.read(|db| step::view(&db.conn, scope, host)).await?;
        let mut view = view.unwrap_or_else(|| step::nothing(scope));
        if scope.tally {
            view.tally.refusals = refusals::read(&self.store.place);
        }
        Ok(view)
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
