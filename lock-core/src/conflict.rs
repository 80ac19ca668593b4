//! Why a request was not granted.

use std::fmt;

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

/// For people, one line a conflict. Control characters are escaped.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, conflict) in self.conflicts.iter().enumerate() {
            write!(f, "{}{conflict}", if index == 0 { "" } else { "\n" })?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requested, witness) = (&self.requested, self.witness.escape_debug());
        match &self.blocker {
            Blocker::Held(lock) => {
                let Lock { pattern, agent, mode, expires_at, .. } = lock;
                write!(f, "{requested}: {agent} holds {pattern} ({mode}) until {expires_at}")?;
                if let Some(reason) = &lock.reason {
                    write!(f, ", because: {}", reason.as_str().escape_debug())?;
                }
            }
            Blocker::Waiting { waiter, position } => {
                let agent = &waiter.agent;
                write!(f, "{requested}: {agent} is ahead in line, at position {position}")?;
            }
        }
        write!(f, "; both would cover {witness}")
    }
}
