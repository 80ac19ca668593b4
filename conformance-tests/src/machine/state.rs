//! What a store holds and remembers, so far as it does not depend on when it was looked at.

use std::{collections::BTreeSet, path::Path};

use futures_lite::future::block_on;
use lock_core::{Decision, HistoryEntry, LockScope, Scope, Token, Version, View};

use super::Local;

/// The agent that looks whether a store still serves.
pub(super) const PROBER: &str = "prober";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) locks: BTreeSet<String>,
    pub(super) waiters: BTreeSet<String>,
    pub(super) history: Vec<String>,
}

/// Everything in the store in `dir` that happened after `since`, seen by somebody who has just come.
pub(super) fn everything(local: &Local, dir: &Path, since: Version) -> View {
    let scope = Scope::of(LockScope::All).with_waiters().with_history(since);
    block_on(local.agent(dir, "reader").backend().view(&scope)).unwrap()
}

/// Some versions ago: what happened before is not worth comparing.
pub(super) fn lately(local: &Local, dir: &Path) -> Version {
    let view = block_on(local.agent(dir, "reader").backend().view(&Scope::default())).unwrap();
    Version::new(view.version.get().saturating_sub(10))
}

impl State {
    /// Without what the prober did.
    pub(super) fn of(view: &View) -> Self {
        let locks = view.locks.iter().filter(|lock| lock.agent.as_str() != PROBER).map(|lock| {
            let again = if lock.refreshed_at > lock.acquired_at { " refreshed" } else { "" };
            format!("{} {} {}{again}", lock.agent, lock.pattern, lock.mode)
        });
        let waiters = view.waiters.iter().map(|waiter| {
            let renewed = waiter.expires_at.since(waiter.since) > Decision::WAITER_TTL;
            let again = if renewed { " renewed" } else { "" };
            format!("{} {}{again}", waiter.agent, waiter.id)
        });
        let history = view.history.iter().filter_map(|entry| match entry {
            HistoryEntry::Acquired { lock, .. } => (lock.agent.as_str() != PROBER)
                .then(|| format!("+{} {} {}", lock.agent, lock.pattern, lock.mode)),
            HistoryEntry::Ended { ending, .. } => (ending.agent.as_str() != PROBER)
                .then(|| format!("-{} {} {}", ending.agent, ending.pattern, ending.ended)),
            other => panic!("what is {other:?}?"),
        });
        Self { locks: locks.collect(), waiters: waiters.collect(), history: history.collect() }
    }

    /// Whether it is `earlier`, and at most dead waiters have been taken away.
    pub(super) fn is_but_for_the_dead(&self, earlier: &Self) -> bool {
        self.waiters.is_subset(&earlier.waiters)
            && (&self.locks, &self.history) == (&earlier.locks, &earlier.history)
    }

    /// What is held by nobody known left out.
    pub(super) fn sound(&self) -> BTreeSet<String> {
        self.locks.iter().filter(|lock| !lock.starts_with("unknown ")).cloned().collect()
    }
}

/// The highest token in `view`.
pub(super) fn last_token(view: &View) -> Token {
    let locks = view.locks.iter().map(|lock| lock.token);
    let history = view.history.iter().map(|entry| match entry {
        HistoryEntry::Acquired { lock, .. } => lock.token,
        HistoryEntry::Ended { ending, .. } => ending.token,
        _ => Token::ZERO,
    });
    locks.chain(history).max().unwrap_or_default()
}
