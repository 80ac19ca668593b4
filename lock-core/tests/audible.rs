//! Which steps wake those who wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

use std::time::Duration;

use futures_lite::future::block_on;
use lock_core::{
    AgentId, Command, LockBackend as _, LockManager, MemoryBackend, Refresh, Release, Targets, Ttl,
    decide,
};

/// Whether `command` would wake anybody where `one` holds a lock for a minute.
fn is_audible(command: &Command) -> bool {
    block_on(async {
        let store = MemoryBackend::new();
        let locks = LockManager::new(store.clone(), "one").unwrap();
        let held = locks.acquire("a").ttl(Duration::from_secs(60)).await.unwrap();
        assert!(held.held().is_ok());
        let mut scope = command.scope();
        loop {
            match decide(command, &store.view(&scope).await.unwrap()) {
                Ok(decision) => {
                    assert!(decision.makes_version());
                    return decision.is_audible();
                }
                Err(wider) => scope = wider,
            }
        }
    })
}

fn refresh(ttl: Option<u64>) -> Command {
    Command::new(Refresh {
        agent: AgentId::new("one").unwrap(),
        holder: None,
        targets: Targets::All,
        ttl: ttl.map(|seconds| Ttl::new(Duration::from_secs(seconds)).unwrap()),
        token: None,
        process: None,
    })
}

#[test]
fn a_heartbeat_wakes_nobody() {
    assert!(!is_audible(&refresh(None)));
    assert!(!is_audible(&refresh(Some(90))));
}

/// Whoever waits for the end of the lease must learn that it comes sooner.
#[test]
fn a_lease_that_is_shortened_is_told() {
    assert!(is_audible(&refresh(Some(30))));
}

#[test]
fn a_release_is_told() {
    let agent = AgentId::new("one").unwrap();
    let release = Release { agent, holder: None, targets: Targets::All, token: None };
    assert!(is_audible(&Command::new(release)));
}
