//! The backend: whose turn it is, and who waits for it.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use async_io::Timer;
use async_lock::{Mutex, MutexGuardArc};
use async_trait::async_trait;
use futures_lite::FutureExt as _;
use lock_core::{
    BackendError, Command, ErrorKind, LockBackend, Note, Outcome, Scope, Version, View,
};

use crate::{
    changed::Watch,
    error::Result,
    guard,
    options::Options,
    refusals,
    session::{Reply, Session, Work},
    store::GUARD,
};

/// A namespace of locks in a directory, shared by all processes of this machine that use it.
///
/// Clones share one open store, and so do all the tasks that use it.
///
/// # Atomicity
/// Each step holds one lock of the operating system, and is committed by one rename or one
/// unlink: a process killed at any instant leaves the old state or the new one. Without `fsync`
/// on each step, a power failure may lose the last moments; fencing tokens still rise.
///
/// # Cancellation
/// A future that is dropped before its turn has come changes nothing.
///
/// ```
/// use lock_core::{Grant, LockManager};
/// use lock_fs::FsBackend;
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let dir = dir.path().join(".agent_locks");
/// let locks = LockManager::new(FsBackend::open(&dir)?, "agent-7")?;
/// let Grant::Held(leases) = locks.acquire("src/main.rs").await? else { panic!() };
/// locks.release(&leases).await?;
/// # Ok::<(), lock_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct FsBackend {
    path: Arc<PathBuf>,
    options: Options,
    session: Arc<Mutex<Session>>,
    watch: Arc<Watch>,
}

impl FsBackend {
    /// The store in the directory `dir`. If it is not there, it reads as empty, and the first step
    /// that changes something creates it.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] for a directory of another user or one that everybody can write to,
    /// [`ErrorKind::Unsupported`] for one on a network file system, [`ErrorKind::Invalid`] for one
    /// that is no store and not empty.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// let store = lock_fs::FsBackend::open(dir.path().join(".agent_locks"))?;
    /// assert!(!dir.path().join(".agent_locks").exists());
    /// # Ok::<(), lock_core::BackendError>(())
    /// ```
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        Self::options().open(dir)
    }

    /// For a store that is opened otherwise than by default.
    pub fn options() -> Options {
        Options::default()
    }

    /// The directory of the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn with(dir: &Path, options: Options) -> Result<Self> {
        // The current directory may change later; the store must not.
        let path = std::path::absolute(dir).map_err(|error| {
            BackendError::new(ErrorKind::Invalid, format!("the directory {}", dir.display()))
                .with_source(error)
        })?;
        // From a network, the kernel does not hear what other machines do.
        let listens = options.notification && !options.allow_network;
        let session = Session::new(path.clone(), options.clone())?;
        let watch = Arc::new(Watch::new(path.clone(), listens));
        Ok(Self { path: Arc::new(path), options, session: Arc::new(Mutex::new(session)), watch })
    }

    /// Does `work` in turn: on this thread if the guard is free, else on one that may block.
    async fn run(&self, work: Work<'_>) -> Result<Reply> {
        let deadline = Instant::now() + self.options.patience;
        let mut session = match self.session.try_lock_arc() {
            Some(session) => session,
            None => self.in_turn(deadline).await?,
        };
        if let Some(reply) = session.attempt(&work)? {
            return Ok(reply);
        }
        let work = work.into_owned();
        let errand = Errand::default();
        let waiting = {
            let errand = errand.clone();
            blocking::unblock(move || session.wait(&work, || errand.begin()))
        };
        // A dropped future calls the errand off, unless it has begun.
        let called_off = CallOff(&errand);
        let late = async {
            Timer::at(deadline).await;
            None
        };
        let mut waiting = std::pin::pin!(waiting);
        let done = async { Some(waiting.as_mut().await) };
        let reply = match done.or(late).await {
            Some(reply) => reply?,
            None if errand.call_off() => None,
            None => waiting.await?,
        };
        std::mem::forget(called_off);
        reply.ok_or_else(|| self.busy())
    }

    async fn in_turn(&self, deadline: Instant) -> Result<MutexGuardArc<Session>> {
        let turn = async { Some(self.session.lock_arc().await) };
        let late = async {
            Timer::at(deadline).await;
            None
        };
        turn.or(late).await.ok_or_else(|| self.busy())
    }

    fn busy(&self) -> BackendError {
        let guard = self.path.join(GUARD);
        let who = guard::holders_named(&guard);
        let context =
            format!("{} was held by {who} for all of {:?}", guard.display(), self.options.patience);
        BackendError::new(ErrorKind::Unavailable, context)
    }
}

/// A piece of work handed to another thread: begun or called off, whichever comes first.
#[derive(Debug, Clone, Default)]
struct Errand(Arc<AtomicU8>);

impl Errand {
    const OPEN: u8 = 0;
    const BEGUN: u8 = 1;
    const OFF: u8 = 2;

    fn begin(&self) -> bool {
        self.decide(Self::BEGUN)
    }

    fn call_off(&self) -> bool {
        self.decide(Self::OFF)
    }

    fn decide(&self, how: u8) -> bool {
        let decided = self.0.compare_exchange(Self::OPEN, how, Ordering::SeqCst, Ordering::SeqCst);
        decided.is_ok()
    }
}

struct CallOff<'a>(&'a Errand);

impl Drop for CallOff<'_> {
    fn drop(&mut self) {
        self.0.call_off();
    }
}

#[async_trait]
impl LockBackend for FsBackend {
    async fn execute(&self, command: &Command) -> Result<Outcome> {
        if let Some(note) = Note::in_command(command) {
            refusals::note(&self.path, &self.options, note);
            return Ok(Note::outcome());
        }
        match self.run(Work::Execute(Cow::Borrowed(command))).await? {
            Reply::Outcome(outcome) => Ok(outcome),
            Reply::View(_) => Err(unfitting()),
        }
    }

    async fn view(&self, scope: &Scope) -> Result<View> {
        match self.run(Work::View(Cow::Borrowed(scope))).await? {
            Reply::View(view) => Ok(view),
            Reply::Outcome(_) => Err(unfitting()),
        }
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version> {
        self.watch.changed(seen, limit).await
    }
}

fn unfitting() -> BackendError {
    BackendError::new(ErrorKind::Corrupt, "an answer to another question")
}

impl fmt::Display for FsBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fs:{}", self.path.display())
    }
}

impl fmt::Debug for FsBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FsBackend").field(&self.path).finish()
    }
}
