//! Waiting for what dropped guards and abandoned waits still have to do.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use event_listener::Event;

use super::LockManager;

/// How much is still to be done in the background.
#[derive(Debug, Default)]
pub(super) struct Pending {
    count: AtomicUsize,
    changed: Event,
}

/// One thing that is still to be done; done when dropped.
#[derive(Debug)]
pub(crate) struct Task(Arc<Pending>);

impl LockManager {
    pub(crate) fn pending(&self) -> Task {
        self.pending.count.fetch_add(1, Ordering::SeqCst);
        Task(Arc::clone(&self.pending))
    }

    /// Waits until the locks of all dropped guards of this manager and its clones are let go, and
    /// abandoned waits have left the line. What fails is in the log, and ends with its lease.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// drop(locks.hold("a.rs").await?.held()?);
    /// locks.close().await;
    /// assert!(locks.who_has("a.rs").await?.locks.is_empty());
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn close(&self) {
        loop {
            let listener = self.pending.changed.listen();
            if self.pending.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            listener.await;
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify(usize::MAX);
    }
}
