//! Which records a verdict can depend on.

use crate::{AgentId, Ending, HolderId, Lock, Nonce, Pattern, RecordId, Version, pattern::Span};

/// Which records a verdict can depend on.
///
/// A view of a scope has at least those records; more do no harm. What a view was loaded for
/// stands in it, so that a verdict never mistakes "not loaded" for "not there".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Which locks.
    pub locks: LockScope,
    /// Whether all the waiters.
    pub waiters: bool,
    /// At least the waiters of these names, those that there are.
    pub named: Vec<RecordId>,
    /// Which remembered endings, the oldest first.
    pub endings: EndingScope,
    /// The log of grants and ends that are younger than this version.
    pub history: Option<Version>,
    /// Whether what is counted beside the records.
    pub tally: bool,
}

/// Which locks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LockScope {
    /// None.
    #[default]
    None,
    /// Those whose pattern is, letter for letter, one of these.
    At(Vec<Pattern>),
    /// Those that may meet one of these: each lock anchored at, above or, where the
    /// [span](Pattern::spans) says so, below the anchor of a span of theirs.
    Meeting(Vec<Pattern>),
    /// Those of this agent, of any holder.
    OfAgent(AgentId),
    /// All.
    All,
}

/// Which remembered endings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EndingScope {
    /// None.
    #[default]
    None,
    /// At least the last ending of this agent and holder on each of these patterns.
    Last(AgentId, Option<HolderId>, Vec<Pattern>),
    /// The endings of this agent and holder.
    OfHolder(AgentId, Option<HolderId>),
    /// Those that this command made.
    MadeBy(Nonce),
}

impl LockScope {
    /// Whether `lock` is in it: the reference for stores that have an index, and all there is to
    /// do for one that has none.
    pub fn includes(&self, lock: &Lock) -> bool {
        match self {
            Self::None => false,
            Self::At(patterns) => patterns.contains(&lock.pattern),
            Self::Meeting(patterns) => {
                let mut spans = patterns.iter().flat_map(Pattern::spans);
                spans.any(|span| span.reaches(lock.pattern.anchor()))
            }
            Self::OfAgent(agent) => !lock.damaged && lock.agent == *agent,
            Self::All => true,
        }
    }
}

impl EndingScope {
    /// Whether `ending` is in it.
    pub fn includes(&self, ending: &Ending) -> bool {
        match self {
            Self::None => false,
            Self::Last(agent, holder, patterns) => {
                ending.is_of(agent, holder.as_ref(), &ending.pattern)
                    && patterns.contains(&ending.pattern)
            }
            Self::OfHolder(agent, holder) => ending.is_of(agent, holder.as_ref(), &ending.pattern),
            Self::MadeBy(nonce) => ending.nonce == *nonce,
        }
    }
}

impl Span {
    /// Whether a record anchored at `anchor` may meet a pattern with this span.
    pub fn reaches(&self, anchor: &str) -> bool {
        is_at_or_below(&self.anchor, anchor) || (self.below && is_at_or_below(anchor, &self.anchor))
    }
}

/// Whether `path` is the directory `top` (empty: the root) or below it.
fn is_at_or_below(path: &str, top: &str) -> bool {
    match path.strip_prefix(top) {
        Some(rest) => top.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

impl Scope {
    /// The locks in `locks`, and nothing else.
    pub fn of(locks: LockScope) -> Self {
        Self { locks, ..Self::default() }
    }

    /// The same, with the waiters.
    #[must_use]
    pub fn with_waiters(mut self) -> Self {
        self.waiters = true;
        self
    }

    /// The same, with one waiter more.
    #[must_use]
    pub fn with_waiter(mut self, waiter: RecordId) -> Self {
        self.named.push(waiter);
        self
    }

    /// Whether the waiter of that name is in it: the reference, as for locks and endings.
    pub fn includes_waiter(&self, waiter: RecordId) -> bool {
        self.waiters || self.named.contains(&waiter)
    }

    /// The same, with these endings.
    #[must_use]
    pub fn with_endings(mut self, endings: EndingScope) -> Self {
        self.endings = endings;
        self
    }

    /// The same, with the log of what happened after `version`.
    #[must_use]
    pub fn with_history(mut self, version: Version) -> Self {
        self.history = Some(version);
        self
    }

    /// The same, with what is counted beside the records.
    #[must_use]
    pub fn with_tally(mut self) -> Self {
        self.tally = true;
        self
    }
}
