//! Fencing tokens rise, whatever happens in between.

use std::time::Duration;

use lock_core::{LockManager, Token};

use super::{Scene, ask, story};
use crate::bench::Bench;

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        story("rise_across_everything", rise_across_everything),
        story("stay_while_a_lock_is_kept", stay_while_a_lock_is_kept),
    ]
}

fn rise_across_everything(bench: &Bench<'_>) {
    const LEASE: Duration = Duration::from_millis(100);
    let (one, two) = (bench.agent("one"), bench.agent("two"));
    let mut last = Token::ZERO;
    let mut rises = |who: &LockManager, text: &str, after: &str| {
        let token = ask::take_for(bench, who, text, LEASE).token;
        assert!(token > last, "after {after}: {token} does not follow {last}");
        last = token;
    };
    rises(&one, "a.rs", "nothing");
    let _ = bench.run(one.release("a.rs"));
    rises(&one, "a.rs", "a release");
    rises(&one, "b.rs", "a grant of another path");
    bench.pass(LEASE);
    rises(&two, "a.rs", "a takeover");
    bench.pass(LEASE);
    let _ = bench.run(two.cleanup_stale(None));
    rises(&one, "a.rs", "a cleanup of the stale");
    let _ = bench.run(two.cleanup_agent(ask::agent("one")));
    rises(&two, "a.rs", "a cleanup of an agent");
    let _ = bench.run(one.execute(ask::break_open("operator", "a.rs")));
    rises(&one, "a.rs", "a break");
    let _ = bench.run(one.release_all());
    let _ = bench.run(two.release_all());
    rises(&bench.agent("one"), "a.rs", "everybody left, on a new connection");
    let _ = bench.run(one.release("a.rs"));
    assert!(bench.run(one.acquire("a.rs").shared()).held().is_ok());
    rises(&one, "a.rs", "an upgrade");
}

fn stay_while_a_lock_is_kept(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    let token = ask::take(bench, &owner, ["a.rs"]).token();
    for _ in 0..3 {
        bench.pass(Duration::from_millis(5));
        let again = ask::take(bench, &owner, ["a.rs"]);
        assert_eq!((again.token(), again.any_fresh()), (token, false));
        assert_eq!(bench.run(owner.refresh("a.rs")).locks[0].token, token);
    }
}
