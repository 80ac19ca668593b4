//! What came of a command.

use crate::{AgentId, Cause, Ending, Lock, Pattern, Refusal, Timestamp, Version, Waiter};

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The version that the step made, or, if it changed nothing, the one it saw.
    pub version: Version,
    /// Whether it changed anything.
    pub changed: bool,
    /// The store's clock at that step.
    pub now: Timestamp,
    /// The answer.
    pub answer: Answer,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// An acquire was granted: a lock for each pattern asked for, in that order.
    Granted(Vec<Granted>),
    /// An acquire was refused; nothing changed.
    Refused(Refusal),
    /// An acquire stands in line.
    Waiting {
        /// Its place.
        waiter: Waiter,
        /// Its position, from 1.
        position: usize,
        /// What it waits for.
        refusal: Refusal,
    },
    /// Waiting would close this cycle of agents, each waiting for the next and the last for the
    /// first; nothing waits.
    Deadlock {
        /// The cycle, beginning with the agent that asked.
        cycle: Vec<AgentId>,
        /// What stood against the request.
        refusal: Refusal,
    },
    /// A refresh: what was extended, and what was lost.
    Refreshed {
        /// The locks that live on.
        locks: Vec<Lock>,
        /// Those that do not.
        lost: Vec<Lost>,
    },
    /// A release.
    Released {
        /// The patterns let go.
        released: Vec<Pattern>,
        /// The patterns that this agent did not hold, and somebody else does.
        refusal: Refusal,
        /// If there was nothing to let go: what this agent holds that overlaps what it named.
        overlapping: Vec<Lock>,
    },
    /// A break or a cleanup: the locks it removed, as they were, with how many of them lived.
    Removed {
        /// The locks.
        locks: Vec<Lock>,
        /// How many of them were live.
        live: usize,
        /// The waiters removed with them.
        waiters: Vec<Waiter>,
    },
    /// Whether the request still stands in line, where it stood. Not so: it must ask anew.
    Renewed(bool),
    /// Left the line, or was not in it.
    Left,
    /// Took note, or did not.
    Noted,
}

/// One lock of a granted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The lock.
    pub lock: Lock,
    /// Whether this request made it; if not, it refreshed what the agent already held.
    pub fresh: bool,
}

/// A lock that a refresh found lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What was locked.
    pub pattern: Pattern,
    /// Who has it now, or took it.
    pub to: Option<String>,
    /// When it was lost.
    pub at: Option<Timestamp>,
    /// How.
    pub cause: Cause,
}

impl Lost {
    /// What `ending` says of the loss.
    pub(crate) fn by(ending: &Ending) -> Self {
        let to = (ending.ended == Cause::TakenOver).then(|| ending.by.clone()).flatten();
        Self { pattern: ending.pattern.clone(), to, at: Some(ending.until), cause: ending.ended }
    }
}
