//! Counting who was granted what.

use lock_core::{Answer, Lock};

use crate::bench::Bench;

/// The locks that were granted anew, in the order of their tokens.
pub(crate) fn grants(bench: &Bench<'_>) -> Vec<Lock> {
    let mut grants = Vec::new();
    for (_, outcome) in bench.outcomes() {
        if let (Answer::Granted(granted), true) = (outcome.answer, outcome.changed) {
            grants.extend(granted.into_iter().filter(|g| g.fresh).map(|granted| granted.lock));
        }
    }
    grants.sort_by_key(|lock| (lock.token, lock.id));
    grants
}

/// Of the contestants for the patterns of each round exactly one was granted.
pub(crate) fn one_each(bench: &Bench<'_>, rounds: u64, patterns: impl Fn(u64) -> Vec<String>) {
    let grants = grants(bench);
    for round in 0..rounds {
        let patterns = patterns(round);
        let of_round = |lock: &&Lock| patterns.iter().any(|it| it == lock.pattern.as_str());
        let winners: Vec<&Lock> = grants.iter().filter(of_round).collect();
        assert!(winners.len() == 1, "{patterns:?} have {} winners: {winners:#?}", winners.len());
    }
}
