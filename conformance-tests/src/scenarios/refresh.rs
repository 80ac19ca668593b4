//! Keeping a lock.

use lock_core::Answer;

use super::{Race, Scene, winners};
use crate::{
    knobs,
    plan::{Act, Plan, Wanted},
};

pub(super) fn scenes() -> Vec<Scene> {
    let as_one_agent = Race {
        name: "many_refresh_as_one_agent",
        before: |bench| {
            let agent = bench.agent("agent");
            assert!(bench.run(agent.acquire(["a.rs", "src/*.rs"])).held().is_ok());
        },
        plans: |_| {
            let acts = vec![
                Act::Refresh(vec!["a.rs".into()]),
                Act::RefreshAll,
                Act::Acquire(Wanted::of(["src/*.rs"])),
            ];
            (0..6).map(|_| Plan::repeat("agent", knobs::race_time(), acts.clone())).collect()
        },
        after: |bench| {
            assert_eq!(winners::grants(bench).len(), 2, "there was nothing to grant anew");
            for (_, outcome) in bench.outcomes() {
                if let Answer::Refreshed { lost, .. } = outcome.answer {
                    assert!(lost.is_empty(), "nobody else was there: {lost:?}");
                }
            }
        },
    };
    as_one_agent.scenes()
}
