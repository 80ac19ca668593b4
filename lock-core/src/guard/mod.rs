//! A claim that is kept alive, and ends with the value that stands for it.

mod hold;
mod loss;
mod watch;
mod young;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use event_listener::Event;

pub use self::{hold::HoldRequest, loss::Loss};
use crate::{
    Answer, Error, HolderId, Leases, LockManager, Pattern, Process, Release, Target, Targets,
    Token, host::Moment, keeper,
};

/// One task's locks: refreshed in the background, let go when the guard goes.
///
/// A guard is a *holder* of its own: two guards of one agent exclude each other. It records this
/// process, so that its locks end at once when the process is killed.
///
/// # Loss
/// While the process runs, a guard reports its loss before anybody can be granted the lock by
/// expiry: it refreshes at a third of the lease, and gives up at 80 % of it, counted from before
/// its last successful refresh was sent, on a clock that goes on while the machine sleeps. A break
/// or a cleanup is learnt when the store notifies of it, though not in the first tenth of a second;
/// at the latest at the next refresh. What was being done under the lock must stop then;
/// [`token`](Self::token) keeps the resource safe from what cannot stop.
///
/// # Runtime
/// None is needed, and none can take the guard down with it: guards are kept by a thread of their
/// own, one for all guards of the process.
///
/// # Cancellation
/// Dropping the guard lets its locks go in the background, best effort;
/// [`release`](Self::release) waits until it is done.
///
/// ```
/// use lock_core::{LockManager, MemoryBackend};
///
/// # futures_lite::future::block_on(async {
/// let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
/// let guard = locks.hold("src/lib.rs").await?.held()?;
/// // … edit, showing guard.token() to whatever checks it …
/// guard.release().await?;
/// # Ok::<(), lock_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct LockGuard {
    shared: Arc<Shared>,
}

/// What the guard and its keeper share.
#[derive(Debug)]
struct Shared {
    manager: LockManager,
    holder: HolderId,
    leases: Leases,
    state: Mutex<State>,
    /// Rings when the state changes: a loss, or the end.
    changed: Event,
}

#[derive(Debug)]
struct State {
    /// When the last refresh that succeeded was sent, in microseconds since boot.
    refreshed: i64,
    /// What kept the last refresh from succeeding.
    failed: Option<String>,
    loss: Option<Loss>,
    over: bool,
}

impl LockGuard {
    fn start(manager: LockManager, holder: HolderId, leases: Leases, sent: Moment) -> Self {
        let refreshed = sent.boottime;
        let state = Mutex::new(State { refreshed, failed: None, loss: None, over: false });
        let shared = Shared { manager, holder, leases, state, changed: Event::new() };
        let shared = Arc::new(shared);
        young::begin(&shared);
        Self { shared }
    }

    /// The locks, as they were granted.
    pub fn leases(&self) -> &Leases {
        &self.shared.leases
    }

    /// The fencing token: see [`Leases::token`].
    pub fn token(&self) -> Token {
        self.shared.leases.token()
    }

    /// The holder that this guard is.
    pub fn holder(&self) -> &HolderId {
        &self.shared.holder
    }

    /// Waits until the locks are lost, and says how. Never returns while they are held.
    pub async fn lost(&self) -> Loss {
        loop {
            let listener = self.shared.changed.listen();
            if let Some(loss) = self.check() {
                return loss;
            }
            listener.await;
        }
    }

    /// The loss, if there is one by now.
    pub fn check(&self) -> Option<Loss> {
        self.shared.overdue();
        self.shared.state().loss.clone()
    }

    /// How long until `share` of the lease has gone by since before the last successful refresh
    /// was sent: at 1.0 others may be granted the locks. Counted as [`check`](Self::check) does.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let guard = locks.hold("a.rs").await?.held()?;
    /// assert!(guard.until(0.9) < guard.until(1.0));
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn until(&self, share: f64) -> Duration {
        self.shared.until(share)
    }

    /// Makes the locks live with `process` too: they end by proof of death only when it is dead
    /// as well as this process. For one that works under the lock and may outlive this one.
    ///
    /// # Errors
    /// [`Error`] if the store could not answer: whether it is recorded is not known then. If the
    /// locks are lost, that is no error here; [`check`](Self::check) knows from then on.
    ///
    /// ```no_run
    /// # use lock_core::{LockManager, MemoryBackend, host::Host};
    /// # async fn example(locks: LockManager) -> Result<(), Box<dyn std::error::Error>> {
    /// let guard = locks.hold("a.rs").await?.held()?;
    /// let child = std::process::Command::new("make").spawn()?;
    /// guard.live_with(Host::current().process(child.id())?).await?;
    /// # Ok(()) }
    /// ```
    pub async fn live_with(&self, process: Process) -> Result<(), Error> {
        self.shared.refresh(Some(process)).await?;
        Ok(())
    }

    /// Lets the locks go, and waits until it is done.
    ///
    /// # Errors
    /// [`Error`] if the store could not answer: the locks may then live until their lease ends.
    pub async fn release(self) -> Result<(), Error> {
        self.finish().await.map(|_| ())
    }

    /// Lets the locks go, waits until it is done, and says whether they were held to the end.
    /// A loss may show only now: a lock may have been broken a moment ago.
    ///
    /// # Errors
    /// As [`release`](Self::release).
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let guard = locks.hold("a.rs").await?.held()?;
    /// // … write …
    /// assert_eq!(guard.finish().await?, None, "nobody else can have written meanwhile");
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn finish(self) -> Result<Option<Loss>, Error> {
        let known = self.check();
        self.shared.end();
        let released = match (self.shared.release().await, known.is_some()) {
            // The loss is what must be known, whether or not the rest could be let go.
            (Err(_), true) => return Ok(known),
            (released, _) => released?,
        };
        if known.is_some() || self.shared.leases.patterns().all(|p| released.contains(p)) {
            return Ok(known);
        }
        // What could not be let go was gone before; a refresh says how.
        self.shared.refresh(None).await?;
        Ok(self.shared.state().loss.clone().map(|loss| loss.without(&released)))
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if self.shared.end() {
            let shared = Arc::clone(&self.shared);
            let pending = self.shared.manager.pending();
            keeper::spawn(async move {
                if let Err(error) = shared.release().await {
                    tracing::warn!(%error, "a dropped guard could not be released");
                }
                drop(pending);
            });
        }
    }
}

impl Shared {
    /// A panic elsewhere cannot have left the state half changed: each change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the keeper; false if it was stopped before.
    fn end(&self) -> bool {
        let first = !std::mem::replace(&mut self.state().over, true);
        self.changed.notify(usize::MAX);
        first
    }

    fn lose(&self, loss: Loss) {
        self.state().loss.get_or_insert(loss);
        self.changed.notify(usize::MAX);
    }

    fn targets(&self) -> Targets {
        Targets::Some(self.leases.patterns().cloned().map(Target::from).collect())
    }

    /// Lets go, and says of what.
    async fn release(&self) -> Result<Vec<Pattern>, Error> {
        let agent = self.manager.agent().clone();
        let holder = Some(self.holder.clone());
        let release = Release { agent, holder, targets: self.targets(), token: None };
        match self.manager.execute(release).await?.answer {
            Answer::Released { released, .. } => Ok(released),
            other => Err(crate::manager::unfitting(&other).into()),
        }
    }
}
