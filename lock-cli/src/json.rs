//! The JSON that scripts read. Fields are only ever added.

use lock_core::{AgentId, Blocker, Happening, Mode, Pattern, Refusal, Timestamp, Token};
use serde::Serialize;

use crate::{commands::watch, exit::Explained};

/// A lock.
#[derive(Debug, Serialize)]
pub(crate) struct Lock<'a> {
    pattern: &'a Pattern,
    agent_id: &'a AgentId,
    mode: Mode,
    reason: Option<&'a str>,
    acquired_at: Timestamp,
    refreshed_at: Timestamp,
    expires_at: Timestamp,
    stale: bool,
    token: Token,
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
}

impl<'a> Lock<'a> {
    pub(crate) fn new(lock: &'a lock_core::Lock, stale: bool) -> Self {
        let process = lock.processes.first();
        Self {
            pattern: &lock.pattern,
            agent_id: &lock.agent,
            mode: lock.mode,
            reason: lock.reason.as_ref().map(lock_core::Reason::as_str),
            acquired_at: lock.acquired_at,
            refreshed_at: lock.refreshed_at,
            expires_at: lock.expires_at,
            stale,
            token: lock.token,
            holder: lock.holder.as_ref().map(lock_core::HolderId::as_str),
            host: process.map(|process| process.host.as_str()),
            pid: process.map(|process| process.pid),
        }
    }

    /// Locks that are live.
    pub(crate) fn live(locks: impl IntoIterator<Item = &'a lock_core::Lock>) -> Vec<Self> {
        locks.into_iter().map(|lock| Self::new(lock, false)).collect()
    }
}

/// A queued request.
#[derive(Debug, Serialize)]
pub(crate) struct Waiter<'a> {
    agent_id: &'a AgentId,
    patterns: &'a [Pattern],
    mode: Mode,
    since: Timestamp,
    position: usize,
}

impl<'a> Waiter<'a> {
    pub(crate) fn new(waiter: &'a lock_core::Waiter, position: usize) -> Self {
        Self {
            agent_id: &waiter.agent,
            patterns: &waiter.patterns,
            mode: waiter.mode,
            since: waiter.since,
            position,
        }
    }

    pub(crate) fn all(waiting: &'a [(lock_core::Waiter, usize)]) -> Vec<Self> {
        waiting.iter().map(|(waiter, position)| Self::new(waiter, *position)).collect()
    }
}

/// One reason why a request was not granted.
#[derive(Debug, Serialize)]
pub(crate) struct Conflict<'a> {
    requested: &'a Pattern,
    witness: &'a str,
    #[serde(flatten)]
    against: Against<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Against<'a> {
    Held(Box<Lock<'a>>),
    Waiting(Waiter<'a>),
}

/// Every reason, and how many more there are than are listed.
#[derive(Debug, Serialize)]
pub(crate) struct Conflicts<'a> {
    conflicts: Vec<Conflict<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl<'a> From<&'a Refusal> for Conflicts<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        let conflicts = refusal.conflicts.iter().map(|conflict| Conflict {
            requested: &conflict.requested,
            witness: &conflict.witness,
            against: match &conflict.blocker {
                Blocker::Held(lock) => Against::Held(Box::new(Lock::new(lock, false))),
                Blocker::Waiting { waiter, position } => {
                    Against::Waiting(Waiter::new(waiter, *position))
                }
            },
        });
        Self { conflicts: conflicts.collect(), more: refusal.more }
    }
}

/// `acquire`.
#[derive(Debug, Serialize)]
pub(crate) struct Acquire<'a> {
    pub(crate) status: &'static str,
    pub(crate) locks: Vec<Lock<'a>>,
    #[serde(flatten)]
    pub(crate) conflicts: Conflicts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cycle: Option<&'a [AgentId]>,
}

/// `release`.
#[derive(Debug, Serialize)]
pub(crate) struct Release<'a> {
    pub(crate) status: &'static str,
    pub(crate) released: &'a [Pattern],
    #[serde(flatten)]
    pub(crate) conflicts: Conflicts<'a>,
    /// What the agent holds that overlaps, if there was nothing to let go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) overlapping: Vec<Lock<'a>>,
}

/// `refresh`.
#[derive(Debug, Serialize)]
pub(crate) struct Refresh<'a> {
    pub(crate) status: &'static str,
    pub(crate) locks: Vec<Lock<'a>>,
    pub(crate) lost: Vec<Lost<'a>>,
}

/// A lock that a refresh found lost.
#[derive(Debug, Serialize)]
pub(crate) struct Lost<'a> {
    pattern: &'a Pattern,
    to: Option<&'a str>,
    at: Option<Timestamp>,
    cause: &'static str,
}

impl<'a> From<&'a lock_core::Lost> for Lost<'a> {
    fn from(lost: &'a lock_core::Lost) -> Self {
        Self {
            pattern: &lost.pattern,
            to: lost.to.as_deref(),
            at: lost.at,
            cause: lost.cause.as_str(),
        }
    }
}

/// `who`.
#[derive(Debug, Serialize)]
pub(crate) struct Who<'a> {
    pub(crate) pattern: &'a Pattern,
    pub(crate) held: bool,
    pub(crate) locks: Vec<Lock<'a>>,
    pub(crate) waiting: Vec<Waiter<'a>>,
}

/// `check` and `wait`.
#[derive(Debug, Serialize)]
pub(crate) struct Check<'a> {
    pub(crate) status: &'static str,
    #[serde(flatten)]
    pub(crate) conflicts: Conflicts<'a>,
}

