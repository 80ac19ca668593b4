//! The backend: predict or load, decide, commit if it is still so.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use lock_core::{
    BackendError, Change, Command, Decision, ErrorKind, LockBackend, Note, Outcome, Scope,
    Timestamp, Version, View, Write, decide,
};
use redis::Cmd;

use crate::{
    changed::Bell,
    commit::{is_same_body, write_commit},
    connection::Connection,
    counts,
    error::Call,
    head::Head,
    known::Known,
    line::Line,
    load::{Asked, Reply, read_reply},
    options::RedisOptions,
    quiet::{Claim, Commit, moves_line},
    runtime::Runtime,
    script::Keys,
    seen::Seen,
    store::Store,
    turn::Races,
    words::Words,
};

/// How often to look for a moment in which no line is forgotten.
const TRIES: usize = 100;

/// One namespace of locks in a Redis or Valkey server, version 6.2 or later.
///
/// # Cost
/// Each step is one call of one script. Taking a lock that nobody else has, and extending or
/// releasing one that this backend took, is one round trip; anything else is one to look and one
/// to commit. All steps share one connection.
///
/// # Time
/// Leases run on the server's clock: a step of that clock bends them.
///
/// # Atomicity
/// The script compares everything the verdict depended on with what there is, and commits only
/// what is still true; no step is ever seen half done.
///
/// # Errors
/// Whatever the server refuses did not happen. A reply that does not come leaves the outcome
/// [`Unknown`](ErrorKind::Unknown); nothing that was sent is ever sent again by this backend.
///
/// # Runtime
/// It uses the tokio runtime it is connected in, and brings a small one of its own where there is
/// none.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use lock_core::LockManager;
/// use lock_redis::RedisBackend;
///
/// let store = RedisBackend::connect("redis://cache/0?namespace=shop").await?;
/// let locks = LockManager::new(store, "agent-7")?;
/// let leases = locks.acquire("src/*.rs").await?;
/// # Ok(()) }
/// ```
pub struct RedisBackend {
    options: RedisOptions,
    bell: Bell,
    known: Known,
    line: Line,
    store: Arc<Store>,
    runtime: Runtime,
}

