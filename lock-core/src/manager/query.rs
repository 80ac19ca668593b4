//! Looking, without touching.

use super::{AcquireRequest, Error, IntoPatterns, LockManager};
use crate::{AgentId, Answer, Lock, LockScope, Pattern, Refusal, Scope, View, Waiter};

/// Who holds what a pattern meets, and who waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// The live locks that the pattern meets, the oldest first.
    pub locks: Vec<Lock>,
    /// The waiters that it meets, with their positions in line.
    pub waiting: Vec<(Waiter, usize)>,
}

/// Which locks and waiters to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Stale locks too.
    pub stale: bool,
    /// Waiters too.
    pub waiting: bool,
    /// Only those of this agent.
    pub by: Option<AgentId>,
    /// Only those that meet one of these; none: no limit.
    pub under: Vec<Pattern>,
}

/// Locks and waiters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The locks, by pattern; with each, whether it is stale.
    pub locks: Vec<(Lock, bool)>,
    /// The waiters, with their positions in line.
    pub waiting: Vec<(Waiter, usize)>,
}

impl LockManager {
    /// Who holds what `patterns` meet, and who waits for it. Changes nothing.
    ///
    /// # Errors
    /// [`Error`] if one is no pattern, and whatever the store says.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let _ = locks.acquire("src/a.rs").await?;
    /// assert_eq!(locks.who_has("src/*.rs").await?.locks.len(), 1);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn who_has(&self, patterns: impl IntoPatterns) -> Result<Who, Error> {
        let under = patterns.into_patterns()?;
        let list = self.list(ListFilter { waiting: true, under, ..ListFilter::default() }).await?;
        let mut locks: Vec<Lock> = list.locks.into_iter().map(|(lock, _)| lock).collect();
        locks.sort_by_key(|lock| (lock.token, lock.id));
        Ok(Who { locks, waiting: list.waiting })
    }

    /// What stands against a request now, the line included; nothing if it would be granted.
    /// Changes nothing.
    ///
    /// # Errors
    /// As for the request.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// assert!(locks.check(locks.acquire("src/*.rs").shared()).await?.is_empty());
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn check(&self, request: AcquireRequest) -> Result<Refusal, Error> {
        let (decision, view) = self.foresee(request.parts?).await?;
        match decision.outcome(view.now, view.version).answer {
            Answer::Refused(refusal) => Ok(refusal),
            _ => Ok(Refusal::default()),
        }
    }

    /// Lists locks and waiters. Changes nothing.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn list(&self, filter: ListFilter) -> Result<List, Error> {
        let locks = match (&filter.by, filter.under.is_empty()) {
            (_, false) => LockScope::Meeting(filter.under.clone()),
            (Some(agent), true) => LockScope::OfAgent(agent.clone()),
            (None, true) => LockScope::All,
        };
        let scope = Scope { waiters: filter.waiting, ..Scope::of(locks) };
        Ok(filter.apply(&self.backend.view(&scope).await?))
    }
}

impl ListFilter {
    /// The locks and waiters of `view` that pass.
    pub fn apply(&self, view: &View) -> List {
        let by = |agent: &AgentId| self.by.as_ref().is_none_or(|by| by == agent);
        let under = |pattern: &Pattern| {
            self.under.is_empty() || self.under.iter().any(|under| under.meets(pattern))
        };
        let passes = |lock: &&Lock| {
            (self.stale || view.is_live(lock)) && by(&lock.agent) && under(&lock.pattern)
        };
        let mut locks: Vec<(Lock, bool)> = view
            .locks
            .iter()
            .filter(passes)
            .map(|lock| (lock.clone(), !view.is_live(lock)))
            .collect();
        locks.sort_by(|(one, _), (two, _)| (&one.pattern, one.id).cmp(&(&two.pattern, two.id)));
        let waiting = view
            .line()
            .into_iter()
            .zip(1..)
            .filter(|(waiter, _)| by(&waiter.agent) && waiter.patterns.iter().any(under))
            .map(|(waiter, position)| (waiter.clone(), position))
            .collect();
        List { locks, waiting }
    }
}
