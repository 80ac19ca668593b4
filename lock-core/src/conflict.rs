//! Why a request was not granted.

use crate::{Lock, Pattern, Waiter};

/// One reason why a request was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The pattern that was asked for.
    pub requested: Pattern,
    /// A path that both patterns match.
    pub witness: String,
    /// What stands against it.
    pub blocker: Blocker,
}

/// What stands against a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// A live lock.
    Held(Lock),
    /// An earlier request in line.
    Waiting {
        /// The request.
        waiter: Waiter,
        /// Its place in line, from 1.
        position: usize,
    },
}

/// Why a request was not granted: every live lock and earlier waiter against it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The conflicts: locks before waiters, in the order of the request; at most
    /// [`Refusal::LISTED`].
    pub conflicts: Vec<Conflict>,
    /// How many more there are.
    pub more: usize,
}

impl Refusal {
    /// How many conflicts a refusal lists; a request for `**` can meet a hundred thousand locks.
    pub const LISTED: usize = 100;
}
