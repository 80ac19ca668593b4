//! One state of a world: what the store holds, what each actor knows, and what was promised.

use crate::names::ACTORS;

/// A moment, in steps of two seconds: longer than a waiter may go without renewing its place
/// once, shorter than its place lives.
pub(crate) type Tick = u8;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: Tick,
    pub(crate) store: Store,
    pub(crate) actors: [Actor; ACTORS],
    /// The highest token of any grant so far.
    pub(crate) top: u64,
    pub(crate) left: Left,
    /// The first promise that was broken on the way here.
    pub(crate) breach: Option<Breach>,
}

/// How much may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    pub(crate) ticks: u8,
    pub(crate) lost_replies: u8,
    pub(crate) crashes: u8,
    pub(crate) cleanups: u8,
}

/// What the store holds, without what no verdict depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Store {
    pub(crate) last_token: u64,
    pub(crate) locks: Vec<Row>,
    pub(crate) waiters: Vec<Place>,
    pub(crate) endings: Vec<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) nonce: u8,
    pub(crate) index: u8,
    pub(crate) pattern: u8,
    pub(crate) actor: u8,
    pub(crate) shared: bool,
    pub(crate) token: u64,
    pub(crate) expires: Tick,
    /// Its actor crashed since, and knows nothing of it.
    pub(crate) orphan: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) ticket: u8,
    pub(crate) name: u8,
    pub(crate) actor: u8,
    pub(crate) patterns: Vec<u8>,
    pub(crate) shared: bool,
    /// When it was last renewed.
    pub(crate) renewed: Tick,
    pub(crate) orphan: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) row: Row,
    pub(crate) cause: lock_core::Cause,
    pub(crate) by: Option<u8>,
    /// The command that ended it.
    pub(crate) nonce: u8,
}

/// What one actor knows, and beside it what is true of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Actor {
    /// How many of its requests it has begun.
    pub(crate) begun: u8,
    pub(crate) phase: Phase,
    /// What it was told it holds, by pattern.
    pub(crate) held: Vec<Belief>,
    /// Its place in line, as it truly is.
    pub(crate) place: Option<Standing>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// It may do anything.
    #[default]
    Free,
    /// It stands in line for its last request, under this name.
    Waiting(u8),
    /// It sent this, and the answer did not come.
    Unanswered(Call, Answered),
}

/// A command that an actor sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// The request number `begun`, under a place in line if it would wait.
    Ask {
        nonce: u8,
        place: Option<u8>,
    },
    Refresh {
        nonce: u8,
    },
    Release {
        nonce: u8,
    },
    Leave {
        nonce: u8,
        place: u8,
    },
}

/// What a first try came to, as far as a second must say the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Answered {
    /// Pattern, token and whether it is new.
    Granted(Vec<(u8, u64, bool)>),
    Released(Vec<u8>),
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Belief {
    pub(crate) pattern: u8,
    pub(crate) shared: bool,
    pub(crate) token: u64,
    pub(crate) until: Tick,
    /// Nothing is promised any more: it was ended from outside, or a call that may have ended it
    /// is unanswered.
    pub(crate) void: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    /// Lower came earlier.
    pub(crate) rank: u8,
    pub(crate) renewed: Tick,
}

impl Standing {
    /// A place lives for five seconds, which are two and a half ticks.
    pub(crate) fn stands(self, now: Tick) -> bool {
        now - self.renewed <= 2
    }
}

/// A broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Breach {
    /// Two live locks that exclude each other.
    Exclusion,
    /// A grant whose token is not above all before it.
    Token,
    /// A lock that was granted, within its lease and ended by nobody, is gone.
    LostGrant,
    /// A lock that ran out was refreshed.
    Revived,
    /// A live lock or a place in line that nobody knows of.
    Orphan,
    /// A later request was granted before an earlier one that it stands against.
    Passed,
    /// The second try was answered otherwise than the first.
    Retry,
    /// A deadlock was reported, and there is none.
    FalseAlarm,
    /// A set was granted in part, or an answer does not fit its question.
    Answer,
}
