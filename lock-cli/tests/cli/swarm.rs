//! The mixed swarm under fire, for a moment, on every store.
//!
//! `LOCK_TEST_SECONDS` sets for how long each; 2 unless told.

use crate::{examples::run, redis::Redis};

#[test]
fn a_swarm_under_fire_leaves_a_history_that_holds_on_every_store() {
    let seconds = std::env::var("LOCK_TEST_SECONDS").unwrap_or_else(|_| "2".to_owned());
    let limit = format!("{seconds}s");
    let (directory, redis) = (tempfile::tempdir().unwrap(), Redis::start());
    let sqlite = format!("sqlite:{}/swarm.db", directory.path().display());
    for url in [None, Some(sqlite), Some(redis.url())] {
        let mut arguments = vec!["--agents", "6", "--for", &limit];
        arguments.extend(url.as_deref());
        let printed = run("swarm", &arguments);
        assert!(printed.ends_with("held against the rule: 0 violations\n"), "{printed}");
        // A swarm that did nothing shows nothing.
        let grants = printed.lines().find_map(|line| line.strip_prefix("grants ")).unwrap();
        let grants: u64 = grants.split_whitespace().next().unwrap().parse().unwrap();
        assert!(grants > 10, "{printed}");
    }
}
