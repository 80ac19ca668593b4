//! What the agents were told, held against the history: no acknowledged grant or refresh is lost,
//! and tokens rise in real time.

use std::collections::VecDeque;

use lock_core::{Cause, Token};

use super::{
    audit::Audit,
    told::{Refused, Told},
};

/// Among how many of the latest grants real time is compared.
const COMPARED: usize = 1_000;

/// How far two readings of one lease's end may lie apart.
const JITTER: std::time::Duration = std::time::Duration::from_millis(10);

#[derive(Debug, Default)]
pub(super) struct Claims {
    latest: VecDeque<(u64, u64, Token)>,
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
            Told::Granted { locks, token, asked, answered, waited } => {
                for lock in locks {
                    if audit.granted.get(&lock) != Some(&token) {
                        return Err(format!("a grant is in no history: {lock:?}, token {token}"));
                    }
                }
                self.in_time(asked, answered, token)?;
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

    /// Of two grants, one of which was answered before the other was asked for, the later has the
    /// higher token.
    fn in_time(&mut self, asked: u64, answered: u64, token: Token) -> Result<(), String> {
        for &(other_asked, other_answered, other) in &self.latest {
            let after = other_answered < asked && other >= token;
            let before = answered < other_asked && token >= other;
            if after || before {
                return Err(format!("tokens do not rise in real time: {token} and {other}"));
            }
        }
        self.latest.push_back((asked, answered, token));
        if self.latest.len() > COMPARED {
            self.latest.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lock_core::{Nonce, RecordId, Timestamp};

    use super::*;

    fn granted(audit: &mut Audit, token: u64, asked: u64, answered: u64) -> Told {
        let (lock, token) = (RecordId::new(Nonce::random(), 0), Token::new(token));
        audit.granted.insert(lock, token);
        Told::Granted { locks: vec![lock], token, asked, answered, waited: false }
    }

    #[test]
    fn a_grant_that_no_history_tells_of_is_caught() {
        let (mut claims, mut audit) = (Claims::default(), Audit::new());
        let told = granted(&mut audit, 7, 1, 2);
        claims.take(told, &mut audit).unwrap();
        let (lock, token) = (RecordId::new(Nonce::random(), 0), Token::new(8));
        let told = Told::Granted { locks: vec![lock], token, asked: 3, answered: 4, waited: false };
        assert!(claims.take(told, &mut audit).unwrap_err().contains("in no history"));
    }

    #[test]
    fn tokens_that_fall_in_real_time_are_caught() {
        for (token, asked, answered, right) in [
            (8, 25, 40, true),
            (6, 5, 40, true), // at the same time
            (6, 25, 40, false),
            (8, 1, 5, false),
            (6, 1, 5, true),
        ] {
            let (mut claims, mut audit) = (Claims::default(), Audit::new());
            let first = granted(&mut audit, 7, 10, 20);
            claims.take(first, &mut audit).unwrap();
            let second = granted(&mut audit, token, asked, answered);
            let verdict = claims.take(second, &mut audit);
            assert_eq!(verdict.is_ok(), right, "{token} {asked}–{answered}: {verdict:?}");
        }
    }

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