impl RedisBackend {
    /// Connects to the namespace at a URL, such as `redis://cache/0?namespace=shop`; see
    /// [`RedisOptions::from_url`].
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] or [`ErrorKind::Unsupported`] for a URL that cannot be used,
    /// [`ErrorKind::Unavailable`] within a second for a server that cannot be reached,
    /// [`ErrorKind::Denied`] for a user or password that it does not accept.
    ///
    /// # Cancellation
    /// Nothing happens to the store either way.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        RedisOptions::from_url(url)?.connect().await
    }

    pub(crate) async fn with_options(options: RedisOptions) -> Result<Self, BackendError> {
        let runtime = Runtime::here().map_err(|error| {
            BackendError::new(ErrorKind::Unavailable, "no runtime for the connection")
                .with_source(error)
        })?;
        let (connection, keys) = (Connection::new(&options), Keys::of(&options.namespace));
        let store = Arc::new(Store { connection, keys });
        runtime.within(store.connection.connect()).await?;
        let bell = Bell::new(options.notifications);
        Ok(Self { options, bell, known: Known::default(), line: Line::default(), store, runtime })
    }

    /// The server, and where the namespace is on it.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Whether it wants to be told of changes.
    pub(crate) fn listens(&self) -> bool {
        self.options.notifications
    }

    /// Drives `future` with a runtime around it.
    pub(crate) async fn within<F: Future>(&self, future: F) -> F::Output {
        self.runtime.within(future).await
    }

    /// One call of the script. By its hash, and by its text where the server has forgotten it:
    /// what it did not know it did not carry out.
    async fn call(
        &self,
        call: Call,
        nonce: &str,
        head: impl Fn(u64) -> (Head, Claim) + Sync,
        write: impl Fn(&mut Cmd) -> Result<(), BackendError> + Sync,
        scope: &Scope,
    ) -> Result<Reply, BackendError> {
        let limit = self.store.connection.timeout();
        let mut by_text = false;
        loop {
            let make = |number| {
                let mut command = self.store.keys.call(by_text);
                // Once we stop waiting, it must not happen any more: we may have asked again.
                let deadline = match call {
                    Call::Harmless => None,
                    Call::Sent => self.known.now().map(|now| now + limit),
                };
                let (head, claim) = head(number);
                command.arg(&head.packed(deadline)[..]).arg(self.store.keys.channel());
                command.arg(nonce).arg(claim.text);
                write(&mut command)?;
                Ok(command)
            };
            match self.store.connection.call(call, make).await {
                Err(error) if !by_text && crate::error::is_unknown_script(&error) => by_text = true,
                Err(error) => return Err(error),
                Ok((value, connection)) => {
                    let reply = read_reply(value, scope, connection, &self.line)?;
                    self.known.tick(reply.now());
                    return Ok(reply);
                }
            }
        }
    }

    /// What there is in a scope. On the heap: most steps need no look, and none should carry the room
    /// for it.
    fn load<'a>(
        &'a self,
        scope: &'a Scope,
    ) -> Pin<Box<dyn Future<Output = Result<Seen, BackendError>> + Send + 'a>> {
        Box::pin(self.look(scope))
    }

    async fn look(&self, scope: &Scope) -> Result<Seen, BackendError> {
        let asked = Asked::of(scope);
        let write = |command: &mut Cmd| {
            let mut words = Words::new();
            asked.write(&mut words);
            command.arg(words.packed());
            Ok(())
        };
        let head = |_| (Head::of_look(&asked), Claim::default());
        // No nonce: only look.
        match self.call(Call::Harmless, "", head, write, scope).await? {
            Reply::View(seen) => {
                self.known.correct(&seen);
                Ok(*seen)
            }
            other => Err(crate::error::unreadable(&format!("{other:?}"))),
        }
    }

    async fn step(&self, command: &Command) -> Result<Outcome, BackendError> {
        let mut scope = command.scope();
        let (under_way, guess) = self.known.begin(&scope);
        // What it may change beyond the patterns of its first scope.
        let mut widened = false;
        let mut seen = match guess {
            Some(guess) => guess,
            None => self.load(&scope).await?,
        };
        let mut races = Races::new();
        loop {
            let decision = match decide(command, &seen.view) {
                Ok(decision) => decision,
                Err(wider) => {
                    widened = true;
                    scope = wider;
                    seen = self.load(&scope).await?;
                    continue;
                }
            };
            // A guess is not good enough for that: the commit would not notice that a lease was extended
            // long before.
            if seen.predicted && decision.tells_of_others() {
                seen = self.load(&scope).await?;
                continue;
            }
            if decision.changes().is_empty() {
                return Ok(decision.outcome(seen.view.now, seen.view.version));
            }
            let asked = Asked::of(&scope);
            let anything = widened || moves_line(&decision);
            let head = |connection| {
                let claim = under_way.send(anything, connection);
                let stands = claim.stands;
                let turn = races.turn(&decision);
                let head =
                    Head::of_commit(command, &asked, &seen, &decision, connection, stands, turn);
                (head, claim)
            };
            let write = |call: &mut Cmd| write_commit(call, command, &asked, &seen, &decision);
            let nonce = String::from(command.nonce);
            let reply = self.call(Call::Sent, &nonce, head, write, &scope).await?;
            if !matches!(reply, Reply::Done { .. }) {
                under_way.answered();
            }
            match reply {
                Reply::Done { stamp, epoch, before, connection } => {
                    let commit = Commit::of(&decision, stamp, epoch, connection);
                    let outcome = self.done(command, seen, decision, commit, &before);
                    under_way.answered();
                    return Ok(outcome);
                }
                Reply::View(now) => {
                    self.known.correct(&now);
                    let waited = races.lost(&seen, &now, self).await?;
                    seen = if waited { self.load(&scope).await? } else { *now };
                }
                Reply::Late(_) => seen = self.load(&scope).await?,
            }
        }
    }

    /// A view with what is counted beside it. Lines may be forgotten between one look and the
    /// other: then both look once more.
    async fn tallied(&self, scope: &Scope) -> Result<View, BackendError> {
        let mut tally = counts::read(&self.store).await?;
        for _ in 0..TRIES {
            let mut view = self.load(scope).await?.view;
            let after = counts::read(&self.store).await?;
            if after.forgotten == tally.forgotten {
                view.tally = after;
                return Ok(view);
            }
            tally = after;
        }
        let what = format!("{self}: too busy to be counted");
        Err(BackendError::new(ErrorKind::Unavailable, what))
    }

    /// The outcome of what the script has committed.
    fn done(
        &self,
        command: &Command,
        mut seen: Seen,
        decision: Decision,
        commit: Commit,
        before: &[Timestamp],
    ) -> Outcome {
        let stamp = commit.stamp;
        // Mere refreshes in between went unnoticed, as they should; the answer shows them.
        let decision = match adopt_times(&mut seen.view, decision.changes(), before) {
            false => decision,
            true => {
                seen.view.now = stamp.now;
                decide(command, &seen.view).unwrap_or(decision)
            }
        };
        let committed = decision.commit_without_log(stamp);
        for write in committed.writes {
            match write {
                Write::PutLock(lock) => {
                    let old = seen.view.locks.iter().find(|old| old.id == lock.id);
                    let same = old.is_none_or(|old| is_same_body(old, &lock));
                    let state = seen.lock(lock.id).and_then(|seen| seen.state);
                    let revision = state.map_or(0, |state| state.revision);
                    self.known.put(lock, revision + u64::from(!same), stamp.version);
                }
                Write::DropLock(lock) => self.known.drop(lock.id),
                Write::PutWaiter(waiter) => self.known.stand(waiter),
                Write::DropWaiter(waiter) => self.known.leave(waiter.id),
            }
        }
        self.known.committed(&seen, commit);
        committed.outcome
    }
}

