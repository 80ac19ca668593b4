//! The line, when many are in it at once.

use std::{collections::HashMap, time::Duration};

use lock_core::{Action, Answer, Command, Outcome, RecordId};

use super::{Race, Scene, in_real_time, nothing};
use crate::{
    bench::Bench,
    history::{Answered, Asked},
    plan::{Act, Plan, Wanted},
};

/// Longer than anybody should have to wait, in milliseconds.
const PATIENCE: u64 = 60_000;
/// The same, where only two are there.
const SHORT: u64 = 5_000;
/// In less than the second after which a waiter looks again though nobody called it.
const CALLED: Duration = Duration::from_millis(800);
const ROUNDS: u64 = 20;

pub(super) fn scenes() -> Vec<Scene> {
    let turns = Race {
        name: "everybody_gets_a_turn_in_order",
        before: nothing,
        plans: |_| agents(12, 5),
        after: |bench| everybody_was_served_in_order(bench, 12 * 5),
    };
    let release = Race {
        name: "no_release_is_missed",
        before: nothing,
        plans: no_release_is_missed,
        after: |bench| {
            assert_eq!(granted_to(bench, "waiter"), ROUNDS);
            let longest = longest_wait(bench);
            assert!(longest < CALLED, "it was not called, and waited for {longest:?}");
        },
    };
    let cycle = Race {
        name: "two_that_close_a_cycle",
        before: nothing,
        plans: |_| vec![crosswise("one", "left", "right"), crosswise("two", "right", "left")],
        after: |bench| {
            for round in 0..ROUNDS {
                let deadlocks = deadlocks(bench, &format!("round-{round}/"));
                assert_eq!(deadlocks, 1, "in round {round} one of them was to give way");
            }
        },
    };
    let upgrade = Race {
        name: "two_upgraders_are_a_deadlock",
        before: nothing,
        plans: |_| vec![upgrader("one"), upgrader("two")],
        after: |bench| {
            assert_eq!(deadlocks(bench, "") as u64, ROUNDS, "each time one was to give way");
            assert!(granted_to(bench, "one") >= ROUNDS && granted_to(bench, "two") >= ROUNDS);
        },
    };
    let sets = Race {
        name: "sets_in_a_ring_all_get_on",
        before: nothing,
        plans: |_| {
            let place = |number: usize| format!("ring/{}.rs", number % 5);
            let act = |n| Act::Cycle(Wanted::of([&place(n), &place(n + 1)]).wait(PATIENCE), 100);
            (0..5).map(|n| Plan::once(&format!("agent-{n}"), vec![act(n); 8])).collect()
        },
        after: |bench| everybody_was_served(bench, 5 * 8),
    };
    let races = [turns, release, cycle, upgrade, sets];
    let mut scenes: Vec<Scene> = races.into_iter().flat_map(Race::scenes).collect();
    scenes.push(in_real_time("a_crowd_and_nobody_starves", |bench| {
        let count = bench.fixture.crowd();
        bench.race(&agents(count, 1));
        everybody_was_served_in_order(bench, count);
    }));
    scenes
}

/// So many agents, each of which wants the one path so many times.
fn agents(count: usize, times: usize) -> Vec<Plan> {
    let act = Act::Cycle(Wanted::of(["hot.rs"]).wait(PATIENCE), 100);
    (0..count).map(|n| Plan::once(&format!("agent-{n}"), vec![act.clone(); times])).collect()
}

/// One lets go when the other is about to stand in line.
fn no_release_is_missed(bench: &Bench<'_>) -> Vec<Plan> {
    const APART: u64 = 4_000;
    let mut rng = bench.rng();
    let (mut owner, mut waiter) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (path, start) = (format!("round-{round}/a.rs"), round * APART);
        owner.push(Act::At(start));
        owner.push(Act::Acquire(Wanted::of([&path])));
        owner.push(Act::At(start + 2_000 + rng.below(400)));
        owner.push(Act::Release(vec![path.clone()]));
        waiter.push(Act::At(start + 2_000 + rng.below(400)));
        waiter.push(Act::Acquire(Wanted::of([&path]).wait(SHORT)));
    }
    vec![Plan::once("owner", owner), Plan::once("waiter", waiter)]
}

