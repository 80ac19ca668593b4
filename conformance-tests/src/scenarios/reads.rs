//! Looking changes nothing.

use std::time::Duration;

use lock_core::{Cause, ListFilter, LockScope, Scope};

use super::{Race, Scene, ask, story};
use crate::{
    bench::Bench,
    knobs,
    plan::{Act, Plan, Wanted},
};

const LEASE: Duration = Duration::from_millis(100);

pub(super) fn scenes() -> Vec<Scene> {
    let half = Race {
        name: "no_half_record_is_ever_read",
        before: |bench| drop(ask::take(bench, &bench.agent("writer"), ["a.rs", "src/*.rs"])),
        plans: |_| {
            let time = knobs::race_time();
            let with = |length| Act::Acquire(Wanted::of(["a.rs", "src/*.rs"]).reason(length));
            // The same two records, now long, now short.
            let writer = vec![with(1_000), with(8), with(500), Act::RefreshAll];
            let reader = vec![Act::List, Act::Who("a.rs".into()), Act::Who("src/a.rs".into())];
            vec![
                Plan::repeat("writer", time, writer),
                Plan::repeat("reader", time, reader.clone()),
                Plan::repeat("reader", time, reader),
            ]
        },
        after: |bench| {
            let shown: Vec<_> = bench.views().into_iter().flat_map(|view| view.locks).collect();
            assert!(!shown.is_empty(), "there was nothing to read");
            let half = shown.iter().find(|lock| lock.damaged);
            assert!(half.is_none(), "half a record: {half:?}");
        },
    };
    let mut scenes = half.scenes();
    scenes.extend([
        story("a_view_leaves_what_is_stale", a_view_leaves_what_is_stale),
        story("a_refusal_changes_nothing", a_refusal_changes_nothing),
        story("a_scope_shows_all_that_it_names", a_scope_shows_all_that_it_names),
    ]);
    scenes
}

/// A reader that took a stale lock away would decide, with nobody's leave, that it is over.
fn a_view_leaves_what_is_stale(bench: &Bench<'_>) {
    let (owner, reader) = (bench.agent("owner"), bench.agent("reader"));
    ask::take_for(bench, &owner, "a.rs", LEASE);
    bench.pass(LEASE);
    let before = bench.everything();
    for _ in 0..3 {
        let _ = bench.run(reader.list(ListFilter::default()));
        let _ = bench.run(reader.who_has("*.rs"));
        assert!(bench.run(reader.check(reader.acquire("a.rs"))).is_empty(), "it is free");
    }
    let stale = bench.run(reader.list(ListFilter { stale: true, ..ListFilter::default() })).locks;
    assert!(matches!(&stale[..], [(lock, true)] if lock.agent.as_str() == "owner"), "{stale:?}");
    assert_eq!(bench.everything().version, before.version, "looking made a new version");
    assert_eq!(bench.run(owner.refresh("a.rs")).lost[0].cause, Cause::Expired);
}

fn a_refusal_changes_nothing(bench: &Bench<'_>) {
    let (owner, other) = (bench.agent("owner"), bench.agent("other"));
    ask::take(bench, &owner, ["a.rs"]);
    let before = bench.everything();
    assert!(bench.run(other.acquire(["*.rs", "b.py"])).held().is_err());
    assert!(!bench.run(other.release("a.rs")).refusal.is_empty());
    assert_eq!(bench.run(other.refresh("a.rs")).lost[0].cause, Cause::NeverHeld);
    let after = bench.everything();
    assert_eq!((before.version, before.locks), (after.version, after.locks));
}

/// What an index forgets, no rule can see.
fn a_scope_shows_all_that_it_names(bench: &Bench<'_>) {
    const HELD: [&str; 8] =
        ["a.rs", "src/a.rs", "src/*.rs", "src/deep/", "{lib,bin}/x.rs", "**/y.rs", "Ä/é.rs", "*"];
    const ASKED: [&str; 12] = [
        "a.rs",
        "src/a.rs",
        "src/deep/er/b.rs",
        "src",
        "src/",
        "**",
        "*/x.rs",
        "bin/*",
        "l*/**",
        "Ä/*",
        "{src/deep,other}/[a-c].rs",
        "never/there.rs",
    ];
    for (number, text) in HELD.into_iter().enumerate() {
        let shared = bench.agent(&format!("agent-{number}"));
        assert!(bench.run(shared.acquire(text).shared()).held().is_ok());
    }
    let all = bench.everything().locks;
    let backend = bench.connect("reader");
    let view = |scope: LockScope| {
        let (backend, scope) = (&backend, Scope::of(scope));
        bench.run(async move { backend.view(&scope).await }).locks
    };
    for text in ASKED {
        let asked = ask::pattern(text);
        let shown = view(LockScope::Meeting(vec![asked.clone()]));
        for lock in all.iter().filter(|lock| lock.pattern.meets(&asked)) {
            assert!(shown.contains(lock), "{text} meets {}, which is not shown", lock.pattern);
        }
    }
    for lock in &all {
        let shown = view(LockScope::At(vec![lock.pattern.clone()]));
        assert!(shown.contains(lock), "{} is not where it is", lock.pattern);
        let shown = view(LockScope::OfAgent(lock.agent.clone()));
        assert!(shown.contains(lock), "{} does not have {}", lock.agent, lock.pattern);
    }
}
