//! Different patterns that some path matches both.

use super::{Race, Scene, nothing, winners};
use crate::plan::{Act, Plan, Wanted};

const ROUNDS: u64 = 60;

pub(super) fn scenes() -> Vec<Scene> {
    let globs_and_a_path = Race {
        name: "globs_and_a_path_have_one_winner",
        before: nothing,
        plans: |_| {
            let names = ["*.py", "a.py", "a*"];
            names.iter().map(|name| contestant(name)).collect()
        },
        after: |bench| {
            winners::one_each(bench, ROUNDS, |round| {
                ["*.py", "a.py", "a*"].map(|name| pattern(round, name)).to_vec()
            });
        },
    };
    let a_directory_and_a_path = Race {
        name: "a_directory_and_what_is_below_have_one_winner",
        before: nothing,
        plans: |_| ["src/", "src/deep/a.py", "**/a.py"].map(contestant).to_vec(),
        after: |bench| {
            winners::one_each(bench, ROUNDS, |round| {
                ["src/", "src/deep/a.py", "**/a.py"].map(|name| pattern(round, name)).to_vec()
            });
        },
    };
    [globs_and_a_path, a_directory_and_a_path].into_iter().flat_map(Race::scenes).collect()
}

fn pattern(round: u64, name: &str) -> String {
    format!("round-{round}/{name}")
}

fn contestant(name: &str) -> Plan {
    let acts = (0..ROUNDS).flat_map(|round| {
        [Act::At(round * 500), Act::Acquire(Wanted::of([&pattern(round, name)]))]
    });
    Plan::once(&format!("agent-of-{name}"), acts.collect())
}
