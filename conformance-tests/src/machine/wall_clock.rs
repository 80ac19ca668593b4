//! The wall clock is set while locks are held.

use std::{thread, time::Duration};

use futures_lite::future::block_on;
use lock_core::{AgentId, Grant, LockManager};

use super::{Child, acquire, held};

/// For those whose wall clock was set on or back by an hour, and for those whose was not, a lease is
/// as long as it was granted: `open` opens the store at `url` for an agent.
///
/// # Panics
/// If it is not.
pub fn a_step_changes_no_lease(url: &str, open: impl Fn(&str) -> LockManager) {
    const SHORT: Duration = Duration::from_millis(1_500);
    let (owner, other) = (open("owner"), open("other"));
    let first = acquire(&owner, &["a.rs"]).unwrap();
    let mut before = first;
    for step in ["+1h", "-1h"] {
        let set = |child: Child| {
            // The clock that runs from boot on is nobody's to set.
            let run = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", step];
            child.under(&run).run()
        };
        // What was granted before the step is held after it.
        assert_eq!(set(Child::list(url)), "lists a.rs", "{step}");
        let said = set(Child::acquire(url, &["a.rs"]));
        assert!(said.starts_with("refused") && said.contains("owner holds a.rs"), "{step}: {said}");
        assert_eq!(block_on(owner.refresh("a.rs")).unwrap().lost, [], "{step}");

        // And what was granted after it ends in its time, and not an hour sooner or later.
        let said = set(Child::acquire(url, &["b.rs"]).lease(SHORT));
        let token = said.strip_prefix("held ").unwrap_or_else(|| panic!("{step}: {said}"));
        assert!(token.parse::<u64>().unwrap() > before.get(), "{step}: {token} after {before}");
        // A machine so busy that it is over already shows nothing; it must end in any case.
        thread::sleep(SHORT);
        before = acquire(&other, &["b.rs"]).unwrap_or_else(|error| panic!("{step}: {error:?}"));
        assert!(before.get() > token.parse().unwrap(), "{step}: {before} after {token}");
        assert_eq!(block_on(other.release("b.rs")).unwrap().released.len(), 1, "{step}");

        let said = set(Child::acquire(url, &["c.rs"]).lease(Duration::from_secs(300)));
        assert!(said.starts_with("held "), "{step}: {said}");
        let answer = block_on(other.acquire("c.rs").into_future()).unwrap();
        assert!(matches!(answer, Grant::Refused(_)), "{step}: {answer:?}");
        assert_eq!(held(&other), ["a.rs", "c.rs"], "{step}");
        let child = AgentId::new("child").unwrap();
        let cleaned = block_on(other.cleanup_agent(child)).unwrap();
        assert_eq!(cleaned.locks.len(), 1, "{step}");
    }
}
