//! What is remembered of a lock that is no more.

use serde::{Deserialize, Serialize};

use super::{AgentId, Cause, HolderId, Lock, Mode, Nonce, Reason, RecordId, Timestamp, Token, Ttl};
use crate::pattern::Pattern;

/// What is remembered of a lock that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The name of the lock's record.
    pub id: RecordId,
    /// What was locked.
    pub pattern: Pattern,
    /// Who held it.
    pub agent: AgentId,
    /// For which run or guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderId>,
    /// Whether it was shared.
    pub mode: Mode,
    /// Why it was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The fencing token of the grant.
    pub token: Token,
    /// When it was granted.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// How it ended.
    pub ended: Cause,
    /// Who ended it, where somebody did: the agent itself, the one who took it over, an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What that somebody said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The command that ended it.
    pub nonce: Nonce,
}

impl Ending {
    /// Whether it is the end of a lock of exactly this agent, holder and pattern.
    pub fn is_of(&self, agent: &AgentId, holder: Option<&HolderId>, pattern: &Pattern) -> bool {
        self.agent == *agent && self.holder.as_ref() == holder && self.pattern == *pattern
    }

    /// The lock as far as its ending remembers it: the length of its lease, its wait and its processes
    /// are forgotten.
    pub(crate) fn lock(&self) -> Lock {
        Lock {
            id: self.id,
            pattern: self.pattern.clone(),
            agent: self.agent.clone(),
            holder: self.holder.clone(),
            mode: self.mode,
            reason: self.reason.clone(),
            ttl: Ttl::default(),
            acquired_at: self.from,
            waited_since: None,
            refreshed_at: self.from,
            expires_at: self.until,
            token: self.token,
            processes: Vec::new(),
            damaged: false,
            extra: serde_json::Map::new(),
        }
    }

    /// The end of `lock`.
    pub(crate) fn of(lock: &Lock, until: Timestamp, ended: Cause, nonce: Nonce) -> Self {
        Self {
            id: lock.id,
            pattern: lock.pattern.clone(),
            agent: lock.agent.clone(),
            holder: lock.holder.clone(),
            mode: lock.mode,
            reason: lock.reason.clone(),
            token: lock.token,
            from: lock.acquired_at,
            until,
            ended,
            by: None,
            note: None,
            nonce,
        }
    }
}
