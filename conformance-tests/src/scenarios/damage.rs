//! A record that cannot be read.

use std::time::Duration;

use lock_core::{Blocker, Lock};

use super::{Needs, Scene, ask};
use crate::bench::Bench;

pub(super) fn scenes() -> Vec<Scene> {
    vec![Scene {
        name: "holds_its_pattern_and_disturbs_no_other".to_owned(),
        needs: Needs::Damage,
        run: Box::new(holds_its_pattern_and_disturbs_no_other),
    }]
}

/// Nobody knows whose it is; that is no reason to give it away.
fn holds_its_pattern_and_disturbs_no_other(bench: &Bench<'_>) {
    let (owner, other) = (bench.agent("owner"), bench.agent("other"));
    let lock = ask::take_for(bench, &owner, "src/a.rs", Duration::from_secs(300));
    ask::take(bench, &owner, ["src/b.rs"]);
    assert!(bench.store.damage(&lock), "the fixture says that it can");
    bench.forget_history("it does not know of the damage");

    let refusal = bench.run(other.acquire("src/a*")).held().expect_err("it is still held");
    let text = refusal.to_string();
    assert!(text.contains(Lock::UNKNOWN_AGENT), "it says that nobody knows by whom: {text}");
    let held = bench.run(other.who_has("src/a.rs")).locks;
    assert!(matches!(&held[..], [one] if one.damaged), "{held:?}");

    assert_eq!(bench.run(owner.refresh("src/b.rs")).lost, []);
    ask::take(bench, &other, ["src/c.rs", "lib/a.rs"]);
    let refusal = bench.run(other.check(other.acquire("src/b.rs")));
    let blocker = &refusal.conflicts[0].blocker;
    assert!(
        matches!(blocker, Blocker::Held(lock) if lock.agent.as_str() == "owner"),
        "{blocker:?}"
    );
}
