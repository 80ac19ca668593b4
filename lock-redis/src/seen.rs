//! What a decision was made on, and what must still be so when it is committed.

use std::{collections::HashMap, time::Duration};

use lock_core::{RecordId, Timestamp, Token, Version, View};

/// A view, and what the script compares it with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) view: View,
    /// The last token that was given at that time.
    pub(crate) token: Token,
    /// Whether nobody asked the store: all of it is a guess.
    pub(crate) predicted: bool,
    /// The number of the connection that it was seen by; none for a guess about what others may
    /// have changed.
    pub(crate) connection: Option<u64>,
    /// The server's clock when it was seen.
    pub(crate) at: Timestamp,
    /// How long to wait for the turn that whoever lost a race was given.
    pub(crate) turn: Duration,
    pub(crate) locks: Vec<SeenLock>,
    pub(crate) waiters: Vec<SeenWaiter>,
    pub(crate) endings: String,
    /// Where in `locks` a record is.
    pub(crate) places: HashMap<RecordId, usize>,
}

/// A lock's record as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct SeenLock {
    /// Its id as stored.
    pub(crate) id: String,
    /// Its entry in the index of anchors; empty if only its agent was looked up.
    pub(crate) name: String,
    /// Within its lease, whatever became of its processes.
    pub(crate) live: bool,
    /// None if its numbers cannot be read.
    pub(crate) state: Option<State>,
}

/// What tells two states of a record apart, whatever its times are.
///
/// The token is part of it: a command that is tried again after its lock was removed makes another
/// lock with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) token: u64,
    pub(crate) revision: u64,
}

/// A waiter's record as it was seen.
#[derive(Debug, Clone)]
pub(crate) struct SeenWaiter {
    pub(crate) id: String,
    /// Empty if it cannot be read.
    pub(crate) ticket: String,
    pub(crate) live: bool,
}

impl Seen {
    /// Adds a lock.
    pub(crate) fn push_lock(&mut self, id: RecordId, lock: SeenLock) {
        self.places.insert(id, self.locks.len());
        self.locks.push(lock);
    }

    /// The record of a lock in the view.
    pub(crate) fn lock(&self, id: RecordId) -> Option<&SeenLock> {
        self.places.get(&id).and_then(|place| self.locks.get(*place))
    }

    /// The version at which it was so, if that says anything by connection `number`: after a
    /// failover or a restart the same version may be another state.
    pub(crate) fn version(&self, number: u64) -> Option<Version> {
        (self.connection == Some(number)).then_some(self.view.version)
    }

    /// Until when what is live stays so if nobody changes anything.
    pub(crate) fn until(&self) -> Timestamp {
        let now = self.view.now;
        let locks = self.view.locks.iter().map(|lock| lock.expires_at);
        let waiters = self.view.waiters.iter().map(|waiter| waiter.expires_at);
        let next = locks.chain(waiters).filter(|expires| *expires > now).min();
        next.unwrap_or(Timestamp::from_micros(1 << 53))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that lost its last moments, or another one after a failover, counts up to the same
    /// version again with other changes: what was seen then proves nothing.
    #[test]
    fn a_version_counts_only_by_the_connection_that_it_was_seen_by() {
        let view = View { version: Version::new(7), ..View::default() };
        let seen = Seen { view, connection: Some(1), ..Seen::default() };
        assert_eq!(seen.version(1), Some(Version::new(7)));
        assert_eq!(seen.version(2), None);
        let guess = Seen { connection: None, ..seen };
        assert_eq!(guess.version(1), None);
    }
}
