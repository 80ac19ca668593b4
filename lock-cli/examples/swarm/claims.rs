//! What the agents were told, held against the history: no acknowledged grant or refresh is lost.

use lock_core::Cause;

use super::{
    audit::Audit,
    grants::{Granted, Grants},
    told::{Refused, Told},
};

/// How far two readings of one lease's end may lie apart.
const JITTER: std::time::Duration = std::time::Duration::from_millis(10);

#[derive(Debug, Default)]
pub(super) struct Claims {
    told: Grants,
    pub(super) grants: u64,
    pub(super) refreshes: u64,
    pub(super) conflicts: u64,
    pub(super) timeouts: u64,
    pub(super) deadlocks: u64,
    pub(super) losses: u64,
    /// How many calls had no answer, and what the last one said.
    pub(super) unanswered: (u64, String),
    /// The longest wait that ended with a grant, in microseconds.
    pub(super) longest: u64,
}

impl Claims {
    /// Holds one answer against a history that has been read since it came.
    pub(super) fn take(&mut self, told: Told, audit: &mut Audit) -> Result<(), String> {
        match told {
            Told::Granted { granted, waited } => {
                let Granted { asked, answered, .. } = granted;
                self.told.take(granted, audit)?;
                self.grants += 1;
                if waited {
                    self.longest = self.longest.max(answered.saturating_sub(asked));
                }
            }
            Told::Refreshed { lock, until } => {
                self.refreshes += 1;
                if let Some(known) = audit.locks.get_mut(&lock) {
                    known.expires_at = known.expires_at.max(until);
                } else if let Some((at, Cause::Expired | Cause::TakenOver)) =
                    audit.ended.get(&lock).copied()
                    && at + JITTER < until
                {
                    return Err(format!(
                        "{lock:?} was refreshed until {until}, and ran out at {at}"
                    ));
                }
            }
            Told::Refused(Refused::Conflict) => self.conflicts += 1,
            Told::Refused(Refused::Timeout) => self.timeouts += 1,
            Told::Refused(Refused::Deadlock) => self.deadlocks += 1,
            Told::Lost => self.losses += 1,
            Told::Unanswered(text) => self.unanswered(text),
            Told::Trouble(text) => return Err(text),
        }
        Ok(())
    }

    /// A call had no answer. What it may have done is in the history, and is held against the rule
    /// as all the rest.
    pub(super) fn unanswered(&mut self, text: String) {
        self.unanswered = (self.unanswered.0 + 1, text);
    }
}

#[cfg(test)]
mod tests {
    use lock_core::{Nonce, RecordId, Timestamp};

    use super::*;

    #[test]
    fn a_refreshed_lock_that_runs_out_early_is_caught() {
        let (mut claims, mut audit) = (Claims::default(), Audit::new());
        let lock = RecordId::new(Nonce::random(), 0);
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        audit.ended.insert(lock, (at(5), Cause::TakenOver));
        claims.take(Told::Refreshed { lock, until: at(5) }, &mut audit).unwrap();
        assert!(claims.take(Told::Refreshed { lock, until: at(6) }, &mut audit).is_err());
        audit.ended.insert(lock, (at(5), Cause::Broken));
        claims.take(Told::Refreshed { lock, until: at(6) }, &mut audit).unwrap();
    }
}
