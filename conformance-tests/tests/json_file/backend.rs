//! A whole backend: one namespace in one file of JSON.
//!
//! It is slow, since every step reads and writes everything, and it is right. It shows what a
//! backend is, and `docs/writing-a-backend.md` walks through it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind as Io},
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use lock_core::{
    BackendError, Command, ErrorKind, HistoryEntry, Lock, LockBackend, Outcome, Scope, Stamp,
    Timestamp, Token, Version, View, Waiter, Write, decide, host::Host,
};
use serde::{Deserialize, Serialize};

/// How many lines of the log are kept. Other stores keep 10,000; this one writes all of them in
/// every step.
const LOG_KEPT: usize = 500;

/// How often a waiter looks whether something has changed.
const POLL: Duration = Duration::from_millis(20);

/// A namespace in the file `locks.json` of a directory.
#[derive(Debug)]
pub(crate) struct JsonFile {
    directory: PathBuf,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Namespace {
    version: Version,
    last_token: Token,
    locks: Vec<Lock>,
    waiters: Vec<Waiter>,
    log: Vec<HistoryEntry>,
    forgetful: bool,
}

impl JsonFile {
    /// Opens the namespace in `directory`, which must exist.
    pub(crate) fn open(directory: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let directory = directory.into();
        // The guard is made once and never deleted: a lock on a deleted file guards nothing.
        File::options()
            .create(true)
            .append(true)
            .open(directory.join("guard"))
            .map_err(|error| failed("making the guard", error))?;
        Ok(Self { directory })
    }

    /// Runs `work` while nobody else is at work in this namespace, in any process.
    fn guarded<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let guard = File::open(self.directory.join("guard"));
        let guard = guard.map_err(|error| failed("opening the guard", error))?;
        guard.lock().map_err(|error| failed("taking the guard", error))?;
        work(self) // closing the file lets go of it, even when the process is killed
    }

    fn load(&self) -> Result<Namespace, BackendError> {
        match fs::read(self.file()) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                BackendError::new(ErrorKind::Corrupt, "reading the namespace").with_source(error)
            }),
            Err(error) if error.kind() == Io::NotFound => Ok(Namespace::default()),
            Err(error) => Err(failed("reading the namespace", error)),
        }
    }

    /// Replaces the file in one step: a reader, and whoever comes after a crash, sees the old
    /// namespace or the new one.
    fn save(&self, namespace: &Namespace) -> Result<(), BackendError> {
        let draft = self.directory.join("draft");
        let text = serde_json::to_vec(namespace).map_err(io::Error::from);
        text.and_then(|text| fs::write(&draft, text))
            .and_then(|()| fs::rename(&draft, self.file()))
            .map_err(|error| failed("writing the namespace", error))
    }

    fn file(&self) -> PathBuf {
        self.directory.join("locks.json")
    }
}

impl Namespace {
    fn view(&self, scope: &Scope, now: Timestamp) -> View {
        let endings = self.log.iter().filter_map(HistoryEntry::ending);
        let history = |after: Version| self.log.iter().filter(move |it| it.version() > after);
        let mut view = View {
            scope: scope.clone(),
            now,
            version: self.version,
            locks: self.locks.iter().filter(|it| scope.locks.includes(it)).cloned().collect(),
            waiters: self
                .waiters
                .iter()
                .filter(|it| scope.includes_waiter(it.id))
                .cloned()
                .collect(),
            endings: endings.filter(|it| scope.endings.includes(it)).cloned().collect(),
            forgetful: self.forgetful,
            history: scope.history.into_iter().flat_map(history).cloned().collect(),
            ..View::default()
        };
        Host::current().bury(&mut view); // locks of processes that are gone
        view
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::PutLock(lock) => {
                self.locks.retain(|other| other.id != lock.id);
                self.locks.push(lock);
            }
            Write::DropLock(lock) => self.locks.retain(|other| other.id != lock.id),
            Write::PutWaiter(waiter) => {
                self.waiters.retain(|other| other.id != waiter.id);
                self.waiters.push(waiter);
            }
            Write::DropWaiter(waiter) => self.waiters.retain(|other| other.id != waiter.id),
        }
    }
}

#[async_trait]
impl LockBackend for JsonFile {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        self.guarded(|store| {
            let mut namespace = store.load()?;
            let now = Timestamp::wall_clock();
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
            let committed = decision.commit(Stamp { now, version, token });
            committed.writes.into_iter().for_each(|write| namespace.write(write));
            namespace.log.extend(committed.log);
            let excess = namespace.log.len().saturating_sub(LOG_KEPT);
            namespace.forgetful |= namespace.log.drain(..excess).count() > 0;
            store.save(&namespace)?;
            Ok(committed.outcome)
        })
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        self.guarded(|store| Ok(store.load()?.view(scope, Timestamp::wall_clock())))
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        let start = Instant::now();
        loop {
            let version = self.guarded(|store| Ok(store.load()?.version))?;
            let left = limit.saturating_sub(start.elapsed());
            if version != seen || left.is_zero() {
                return Ok(version);
            }
            std::thread::sleep(left.min(POLL));
        }
    }
}

/// Nothing has happened: every step fails before it is renamed into place.
pub(crate) fn failed(context: &str, error: io::Error) -> BackendError {
    let kind = match error.kind() {
        Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::Denied,
        Io::StorageFull | Io::QuotaExceeded => ErrorKind::Full,
        _ => ErrorKind::Unavailable,
    };
    BackendError::new(kind, context).with_source(error)
}

fn out_of_tokens() -> BackendError {
    BackendError::new(ErrorKind::Full, "the fencing tokens are used up")
}

impl std::fmt::Display for JsonFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "json:{}", self.directory.display())
    }
}
