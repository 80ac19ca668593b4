//! Taking away what others left behind.

use std::time::Duration;

use super::{Error, LockManager, acquire::unfitting};
use crate::{AgentId, Answer, Cleanup, Lock, Removal, Waiter};

/// What a cleanup or a break removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removed {
    /// The locks, as they were.
    pub locks: Vec<Lock>,
    /// How many of them were live.
    pub live: usize,
    /// The waiters.
    pub waiters: Vec<Waiter>,
}

impl LockManager {
    /// Removes the locks that are past their lease or whose process is proved dead; given an age,
    /// instead all that were not refreshed for so long, live ones too.
    ///
    /// # Atomicity
    /// One step: a lock that is refreshed at the same moment is either refreshed and kept, or
    /// removed and its refresh told so.
    ///
    /// # Errors
    /// Whatever the store says.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// assert_eq!(locks.cleanup_stale(None).await?.locks.len(), 0);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn cleanup_stale(&self, older_than: Option<Duration>) -> Result<Removed, Error> {
        self.cleanup(Removal::Stale { older_than }).await
    }

    /// Removes the locks and waits that `agent` has at this moment.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn cleanup_agent(&self, agent: AgentId) -> Result<Removed, Error> {
        self.cleanup(Removal::Agent(agent)).await
    }

    /// Removes stale locks, locks whose process is proved dead and, given the agents that are
    /// known, the locks of every other.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn cleanup_orphaned(&self, known: Option<Vec<AgentId>>) -> Result<Removed, Error> {
        self.cleanup(Removal::Orphaned { known }).await
    }

    async fn cleanup(&self, what: Removal) -> Result<Removed, Error> {
        let cleanup = Cleanup { by: self.agent.to_string(), what, dry_run: false };
        match self.execute(cleanup).await?.answer {
            Answer::Removed { locks, live, waiters } => Ok(Removed { locks, live, waiters }),
            other => Err(unfitting(&other).into()),
        }
    }
}
