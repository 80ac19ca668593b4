//! The readable reference: a backend in memory.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use event_listener::Event;
use futures_lite::FutureExt as _;

use crate::{
    BackendError, Command, ErrorKind, HistoryEntry, Lock, LockBackend, ManualClock, Note, Outcome,
    RecordId, Scope, Stamp, Tally, Timestamp, Token, Version, View, Waiter, Write, decide,
};

/// How many lines of the log are kept: enough for 10,000 endings and the grants between them.
const LOG_KEPT: usize = 20_000;

/// One namespace in this process's memory: the reference that every other backend is compared
/// with, and a fake for tests of code that uses locks.
///
/// Clones share one namespace. Nothing outlives the process.
///
/// ```
/// use lock_core::{Grant, LockManager, ManualClock, MemoryBackend};
/// use std::time::Duration;
///
/// # futures_lite::future::block_on(async {
/// let clock = ManualClock::default();
/// let store = MemoryBackend::with_clock(clock.clone());
/// let one = LockManager::new(store.clone(), "one")?;
/// let two = LockManager::new(store, "two")?;
///
/// assert!(matches!(one.acquire("a.rs").await?, Grant::Held(_)));
/// assert!(matches!(two.acquire("*.rs").await?, Grant::Refused(_)));
/// clock.advance(Duration::from_secs(300)); // the default lease
/// assert!(matches!(two.acquire("*.rs").await?, Grant::Held(_)));
/// # Ok::<(), lock_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct MemoryBackend {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    clock: Option<ManualClock>,
    namespace: Mutex<Namespace>,
    changed: Event,
}

#[derive(Default)]
struct Namespace {
    version: Version,
    last_token: Token,
    locks: BTreeMap<RecordId, Lock>,
    waiters: BTreeMap<RecordId, Waiter>,
    log: VecDeque<HistoryEntry>,
    forgetful: bool,
    tally: Tally,
    dead: HashSet<RecordId>,
}

impl MemoryBackend {
    /// An empty namespace on this machine's wall clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty namespace on `clock`.
    pub fn with_clock(clock: ManualClock) -> Self {
        Self { shared: Arc::new(Shared { clock: Some(clock), ..Shared::default() }) }
    }

    /// Lets the processes of the lock or waiter `record` count as proved dead.
    pub fn declare_dead(&self, record: RecordId) {
        self.namespace().dead.insert(record);
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.as_ref().map_or_else(Timestamp::wall_clock, ManualClock::now)
    }

    /// A panic elsewhere cannot have left a step half done: a step never panics between writes.
    fn namespace(&self) -> MutexGuard<'_, Namespace> {
        self.shared.namespace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Namespace {
    fn view(&self, scope: &Scope, now: Timestamp) -> View {
        let endings = self.log.iter().filter_map(HistoryEntry::ending);
        let history = |after: Version| self.log.iter().filter(move |e| e.version() > after);
        View {
            scope: scope.clone(),
            now,
            version: self.version,
            locks: self.locks.values().filter(|l| scope.locks.includes(l)).cloned().collect(),
            waiters: self
                .waiters
                .values()
                .filter(|waiter| scope.includes_waiter(waiter.id))
                .cloned()
                .collect(),
            endings: endings.filter(|ending| scope.endings.includes(ending)).cloned().collect(),
            forgetful: self.forgetful,
            history: scope.history.into_iter().flat_map(history).cloned().collect(),
            tally: if scope.tally { self.tally.clone() } else { Tally::default() },
            dead: self.dead.clone(),
        }
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::PutLock(lock) => drop(self.locks.insert(lock.id, lock)),
            Write::DropLock(lock) => drop(self.locks.remove(&lock.id)),
            Write::PutWaiter(waiter) => drop(self.waiters.insert(waiter.id, waiter)),
            Write::DropWaiter(waiter) => drop(self.waiters.remove(&waiter.id)),
        }
    }
}

#[async_trait]
impl LockBackend for MemoryBackend {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        let mut namespace = self.namespace();
        if let Some(note) = Note::in_command(command) {
            namespace.tally.refusals.count(note);
            return Ok(Note::outcome());
        }
        let now = self.now();
        let mut scope = command.scope();
        let decision = loop {
            match decide(command, &namespace.view(&scope, now)) {
                Ok(decision) => break decision,
                Err(wider) => scope = wider,
            }
        };
        if decision.changes().is_empty() {
            return Ok(decision.outcome(now, namespace.version));
        }
        if decision.makes_version() {
            namespace.version = namespace.version.next();
        }
        if decision.grants() {
            let next = namespace.last_token.next(now);
            namespace.last_token = next.ok_or_else(out_of_tokens)?;
        }
        let (version, token) = (namespace.version, namespace.last_token);
        let audible = decision.is_audible();
        let committed = decision.commit(Stamp { now, version, token });
        committed.writes.into_iter().for_each(|write| namespace.write(write));
        namespace.log.extend(committed.log);
        while namespace.log.len() > LOG_KEPT {
            let forgotten = namespace.log.pop_front();
            forgotten.iter().for_each(|entry| namespace.tally.forgotten.count(entry));
            namespace.forgetful = true;
        }
        drop(namespace);
        if audible {
            self.shared.changed.notify(usize::MAX);
        }
        Ok(committed.outcome)
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        Ok(self.namespace().view(scope, self.now()))
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        let listener = self.shared.changed.listen();
        let version = self.namespace().version;
        if version != seen {
            return Ok(version);
        }
        let told = async {
            listener.await;
        };
        let late = async {
            async_io::Timer::after(limit).await;
        };
        told.or(late).await;
        Ok(self.namespace().version)
    }
}

fn out_of_tokens() -> BackendError {
    BackendError::new(ErrorKind::Full, "the fencing tokens are used up")
}

impl fmt::Display for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").finish_non_exhaustive()
    }
}
