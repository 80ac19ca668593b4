//! One clock decides: the store's.

use std::time::Duration;

use lock_core::{Cause, ListFilter, LockManager};

use super::{Needs, Scene, ask};
use crate::bench::Bench;

pub(super) fn scenes() -> Vec<Scene> {
    let wrong = Scene {
        name: "a_machine_with_a_wrong_clock_changes_nothing".to_owned(),
        needs: Needs::Skew,
        run: Box::new(a_wrong_clock),
    };
    let stepped = Scene {
        name: "a_step_of_the_clock_bends_leases_and_breaks_nothing".to_owned(),
        needs: Needs::ManualClock,
        run: Box::new(a_stepped_clock),
    };
    vec![wrong, stepped]
}

const HOUR: i64 = 3_600_000_000;

/// The store's own clock. Stores whose clock nobody can step show that in tests of their own.
fn a_stepped_clock(bench: &Bench<'_>) {
    bench.allow_clock_steps();
    let clock = bench.clock.as_ref().expect("the fixture has one");
    let hour = Duration::from_secs(3_600);
    let (owner, other) = (bench.agent("owner"), bench.agent("other"));
    let held = ask::take(bench, &owner, ["a.rs"]).token();

    clock.set(clock.now() - hour);
    assert!(bench.run(other.acquire("a.rs")).held().is_err(), "it is held, now for longer");
    let back = ask::take(bench, &other, ["b.rs"]).token();
    assert!(back > held, "going back, the token {back} came after {held}");
    assert_eq!(bench.run(owner.refresh("a.rs")).lost, []);

    clock.advance(hour);
    let lost = bench.run(owner.refresh("a.rs")).lost;
    assert_eq!(lost[0].cause, Cause::Expired, "its lease was over in between");
    let forth = ask::take(bench, &other, ["a.rs"]).token();
    assert!(forth > back, "going on, the token {forth} came after {back}");
}

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