/// Takes over the times that the changed records had when the script changed them; says whether
/// any was news.
fn adopt_times(view: &mut View, changes: &[Change], before: &[Timestamp]) -> bool {
    let changed = changes.iter().filter_map(|change| match change {
        Change::Extend { lock, .. } | Change::End { lock, .. } => Some(lock.id),
        _ => None,
    });
    let mut news = false;
    for (id, times) in changed.zip(before.chunks_exact(2)) {
        let lock = view.locks.iter_mut().find(|lock| lock.id == id && !lock.damaged);
        if let (Some(lock), [expires, refreshed]) = (lock, times)
            && (lock.expires_at, lock.refreshed_at) != (*expires, *refreshed)
        {
            (lock.expires_at, lock.refreshed_at) = (*expires, *refreshed);
            news = true;
        }
    }
    news
}

#[async_trait]
impl LockBackend for RedisBackend {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        if let Some(note) = Note::in_command(command) {
            let (store, note) = (Arc::clone(&self.store), note.clone());
            // Wherever this is polled, and even if nobody does.
            let counting = self.runtime.handle().spawn(async move {
                if let Err(error) = counts::note(&store, &note).await {
                    tracing::debug!(%error, "a refusal is not counted");
                }
            });
            // A runtime that is gone counts no more.
            let _ = counting.await;
            return Ok(Note::outcome());
        }
        // A step is large, and to go through `within` would copy it once more.
        if Runtime::is_around() {
            return self.step(command).await;
        }
        self.runtime.within(Box::pin(self.step(command))).await
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        if scope.tally {
            return self.runtime.within(self.tallied(scope)).await;
        }
        Ok(self.runtime.within(self.load(scope)).await?.view)
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        let wait = self.bell.changed(&self.store, &self.runtime, seen, limit);
        self.runtime.within(wait).await
    }
}

impl fmt::Display for RedisBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}

impl fmt::Debug for RedisBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisBackend({})", self.options)
    }
}
