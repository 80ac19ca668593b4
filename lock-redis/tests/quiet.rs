//! A client that works alone does not look at the index again; whoever comes is noticed all the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

mod server;

use lock_core::{Backends, Grant, LockManager};
use server::Server;

/// How often the index was looked at.
fn looks(server: &Server) -> u64 {
    let stats = server.say(&["INFO", "commandstats"]);
    let calls = stats.lines().find_map(|line| {
        line.strip_prefix("cmdstat_zrangebylex:calls=")?.split(',').next()?.parse().ok()
    });
    calls.unwrap_or(0)
}

async fn one(server: &Server) -> LockManager {
    LockManager::new(server.open("n").await, "one").unwrap()
}

async fn cycle(locks: &LockManager, path: &str) {
    let leases = locks.acquire(path).await.unwrap().held().unwrap();
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
}

#[tokio::test]
async fn who_is_alone_looks_once() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    let before = looks(&server);
    for _ in 0..10 {
        cycle(&locks, "src/a.rs").await;
    }
    assert_eq!(looks(&server), before);
    // Of another path nothing is known yet.
    cycle(&locks, "src/b.rs").await;
    assert!(looks(&server) > before);
}

#[tokio::test]
async fn a_lock_that_another_took_meanwhile_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    for theirs in ["src/a.rs", "src/*.rs", "src/", "**"] {
        cycle(&locks, "src/a.rs").await;
        let held = other.acquire(theirs).await.unwrap().held().unwrap();
        assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)), "{theirs}");
        other.release(&held).await.unwrap();
    }
}

/// What the client saw of others is not what it knows when it works alone.
#[tokio::test]
async fn a_lock_that_was_shared_stands_in_the_way_of_one_that_is_not() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    let theirs = other.acquire("src/a.rs").shared().await.unwrap().held().unwrap();
    for _ in 0..2 {
        let leases = locks.acquire("src/a.rs").shared().await.unwrap().held().unwrap();
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    }
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
    other.release(&theirs).await.unwrap();
}

/// Two tasks of one client: what one of them took is known to the other.
#[tokio::test]
async fn a_lock_of_the_same_client_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    let guard = locks.hold("src/*.rs").await.unwrap().held().unwrap();
    assert!(matches!(locks.hold("src/a.rs").await.unwrap(), Grant::Refused(_)));
    guard.release().await.unwrap();
    let guard = locks.hold("src/a.rs").await.unwrap().held().unwrap();
    assert!(matches!(locks.hold("src/a.rs").await.unwrap(), Grant::Refused(_)));
    guard.release().await.unwrap();
    cycle(&locks, "src/a.rs").await;
}

/// Deleted under the client, and built up to the very same version by somebody else: the token tells
/// the two apart.
#[tokio::test]
async fn the_same_version_of_another_history_is_not_believed() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    assert!(server.say(&["FLUSHALL"]).starts_with("+OK"));
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    for path in ["src/a.rs", "b"] {
        assert!(other.acquire(path).await.unwrap().held().is_ok());
    }
    let version = server.say(&["HGET", "{lockctl:n}:data", "version"]);
    assert_eq!(version.trim_end(), "$1\r\n2", "as many steps as this client took");
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
}

/// What the doctor puts back was taken before this client last looked: it must look again.
#[tokio::test]
async fn what_the_doctor_puts_back_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    let held = other.acquire("src/a.rs").await.unwrap().held().unwrap();
    let lock = &held.iter().next().unwrap().lock;
    let entry = format!("asrc/a.rs\0\0{}\0{}", lock.id, lock.acquired_at.as_micros());
    assert!(server.say(&["ZREM", "{lockctl:n}:index", &entry]).starts_with(":1"));
    cycle(&locks, "src/a.rs").await;
    let backends = Backends::new().with(&lock_redis::SCHEME);
    let base = std::path::Path::new("");
    let checks = backends.inspect_at(&server.url("n"), base, true).await.unwrap();
    assert!(checks.iter().any(|check| check.detail.contains("1 of them mended")), "{checks:?}");
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
}
