//! What a command changes, before and after the store has filled in its clock and token.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Answer, Cause, Ending, HolderId, Lock, Lost, Mode, Nonce, Outcome, Pattern, Process,
    Reason, RecordId, Refusal, Timestamp, Token, Ttl, Version, Waiter, commit::Writer,
};

/// The verdict on a command: its answer, and what must be committed for it to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub(crate) nonce: Nonce,
    pub(crate) draft: Draft,
    pub(crate) changes: Vec<Change>,
}

/// An answer in which records that are yet to be written stand by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Draft {
    Final(Answer),
    Granted(Vec<(Slot<Lock>, bool)>),
    Refreshed { locks: Vec<Slot<Lock>>, lost: Vec<Lost> },
    Waiting { waiter: Slot<Waiter>, position: usize, refusal: Refusal },
}

/// A record in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, and few")]
pub(crate) enum Slot<T> {
    /// As the step leaves it.
    Changed(RecordId),
    /// As it was.
    Same(T),
}

/// One change to a namespace. Times and tokens that only the store knows are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A new lock: granted now, under the next token.
    Grant {
        /// The new record's name.
        id: RecordId,
        /// What is locked.
        pattern: Pattern,
        /// Who locks.
        agent: AgentId,
        /// For which run or guard.
        holder: Option<HolderId>,
        /// Whether others may share it.
        mode: Mode,
        /// Why.
        reason: Option<Reason>,
        /// The lease, from now.
        ttl: Ttl,
        /// The processes it lives with.
        processes: Vec<Process>,
        /// When the request began to wait in line; none: it did not wait.
        waited_since: Option<Timestamp>,
    },
    /// A lock lives on, under its name and token.
    Extend {
        /// The lock, as it was seen.
        lock: Lock,
        /// The lease, from now.
        ttl: Ttl,
        /// Whether the lock keeps a later expiry that it already has.
        at_least: bool,
        /// A new reason.
        reason: Option<Reason>,
        /// One more process to live with.
        process: Option<Process>,
    },
    /// A lock is no more.
    End {
        /// The lock, as it was seen.
        lock: Lock,
        /// How it ended.
        cause: Cause,
        /// Who ended it.
        by: Option<String>,
        /// What they said.
        note: Option<String>,
    },
    /// A request takes the last place in line, or one that went stale takes a new one.
    Enqueue {
        /// The record; its times and its ticket are filled in at commit.
        waiter: Waiter,
    },
    /// A waiter keeps its place for another while.
    Renew {
        /// The waiter, as it was seen.
        waiter: Waiter,
    },
    /// A waiter leaves the line.
    Leave {
        /// The waiter, as it was seen.
        waiter: Waiter,
    },
}

/// What only the store knows, at the moment of commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The store's clock.
    pub now: Timestamp,
    /// The version that the step makes.
    pub version: Version,
    /// The token of the grants in this step.
    pub token: Token,
}

/// One record to write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a step has few of them, and they are moved once")]
pub enum Write {
    /// This lock is new, or replaces the record of the same name.
    PutLock(Lock),
    /// The record of this lock goes.
    DropLock(Lock),
    /// This waiter is new, or replaces the record of the same name.
    PutWaiter(Waiter),
    /// The record of this waiter goes.
    DropWaiter(Waiter),
}

/// One line of a namespace's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "kept in bulk only in files and tables")]
pub enum HistoryEntry {
    /// A lock was granted.
    Acquired {
        /// The version that the step made.
        version: Version,
        /// When.
        at: Timestamp,
        /// The lock as granted.
        lock: Lock,
    },
    /// A lock ended.
    Ended {
        /// The version that the step made.
        version: Version,
        /// When the step was taken; the lock may have ended earlier, by its lease.
        at: Timestamp,
        /// The end.
        ending: Ending,
    },
}

impl HistoryEntry {
    /// The version that the step made.
    pub fn version(&self) -> Version {
        match self {
            Self::Acquired { version, .. } | Self::Ended { version, .. } => *version,
        }
    }

    /// The ending, if it is one.
    pub fn ending(&self) -> Option<&Ending> {
        match self {
            Self::Acquired { .. } => None,
            Self::Ended { ending, .. } => Some(ending),
        }
    }
}

/// A decision with its times and token: what to write, what to log, what to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The outcome, once the rest has been written.
    pub outcome: Outcome,
    /// The records to write, as one step.
    pub writes: Vec<Write>,
    /// The lines to add to the log, in the same step.
    pub log: Vec<HistoryEntry>,
}

impl Decision {
    /// How long a waiter keeps its place without renewing it.
    pub const WAITER_TTL: std::time::Duration = std::time::Duration::from_secs(5);

    /// What it changes. Nothing: the answer stands without a commit.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether it needs a token of the store's.
    pub fn grants(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Grant { .. }))
    }

    /// Whether it makes a new version: a waiter that only keeps its place makes none, so that
    /// waiting wakes nobody.
    pub fn makes_version(&self) -> bool {
        self.changes.iter().any(|change| !matches!(change, Change::Renew { .. }))
    }

    /// Whether those who wait for a change must be told at once. A lease that goes on as long as
    /// before lets nobody in: a heartbeat makes a new version, but wakes nobody, who would look and
    /// find nothing new. It is found with the next look.
    pub fn is_audible(&self) -> bool {
        self.changes.iter().any(|change| match change {
            Change::Renew { .. } => false,
            Change::Extend { lock, ttl, at_least, .. } => !at_least && *ttl < lock.ttl,
            _ => true,
        })
    }

    /// Whether the answer tells of what the changes leave alone: of what stands in the way, or of who is
    /// in line. A store that decided on a guess must look before it says so.
    pub fn tells_of_others(&self) -> bool {
        self.changes.is_empty()
            || match &self.draft {
                Draft::Waiting { .. }
                | Draft::Final(Answer::Waiting { .. } | Answer::Deadlock { .. }) => true,
                Draft::Final(Answer::Released { refusal, .. }) => !refusal.is_empty(),
                _ => false,
            }
    }

    /// The answer of a decision that changes nothing, on the view it was made on.
    pub fn outcome(self, now: Timestamp, version: Version) -> Outcome {
        let stamp = Stamp { now, version, token: Token::ZERO };
        Outcome { changed: false, ..self.commit_without_log(stamp).outcome }
    }

    /// Fills in what only the store knows.
    pub fn commit(self, stamp: Stamp) -> Committed {
        self.written(stamp, true)
    }

    /// The same without the lines of the log, for a store that has written them by then.
    pub fn commit_without_log(self, stamp: Stamp) -> Committed {
        self.written(stamp, false)
    }

    fn written(self, stamp: Stamp, logs: bool) -> Committed {
        let mut writer = Writer::new(stamp, self.nonce, logs);
        for change in self.changes {
            writer.apply(change);
        }
        let answer = writer.answer(self.draft);
        let outcome = Outcome { version: stamp.version, changed: true, now: stamp.now, answer };
        Committed { outcome, writes: writer.writes, log: writer.log }
    }
}
