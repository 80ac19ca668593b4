//! What an agent tells of the answers it got: one line of JSON each, at once.

use lock_core::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use super::grants::Granted;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// New locks, and whether it was willing to wait for them.
    Granted { granted: Granted, waited: bool },
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
