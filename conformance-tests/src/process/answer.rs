//! Answers, as they cross from one process to another.

use lock_core::{
    AgentId, Answer, Blocker, Cause, Conflict, Granted, Lock, Lost, Outcome, Pattern, Refusal,
    Scope, Timestamp, Version, View, Waiter,
};
use serde::{Deserialize, Serialize};

use crate::history::Answered;

/// What a child was answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    Outcome { version: Version, changed: bool, now: Timestamp, answer: Reply },
    View { now: Timestamp, version: Version, locks: Vec<Lock>, waiters: Vec<Waiter> },
    Failed(String),
    Unknown(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Granted(Vec<(Lock, bool)>),
    Refused(Against),
    Waiting { waiter: Waiter, position: usize, refusal: Against },
    Deadlock { cycle: Vec<AgentId>, refusal: Against },
    Refreshed { locks: Vec<Lock>, lost: Vec<(Pattern, Option<String>, Option<Timestamp>, Cause)> },
    Released { released: Vec<Pattern>, refusal: Against, overlapping: Vec<Lock> },
    Removed { locks: Vec<Lock>, live: usize, waiters: Vec<Waiter> },
    Renewed(bool),
    Left,
}

/// A refusal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Against {
    conflicts: Vec<(Pattern, String, Stands)>,
    more: usize,
}

#[derive(Debug, Serialize, Deserialize)]
enum Stands {
    Held(Lock),
    Waiting(Waiter, usize),
}

impl Told {
    pub(super) fn from(answered: Answered) -> Self {
        match answered {
            Answered::Outcome(Outcome { version, changed, now, answer }) => {
                Self::Outcome { version, changed, now, answer: Reply::from(answer) }
            }
            Answered::View(View { now, version, locks, waiters, .. }) => {
                Self::View { now, version, locks, waiters }
            }
            Answered::Failed(text) => Self::Failed(text),
            Answered::Unknown(text) => Self::Unknown(text),
            Answered::Nothing => Self::Unknown("nothing".to_owned()),
        }
    }

    /// The answer to a view for `scope`, or to a command.
    pub(super) fn into_answered(self, scope: Option<&Scope>) -> Answered {
        match self {
            Self::Outcome { version, changed, now, answer } => {
                Answered::Outcome(Outcome { version, changed, now, answer: answer.into_answer() })
            }
            Self::View { now, version, locks, waiters } => {
                let scope = scope.cloned().unwrap_or_default();
                Answered::View(View { scope, now, version, locks, waiters, ..View::default() })
            }
            Self::Failed(text) => Answered::Failed(text),
            Self::Unknown(text) => Answered::Unknown(text),
        }
    }
}

impl Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Granted(granted) => {
                Self::Granted(granted.into_iter().map(|g| (g.lock, g.fresh)).collect())
            }
            Answer::Refused(refusal) => Self::Refused(Against::from(refusal)),
            Answer::Waiting { waiter, position, refusal } => {
                Self::Waiting { waiter, position, refusal: Against::from(refusal) }
            }
            Answer::Deadlock { cycle, refusal } => {
                Self::Deadlock { cycle, refusal: Against::from(refusal) }
            }
            Answer::Refreshed { locks, lost } => {
                let lost = lost.into_iter().map(|it| (it.pattern, it.to, it.at, it.cause));
                Self::Refreshed { locks, lost: lost.collect() }
            }
            Answer::Released { released, refusal, overlapping } => {
                Self::Released { released, refusal: Against::from(refusal), overlapping }
            }
            Answer::Removed { locks, live, waiters } => Self::Removed { locks, live, waiters },
            Answer::Renewed(stands) => Self::Renewed(stands),
            Answer::Left => Self::Left,
            other => panic!("the suite does not know {other:?}"),
        }
    }

    fn into_answer(self) -> Answer {
        match self {
            Self::Granted(granted) => Answer::Granted(
                granted.into_iter().map(|(lock, fresh)| Granted { lock, fresh }).collect(),
            ),
            Self::Refused(refusal) => Answer::Refused(refusal.into_refusal()),
            Self::Waiting { waiter, position, refusal } => {
                Answer::Waiting { waiter, position, refusal: refusal.into_refusal() }
            }
            Self::Deadlock { cycle, refusal } => {
                Answer::Deadlock { cycle, refusal: refusal.into_refusal() }
            }
            Self::Refreshed { locks, lost } => {
                let lost = lost.into_iter();
                let lost = lost.map(|(pattern, to, at, cause)| Lost { pattern, to, at, cause });
                Answer::Refreshed { locks, lost: lost.collect() }
            }
            Self::Released { released, refusal, overlapping } => {
                Answer::Released { released, refusal: refusal.into_refusal(), overlapping }
            }
            Self::Removed { locks, live, waiters } => Answer::Removed { locks, live, waiters },
            Self::Renewed(stands) => Answer::Renewed(stands),
            Self::Left => Answer::Left,
        }
    }
}

impl Against {
    fn from(refusal: Refusal) -> Self {
        let conflicts = refusal.conflicts.into_iter().map(|it| {
            let stands = match it.blocker {
                Blocker::Held(lock) => Stands::Held(lock),
                Blocker::Waiting { waiter, position } => Stands::Waiting(waiter, position),
            };
            (it.requested, it.witness, stands)
        });
        Self { conflicts: conflicts.collect(), more: refusal.more }
    }

    fn into_refusal(self) -> Refusal {
        let conflicts = self.conflicts.into_iter().map(|(requested, witness, stands)| {
            let blocker = match stands {
                Stands::Held(lock) => Blocker::Held(lock),
                Stands::Waiting(waiter, position) => Blocker::Waiting { waiter, position },
            };
            Conflict { requested, witness, blocker }
        });
        Refusal { conflicts: conflicts.collect(), more: self.more }
    }
}
