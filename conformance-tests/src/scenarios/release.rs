//! Letting go.

use lock_core::Answer;

use super::{Race, Scene};
use crate::plan::{Act, Plan};

const ROUNDS: u64 = 60;

pub(super) fn scenes() -> Vec<Scene> {
    let twice = Race {
        name: "a_double_release_lets_go_once",
        before: |bench| {
            let agent = bench.agent("agent");
            for round in 0..ROUNDS {
                assert!(bench.run(agent.acquire(path(round))).held().is_ok());
            }
        },
        plans: |_| {
            let acts = (0..ROUNDS)
                .flat_map(|round| [Act::At(round * 300), Act::Release(vec![path(round)])]);
            let acts: Vec<Act> = acts.collect();
            (0..3).map(|_| Plan::once("agent", acts.clone())).collect()
        },
        after: |bench| {
            let mut released = Vec::new();
            for (_, outcome) in bench.outcomes() {
                if let Answer::Released { released: these, refusal, .. } = outcome.answer {
                    assert!(refusal.is_empty(), "nobody else was there: {refusal}");
                    released.extend(these);
                }
            }
            released.sort();
            let count = released.len();
            released.dedup();
            assert_eq!((count as u64, released.len() as u64), (ROUNDS, ROUNDS));
        },
    };
    twice.scenes()
}

fn path(round: u64) -> String {
    format!("round-{round}/a.rs")
}
