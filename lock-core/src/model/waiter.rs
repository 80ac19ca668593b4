//! The record of a queued request.

use serde::{Deserialize, Serialize};

use super::{AgentId, HolderId, Mode, Process, RecordId, Timestamp};
use crate::pattern::Pattern;

/// The record of a queued request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// The record's name; it stays the same for as long as the request waits.
    pub id: RecordId,
    /// Who waits.
    pub agent: AgentId,
    /// For which run or guard; none for the agent's own claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderId>,
    /// What it waits for: all of it at once.
    pub patterns: Vec<Pattern>,
    /// Whether it would share it.
    pub mode: Mode,
    /// Its place in line: lower is earlier. The version of the step that enqueued it.
    pub ticket: u64,
    /// When it began to wait.
    pub since: Timestamp,
    /// When it counts as gone unless it is renewed before.
    pub expires_at: Timestamp,
    /// The process that waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
}
