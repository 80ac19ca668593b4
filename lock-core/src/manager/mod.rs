//! What users hold in their hands: one agent's way to one namespace.

mod acquire;
mod cleanup;
mod close;
mod error;
mod execute;
mod grant;
mod history;
mod in_line;
mod into;
mod keep;
mod look;
mod note;
mod query;
mod retry;
mod stats;
mod wait;
mod watch;

use std::sync::Arc;

pub(crate) use self::acquire::unfitting;
pub use self::{
    acquire::AcquireRequest,
    cleanup::Removed,
    error::Error,
    grant::{Grant, Leases, NotGranted},
    history::{HistoryFilter, Tenure},
    in_line::InLine,
    into::IntoPatterns,
    keep::{Refreshed, Released},
    query::{List, ListFilter, Who},
    stats::{Spread, Stats},
    watch::{Happening, Watch, WatchEvent},
};
use crate::{AgentId, LockBackend};

/// One agent's way to one namespace of locks. Cheap to clone.
///
/// # Concurrency
/// Every method is one linearizable step of the namespace, or one consistent view of it, however
/// many threads, tasks, processes and machines use it at the same time.
///
/// # Cancellation
/// Every future is `Send`. One that is dropped leaves the outcome of its command unknown: the
/// step is whole, but whether it was taken is not known. What an abandoned acquire may have taken
/// ends with its lease.
///
/// # Errors
/// A conflict is an answer. An [`Error`] means that there was no answer; it never means "free"
/// and never "granted". A command whose reply was lost is sent once more under the same nonce,
/// which settles what became of it; only if that fails too is the outcome reported as unknown.
///
/// # Cost
/// An uncontended acquire, refresh or release costs one step of its backend; so does a refused
/// acquire. See the backend for what a step is.
///
/// ```
/// use lock_core::{Grant, LockManager, MemoryBackend};
///
/// # futures_lite::future::block_on(async {
/// let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
/// match locks.acquire(["src/*.rs", "Cargo.toml"]).reason("rename Foo").await? {
///     Grant::Held(leases) => {
///         // … edit …
///         locks.release(&leases).await?;
///     }
///     Grant::Refused(why) => println!("{why}"), // who, why, until when, and a path in both
///     _ => {}
/// }
/// # Ok::<(), lock_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct LockManager {
    backend: Arc<dyn LockBackend>,
    agent: AgentId,
    pending: Arc<close::Pending>,
}

impl LockManager {
    /// The agent `agent` on `backend`.
    ///
    /// # Errors
    /// [`Error::Agent`] if that is no name for an agent.
    pub fn new(
        backend: impl LockBackend,
        agent: impl TryInto<AgentId, Error: Into<Error>>,
    ) -> Result<Self, Error> {
        let agent = agent.try_into().map_err(Into::into)?;
        Ok(Self { backend: Arc::new(backend), agent, pending: Arc::default() })
    }

    /// A stranger on `backend`: who is no agent, and can look, clean up and break, but not hold.
    ///
    /// What is asked as an agent ([`acquire`](Self::acquire), [`refresh`](Self::refresh),
    /// [`release`](Self::release)) is refused with
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid); [`check`](Self::check) says what a
    /// newcomer would meet.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// let anyone = LockManager::stranger(MemoryBackend::new());
    /// assert!(anyone.check(anyone.acquire("a.rs")).await?.is_empty());
    /// assert!(anyone.acquire("a.rs").await.is_err());
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn stranger(backend: impl LockBackend) -> Self {
        Self { backend: Arc::new(backend), agent: AgentId::nobody(), pending: Arc::default() }
    }

    /// The agent.
    pub fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// The backend.
    pub fn backend(&self) -> &dyn LockBackend {
        &*self.backend
    }
}
