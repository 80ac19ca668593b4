//! What a store holds, as of one instant.

use std::collections::HashSet;

use crate::{Ending, HistoryEntry, Lock, RecordId, Scope, Tally, Timestamp, Version, Waiter};

/// What a store holds in a [`Scope`], as of one instant.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// What it was loaded for.
    pub scope: Scope,
    /// The store's clock. All expiries in this view are on this clock.
    pub now: Timestamp,
    /// The namespace's version.
    pub version: Version,
    /// The locks in scope, live and stale, in no order.
    pub locks: Vec<Lock>,
    /// The waiters in scope, live and gone, in no order.
    pub waiters: Vec<Waiter>,
    /// The endings in scope, oldest first.
    pub endings: Vec<Ending>,
    /// Whether any ending was ever forgotten: if not, no ending means never held.
    pub forgetful: bool,
    /// The log in scope, oldest first.
    pub history: Vec<HistoryEntry>,
    /// What is counted beside the records, if in scope.
    pub tally: Tally,
    /// Locks and waiters whose processes are all proved dead.
    pub dead: HashSet<RecordId>,
}

impl View {
    /// Whether `lock` holds at this instant: within its lease, and not proved dead.
    pub fn is_live(&self, lock: &Lock) -> bool {
        self.now < lock.expires_at && !self.dead.contains(&lock.id)
    }

    /// Whether `waiter` stands in line at this instant.
    pub fn is_waiting(&self, waiter: &Waiter) -> bool {
        self.now < waiter.expires_at && !self.dead.contains(&waiter.id)
    }

    /// The live locks.
    pub fn live(&self) -> impl Iterator<Item = &Lock> {
        self.locks.iter().filter(|lock| self.is_live(lock))
    }

    /// The waiters that stand in line, the first one first.
    pub fn line(&self) -> Vec<&Waiter> {
        let mut line: Vec<_> = self.waiters.iter().filter(|w| self.is_waiting(w)).collect();
        line.sort_by_key(|waiter| (waiter.ticket, waiter.id));
        line
    }
}
