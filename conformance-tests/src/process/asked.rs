//! Commands and scopes, as they cross from one process to another.

use std::time::Duration;

use lock_core::{
    Acquire, Action, AgentId, Break, Cleanup, Command, HolderId, Leave, LockScope, Mode, Nonce,
    Pattern, Place, Process, Reason, RecordId, Refresh, Release, Removal, Renew, Scope, Target,
    Targets, Token, Ttl,
};
use serde::{Deserialize, Serialize};

use crate::history::Asked;

/// What a child asked.
#[derive(Debug, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "one at a time, on its way through a pipe")]
pub(super) enum Question {
    Command { nonce: Nonce, retry: bool, what: Deed },
    View { locks: Which, waiters: bool, named: Vec<RecordId> },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Deed {
    Acquire {
        agent: AgentId,
        holder: Option<HolderId>,
        patterns: Vec<Pattern>,
        mode: Mode,
        reason: Option<Reason>,
        ttl: Ttl,
        processes: Vec<Process>,
        wait: Option<Place>,
    },
    Refresh {
        agent: AgentId,
        holder: Option<HolderId>,
        targets: Option<Vec<Vec<Pattern>>>,
        ttl: Option<Ttl>,
        token: Option<Token>,
        process: Option<Process>,
    },
    Release {
        agent: AgentId,
        holder: Option<HolderId>,
        targets: Option<Vec<Vec<Pattern>>>,
        token: Option<Token>,
    },
    Break {
        by: String,
        targets: Vec<Vec<Pattern>>,
        reason: Reason,
    },
    Stale {
        by: String,
        older_than: Option<Duration>,
        dry_run: bool,
    },
    Agent {
        by: String,
        agent: AgentId,
        dry_run: bool,
    },
    Orphaned {
        by: String,
        known: Option<Vec<AgentId>>,
        dry_run: bool,
    },
    Renew(RecordId),
    Leave(RecordId),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Which {
    At(Vec<Pattern>),
    Meeting(Vec<Pattern>),
    OfAgent(AgentId),
    None,
    All,
}

impl Question {
    pub(super) fn from(asked: &Asked) -> Self {
        match asked {
            Asked::Command(command) => Self::Command {
                nonce: command.nonce,
                retry: command.retry,
                what: Deed::from(&command.action),
            },
            Asked::View(scope) => {
                let locks = match &scope.locks {
                    LockScope::At(patterns) => Which::At(patterns.clone()),
                    LockScope::Meeting(patterns) => Which::Meeting(patterns.clone()),
                    LockScope::OfAgent(agent) => Which::OfAgent(agent.clone()),
                    LockScope::None => Which::None,
                    _ => Which::All,
                };
                Self::View { locks, waiters: scope.waiters, named: scope.named.clone() }
            }
        }
    }

    pub(super) fn into_asked(self) -> Asked {
        match self {
            Self::Command { nonce, retry, what } => {
                Asked::Command(Command { nonce, retry, action: what.into_action() })
            }
            Self::View { locks, waiters, named } => {
                let locks = match locks {
                    Which::At(patterns) => LockScope::At(patterns),
                    Which::Meeting(patterns) => LockScope::Meeting(patterns),
                    Which::OfAgent(agent) => LockScope::OfAgent(agent),
                    Which::None => LockScope::None,
                    Which::All => LockScope::All,
                };
                Asked::View(Scope { waiters, named, ..Scope::of(locks) })
            }
        }
    }
}

impl Deed {
    fn from(action: &Action) -> Self {
        match action.clone() {
            Action::Acquire(it) => {
                let Acquire { agent, holder, patterns, mode, reason, ttl, processes, wait } = it;
                Self::Acquire { agent, holder, patterns, mode, reason, ttl, processes, wait }
            }
            Action::Refresh(it) => {
                let Refresh { agent, holder, targets, ttl, token, process } = it;
                Self::Refresh { agent, holder, targets: readings(targets), ttl, token, process }
            }
            Action::Release(it) => {
                let Release { agent, holder, targets, token } = it;
                Self::Release { agent, holder, targets: readings(targets), token }
            }
            Action::Break(Break { by, targets, reason }) => {
                let targets = targets.into_iter().map(|target| target.readings).collect();
                Self::Break { by, targets, reason }
            }
            Action::Cleanup(Cleanup { by, what, dry_run }) => match what {
                Removal::Stale { older_than } => Self::Stale { by, older_than, dry_run },
                Removal::Agent(agent) => Self::Agent { by, agent, dry_run },
                Removal::Orphaned { known } => Self::Orphaned { by, known, dry_run },
            },
            Action::Renew(Renew { waiter }) => Self::Renew(waiter),
            Action::Leave(Leave { waiter }) => Self::Leave(waiter),
            other => panic!("the suite does not know {other:?}"),
        }
    }

    fn into_action(self) -> Action {
        match self {
            Self::Acquire { agent, holder, patterns, mode, reason, ttl, processes, wait } => {
                Acquire { agent, holder, patterns, mode, reason, ttl, processes, wait }.into()
            }
            Self::Refresh { agent, holder, targets, ttl, token, process } => {
                Refresh { agent, holder, targets: named(targets), ttl, token, process }.into()
            }
            Self::Release { agent, holder, targets, token } => {
                Release { agent, holder, targets: named(targets), token }.into()
            }
            Self::Break { by, targets, reason } => {
                let targets = targets.into_iter().map(|readings| Target { readings }).collect();
                Break { by, targets, reason }.into()
            }
            Self::Stale { by, older_than, dry_run } => {
                Cleanup { by, what: Removal::Stale { older_than }, dry_run }.into()
            }
            Self::Agent { by, agent, dry_run } => {
                Cleanup { by, what: Removal::Agent(agent), dry_run }.into()
            }
            Self::Orphaned { by, known, dry_run } => {
                Cleanup { by, what: Removal::Orphaned { known }, dry_run }.into()
            }
            Self::Renew(waiter) => Renew { waiter }.into(),
            Self::Leave(waiter) => Leave { waiter }.into(),
        }
    }
}

fn readings(targets: Targets) -> Option<Vec<Vec<Pattern>>> {
    match targets {
        Targets::All => None,
        Targets::Some(targets) => Some(targets.into_iter().map(|it| it.readings).collect()),
    }
}

fn named(targets: Option<Vec<Vec<Pattern>>>) -> Targets {
    match targets {
        None => Targets::All,
        Some(targets) => {
            Targets::Some(targets.into_iter().map(|readings| Target { readings }).collect())
        }
    }
}
