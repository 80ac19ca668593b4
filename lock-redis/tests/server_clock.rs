//! The server's wall clock is set while locks are held. Leases run on it, so a step bends each of
//! them by as much; it must do nothing else.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use std::time::Duration;

use lock_core::{Cause, Grant, ListFilter, LockManager};
use server::Server;
use tokio::time::{sleep, timeout};

const HOUR: i64 = 3_600;
const A_WHILE: Duration = Duration::from_secs(60);

async fn agent(server: &Server, name: &str) -> LockManager {
    LockManager::new(server.open("n").await, name).unwrap()
}

async fn is_refused(locks: &LockManager, pattern: &str) -> bool {
    matches!(locks.acquire(pattern).await.unwrap(), Grant::Refused(_))
}

async fn live(locks: &LockManager) -> Vec<String> {
    let list = locks.list(ListFilter::default()).await.unwrap();
    let live = list.locks.into_iter().filter(|(_, stale)| !stale);
    live.map(|(lock, _)| lock.pattern.to_string()).collect()
}

/// What the doctor says of the clock.
async fn clock(server: &Server) -> (bool, String) {
    let backends = lock_core::Backends::new().with(&lock_redis::SCHEME);
    let base = std::path::Path::new("");
    let checks = backends.inspect_at(&server.url("n"), base, false).await.unwrap();
    let clock = checks.into_iter().find(|check| check.name == "clock").unwrap();
    (clock.ok, clock.detail)
}

/// Leases of less than an hour are over at once: whoever held one is told, whoever waits comes in,
/// and one only.
#[tokio::test]
async fn a_step_forward_ends_what_it_skips_and_tells_who_held_it() {
    let server = Server::with_a_clock_to_set();
    let (owner, other) = (agent(&server, "owner").await, agent(&server, "other").await);
    let guard = owner.hold("guarded").await.unwrap().held().unwrap();
    let plain = owner.acquire("plain").await.unwrap().held().unwrap();
    let two_hours = Duration::from_secs(7_200);
    let long = owner.acquire("long").ttl(two_hours).await.unwrap().held().unwrap();
    assert!(is_refused(&other, "guarded").await);
    let waits = tokio::spawn({
        let waiter = agent(&server, "waiter").await;
        async move { waiter.acquire("guarded").wait(A_WHILE).await.unwrap().held() }
    });
    let in_line = async {
        while owner.who_has("guarded").await.unwrap().waiting.is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(A_WHILE, in_line).await.unwrap();

    server.set_clock(HOUR);

    // The first step of a client that reckons with the old clock.
    let lost = owner.refresh("plain").await.unwrap().lost;
    assert_eq!((lost[0].cause, &lost[0].to), (Cause::Expired, &None), "nobody has taken it");
    let mine = waits.await.unwrap().unwrap();
    assert!(mine.token() > long.token() && long.token() > plain.token());
    let loss = timeout(A_WHILE, guard.lost()).await.unwrap().to_string();
    assert!(loss.starts_with("lost guarded"), "{loss}");
    assert!(is_refused(&other, "guarded").await, "it has been granted anew, and only once");
    // It is bent by an hour, and not by more.
    assert!(is_refused(&other, "long").await);
    assert_eq!(owner.refresh("long").await.unwrap().lost, []);
    assert_eq!(live(&other).await, ["guarded", "long"]);
    let (healthy, said) = clock(&server).await;
    assert!(!healthy && said.contains("ahead of"), "{said}");
}

/// Leases end later by as much, and the next refresh puts that right. Tokens never go back.
#[tokio::test]
async fn a_step_back_prolongs_a_lease_until_it_is_refreshed_and_no_token_goes_back() {
    const LEASE: Duration = Duration::from_secs(3);
    let server = Server::with_a_clock_to_set();
    let (owner, other) = (agent(&server, "owner").await, agent(&server, "other").await);
    let left = owner.acquire("left").ttl(LEASE).await.unwrap().held().unwrap();
    let kept = owner.acquire("kept").ttl(A_WHILE).await.unwrap().held().unwrap();
    let guard = owner.hold("guarded").await.unwrap().held().unwrap();
    assert!(left.token() < kept.token() && kept.token() < guard.token());

    server.set_clock(-HOUR);

    for held in ["left", "kept", "guarded"] {
        assert!(is_refused(&other, held).await, "{held}");
    }
    let before = other.acquire("new").ttl(LEASE).await.unwrap().held().unwrap().token();
    assert!(before > guard.token());
    assert_eq!(owner.refresh_for("kept", LEASE).await.unwrap().lost, []);
    sleep(LEASE).await;
    assert_eq!(live(&other).await, ["guarded", "left"], "refreshed, or granted since");
    let again = other.acquire("kept").await.unwrap().held().unwrap().token();
    assert!(again > before);
    let (healthy, said) = clock(&server).await;
    assert!(!healthy && said.contains("behind"), "{said}");

    // By an hour, and not by more.
    server.set_clock(0);
    assert!(other.acquire("left").await.unwrap().held().unwrap().token() > again);
    assert!(is_refused(&other, "guarded").await);
    assert_eq!(guard.check(), None);
    assert!(clock(&server).await.0);
    guard.release().await.unwrap();
}
