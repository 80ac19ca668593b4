//! Who excludes whom, apart from the patterns.

use crate::{Acquire, AgentId, HolderId, Lock, Mode, Waiter};

/// What a lock, a waiter and a request have in common.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) agent: &'a AgentId,
    pub(crate) holder: Option<&'a HolderId>,
    pub(crate) mode: Mode,
    /// Nobody knows whose it is, so it is nobody's own.
    pub(crate) damaged: bool,
}

impl Claim<'_> {
    /// Whether the two cannot both be granted on one path.
    ///
    /// Plain claims belong to the agent and never conflict with its own locks; two holders of one
    /// agent do, unless one is inside the other.
    pub(crate) fn excludes(self, other: Claim<'_>) -> bool {
        if self.mode.admits(other.mode) {
            return false;
        }
        if self.damaged || other.damaged || self.agent != other.agent {
            return true;
        }
        match (self.holder, other.holder) {
            (Some(one), Some(two)) => !one.is_related_to(two),
            _ => false,
        }
    }

    /// Whether this claimant, while it waits, cannot let go of what `lock` holds: a plain claim
    /// speaks for its whole agent, a holder for itself and those it is inside of.
    pub(crate) fn speaks_for(self, lock: Claim<'_>) -> bool {
        let inside = |waits: &HolderId, holds: &HolderId| {
            waits.is_related_to(holds) && waits.as_str().len() >= holds.as_str().len()
        };
        !self.damaged
            && !lock.damaged
            && self.agent == lock.agent
            && match (self.holder, lock.holder) {
                (Some(waits), Some(holds)) => inside(waits, holds),
                _ => true,
            }
    }
}

impl<'a> From<&'a Lock> for Claim<'a> {
    fn from(lock: &'a Lock) -> Self {
        let Lock { agent, holder, mode, damaged, .. } = lock;
        Self { agent, holder: holder.as_ref(), mode: *mode, damaged: *damaged }
    }
}

impl<'a> From<&'a Waiter> for Claim<'a> {
    fn from(waiter: &'a Waiter) -> Self {
        let Waiter { agent, holder, mode, .. } = waiter;
        Self { agent, holder: holder.as_ref(), mode: *mode, damaged: false }
    }
}

impl<'a> From<&'a Acquire> for Claim<'a> {
    fn from(request: &'a Acquire) -> Self {
        let Acquire { agent, holder, mode, .. } = request;
        Self { agent, holder: holder.as_ref(), mode: *mode, damaged: false }
    }
}
