//! What can be asked of a store: plain data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AgentId, HolderId, Mode, Nonce, Note, Pattern, Process, Reason, RecordId, Token, Ttl};

/// One command, with the name that settles its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The command's name, the same on every retry.
    pub nonce: Nonce,
    /// Whether an earlier try may already have been carried out.
    pub retry: bool,
    /// What to do.
    pub action: Action,
}

impl Command {
    /// A new command.
    pub fn new(action: impl Into<Action>) -> Self {
        Self { nonce: Nonce::random(), retry: false, action: action.into() }
    }

    /// The same command once more, after an answer that did not come.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { retry: true, ..self.clone() }
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Take locks, all or none.
    Acquire(Acquire),
    /// Extend locks.
    Refresh(Refresh),
    /// Let locks go.
    Release(Release),
    /// End somebody's locks, as an operator.
    Break(Break),
    /// Remove what is dead, or one agent's.
    Cleanup(Cleanup),
    /// Keep a place in line.
    Renew(Renew),
    /// Leave the line.
    Leave(Leave),
    /// Count a request that was not granted at once: no step, and it may be lost.
    Note(Note),
}

/// Take locks, all or none.
///
/// A pattern that this agent and holder already hold is refreshed; if any of the others cannot be
/// had, nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquire {
    /// Who asks.
    pub agent: AgentId,
    /// For which run or guard; none for the agent's own claim.
    pub holder: Option<HolderId>,
    /// What for. Repetitions count once.
    pub patterns: Vec<Pattern>,
    /// Whether to admit others.
    pub mode: Mode,
    /// Why; replaces an earlier reason if given.
    pub reason: Option<Reason>,
    /// For how long without a refresh.
    pub ttl: Ttl,
    /// The processes that the locks live with; none: their lease alone counts.
    pub processes: Vec<Process>,
    /// The request's place in line: given, a request that cannot be granted now stands there,
    /// and is asked again under the same name.
    pub wait: Option<Place>,
}

/// A place in line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its name, the same for as long as the request waits.
    pub name: RecordId,
    /// The process that stands there: when it is proved dead, it is skipped at once. Without one
    /// the place ends when it is not renewed.
    pub process: Option<Process>,
    /// All who stood ahead of it at some time since it stands there, if that is known: nobody else
    /// ever will, as whoever comes later stands behind. Then a grant depends on no other waiter, and
    /// none need be read.
    pub ahead: Option<Vec<RecordId>>,
}

impl From<RecordId> for Place {
    fn from(name: RecordId) -> Self {
        Self { name, process: None, ahead: None }
    }
}

/// One thing to act on: the stored patterns that equal one of its readings.
///
/// An argument such as `pages/[id].tsx` reads as a path or as a glob, depending on what exists;
/// what exists may have changed since it was locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The readings, the preferred one first.
    pub readings: Vec<Pattern>,
}

impl From<Pattern> for Target {
    fn from(pattern: Pattern) -> Self {
        Self { readings: vec![pattern] }
    }
}

/// What to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Everything that the agent and holder hold.
    All,
    /// These.
    Some(Vec<Target>),
}

/// Extend live locks; report those that were lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// Who asks.
    pub agent: AgentId,
    /// For which run or guard; none for the agent's own claims.
    pub holder: Option<HolderId>,
    /// What to extend.
    pub targets: Targets,
    /// A new lease; none for the one that each lock was granted with.
    pub ttl: Option<Ttl>,
    /// Only the grant with this token; any other counts as lost.
    pub token: Option<Token>,
    /// A process that the locks live with from now on, besides those recorded.
    pub process: Option<Process>,
}

/// Let locks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Who asks.
    pub agent: AgentId,
    /// For which run or guard; none for the agent's own claims.
    pub holder: Option<HolderId>,
    /// What to let go.
    pub targets: Targets,
    /// Only the grant with this token.
    pub token: Option<Token>,
}

/// End live locks, whoever holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Who breaks, for the record: `user@host`.
    pub by: String,
    /// What to break.
    pub targets: Vec<Target>,
    /// Why, for the record.
    pub reason: Reason,
}

/// Remove what is dead, or one agent's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleanup {
    /// Who cleans, for the record: `user@host`.
    pub by: String,
    /// What to remove.
    pub what: Removal,
    /// Only say what would be removed.
    pub dry_run: bool,
}

/// What a cleanup removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// Locks past their lease, or, given an age, all that were not refreshed for so long.
    Stale {
        /// Even live locks, if their last refresh is at least this long ago.
        older_than: Option<Duration>,
    },
    /// The locks and waits that an agent has when the step is taken.
    Agent(AgentId),
    /// Stale locks, locks whose processes are dead, and, given the agents that are known, the
    /// locks of every other.
    Orphaned {
        /// The agents that are known; none: do not judge by agent.
        known: Option<Vec<AgentId>>,
    },
}

/// Keep a place in line for another while, without asking what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renew {
    /// The place in line.
    pub waiter: RecordId,
}

/// Leave the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// The place in line.
    pub waiter: RecordId,
}

macro_rules! into_action {
    ($($name:ident),*) => {$(
        impl From<$name> for Action {
            fn from(action: $name) -> Self {
                Self::$name(action)
            }
        }
    )*};
}

into_action!(Acquire, Refresh, Release, Break, Cleanup, Renew, Leave);