/// Takes `mine`, then waits for `theirs`; whatever comes of it, lets go of everything.
fn crosswise(name: &str, mine: &str, theirs: &str) -> Plan {
    let acts = (0..ROUNDS).flat_map(|round| {
        let path = |side: &str| format!("round-{round}/{side}.rs");
        [
            Act::At(round * 20_000),
            Act::Acquire(Wanted::of([&path(mine)])),
            Act::At(round * 20_000 + 12_000),
            Act::Meet(path(theirs)),
            Act::Acquire(Wanted::of([&path(theirs)]).wait(SHORT)),
            Act::ReleaseAll,
        ]
    });
    Plan::once(name, acts.collect())
}

fn upgrader(name: &str) -> Plan {
    let acts = (0..ROUNDS).flat_map(|round| {
        let path = format!("round-{round}/a.rs");
        [
            Act::At(round * 20_000),
            Act::Acquire(Wanted::of([&path]).shared()),
            Act::At(round * 20_000 + 12_000),
            Act::Meet(path.clone()),
            Act::Acquire(Wanted::of([&path]).wait(SHORT)),
            Act::ReleaseAll,
        ]
    });
    Plan::once(name, acts.collect())
}

/// How many fresh grants `name` had.
fn granted_to(bench: &Bench<'_>, name: &str) -> u64 {
    let mine = |(_, outcome): &(Command, Outcome)| match &outcome.answer {
        Answer::Granted(granted) => {
            outcome.changed && granted.iter().all(|g| g.fresh && g.lock.agent.as_str() == name)
        }
        _ => false,
    };
    bench.outcomes().iter().filter(|it| mine(it)).count() as u64
}

/// The longest time from a request that stood in line to its grant.
fn longest_wait(bench: &Bench<'_>) -> Duration {
    let mut since: HashMap<RecordId, u64> = HashMap::new();
    let mut longest = 0;
    for call in bench.calls() {
        let Asked::Command(Command { action: Action::Acquire(acquire), .. }) = &call.asked else {
            continue;
        };
        let Some(place) = acquire.wait.as_ref().map(|place| place.name) else { continue };
        let first = *since.entry(place).or_insert(call.invoked);
        if matches!(&call.answer, Answered::Outcome(it) if super::ask::is_granted(&it.answer)) {
            longest = longest.max(call.answered - first);
        }
    }
    Duration::from_nanos(longest)
}

/// How many requests for paths with `part` in them were refused as deadlocks.
fn deadlocks(bench: &Bench<'_>, part: &str) -> usize {
    let of_part = |command: &Command| match &command.action {
        Action::Acquire(acquire) => acquire.patterns.iter().any(|it| it.as_str().contains(part)),
        _ => false,
    };
    let outcomes = bench.outcomes();
    let found = outcomes.iter().filter(|(command, outcome)| {
        matches!(outcome.answer, Answer::Deadlock { .. }) && of_part(command)
    });
    found.count()
}

fn everybody_was_served(bench: &Bench<'_>, times: usize) {
    let outcomes = bench.outcomes();
    let served = outcomes.iter().filter(|(_, outcome)| super::ask::is_granted(&outcome.answer));
    assert_eq!(served.count(), times, "somebody was turned away");
    assert_eq!(bench.everything().waiters, [], "somebody was left in line");
}

/// All of them want one path: whoever stood in line first is granted first.
fn everybody_was_served_in_order(bench: &Bench<'_>, times: usize) {
    everybody_was_served(bench, times);
    let mut tickets: HashMap<RecordId, u64> = HashMap::new();
    let mut granted = Vec::new();
    for (command, outcome) in bench.outcomes() {
        let Action::Acquire(acquire) = &command.action else { continue };
        match outcome.answer {
            Answer::Waiting { waiter, .. } => drop(tickets.insert(waiter.id, waiter.ticket)),
            Answer::Granted(_) => {
                granted.push((outcome.version, acquire.wait.as_ref().map(|place| place.name)))
            }
            _ => {}
        }
    }
    granted.sort();
    let order: Vec<u64> =
        granted.iter().filter_map(|(_, place)| tickets.get(&(*place)?).copied()).collect();
    assert!(order.is_sorted(), "tickets in the order in which they were served: {order:?}");
    assert!(!order.is_empty(), "nobody ever had to wait");
}
