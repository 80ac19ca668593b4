//! Several patterns at once: all or none.

use lock_core::Answer;

use super::{Race, Scene, nothing};
use crate::{
    knobs,
    plan::{Act, Plan, Wanted},
};

const RING: usize = 5;

pub(super) fn scenes() -> Vec<Scene> {
    let ring = Race {
        name: "a_ring_of_sets_is_all_or_nothing",
        before: nothing,
        plans: |_| {
            let place = |number: usize| format!("ring/{}.rs", number % RING);
            let cycle = |n| Act::Cycle(Wanted::of([&place(n), &place(n + 1)]), 20);
            let time = knobs::race_time();
            let plan = |n| Plan::repeat(&format!("agent-{n}"), time, vec![cycle(n)]);
            (0..RING).map(plan).collect()
        },
        after: |bench| {
            let mut served = [0; RING];
            for (command, outcome) in bench.outcomes() {
                if let Answer::Granted(granted) = outcome.answer {
                    assert_eq!(granted.len(), 2, "half a set: {command:?}");
                    assert_eq!(granted[0].lock.token, granted[1].lock.token, "one set, one token");
                    let name = granted[0].lock.agent.as_str();
                    let number: usize = name["agent-".len()..].parse().unwrap();
                    served[number] += 1;
                }
            }
            assert!(served.iter().sum::<usize>() >= RING, "hardly anybody got on: {served:?}");
        },
    };
    let upgrade = Race {
        name: "an_upgrade_against_an_upgrade_is_refused",
        before: |bench| {
            for name in ["one", "two"] {
                let agent = bench.agent(name);
                assert!(bench.run(agent.acquire("a.rs").shared()).held().is_ok());
            }
        },
        plans: |_| {
            let exclusive = vec![Act::Acquire(Wanted::of(["a.rs"]))];
            let time = knobs::race_time() / 4;
            ["one", "two"].map(|name| Plan::repeat(name, time, exclusive.clone())).to_vec()
        },
        after: |bench| {
            let held = bench.everything().locks;
            assert_eq!(held.len(), 2, "both share it still: {held:?}");
        },
    };
    [ring, upgrade].into_iter().flat_map(Race::scenes).collect()
}
