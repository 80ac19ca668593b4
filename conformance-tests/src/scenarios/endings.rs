//! Loss is never silent: how a lock ended is remembered, and told.

use std::time::Duration;

use lock_core::{Cause, HistoryEntry, Lost};

use super::{Scene, ask, story};
use crate::bench::Bench;

const LEASE: Duration = Duration::from_millis(100);

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        story("a_refresh_tells_how_it_was_lost", a_refresh_tells_how_it_was_lost),
        story("the_last_ending_counts", the_last_ending_counts),
        story("the_log_has_every_grant_and_end", the_log_has_every_grant_and_end),
    ]
}

fn a_refresh_tells_how_it_was_lost(bench: &Bench<'_>) {
    let (owner, other) = (bench.agent("owner"), bench.agent("other"));
    let lost = || -> Lost { bench.run(owner.refresh("a.rs")).lost.remove(0) };
    let take = || ask::take_for(bench, &owner, "a.rs", LEASE);

    assert_eq!(lost().cause, Cause::NeverHeld);

    take();
    let _ = bench.run(owner.release("a.rs"));
    assert_eq!(lost().cause, Cause::Released);

    take();
    bench.pass(LEASE);
    assert_eq!((lost().cause, lost().to), (Cause::Expired, None));
    let _ = bench.run(other.cleanup_stale(None));
    assert_eq!((lost().cause, lost().to), (Cause::Cleaned, None));

    take();
    bench.pass(LEASE);
    ask::take(bench, &other, ["*.rs"]);
    assert_eq!((lost().cause, lost().to.as_deref()), (Cause::TakenOver, Some("other")));
    let _ = bench.run(other.release_all());

    take();
    let _ = bench.run(other.execute(ask::break_open("operator", "a.rs")));
    assert_eq!(lost().cause, Cause::Broken);

    take();
    let _ = bench.run(other.cleanup_agent(ask::agent("owner")));
    assert_eq!(lost().cause, Cause::Cleaned);
    ask::take(bench, &other, ["a.rs"]);
    assert_eq!(lost().to.as_deref(), Some("other"), "who stands there now");
}

/// Several locks of one pattern, one after the other: the last one's end is the answer.
fn the_last_ending_counts(bench: &Bench<'_>) {
    let (owner, other) = (bench.agent("owner"), bench.agent("other"));
    for _ in 0..3 {
        ask::take(bench, &owner, ["a.rs"]);
        let _ = bench.run(owner.release("a.rs"));
    }
    ask::take(bench, &owner, ["a.rs"]);
    let _ = bench.run(other.execute(ask::break_open("operator", "a.rs")));
    assert_eq!(bench.run(owner.refresh("a.rs")).lost[0].cause, Cause::Broken);
    assert_eq!(bench.run(owner.refresh_all()).lost[0].cause, Cause::Broken);
}

fn the_log_has_every_grant_and_end(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs", "b.rs"]);
    let _ = bench.run(owner.refresh_all());
    let _ = bench.run(owner.release("b.rs"));
    let log = bench.everything().history;
    let told: Vec<_> = log
        .iter()
        .map(|entry| match entry {
            HistoryEntry::Acquired { lock, .. } => ("acquired", lock.pattern.as_str()),
            HistoryEntry::Ended { ending, .. } => ("ended", ending.pattern.as_str()),
            _ => ("something else", ""),
        })
        .collect();
    assert_eq!(told, [("acquired", "a.rs"), ("acquired", "b.rs"), ("ended", "b.rs")]);
    let versions: Vec<_> = log.iter().map(HistoryEntry::version).collect();
    assert!(versions[0] == versions[1] && versions[1] < versions[2], "{versions:?}");
}