/// `list`.
#[derive(Debug, Serialize)]
pub(crate) struct List<'a> {
    pub(crate) locks: Vec<Lock<'a>>,
    pub(crate) waiting: Vec<Waiter<'a>>,
}

/// `break` and the cleanups.
#[derive(Debug, Serialize)]
pub(crate) struct Removed<'a> {
    pub(crate) removed: usize,
    /// How many of them were live.
    pub(crate) live: usize,
    pub(crate) locks: Vec<Lock<'a>>,
    /// Waiters that were removed as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<Waiter<'a>>,
}

/// `history`.
#[derive(Debug, Serialize)]
pub(crate) struct History<'a> {
    pub(crate) entries: Vec<Tenure<'a>>,
}

/// The life of one lock.
#[derive(Debug, Serialize)]
pub(crate) struct Tenure<'a> {
    pattern: &'a Pattern,
    agent_id: &'a AgentId,
    mode: Mode,
    reason: Option<&'a str>,
    token: Token,
    from: Timestamp,
    until: Option<Timestamp>,
    ended: Option<&'static str>,
    by: Option<&'a str>,
    note: Option<&'a str>,
}

impl<'a> From<&'a lock_core::Tenure> for Tenure<'a> {
    fn from(tenure: &'a lock_core::Tenure) -> Self {
        Self {
            pattern: &tenure.pattern,
            agent_id: &tenure.agent,
            mode: tenure.mode,
            reason: tenure.reason.as_ref().map(lock_core::Reason::as_str),
            token: tenure.token,
            from: tenure.from,
            until: tenure.until,
            ended: tenure.ended.map(lock_core::Cause::as_str),
            by: tenure.by.as_deref(),
            note: tenure.note.as_deref(),
        }
    }
}

/// `stats`.
#[derive(Debug, Serialize)]
pub(crate) struct Stats<'a> {
    acquired: u64,
    conflicts: u64,
    timeouts: u64,
    deadlocks: u64,
    released: u64,
    /// Those past their lease too whose end nobody has recorded yet, as `history` has it.
    expired: u64,
    taken_over: u64,
    broken: u64,
    cleaned: u64,
    holder_dead: u64,
    held: usize,
    waiting: usize,
    wait_seconds: Spread,
    hold_seconds: Spread,
    hot: Vec<Hot<'a>>,
}

#[derive(Debug, Serialize)]
struct Spread {
    p50: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Hot<'a> {
    pattern: &'a Pattern,
    conflicts: u64,
}

impl<'a> Stats<'a> {
    pub(crate) fn new(stats: &'a lock_core::Stats, hot: usize) -> Self {
        let lock_core::Stats { totals, refusals, held, stale, dead, waiting, wait, hold } = stats;
        let unrecorded = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let hot = refusals.hottest(hot).into_iter();
        Self {
            acquired: totals.acquired,
            conflicts: refusals.conflicts,
            timeouts: refusals.timeouts,
            deadlocks: refusals.deadlocks,
            released: totals.released,
            expired: totals.expired + unrecorded(*stale),
            taken_over: totals.taken_over,
            broken: totals.broken,
            cleaned: totals.cleaned,
            holder_dead: totals.holder_dead + unrecorded(*dead),
            held: *held,
            waiting: *waiting,
            wait_seconds: Spread::from(wait),
            hold_seconds: Spread::from(hold),
            hot: hot.map(|(pattern, conflicts)| Hot { pattern, conflicts }).collect(),
        }
    }
}

impl From<&lock_core::Spread> for Spread {
    fn from(spread: &lock_core::Spread) -> Self {
        let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
        Self { p50: seconds(spread.p50), p99: seconds(spread.p99), max: seconds(spread.max) }
    }
}

/// `bench`.
#[derive(Debug, Serialize)]
pub(crate) struct Bench {
    pub(crate) backend: String,
    pub(crate) cycles: usize,
    pub(crate) cycle_seconds: Measured,
    pub(crate) floor_seconds: Measured,
    /// How many times the floor's median a cycle's median is.
    pub(crate) ratio: f64,
}

/// What one thing takes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Measured {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// How far the middle half lies apart, as a part of the median.
    pub(crate) spread: f64,
}

/// One line of `watch`.
#[derive(Debug, Serialize)]
pub(crate) struct Event<'a> {
    pub(crate) event: &'static str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Lock<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiter: Option<Waiter<'a>>,
}

impl<'a> From<&'a lock_core::WatchEvent> for Event<'a> {
    fn from(event: &'a lock_core::WatchEvent) -> Self {
        let (lock, waiter) = match &event.what {
            Happening::Acquired(lock) | Happening::Refreshed(lock) => (Some((lock, false)), None),
            Happening::Expired(lock) => (Some((lock, true)), None),
            Happening::Ended(lock, ending) => (Some((lock, ending.until < event.at)), None),
            Happening::Waiting(waiter, position) | Happening::GaveUp(waiter, position) => {
                (None, Some(Waiter::new(waiter, *position)))
            }
            _ => (None, None),
        };
        let lock = lock.map(|(lock, stale)| Lock::new(lock, stale));
        Self { event: watch::name(&event.what), at: event.at, lock, waiter }
    }
}

/// `doctor`.
#[derive(Debug, Serialize)]
pub(crate) struct Doctor<'a> {
    pub(crate) healthy: bool,
    pub(crate) checks: &'a [lock_core::Check],
}

/// A failure.
#[derive(Debug, Serialize)]
pub(crate) struct Error<'a> {
    error: ErrorBody<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Explained> for Error<'a> {
    fn from(explained: &'a Explained) -> Self {
        let Explained { code, message, hint, .. } = explained;
        Self { error: ErrorBody { code, message, hint } }
    }
}
