//! The end of a lease, and who is there then.

use std::time::Duration;

use lock_core::{Answer, Cause};

use super::{Race, Scene, nothing, story, winners};
use crate::{
    bench::Bench,
    plan::{Act, Plan, Wanted},
};

/// The shortest lease there is, in milliseconds.
const LEASE: u64 = 100;
const ROUNDS: u64 = 60;
const CONTESTANTS: usize = 6;
/// How long a [duel] takes.
pub(super) const DUEL: Duration = Duration::from_millis(LEASE + ROUNDS + 2);

pub(super) fn scenes() -> Vec<Scene> {
    let one_winner = Race {
        name: "one_stale_lock_has_one_winner",
        before: |bench| {
            let late = bench.agent("late");
            for round in 0..ROUNDS {
                let grant = bench.run(late.acquire(path(round)).ttl(Duration::from_millis(LEASE)));
                assert!(grant.held().is_ok(), "nobody else is here yet");
            }
            bench.pass(Duration::from_millis(LEASE + 1));
        },
        plans: |_| (0..CONTESTANTS).map(contestant).collect(),
        after: |bench| {
            let grants = winners::grants(bench);
            for round in 0..ROUNDS {
                let path = path(round);
                let winners: Vec<_> =
                    grants.iter().filter(|lock| lock.pattern.as_str() == path).collect();
                assert!(
                    winners.len() == 2,
                    "{path}: first {:?}, then {:?}",
                    winners[0],
                    &winners[1..]
                );
                let lost = bench.run(bench.agent("late").refresh(path.as_str())).lost;
                assert_eq!(lost[0].cause, Cause::TakenOver);
                assert_eq!(lost[0].to.as_deref(), Some(winners[1].agent.as_str()));
            }
        },
    };
    let refresh = Race {
        name: "a_refresh_at_the_end_of_the_lease",
        before: nothing,
        plans: |bench| duel(bench, |path| Act::Refresh(vec![path])),
        after: |bench| {
            let answers = bench.outcomes().into_iter().map(|(_, outcome)| outcome.answer);
            let refreshes = answers.filter(|answer| matches!(answer, Answer::Refreshed { .. }));
            assert_eq!(refreshes.count() as u64, ROUNDS, "each was answered");
        },
    };
    let release = Race {
        name: "a_release_at_the_end_of_the_lease_frees_nobody_else",
        before: nothing,
        plans: |bench| duel(bench, |path| Act::Release(vec![path])),
        after: |bench| {
            let held = bench.everything().locks;
            for lock in winners::grants(bench).iter().filter(|it| it.agent.as_str() == "next") {
                assert!(
                    held.iter().any(|it| it.id == lock.id),
                    "somebody took this away: {lock:#?}"
                );
            }
        },
    };
    let mut scenes: Vec<Scene> =
        [one_winner, refresh, release].into_iter().flat_map(Race::scenes).collect();
    scenes.push(story("expiry_is_final", expiry_is_final));
    scenes
}

fn path(round: u64) -> String {
    format!("round-{round}/a.rs")
}

fn contestant(number: usize) -> Plan {
    let acts = (0..ROUNDS)
        .flat_map(|round| [Act::At(round * 500), Act::Acquire(Wanted::of([&path(round)]))]);
    Plan::once(&format!("agent-{number}"), acts.collect())
}

/// One takes a lock a millisecond, and does `last` to each about when its lease ends; the other
/// asks for each about then.
pub(super) fn duel(bench: &Bench<'_>, last: fn(String) -> Act) -> Vec<Plan> {
    let mut rng = bench.rng();
    let mut owner = Vec::new();
    let mut next = Vec::new();
    for round in 0..ROUNDS {
        let wanted = Wanted::of([&path(round)]).ttl(LEASE);
        owner.extend([Act::At(round * 1_000), Act::Acquire(wanted)]);
    }
    for round in 0..ROUNDS {
        let end = (round + LEASE) * 1_000;
        owner.extend([Act::At(end - 100 + rng.below(400)), last(path(round))]);
        for again in 0..3 {
            next.push(Act::At(end - 200 + again * 200 + rng.below(150)));
            next.push(Act::Acquire(Wanted::of([&path(round)])));
        }
    }
    vec![Plan::once("owner", owner), Plan::once("next", next)]
}

/// Nobody has taken the lock, and still it is lost.
fn expiry_is_final(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    let grant = bench.run(owner.acquire("a.rs").ttl(Duration::from_millis(LEASE)));
    assert!(grant.held().is_ok(), "nobody else is here");
    bench.pass(Duration::from_millis(LEASE));
    let refreshed = bench.run(owner.refresh("a.rs"));
    assert!(refreshed.locks.is_empty(), "it came back to life: {refreshed:?}");
    assert_eq!((refreshed.lost[0].cause, &refreshed.lost[0].to), (Cause::Expired, &None));
    let anew = bench.run(owner.acquire("a.rs")).held().expect("nobody else is here");
    assert!(anew.any_fresh(), "it is a new grant");
}
