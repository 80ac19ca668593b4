//! The record of a lock.

use serde::{Deserialize, Serialize};

use super::{AgentId, HolderId, Mode, Process, Reason, RecordId, Timestamp, Token, Ttl};
use crate::pattern::Pattern;

/// The record of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The record's name; a refresh keeps it, a new grant has a new one.
    pub id: RecordId,
    /// What is locked.
    pub pattern: Pattern,
    /// Who locked it.
    pub agent: AgentId,
    /// The run or guard that holds it; none for the agent's own claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderId>,
    /// Whether others may share it.
    pub mode: Mode,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The lease: what a refresh extends it by.
    #[serde(rename = "ttl_ms")]
    pub ttl: Ttl,
    /// When it was granted.
    pub acquired_at: Timestamp,
    /// When the request that it was granted to began to wait in line; none: it did not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_since: Option<Timestamp>,
    /// When it was last refreshed; at first, when it was granted.
    pub refreshed_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub expires_at: Timestamp,
    /// The fencing token of the grant.
    pub token: Token,
    /// The processes that it lives with: it ends when all of them are dead. Empty: it lives with
    /// its lease alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
    /// True for a record whose body could not be read: its pattern stays held, by nobody known,
    /// until the default lease has passed since it was written.
    #[serde(skip)]
    pub damaged: bool,
    /// Fields that a newer version wrote. They are kept through a refresh.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Lock {
    /// The name that a lock is shown under when its record cannot be read.
    pub const UNKNOWN_AGENT: &str = "unknown";

    /// Whether it belongs to exactly this agent and holder.
    pub fn is_of(&self, agent: &AgentId, holder: Option<&HolderId>) -> bool {
        !self.damaged && self.agent == *agent && self.holder.as_ref() == holder
    }
}
