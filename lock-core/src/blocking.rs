//! The same for threads that have no runtime.

use std::{future::IntoFuture as _, time::Duration};

use futures_lite::future::block_on;

use crate::{
    AcquireRequest, AgentId, Error, Grant, HoldRequest, IntoPatterns, Leases, List, ListFilter,
    LockBackend, LockGuard, Refreshed, Refusal, Released, Removed, Who,
};

/// A [`LockManager`](crate::LockManager) whose methods block the calling thread.
///
/// Requests are built the same way, and end with `call()` instead of `await`. Stores on this
/// machine need no runtime. Never call it from async code: it would block the executor.
///
/// ```
/// use lock_core::{MemoryBackend, blocking::LockManager};
/// use std::{future::IntoFuture as _, time::Duration};
///
/// let locks = LockManager::new(MemoryBackend::new(), "nightly")?;
/// let guard = locks.hold("report.csv").ttl(Duration::from_secs(60)).call()?.held()?;
/// // … write the report …
/// guard.release_now()?;
/// # Ok::<(), lock_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LockManager(crate::LockManager);

impl LockManager {
    /// See [`LockManager::new`](crate::LockManager::new).
    ///
    /// # Errors
    /// [`Error::Agent`] if that is no name for an agent.
    pub fn new(
        backend: impl LockBackend,
        agent: impl TryInto<AgentId, Error: Into<Error>>,
    ) -> Result<Self, Error> {
        crate::LockManager::new(backend, agent).map(Self)
    }

    /// See [`LockManager::acquire`](crate::LockManager::acquire).
    pub fn acquire(&self, patterns: impl IntoPatterns) -> AcquireRequest {
        self.0.acquire(patterns)
    }

    /// See [`LockManager::hold`](crate::LockManager::hold).
    pub fn hold(&self, patterns: impl IntoPatterns) -> HoldRequest {
        self.0.hold(patterns)
    }

    /// See [`LockManager::acquire_with_retry`](crate::LockManager::acquire_with_retry).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_with_retry(
        &self,
        request: impl Fn() -> AcquireRequest + Send,
        tries: usize,
    ) -> Result<Grant, Error> {
        block_on(self.0.acquire_with_retry(request, tries))
    }

    /// See [`LockManager::refresh`](crate::LockManager::refresh).
    ///
    /// # Errors
    /// As there.
    pub fn refresh(&self, patterns: impl IntoPatterns) -> Result<Refreshed, Error> {
        block_on(self.0.refresh(patterns))
    }

    /// See [`LockManager::release`](crate::LockManager::release).
    ///
    /// # Errors
    /// As there.
    pub fn release(&self, patterns: impl IntoPatterns) -> Result<Released, Error> {
        block_on(self.0.release(patterns))
    }

    /// See [`LockManager::who_has`](crate::LockManager::who_has).
    ///
    /// # Errors
    /// As there.
    pub fn who_has(&self, patterns: impl IntoPatterns) -> Result<Who, Error> {
        block_on(self.0.who_has(patterns))
    }

    /// See [`LockManager::check`](crate::LockManager::check).
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, request: AcquireRequest) -> Result<Refusal, Error> {
        block_on(self.0.check(request))
    }

    /// See [`LockManager::list`](crate::LockManager::list).
    ///
    /// # Errors
    /// As there.
    pub fn list(&self, filter: ListFilter) -> Result<List, Error> {
        block_on(self.0.list(filter))
    }

    /// See [`LockManager::cleanup_stale`](crate::LockManager::cleanup_stale).
    ///
    /// # Errors
    /// As there.
    pub fn cleanup_stale(&self, older_than: Option<Duration>) -> Result<Removed, Error> {
        block_on(self.0.cleanup_stale(older_than))
    }

    /// See [`LockManager::cleanup_agent`](crate::LockManager::cleanup_agent).
    ///
    /// # Errors
    /// As there.
    pub fn cleanup_agent(&self, agent: AgentId) -> Result<Removed, Error> {
        block_on(self.0.cleanup_agent(agent))
    }

    /// See [`LockManager::cleanup_orphaned`](crate::LockManager::cleanup_orphaned).
    ///
    /// # Errors
    /// As there.
    pub fn cleanup_orphaned(&self, known: Option<Vec<AgentId>>) -> Result<Removed, Error> {
        block_on(self.0.cleanup_orphaned(known))
    }

    /// See [`LockManager::close`](crate::LockManager::close).
    pub fn close(&self) {
        block_on(self.0.close());
    }
}

impl AcquireRequest {
    /// Sends the request and blocks the calling thread until it is answered. Not for async code.
    ///
    /// # Errors
    /// As when it is awaited.
    pub fn call(self) -> Result<Grant<Leases>, Error> {
        block_on(self.into_future())
    }
}

impl HoldRequest {
    /// Sends the request and blocks the calling thread until it is answered. Not for async code.
    ///
    /// # Errors
    /// As when it is awaited.
    pub fn call(self) -> Result<Grant<LockGuard>, Error> {
        block_on(self.into_future())
    }
}

impl LockGuard {
    /// [Releases](LockGuard::release), blocking the calling thread. Not for async code.
    ///
    /// # Errors
    /// As there.
    pub fn release_now(self) -> Result<(), Error> {
        block_on(self.release())
    }
}
