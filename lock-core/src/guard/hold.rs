//! Asking for a guard.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::LockGuard;
use crate::{
    AcquireRequest, Error, Grant, HolderId, InLine, IntoPatterns, LockManager, Mode, Process,
    Reason, host::Host,
};

impl LockManager {
    /// Asks for a guard over `patterns`, all of them or none: this task's claim, kept alive in the
    /// background and let go when the guard goes. See [`LockGuard`].
    ///
    /// # Errors
    /// As for [`acquire`](Self::acquire).
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let guard = locks.hold("a.rs").await?.held()?;
    /// assert!(locks.hold("a.rs").await?.held().is_err(), "two guards of one agent");
    /// # guard.release().await?;
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn hold(&self, patterns: impl IntoPatterns) -> HoldRequest {
        let holder = HolderId::random();
        let request = self.acquire(patterns).holder(holder.clone());
        HoldRequest { manager: self.clone(), holder, request }
    }
}

/// A request for a guard. Await it.
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited"]
pub struct HoldRequest {
    manager: LockManager,
    holder: HolderId,
    request: AcquireRequest,
}

impl HoldRequest {
    /// Says why.
    pub fn reason(mut self, reason: impl TryInto<Reason, Error: Into<Error>>) -> Self {
        self.request = self.request.reason(reason);
        self
    }

    /// Admits others that share.
    pub fn shared(mut self) -> Self {
        self.request = self.request.shared();
        self
    }

    /// Admits others, or not.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.request = self.request.mode(mode);
        self
    }

    /// Makes the guard this holder: one [inside](HolderId::nested) another never conflicts with
    /// it. A new one inside no other unless told.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let outer = locks.hold("src/").await?.held()?;
    /// let inner = outer.holder().nested().expect("not nested too deep");
    /// let inner = locks.hold("src/lib.rs").holder(inner).await?.held()?;
    /// # inner.release().await?;
    /// # outer.release().await?;
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn holder(mut self, holder: HolderId) -> Self {
        self.request = self.request.holder(holder.clone());
        self.holder = holder;
        self
    }

    /// Lives with this process too: see [`LockGuard::live_with`].
    pub fn process(mut self, process: Process) -> Self {
        self.request = self.request.process(process);
        self
    }

    /// Sets the lease; 5 minutes unless told.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.request = self.request.ttl(ttl);
        self
    }

    /// Stands in line: see [`AcquireRequest::wait`].
    pub fn wait(mut self, limit: Duration) -> Self {
        self.request = self.request.wait(limit);
        self
    }

    /// Tells where the request stands: see [`AcquireRequest::on_wait`].
    pub fn on_wait(mut self, listener: impl FnMut(&InLine) + Send + 'static) -> Self {
        self.request = self.request.on_wait(listener);
        self
    }

    async fn send(self) -> Result<Grant<LockGuard>, Error> {
        let Self { manager, holder, mut request } = self;
        if let Ok(process) = Host::current().this_process() {
            // The first one recorded is the one that is shown.
            request = request.first_process(process);
        }
        let (grant, sent) = request.send().await?;
        Ok(grant.map(|leases| LockGuard::start(manager, holder, leases, sent)))
    }
}

impl IntoFuture for HoldRequest {
    type Output = Result<Grant<LockGuard>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
