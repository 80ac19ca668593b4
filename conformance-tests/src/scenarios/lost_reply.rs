//! A command was carried out, and its reply was lost: the next try must find its work.

use std::{sync::Arc, thread};

use lock_core::{Answer, LockManager};

use super::{Scene, ask, in_real_time, story};
use crate::{
    bench::Bench,
    faults::{Loss, Lossy},
    knobs,
    plan::{Act, Plan, Wanted},
};

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        story("is_settled_for_an_acquire", an_acquire),
        story("is_settled_for_an_upgrade", an_upgrade),
        story("is_settled_for_a_refresh_and_a_release", a_refresh_and_a_release),
        story("is_settled_for_a_cleanup_and_a_break", a_cleanup_and_a_break),
        story("is_settled_for_a_place_in_line", a_place_in_line),
        in_real_time("is_settled_in_the_middle_of_a_race", a_race),
        in_real_time("is_settled_when_the_caller_gave_up", the_caller_gave_up),
    ]
}

/// An agent whose first tries are all carried out, and all unanswered.
fn deaf(bench: &Bench<'_>, name: &str) -> LockManager {
    lossy(bench, name, Loss::OfFirstReplies)
}

fn lossy(bench: &Bench<'_>, name: &str, loss: Loss) -> LockManager {
    let inner = bench.store.connect().unwrap_or_else(|trouble| panic!("{trouble}"));
    let backend = bench.record(name, Arc::new(Lossy { inner, loss }));
    LockManager::new(backend, name).expect("a name for an agent")
}

fn an_acquire(bench: &Bench<'_>) {
    let owner = deaf(bench, "owner");
    let leases = ask::take(bench, &owner, ["a.rs", "src/*.rs"]);
    assert!(leases.any_fresh(), "the first try made the locks: {leases:?}");
    let held = bench.everything().locks;
    assert_eq!(held.len(), 2, "once, not twice: {held:?}");
    assert!(held.iter().all(|lock| lock.token == leases.token()), "{held:?} are {leases:?}");
    assert!(bench.run(bench.agent("other").acquire("a.rs")).held().is_err());
}

fn an_upgrade(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    assert!(bench.run(owner.acquire("a.rs").shared()).held().is_ok());
    let leases = ask::take(bench, &deaf(bench, "owner"), ["a.rs"]);
    let held = bench.everything().locks;
    assert!(matches!(&held[..], [one] if one.token == leases.token()), "{held:?} is {leases:?}");
}

fn a_refresh_and_a_release(bench: &Bench<'_>) {
    let owner = deaf(bench, "owner");
    ask::take(bench, &owner, ["a.rs", "b.rs"]);
    let refreshed = bench.run(owner.refresh(["a.rs", "b.rs"]));
    assert_eq!((refreshed.locks.len(), refreshed.lost.len()), (2, 0));
    let released = bench.run(owner.release("a.rs")).released;
    assert_eq!(released, [ask::pattern("a.rs")], "the first try let it go");
    assert_eq!(bench.run(owner.release_all()).released, [ask::pattern("b.rs")]);
}

fn a_cleanup_and_a_break(bench: &Bench<'_>) {
    let (owner, cleaner) = (bench.agent("owner"), deaf(bench, "cleaner"));
    ask::take(bench, &owner, ["a.rs", "b.rs"]);
    let broken = bench.run(cleaner.execute(ask::break_open("cleaner", "a.rs"))).answer;
    assert!(matches!(&broken, Answer::Removed { locks, .. } if locks.len() == 1), "{broken:?}");
    let removed = bench.run(cleaner.cleanup_agent(ask::agent("owner")));
    assert_eq!(removed.locks.len(), 1, "the first try removed it");
}

fn a_place_in_line(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let waiter = bench.connect("waiter");
    let command = ask::waiting("waiter", ["a.rs"]);
    let first = bench.execute(&waiter, &command).expect("it stands in line").answer;
    let again = bench.execute(&waiter, &command.again()).expect("it stands in line").answer;
    let (Answer::Waiting { waiter: one, .. }, Answer::Waiting { waiter: two, position, .. }) =
        (first, again)
    else {
        panic!("it was to wait");
    };
    assert_eq!((one.ticket, position), (two.ticket, 1), "the same place");
    assert_eq!(bench.everything().waiters.len(), 1);
}

/// Whatever gets lost, what is granted is granted once.
fn a_race(bench: &Bench<'_>) {
    let time = knobs::race_time();
    let plans: Vec<Plan> = (0..4)
        .map(|number| {
            let wanted = || Wanted::of(["src/a.rs", "src/b*"]);
            let acts = vec![
                Act::Cycle(wanted(), 0),
                Act::Acquire(wanted()),
                Act::Refresh(vec!["src/a.rs".into()]),
                Act::ReleaseAll,
                Act::CleanupAgent("agent-0".into()),
            ];
            Plan::random(&format!("agent-{number}"), time, bench.seed ^ number, acts)
        })
        .collect();
    thread::scope(|scope| {
        let start = bench.soon();
        for plan in &plans {
            scope.spawn(move || {
                let inner = bench.store.connect().unwrap_or_else(|trouble| panic!("{trouble}"));
                // Where even the second reply is lost the plan ends early: begin again.
                for tries in 0..1_000 {
                    let loss = Loss::random(bench.seed ^ tries);
                    let inner = Arc::clone(&inner);
                    let backend = bench.record(&plan.agent, Arc::new(Lossy { inner, loss }));
                    if bench.outcome(plan.run(backend, start)).is_ok() {
                        break;
                    }
                }
            });
        }
    });
}

/// A caller that drops its call in the middle may ask again.
fn the_caller_gave_up(bench: &Bench<'_>) {
    for polls in 0..12 {
        let text = format!("{polls}.rs");
        let owner = lossy(bench, "owner", Loss::Polls(polls));
        let leases = ask::take(bench, &owner, [text.as_str()]);
        let held = bench.everything().locks;
        let held: Vec<_> = held.iter().filter(|it| it.pattern.as_str() == text).collect();
        assert!(matches!(&held[..], [one] if one.token == leases.token()), "{held:?}, {leases:?}");
    }
}
