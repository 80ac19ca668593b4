//! The grants that agents were told of, held against the history: none that was acknowledged is
//! lost, and tokens rise in real time.

use std::collections::VecDeque;

use lock_core::{RecordId, Token};
use serde::{Deserialize, Serialize};

use super::audit::Audit;

/// Among how many of the latest grants real time is compared.
const COMPARED: usize = 1_000;

/// New locks, under one token; when they were asked for, and when the answer came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Granted {
    pub(super) locks: Vec<RecordId>,
    pub(super) token: Token,
    pub(super) asked: u64,
    pub(super) answered: u64,
}

#[derive(Debug, Default)]
pub(super) struct Grants {
    latest: VecDeque<Granted>,
}

impl Grants {
    /// Holds one against a history that has been read since it came.
    pub(super) fn take(&mut self, granted: Granted, audit: &Audit) -> Result<(), String> {
        let token = granted.token;
        for lock in &granted.locks {
            if audit.granted.get(lock) != Some(&token) {
                return Err(format!("a grant is in no history: {lock:?}, token {token}"));
            }
        }
        // Of two grants, one of which was answered before the other was asked for, the later has
        // the higher token.
        for other in &self.latest {
            let after = other.answered < granted.asked && other.token >= token;
            let before = granted.answered < other.asked && token >= other.token;
            if after || before {
                return Err(format!(
                    "tokens do not rise in real time: {token} and {}",
                    other.token
                ));
            }
        }
        self.latest.push_back(granted);
        if self.latest.len() > COMPARED {
            self.latest.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lock_core::Nonce;

    use super::*;

    fn granted(audit: &mut Audit, token: u64, asked: u64, answered: u64) -> Granted {
        let (lock, token) = (RecordId::new(Nonce::random(), 0), Token::new(token));
        audit.granted.insert(lock, token);
        Granted { locks: vec![lock], token, asked, answered }
    }

    #[test]
    fn a_grant_that_no_history_tells_of_is_caught() {
        let (mut grants, mut audit) = (Grants::default(), Audit::new());
        let told = granted(&mut audit, 7, 1, 2);
        grants.take(told, &audit).unwrap();
        let (lock, token) = (RecordId::new(Nonce::random(), 0), Token::new(8));
        let told = Granted { locks: vec![lock], token, asked: 3, answered: 4 };
        assert!(grants.take(told, &audit).unwrap_err().contains("in no history"));
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
            let (mut grants, mut audit) = (Grants::default(), Audit::new());
            let first = granted(&mut audit, 7, 10, 20);
            grants.take(first, &audit).unwrap();
            let second = granted(&mut audit, token, asked, answered);
            let verdict = grants.take(second, &audit);
            assert_eq!(verdict.is_ok(), right, "{token} {asked}–{answered}: {verdict:?}");
        }
    }
}
