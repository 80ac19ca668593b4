//! What a client knows of a namespace in which nobody has done anything since its own last step.

use lock_core::{Change, Decision, LockScope, Pattern, Scope, Stamp, Timestamp, Token, Version};

use crate::seen::Seen;

/// A scope of which this client knew all when it last wrote: the script found it so.
///
/// While the namespace's version and token are still those, nothing has changed, and a guess about
/// that scope needs no look: a client that works alone pays for no index.
#[derive(Debug, Clone)]
pub(crate) struct Quiet {
    /// All locks that may meet one of these are this client's.
    patterns: Vec<Pattern>,
    /// Nobody stands in line.
    no_line: bool,
    pub(crate) version: Version,
    pub(crate) token: Token,
    pub(crate) at: Timestamp,
    /// The number of the connection that it was told by.
    pub(crate) connection: u64,
}

/// A commit, as far as it matters for what is known after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) stamp: Stamp,
    connection: u64,
    makes_version: bool,
    moves_line: bool,
}

impl Commit {
    pub(crate) fn of(decision: &Decision, stamp: Stamp, connection: u64) -> Self {
        let in_line = |change: &Change| {
            matches!(change, Change::Enqueue { .. } | Change::Renew { .. } | Change::Leave { .. })
        };
        let moves_line = decision.changes().iter().any(in_line);
        Self { stamp, connection, makes_version: decision.makes_version(), moves_line }
    }
}

impl Quiet {
    /// What is known after a commit, given what was known before.
    pub(crate) fn after(before: Option<Self>, seen: &Seen, commit: Commit) -> Option<Self> {
        let Commit { stamp, connection, makes_version, moves_line } = commit;
        // Replies may reach their tasks in another order than the commits were made in.
        if before.as_ref().is_some_and(|before| before.version > stamp.version) {
            return before;
        }
        if moves_line {
            return None;
        }
        let last = stamp.version.get().saturating_sub(u64::from(makes_version));
        let same = before
            .filter(|before| before.connection == connection && before.version.get() == last)
            .filter(|before| before.covers(&seen.view.scope));
        let (patterns, no_line) = match (same, &seen.view.scope) {
            (Some(same), _) => (same.patterns, same.no_line),
            // The script has compared a guess with all there is: it is all this client's own.
            (None, Scope { locks: LockScope::Meeting(patterns), waiters, .. })
                if seen.predicted =>
            {
                (patterns.clone(), *waiters)
            }
            _ => return None,
        };
        let Stamp { now: at, version, token } = stamp;
        Some(Self { patterns, no_line, version, token, at, connection })
    }

    /// Whether all of a scope is known.
    pub(crate) fn covers(&self, scope: &Scope) -> bool {
        let locks = match &scope.locks {
            LockScope::At(patterns) | LockScope::Meeting(patterns) => patterns,
            _ => return false,
        };
        scope.waiter.is_none()
            && (self.no_line || !scope.waiters)
            && locks.iter().all(|pattern| self.patterns.contains(pattern))
    }
}
