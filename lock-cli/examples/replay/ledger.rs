//! Whether what happened was allowed to: from where the agents stand, and from what the store
//! tells afterwards. Neither asks the rule.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lock_core::{Leases, Pattern, Tenure, Token};

/// How many ends a namespace remembers.
const REMEMBERED: usize = 10_000;

/// What the agents hold, as they know it: from an answer until before the next question.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    held: HashMap<String, Vec<Pattern>>,
    highest: Token,
    locks: usize,
    violations: Vec<String>,
}

impl Ledger {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The highest token that anybody has been given by now.
    pub(super) fn highest(&self) -> Token {
        self.state().highest
    }

    /// `agent` was granted this, having asked when the highest token was `floor`.
    pub(super) fn granted(&self, agent: &str, leases: &Leases, floor: Token) {
        let mut state = self.state();
        let (token, patterns) = (leases.token(), leases.patterns().cloned().collect::<Vec<_>>());
        let mut found = Vec::new();
        if token <= floor {
            found.push(format!("{agent} was given the token {token} after {floor}"));
        }
        for (other, held) in &state.held {
            let mut pairs = patterns.iter().flat_map(|one| held.iter().map(move |two| (one, two)));
            if let Some((one, two)) = pairs.find(|(one, two)| one.meets(two)) {
                found.push(format!("{agent} was given {one} while {other} held {two}"));
            }
        }
        state.violations.append(&mut found);
        state.highest = state.highest.max(token);
        state.locks += patterns.len();
        state.held.insert(agent.to_owned(), patterns);
    }

    /// `agent` is about to let go.
    pub(super) fn letting_go(&self, agent: &str) {
        self.state().held.remove(agent);
    }

    /// How many locks were granted, if nothing was wrong.
    pub(super) fn locks(&self) -> Result<usize, String> {
        let state = self.state();
        match state.violations.as_slice() {
            [] => Ok(state.locks),
            [first, ..] => Err(format!("{} violations; {first}", state.violations.len())),
        }
    }
}

/// Holds what the store tells of `locks` locks against exclusion and the order of tokens.
pub(super) fn check(tenures: &[Tenure], locks: usize) -> Result<(), String> {
    if tenures.len() < locks.min(REMEMBERED) {
        return Err(format!("the store tells of {} locks, not {locks}", tenures.len()));
    }
    let mut tenures: Vec<&Tenure> = tenures.iter().collect();
    tenures.sort_by_key(|tenure| tenure.token);
    let mut open: Vec<&Tenure> = Vec::new();
    let mut last: Option<&Tenure> = None;
    for tenure in tenures {
        if let Some(last) = last.filter(|last| last.from > tenure.from) {
            return Err(format!("an earlier grant has a higher token: {tenure:?}\nthan {last:?}"));
        }
        last = Some(tenure);
        open.retain(|other| other.until.is_none_or(|until| until > tenure.from));
        let met =
            |other: &&&Tenure| other.agent != tenure.agent && other.pattern.meets(&tenure.pattern);
        if let Some(other) = open.iter().find(met) {
            return Err(format!("not exclusive: {tenure:?}\nwas granted beside {other:?}"));
        }
        open.push(tenure);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use lock_core::{HistoryFilter, LockManager, MemoryBackend};

    use super::*;

    /// What `agent` is granted in a store of its own, and what that store tells.
    fn alone(agent: &str, pattern: &str) -> (Leases, Tenure) {
        let locks = LockManager::new(MemoryBackend::new(), agent).unwrap();
        block_on(async {
            let leases = locks.acquire(pattern).await.unwrap().held().unwrap();
            let tenures = locks.history(HistoryFilter::default()).await.unwrap();
            (leases, tenures.into_iter().next().unwrap())
        })
    }

    #[test]
    fn two_who_hold_one_path_are_caught() {
        let ((one, told), (two, also_told)) = (alone("one", "src/*.rs"), alone("two", "src/a.rs"));
        let ledger = Ledger::default();
        ledger.granted("one", &one, Token::ZERO);
        ledger.granted("two", &two, Token::ZERO);
        assert!(ledger.locks().unwrap_err().contains("two was given src/a.rs while one held"));
        let ended = Tenure { until: Some(also_told.from), ..told.clone() };
        assert!(check(&[told, also_told.clone()], 2).unwrap_err().contains("not exclusive"));
        check(&[ended, also_told], 2).unwrap();
    }

    #[test]
    fn a_token_that_does_not_rise_is_caught() {
        let ((one, told), (two, also_told)) = (alone("one", "a"), alone("two", "b"));
        let ledger = Ledger::default();
        ledger.granted("two", &two, Token::ZERO);
        ledger.letting_go("two");
        ledger.granted("one", &one, ledger.highest());
        assert!(ledger.locks().unwrap_err().contains("was given the token"));
        let (one, two) = (told.token, also_told.token);
        let swapped = [Tenure { token: two, ..told }, Tenure { token: one, ..also_told }];
        assert!(check(&swapped, 2).unwrap_err().contains("has a higher token"));
    }

    #[test]
    fn a_store_that_forgets_is_caught() {
        let (_, told) = alone("one", "a");
        assert!(check(&[told], 2).unwrap_err().contains("tells of 1 locks, not 2"));
    }
}
