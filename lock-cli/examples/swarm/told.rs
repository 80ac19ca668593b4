//! What an agent tells of the answers it got: one line of JSON each, at once.

use lock_core::{RecordId, Timestamp, Token};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// New locks, under one token; when it was asked for, and when the answer came.
    Granted { locks: Vec<RecordId>, token: Token, asked: u64, answered: u64, waited: bool },
    /// A lock lives on until then.
    Refreshed { lock: RecordId, until: Timestamp },
    /// Nothing was granted: refused, timed out, or a deadlock.
    Refused(Refused),
    /// A lock that was held is lost.
    Lost,
    /// There was no answer in time: nobody knows what happened, or nothing did. A process that is
    /// stopped sees its own calls time out.
    Unanswered(String),
    /// An answer that cannot be.
    Trouble(String),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refused {
    Conflict,
    Timeout,
    Deadlock,
}

/// Microseconds on a clock that all processes of the machine share, and nobody can step.
pub(super) fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
    u64::try_from(micros).unwrap_or(0)
}
