//! Cleanups, against those who are at work.

use std::time::Duration;

use lock_core::{Answer, Cause, LockScope};

use super::{Race, Scene, nothing, story, takeover};
use crate::{
    bench::Bench,
    knobs,
    plan::{Act, Plan, Wanted},
};

pub(super) fn scenes() -> Vec<Scene> {
    let agent = Race {
        name: "an_agent_is_cleaned_up_while_it_refreshes",
        before: nothing,
        plans: |_| {
            let refresh = || Act::Refresh(vec!["a.rs".into()]);
            let owner = vec![Act::Acquire(Wanted::of(["a.rs"])), refresh(), refresh(), refresh()];
            let cleaner = vec![Act::CleanupAgent("owner".into()), Act::Pause(50)];
            let time = knobs::race_time();
            vec![Plan::repeat("owner", time, owner), Plan::repeat("cleaner", time, cleaner)]
        },
        after: |bench| {
            let (kept, lost) = refreshes(bench);
            assert!(kept > 0 && !lost.is_empty(), "they never met: {kept} kept, {lost:?} lost");
            assert!(lost.iter().all(|it| *it == Cause::Cleaned), "lost otherwise: {lost:?}");
        },
    };
    let stale = Race {
        name: "what_is_stale_is_cleaned_up_while_others_refresh",
        before: nothing,
        plans: |_| {
            // Long enough for a lease of a tenth of a second to run out while somebody cleans up,
            // though a busy machine may let everybody wait for a second.
            let time = 4 * knobs::race_time();
            let owner = vec![
                Act::Acquire(Wanted::of(["a.rs"])),
                Act::Refresh(vec!["a.rs".into()]),
                Act::Acquire(Wanted::of(["b.rs"]).ttl(100)),
                Act::Refresh(vec!["b.rs".into()]),
                Act::Pause(300),
            ];
            let sleeper = vec![Act::Acquire(Wanted::of(["c.rs"]).ttl(100)), Act::Pause(101_000)];
            let cleaner = vec![Act::CleanupStale { older_than_millis: None }, Act::Pause(50)];
            vec![
                Plan::repeat("owner", time, owner),
                Plan::repeat("sleeper", time, sleeper),
                Plan::repeat("cleaner", time, cleaner),
            ]
        },
        after: |bench| {
            let mut cleaned = Vec::new();
            for (_, outcome) in bench.outcomes() {
                if let Answer::Removed { locks, live, .. } = outcome.answer {
                    assert_eq!(live, 0, "a live lock was cleaned away: {locks:?}");
                    cleaned.extend(locks);
                }
            }
            assert!(cleaned.iter().any(|lock| lock.agent.as_str() == "sleeper"), "none was found");
        },
    };
    let anew = Race {
        name: "what_is_stale_is_cleaned_up_while_it_is_taken_anew",
        before: nothing,
        plans: |bench| {
            let mut plans = takeover::duel(bench, |path| Act::Acquire(Wanted::of([&path])));
            let cleaner = vec![Act::CleanupStale { older_than_millis: None }];
            plans[1] = Plan::repeat("cleaner", takeover::DUEL, cleaner);
            plans
        },
        after: nothing,
    };
    let seen = Race {
        name: "lists_are_whole_while_it_cleans",
        before: nothing,
        plans: |_| {
            let time = knobs::race_time();
            let pair = || Wanted::of(["src/a.rs", "src/b.rs"]);
            let owner = vec![Act::Cycle(pair(), 0), Act::Acquire(pair()), Act::RefreshAll];
            let cleaner = vec![
                Act::CleanupAgent("owner".into()),
                Act::CleanupStale { older_than_millis: Some(0) },
                Act::CleanupOrphaned { known: vec!["reader".into()] },
            ];
            let reader = vec![Act::List, Act::Who("src/*.rs".into()), Act::Who("src/a.rs".into())];
            vec![
                Plan::repeat("owner", time, owner),
                Plan::repeat("cleaner", time, cleaner),
                Plan::repeat("reader", time, reader.clone()),
                Plan::repeat("reader", time, reader),
            ]
        },
        after: |bench| {
            let lists: Vec<_> =
                bench.views().into_iter().filter(|it| it.scope.locks == LockScope::All).collect();
            assert!(lists.iter().any(|view| !view.locks.is_empty()), "never was anything there");
            for view in lists {
                let half = view.locks.iter().filter(|it| it.agent.as_str() == "owner").count() == 1;
                assert!(!half, "half a set: {:?}", view.locks);
            }
        },
    };
    let mut scenes: Vec<Scene> =
        [agent, stale, anew, seen].into_iter().flat_map(Race::scenes).collect();
    scenes.push(story("older_than_removes_what_was_not_refreshed", older_than));
    scenes
}

/// How many refreshes kept their lock, and how the others lost it.
fn refreshes(bench: &Bench<'_>) -> (usize, Vec<Cause>) {
    let (mut kept, mut lost) = (0, Vec::new());
    for (_, outcome) in bench.outcomes() {
        if let Answer::Refreshed { locks, lost: these } = outcome.answer {
            kept += locks.len();
            lost.extend(these.into_iter().map(|it| it.cause));
        }
    }
    (kept, lost)
}

fn older_than(bench: &Bench<'_>) {
    let (old, young) = (bench.agent("old"), bench.agent("young"));
    assert!(bench.run(old.acquire("old.rs")).held().is_ok());
    bench.pass(Duration::from_millis(120));
    assert!(bench.run(young.acquire("young.rs")).held().is_ok());
    let cleaner = bench.agent("cleaner");
    let removed = bench.run(cleaner.cleanup_stale(Some(Duration::from_millis(110))));
    let names: Vec<_> = removed.locks.iter().map(|lock| lock.pattern.as_str()).collect();
    assert_eq!((names, removed.live), (vec!["old.rs"], 1));
    assert_eq!(bench.run(old.refresh("old.rs")).lost[0].cause, Cause::Cleaned);
    assert_eq!(bench.run(young.refresh("young.rs")).lost, []);
}
