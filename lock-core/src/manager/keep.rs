//! Keeping locks, and letting them go.

use std::time::Duration;

use super::{Error, IntoPatterns, LockManager, acquire::unfitting};
use crate::{Answer, Lock, Lost, Pattern, Refresh, Refusal, Release, Target, Targets, Ttl};

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a lost lock must not be written under any more"]
pub struct Refreshed {
    /// The locks that live on.
    pub locks: Vec<Lock>,
    /// Those that do not: to whom, when and why they were lost.
    pub lost: Vec<Lost>,
}

/// What came of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Released {
    /// The patterns let go.
    pub released: Vec<Pattern>,
    /// What was asked for and is held by somebody else.
    pub refusal: Refusal,
    /// If there was nothing to let go: what the agent holds that overlaps what it named.
    pub overlapping: Vec<Lock>,
}

impl LockManager {
    /// Extends the agent's own locks on exactly these patterns by the lease each was granted
    /// with, and says which were lost.
    ///
    /// Expiry is final: a lock past its lease is lost even if nobody has taken it.
    ///
    /// # Errors
    /// [`Error`] if one is no pattern, and whatever the store says.
    ///
    /// ```
    /// # use lock_core::{Cause, LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let refreshed = locks.refresh("a.rs").await?;
    /// assert_eq!(refreshed.lost[0].cause, Cause::NeverHeld);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn refresh(&self, patterns: impl IntoPatterns) -> Result<Refreshed, Error> {
        self.send_refresh(targets(patterns)?, None).await
    }

    /// The same with a new lease from now, shorter or longer.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh), and for a lease out of range.
    pub async fn refresh_for(
        &self,
        patterns: impl IntoPatterns,
        ttl: Duration,
    ) -> Result<Refreshed, Error> {
        self.send_refresh(targets(patterns)?, Some(Ttl::new(ttl)?)).await
    }

    /// The same for all of the agent's own locks; losses of the last hour are reported too.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn refresh_all(&self) -> Result<Refreshed, Error> {
        self.send_refresh(Targets::All, None).await
    }

    async fn send_refresh(&self, targets: Targets, ttl: Option<Ttl>) -> Result<Refreshed, Error> {
        let agent = self.agent.clone();
        let refresh = Refresh { agent, holder: None, targets, ttl, token: None, process: None };
        match self.execute(refresh).await?.answer {
            Answer::Refreshed { locks, lost } => Ok(Refreshed { locks, lost }),
            other => Err(unfitting(&other).into()),
        }
    }

    /// Lets go of the agent's own locks on exactly these patterns. Letting go of what nobody
    /// holds is no error, so it can be done twice.
    ///
    /// # Errors
    /// [`Error`] if one is no pattern, and whatever the store says.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let leases = locks.acquire("a.rs").await?.held()?;
    /// assert_eq!(locks.release(&leases).await?.released.len(), 1);
    /// assert_eq!(locks.release(&leases).await?.released.len(), 0);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn release(&self, patterns: impl IntoPatterns) -> Result<Released, Error> {
        self.send_release(targets(patterns)?).await
    }

    /// Lets go of all of the agent's own locks.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn release_all(&self) -> Result<Released, Error> {
        self.send_release(Targets::All).await
    }

    async fn send_release(&self, targets: Targets) -> Result<Released, Error> {
        let release = Release { agent: self.agent.clone(), holder: None, targets, token: None };
        match self.execute(release).await?.answer {
            Answer::Released { released, refusal, overlapping } => {
                Ok(Released { released, refusal, overlapping })
            }
            other => Err(unfitting(&other).into()),
        }
    }
}

fn targets(patterns: impl IntoPatterns) -> Result<Targets, Error> {
    let patterns = patterns.into_patterns()?;
    match patterns.len() {
        1..=Error::MAX_PATTERNS => {
            Ok(Targets::Some(patterns.into_iter().map(Target::from).collect()))
        }
        count => Err(Error::PatternCount(count)),
    }
}
