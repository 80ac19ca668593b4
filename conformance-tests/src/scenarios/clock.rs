//! One clock decides: the store's.

use std::time::Duration;

use lock_core::{ListFilter, LockManager};

use super::{Needs, Scene, ask};
use crate::bench::Bench;

pub(super) fn scenes() -> Vec<Scene> {
    vec![Scene {
        name: "a_machine_with_a_wrong_clock_changes_nothing".to_owned(),
        needs: Needs::Skew,
        run: Box::new(a_wrong_clock),
    }]
}

const HOUR: i64 = 3_600_000_000;

fn a_wrong_clock(bench: &Bench<'_>) {
    bench.allow_clock_steps();
    let owner = bench.agent("owner");
    let skewed = |name: &str, micros: i64| {
        let backend = bench.store.connect_skewed(micros).expect("the fixture says that it can");
        LockManager::new(bench.record(name, backend), name).expect("a name for an agent")
    };
    let (early, late) = (skewed("early", HOUR), skewed("late", -HOUR));

    ask::take(bench, &owner, ["a.rs"]);
    for other in [&early, &late] {
        assert!(bench.run(other.acquire("a.rs")).held().is_err(), "{} took it", other.agent());
        assert_eq!(bench.run(other.cleanup_stale(None)).locks, [], "{} removed it", other.agent());
        let live = bench.run(other.list(ListFilter::default())).locks;
        assert_eq!(live.len(), 1, "{} sees it live", other.agent());
    }
    assert_eq!(bench.run(owner.refresh("a.rs")).lost, []);

    const LEASE: Duration = Duration::from_millis(100);
    ask::take_for(bench, &early, "b.rs", LEASE);
    ask::take_for(bench, &late, "c.rs", LEASE);
    assert!(bench.run(owner.acquire("b.rs")).held().is_err(), "it was taken just now");
    assert!(bench.run(owner.acquire("c.rs")).held().is_err(), "it was taken just now");
    bench.pass(LEASE + Duration::from_millis(20));
    ask::take(bench, &owner, ["b.rs", "c.rs"]);
}
