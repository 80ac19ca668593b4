//! Many ask for one path that nobody holds.

use super::{Race, Scene, nothing, winners};
use crate::plan::{Act, Plan, Wanted};

const ROUNDS: u64 = 60;
const CONTESTANTS: usize = 6;

pub(super) fn scenes() -> Vec<Scene> {
    Race {
        name: "one_winner",
        before: nothing,
        plans: |_| (0..CONTESTANTS).map(contestant).collect(),
        after: |bench| winners::one_each(bench, ROUNDS, |round| vec![path(round)]),
    }
    .scenes()
}

fn path(round: u64) -> String {
    format!("round-{round}/a.rs")
}

fn contestant(number: usize) -> Plan {
    let acts = (0..ROUNDS)
        .flat_map(|round| [Act::At(round * 500), Act::Acquire(Wanted::of([&path(round)]))]);
    Plan::once(&format!("agent-{number}"), acts.collect())
}
